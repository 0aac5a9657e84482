"""Subjects that are in no roster: their names as an organiser types them, one a line.

Where a round is held in several units, a line with the unit's name and a colon stands above the
lines of each: `甲一示范社区：`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from surveys import typed
from surveys.messages import N_
from surveys.models import Person, Round, Subject, Unit, reach
from surveys.questionnaire import Questionnaire
from surveys.roster_rows import is_identity

MOST_LISTED = 400
LONGEST_LABEL = 120
COLONS = ("：", ":")


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
        if is_identity(line):
            raise typed.BadSetting(
                "listed",
                N_(
                    "名单上的“%(name)s”像身份证号，会印在票和存档上。请写姓名，或者名册里的短编号。"
                ),
                name=line[:20],
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


def missing(round_: Round, chosen: Sequence[Unit]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What is still to be written before a round can be opened: msgids with parameters."""
    found = by_place(round_.listed or (), chosen)
    if not found:
        yield N_("名单还空着。请写上要评的是谁、是什么，一行一个。"), {}
    elif None in found:
        yield (
            N_(
                "选了几个单位，名单要分开写：先写一行单位名称加冒号，下面一行一个。"
                "“%(name)s”上面还没有单位。"
            ),
            {"name": found[None][0]},
        )
    else:
        empty = [unit.name for unit in chosen if unit.id not in found]
        if empty:
            yield N_("%(units)s 的名单还空着。"), {"units": "、".join(empty)}


def make(round_: Round, about: str, chosen: Sequence[Unit]) -> None:
    """Make the subjects of a list: a roster's code stands for whom or what it names."""
    within = reach(round_.owner)
    names = by_place(round_.listed or (), chosen)
    taken: set[str] = set()
    listed = [(place, name) for place in chosen for name in names.get(place.id, ())]
    for position, (place, name) in enumerate(listed):
        person = _person(name, within) if about == "persons" else None
        unit = _unit(name, within) if about == "units" else None
        known = person or unit
        key = known.code if known else f"no-{position + 1}"
        while key in taken:
            key += "-2"
        taken.add(key)
        label = known.name if known else name
        Subject.create(
            round=round_,
            key=key,
            label=label if len(chosen) == 1 else f"{place.name}：{label}"[:LONGEST_LABEL],
            place_label=place.name,
            person=person,
            unit=unit,
            place=place,
            position=position,
        )


def _person(code: str, within: set[int]) -> Person | None:
    found: Person | None = Person.get_or_none(
        Person.code == code, Person.unit.in_(within), Person.left_on.is_null()
    )
    return found


def _unit(name: str, within: set[int]) -> Unit | None:
    """The unit with this code, or the only one with this name."""
    found = list(
        Unit.select().where(
            (Unit.code == name) | (Unit.name == name), Unit.id.in_(within), Unit.left_on.is_null()
        )
    )
    return found[0] if len(found) == 1 else None
