"""Who in a file looks like somebody already there: nobody stands in a roster twice by oversight.

A spreadsheet drops the zeros of 001, people type spaces and capitals, offices number anew. Each
row that is new by its code, and like one that is there by code or by name in the same place, is
asked about: the `same`, which takes the code that is there, or really another, a `new` one.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from surveys.messages import N_
from surveys.roster_rows import CODE, ILL_FORMED, R, Sheet, folded, same_name

K = TypeVar("K", bound=Hashable)
DEEPEST = 6  # what stands below one that is recognised may be recognised by its place in turn


@dataclass(frozen=True, slots=True)
class Answers:
    """`same` or `new` for a row by its number, and for all others; empty where nobody said."""

    rows: Mapping[int, str] = field(default_factory=dict)
    others: str = ""


UNDECIDED = Answers()


@dataclass(frozen=True, slots=True)
class Alike(Generic[R]):
    """A row of the file, its number there, and whom it is `like`; `answer` as in `Answers`."""

    number: int
    row: R
    like: tuple[R, ...]
    by_code: bool
    answer: str


def recognise(
    sheet: Sheet[R], current: Mapping[str, R], places: Collection[str], answers: Answers
) -> tuple[Alike[R], ...]:
    """Find in a sheet who looks like somebody in `current`; the `same` take the code there.

    So do, to be looked at, those nobody decided about, where that code is free. The code of a place
    that a cell names in such a way is found again, too, among `places`.
    """
    _note_twins(sheet, current)
    rows, sources = sheet.rows, sheet.sources
    folds = {code: folded(code) for code in rows if code not in current}
    codes = _index((folded(code), code) for code in current)
    names = _index(((row.place, same_name(row.name)), code) for code, row in current.items())
    known_places = _index((folded(code), code) for code in places)
    found: dict[str, Alike[R]] = {}
    taken: dict[str, str] = {}

    def place_of(row: R) -> str:
        if row.PLACE == "parent" and row.place in rows:
            return taken.get(row.place, row.place)
        likely = () if row.place in places else known_places.get(folded(row.place), ())
        return likely[0] if len(likely) == 1 else row.place

    for _ in range(DEEPEST):
        before, claimed = taken.copy(), set(rows)
        taken = {}
        for code, fold in folds.items():
            row, number = rows[code], sources[code].number
            like = codes.get(fold) or names.get((place_of(row), same_name(row.name)), [])
            like = [each for each in like if each not in rows] or like
            if not like:
                continue
            answer = answers.rows.get(number, answers.others)
            there = tuple(current[each] for each in like)
            found[code] = Alike(number, row, there, fold in codes, answer)
            if len(like) == 1 and (answer or like[0] not in claimed) and answer != "new":
                taken[code] = like[0]
                claimed.add(like[0])
        if taken == before:
            break
    for code, each in found.items():
        if each.answer == "same" and len(each.like) > 1:
            like_these = "、".join(row.code for row in each.like)
            sheet.wrong(
                sources[code],
                "code",
                N_("和名册里的 %(codes)s 都像，请写明是哪一个"),
                codes=like_these,
            )
        elif each.answer == "new" and not CODE.fullmatch(code):
            sheet.wrong(sources[code], "code", ILL_FORMED)
    sheet.rows, sheet.sources = {}, {}
    for code, row in rows.items():
        old = current.get(taken.get(code, code))
        changes = {"code": taken.get(code, code), row.PLACE: place_of(row)}
        if old and "".join(old.name.split()) == "".join(row.name.split()):
            changes["name"] = min(old.name, row.name, key=len)  # the one with fewer spaces
        sheet.take(sources[code], replace(row, **changes))
    return tuple(found.values())


def _index(pairs: Iterable[tuple[K, str]]) -> dict[K, list[str]]:
    found: dict[K, list[str]] = {}
    for key, code in pairs:
        found.setdefault(key, []).append(code)
    return found


def _note_twins(sheet: Sheet[R], current: Collection[str]) -> None:
    """Two rows of a file whose codes are the same once zeros, case and spaces are let go."""
    first: dict[str, str] = {}
    for code, source in sheet.sources.items():
        twin = first.setdefault(folded(code), code)
        if twin != code and not (twin in current and code in current):
            sheet.wrong(
                source,
                "code",
                N_(
                    "和第 %(first)s 行的“%(code)s”只差零、大小写、空格或数字格式，分不清。"
                    "是同一个的，请删去一行；不是的，请换一个编号"
                ),
                first=sheet.sources[twin].number,
                code=twin,
            )
