"""Subjects that are in no roster: their names as an organiser types them, one a line.

Where a round is held in several units, a line with the unit's name and a colon stands above the
lines of each: `甲一示范社区：`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from surveys import inputs
from surveys.messages import N_, Refused, Said
from surveys.models import Person, Round, Subject, Unit, reach
from surveys.questionnaires import Questionnaire
from surveys.roster.namesakes import LONGEST_LABEL, home_of
from surveys.roster.rows import is_identity

MOST_LISTED = 400
BETWEEN_NAMES = re.compile("[、，,；;]")
IN_BRACKETS = re.compile(r"（[^）]*）|\([^)]*\)")
COLONS = ("：", ":")
CODE = re.compile(r"[A-Za-z0-9._/-]+")
"""What a name in a list does not look like; a name in Latin letters has a space in it."""


def read_names(text: str) -> list[str]:
    """The lines as typed, empty ones left out; `BadSetting` says what is wrong with them."""
    lines = [" ".join(unicodedata.normalize("NFC", line).split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    with inputs.at("listed"):
        _check_names(lines)
    return lines


def _check_names(lines: Sequence[str]) -> None:
    if len(lines) > MOST_LISTED:
        words = N_("名单最多 %(most)s 行，您写了 %(n)s 行。")
        raise Refused(words, most=MOST_LISTED, n=len(lines))
    seen: set[str] = set()
    for line in lines:
        if len(line) > inputs.LONGEST_TITLE or not line.isprintable():
            words = N_("名单上的“%(name)s”不行：最多 %(most)s 字，不能有特殊字符。")
            raise Refused(words, name=line[:20], most=inputs.LONGEST_TITLE)
        if is_identity(line):
            words = N_(
                "名单上的“%(name)s”像身份证号，会印在票和存档上。请写姓名，或者名册里的短编号。"
            )
            raise Refused(words, name=line[:20])
        if line in seen:
            raise Refused(N_("名单上有两行“%(name)s”。同名的请加注区别。"), name=line)
        seen = set() if line.endswith(COLONS) else seen | {line}


def check(form: Questionnaire, needs_codes: bool, names: Sequence[str] = ()) -> None:
    """Refuse codes where each subject has a page of its own, and more names than are allowed."""
    if form.listed and needs_codes and not form.needs_codes:
        raise inputs.BadSetting(
            "taking_part", N_("这份问卷每个对象各有一个二维码，不用测评码。请选“公开”。")
        )
    named = [name for name in names if not name.endswith(COLONS)]
    together = [name for name in named if BETWEEN_NAMES.search(IN_BRACKETS.sub("", name))]
    if form.about == "persons" and together:
        raise inputs.BadSetting(
            "listed",
            N_(
                "名单上的“%(name)s”像是几个人写在一行。"
                "请一行只写一位，不用顿号、逗号、分号；要加注的写在括号里。"
            ),
            name=together[0],
        )
    if form.most_listed and len(named) > form.most_listed:
        raise inputs.BadSetting(
            "listed",
            N_(
                "这份问卷一次只能写 %(most)s 个，名单上有 %(n)s 个。"
                "发展党员须逐个讨论、逐个表决，一次一位；其余的请另建测评。"
            )
            if form.most_listed == 1 and form.about == "persons"
            else N_("这份问卷一次只能写 %(most)s 个，名单上有 %(n)s 个。其余的请另建测评。"),
            most=form.most_listed,
            n=len(named),
        )


def by_place(lines: Sequence[str], chosen: Sequence[Unit]) -> dict[int | None, list[str]]:
    """The names of each chosen unit, by its id; none for those that stand under no unit."""
    named = Counter(unit.name for unit in chosen)
    headings = {unit.name: unit.id for unit in chosen if named[unit.name] == 1}
    headings |= {unit.code: unit.id for unit in chosen}
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
    """A line of a list as typed, where it stands, and whom or what of the roster it may mean."""

    place: Unit
    typed: str
    found: Sequence[Person | Unit] = ()

    @property
    def known(self) -> Person | Unit | None:
        """Whom or what it stands for; none where that is not clear, or in no roster."""
        return self.found[0] if len(self.found) == 1 else None

    @property
    def home(self) -> str:
        """Where that belongs: the unit of a person, what stands above a unit."""
        return home_of(self.known)


def lines(round_: Round, about: str, chosen: Sequence[Unit]) -> list[Line]:
    """The lines of a list with what each stands for: a code of the owner's roster, or a name."""
    names = by_place(round_.listed or (), chosen)
    written = [(place, name) for place in chosen for name in names.get(place.id, ())]
    wanted = {form for _, name in written for form in (name, inputs.narrow(name))}
    by_word: dict[str, list[Person | Unit]] = {}
    for each in _within(round_, about, wanted):
        for word in {each.code, each.name}:
            by_word.setdefault(word, []).append(each)
    found = []
    for place, name in written:
        meant = by_word.get(name) or by_word.get(inputs.narrow(name), [])
        by_code = [each for each in meant if each.code in (name, inputs.narrow(name))]
        found.append(Line(place, name, by_code or meant))
    return found


def _within(round_: Round, about: str, words: Collection[str] | None) -> list[Person | Unit]:
    """People or units within the owner's reach who go by these words; all of them for none."""
    if about == "things":
        return []
    within = reach(round_.owner)
    model: Any = Person if about == "persons" else Unit
    home = Person.unit if about == "persons" else Unit.id
    rows = model.select().where(home.in_(within))
    if words is not None:
        rows = rows.where(model.code.in_(words) | model.name.in_(words))
    return list(rows.where(model.left_on.is_null()).order_by(model.code))


def missing(round_: Round, form: Questionnaire, chosen: Sequence[Unit]) -> Iterator[Said]:
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
        yield from _unclear(round_, form.about, lines(round_, form.about, chosen))


def _unclear(round_: Round, about: str, found: Sequence[Line]) -> Iterator[Said]:
    """Lines that may mean several, that look like a code and are none, or that mean the same."""
    unknown = [line for line in found if not line.found and about != "things"]
    digits = any(any(map(str.isdigit, line.typed)) for line in unknown)
    shapes = {_shape(each.code) for each in _within(round_, about, None)} if digits else set()
    seen: dict[tuple[int, str], str] = {}
    for line in found:
        plain = inputs.narrow(line.typed)
        spaced = "".join(plain.split()) if any(map(str.isdigit, plain)) else plain
        if len(line.found) > 1:
            yield (
                N_(
                    "叫“%(name)s”的有几个（编号 %(codes)s）。请改写编号；都不是的，在名字后面加注。"
                ),
                {"name": line.typed, "codes": "、".join(each.code for each in line.found[:6])},
            )
        elif line in unknown and (CODE.fullmatch(spaced) or _shape(line.typed) in shapes - {""}):
            yield (
                N_("名单上的“%(name)s”像编号，您的范围之内却没有这个编号。请改正，或写名字。"),
                {"name": line.typed},
            )
        elif line.known and (same := seen.get((line.place.id, line.known.code))):
            yield (
                N_("名单上的“%(name)s”和“%(same)s”是同一个。请去掉一行。"),
                {"name": line.typed, "same": same},
            )
        elif line.known:
            seen[line.place.id, line.known.code] = line.typed


def _shape(code: str) -> str:
    """What codes have in common that differ in their digits alone; nothing for one without any."""
    shape = re.sub(r"\d", "0", inputs.narrow(code))
    return shape if "0" in shape else ""


def make(round_: Round, about: str, chosen: Sequence[Unit]) -> list[Subject]:
    """The subjects of a list, unsaved: a line stands for whom or what of the roster it means."""
    taken: set[str] = set()
    made = []
    for position, line in enumerate(lines(round_, about, chosen)):
        known = line.known
        key = known.code if known else f"no-{position + 1}"
        while key in taken:
            key += "-2"
        taken.add(key)
        label = known.name if known else line.typed
        made.append(
            Subject(
                round=round_,
                key=key,
                label=label if len(chosen) == 1 else f"{line.place.name}：{label}"[:LONGEST_LABEL],
                place_label=line.place.name,
                person=known if isinstance(known, Person) else None,
                unit=known if isinstance(known, Unit) else None,
                place=line.place,
                position=position,
            )
        )
    return made
