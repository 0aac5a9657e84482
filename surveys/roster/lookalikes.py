"""Who in a file looks like somebody already there: nobody stands in a roster twice by oversight.

A spreadsheet drops the zeros of 001, people type spaces and capitals, offices number anew. Each
row that is new by its code, and like one that is there by code or by name in the same place, is
asked about: is it the `same`, and takes the code that is there, or a `new` one?
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Generic

from surveys.messages import N_
from surveys.roster.rows import CODE, ILL_FORMED, R, Sheet, folded, same_name

DEEPEST = 6  # what stands below one that is recognised may be recognised by its place in turn

Answers = Mapping[int, str]
"""`same` or `new` by the number of a row; 0 stands for all others."""


@dataclass(frozen=True, slots=True)
class Alike(Generic[R]):
    """A row of the file, its number there, whom it is `like`; `answer` is empty until decided."""

    number: int
    row: R
    like: tuple[R, ...]
    by_code: bool
    answer: str


def recognise(
    sheet: Sheet[R], current: Mapping[str, R], place: str, places: Collection[str], answers: Answers
) -> tuple[Alike[R], ...]:
    """Find in a sheet who looks like somebody in `current`; the `same` take the code there.

    So do, to be looked at, those nobody decided about, where that code is free. `place` is the cell
    that names the unit a row stands in: such a code is found again, too, among `places`.
    """
    rows, sources = sheet.rows, sheet.sources
    folds = {code: folded(code) for code in rows}
    _note_twins(sheet, folds, current)
    codes, names, units = defaultdict(list), defaultdict(list), defaultdict(list)
    for code, row in current.items():
        codes[folded(code)].append(code)
        names[getattr(row, place), same_name(row.name)].append(code)
    for code in places:
        units[folded(code)].append(code)
    found: dict[str, Alike[R]] = {}
    taken: dict[str, str] = {}

    def place_of(row: R) -> str:
        code: str = getattr(row, place)
        if place == "parent" and code in rows:
            return taken.get(code, code)
        likely = [] if code in places else units.get(folded(code), [])
        return likely[0] if len(likely) == 1 else code

    for _ in range(DEEPEST):
        found, now, claimed = {}, {}, set(rows)
        for code, row in rows.items():
            if code in current:
                continue
            number, fold = sources[code].number, folds[code]
            like = codes.get(fold) or names.get((place_of(row), same_name(row.name)), [])
            like = [each for each in like if each not in rows] or like
            if not like:
                continue
            answer = answers.get(number, answers.get(0, ""))
            if answer == "same" and len(like) > 1:
                answer = ""  # as whom?
            there = tuple(current[each] for each in like)
            found[code] = Alike(number, row, there, fold in codes, answer)
            if answer == "same" or (not answer and len(like) == 1 and like[0] not in claimed):
                now[code] = like[0]
                claimed.add(like[0])
        if now == taken:
            break
        taken = now
    sheet.rows, sheet.sources = {}, {}
    for code, row in rows.items():
        if code in found and found[code].answer == "new" and not CODE.fullmatch(code):
            sheet.wrong(sources[code], "code", ILL_FORMED)
        old = current.get(taken.get(code, code))
        cells = {"code": taken.get(code, code), place: place_of(row)}
        if old and "".join(old.name.split()) == "".join(row.name.split()):
            cells["name"] = min(old.name, row.name, key=len)  # the one with fewer spaces
        sheet.take(sources[code], replace(row, **cells))
    return tuple(found.values())


def _note_twins(sheet: Sheet[R], folds: Mapping[str, str], current: Collection[str]) -> None:
    """Two rows of a file whose codes are the same once zeros, case and spaces are let go."""
    first: dict[str, str] = {}
    message = N_(
        "和第 %(first)s 行的“%(code)s”只差零、大小写、空格或数字格式，分不清。"
        "是同一个的，请删去一行；不是的，请换一个编号"
    )
    for code, fold in folds.items():
        twin = first.setdefault(fold, code)
        if twin != code and not (twin in current and code in current):
            number = sheet.sources[twin].number
            sheet.wrong(sheet.sources[code], "code", message, first=number, code=twin)
