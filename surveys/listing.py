"""Subjects that are in no roster: their names as an organiser types them, one a line.

Where a round is held in several units, a line with the unit's name and a colon stands above the
lines of each: `甲一示范社区：`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from surveys import questionnaire, typed
from surveys.messages import N_, Refused
from surveys.models import Person, Round, Subject, Unit, reach
from surveys.namesakes import told_apart
from surveys.questionnaire import Questionnaire

MOST_LISTED = 400
LONGEST_LABEL = 120
COLONS = ("：", ":")
LIKE_A_CODE = re.compile(r"[A-Za-z0-9_./-]+")


def read_names(text: str) -> list[str]:
    """The lines as typed, empty ones left out; `BadSetting` says what is wrong with them."""
    lines = [" ".join(unicodedata.normalize("NFC", line).split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > MOST_LISTED:
        raise typed.BadSetting(
            "listed", N_("名单最多 %(most)s 行，您写了 %(n)s 行。"), most=MOST_LISTED, n=len(lines)
        )
    seen: set[str] = set()
    for line in lines:
        if len(line) > typed.LONGEST_TITLE or not line.isprintable():
            raise typed.BadSetting(
                "listed",
                N_("名单上的“%(name)s”不行：最多 %(most)s 字，不能有特殊字符。"),
                name=line[:20],
                most=typed.LONGEST_TITLE,
            )
        if line in seen:
            raise typed.BadSetting(
                "listed", N_("名单上有两行“%(name)s”。同名的请加注区别。"), name=line
            )
        seen = set() if line.endswith(COLONS) else seen | {line}
    return lines


def check(form: Questionnaire, needs_codes: bool) -> None:
    """Refuse codes where each subject has a page of its own: a code opens one page alone."""
    if form.listed and needs_codes and not form.needs_codes:
        raise typed.BadSetting(
            "taking_part", N_("这份问卷每个对象各有一个二维码，不用测评码。请选“公开”。")
        )


def by_place(lines: Sequence[str], chosen: Sequence[Unit]) -> dict[int | None, list[str]]:
    """The names of each chosen unit, by its id; none for those that stand under no unit."""
    headings = {name: unit.id for unit in chosen for name in (unit.code, unit.name)}
    place = chosen[0].id if len(chosen) == 1 else None
    found: dict[int | None, list[str]] = {}
    for line in lines:
        if line.endswith(COLONS) and line[:-1].strip() in headings:
            place = headings[line[:-1].strip()]
        else:
            found.setdefault(place, []).append(line)
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: where it stands, what is written, whom or what of the roster it names.

    `place` is none where it stands under no unit, `wrong` says what keeps it from being opened.
    """

    place: Unit | None
    written: str
    known: Person | Unit | None
    wrong: Refused | None


def lines_of(round_: Round, chosen: Sequence[Unit]) -> list[Line]:
    """The list of a round in the order of its places, each line looked up in the roster."""
    names = by_place(round_.listed or (), chosen)
    written = {name for some in names.values() for name in some}
    roster = _roster(round_.questionnaire["about"], reach(round_.owner), written)
    return [
        Line(place, name, *_look_up(name, roster))
        for place in (None, *chosen)
        for name in names.get(place.id if place else None, ())
    ]


def _roster(about: str, within: set[int], names: set[str]) -> list[Person] | list[Unit] | None:
    """Who or what within reach has one of these as code or name; none where things are listed."""
    if about == "persons":
        named = Person.code.in_(names) | Person.name.in_(names)
        return list(Person.select().where(Person.unit.in_(within), named).order_by(Person.code))
    if about == "units":
        named = Unit.code.in_(names) | Unit.name.in_(names)
        return list(Unit.select().where(Unit.id.in_(within), named).order_by(Unit.code))
    return None


def _look_up(
    name: str, roster: Sequence[Person | Unit] | None
) -> tuple[Person | Unit | None, Refused | None]:
    """Whom or what a line names: by code, else by a name that only one has."""
    if roster is None:
        return None, None
    found = [each for each in roster if each.code == name]
    found = found or [each for each in roster if each.name == name]
    if len(found) == 1:
        return found[0], None
    if found:
        codes = "、".join(each.code for each in found[:10])
        words = N_("名单上的“%(name)s”，名册里有几个同名。请改写编号：%(codes)s。")
        return None, Refused(words, name=name, codes=codes)
    if LIKE_A_CODE.fullmatch(name):
        words = N_("名单上的“%(name)s”像是编号，可您管的名册里没有。请核对编号，或写上名称。")
        return None, Refused(words, name=name)
    return None, None


def missing(round_: Round, chosen: Sequence[Unit]) -> Iterator[Refused]:
    """What keeps the list of a round from being opened."""
    form = questionnaire.of(round_)
    lines = lines_of(round_, chosen)
    if not lines:
        yield Refused(N_("名单还空着。请写上要评的是谁、是什么，一行一个。"))
        return
    if form.most_listed and len(lines) > form.most_listed:
        words = N_(
            "这份问卷的名单最多 %(most)s 行，现有 %(n)s 行：要逐个讨论、逐个表决，请分开举行。"
        )
        yield Refused(words, most=form.most_listed, n=len(lines))
    if lines[0].place is None:
        yield Refused(
            N_(
                "选了几个单位，名单要分开写：先写一行单位名称加冒号，下面一行一个。"
                "“%(name)s”上面还没有单位。"
            ),
            name=lines[0].written,
        )
    elif empty := [unit.name for unit in chosen if unit not in [line.place for line in lines]]:
        yield Refused(N_("%(units)s 的名单还空着。"), units="、".join(empty))
    yield from (line.wrong for line in lines if line.wrong)


def make(round_: Round, chosen: Sequence[Unit]) -> None:
    """Make the subjects of a list: what names somebody in the roster stands for them."""
    lines = lines_of(round_, chosen)
    keys: list[str] = []
    for position, line in enumerate(lines):
        key = line.known.code if line.known else f"no-{position + 1}"
        while key in keys:
            key += "-2"
        keys.append(key)
    named = [
        (
            _label(line, len(chosen) > 1),
            line.known.unit.name if isinstance(line.known, Person) else None,
            key,
        )
        for line, key in zip(lines, keys, strict=True)
    ]
    labels = told_apart(named)
    for position, (line, key, label) in enumerate(zip(lines, keys, labels, strict=True)):
        place = line.place or chosen[0]
        Subject.create(
            round=round_,
            key=key,
            label=label,
            place_label=place.name,
            person=line.known if isinstance(line.known, Person) else None,
            unit=line.known if isinstance(line.known, Unit) else None,
            place=place,
            position=position,
        )


def _label(line: Line, of_several: bool) -> str:
    """What a line is called; in a list of several places each name bears its place."""
    name = line.known.name if line.known else line.written
    named = f"{line.place.name}：{name}" if of_several and line.place else name
    return named[:LONGEST_LABEL]
