"""Units and people as CSV: preview, apply, export.

`UNITS.preview(bytes)` says what a file would add, change and leave alone, and what is wrong with
it; `apply` then writes all of it or nothing. The code is the key: importing again changes, never
duplicates; what is not in the file stays as it is. `within` is the unit of the organiser who
imports: what is beyond its reach cannot be touched. A round keeps its own copy of the units it is
about, so they may be renamed and moved while one is open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Generic

from surveys import spreadsheet
from surveys.db import database, writing
from surveys.messages import N_, Refused
from surveys.models import Unit, reach
from surveys.roster import unit_tree
from surveys.roster.lookalikes import Alike, Answers, recognise
from surveys.roster.rows import (
    PERSON_COLUMNS,
    UNIT_COLUMNS,
    PersonRow,
    R,
    RowError,
    Sheet,
    UnitRow,
    folded,
    read,
    word,
)
from surveys.spreadsheet import Table

# By hand: fifty thousand rows as model instances take three times as long.
ALL_UNITS = (
    "SELECT unit.code, unit.name, unit.kind, coalesce(parent.code, ''), "
    "coalesce(unit.left_on, '') "
    "FROM unit LEFT JOIN unit AS parent ON parent.id = unit.parent_id"
)
ALL_PEOPLE = (
    "SELECT person.code, person.name, unit.code, membership, iif(floating, 'yes', 'no'), "
    "coalesce(person.left_on, '') "
    "FROM person JOIN unit ON unit.id = person.unit_id ORDER BY person.code"
)
ADD_UNIT = (
    "INSERT INTO unit (code, name, kind, parent_id, left_on) VALUES "
    "(:code, :name, :kind, (SELECT id FROM unit WHERE code = :parent), nullif(:left_on, ''))"
)
CHANGE_UNIT = (
    "UPDATE unit SET name = :name, kind = :kind, left_on = nullif(:left_on, ''), "
    "parent_id = (SELECT id FROM unit WHERE code = :parent) WHERE code = :code"
)
ADD_PERSON = (
    "INSERT INTO person (code, name, unit_id, membership, floating, left_on) VALUES "
    "(:code, :name, (SELECT id FROM unit WHERE code = :unit), :membership, :floating = 'yes', "
    "nullif(:left_on, ''))"
)
CHANGE_PERSON = (
    "UPDATE person SET name = :name, unit_id = (SELECT id FROM unit WHERE code = :unit), "
    "membership = :membership, floating = :floating = 'yes', left_on = nullif(:left_on, '') "
    "WHERE code = :code"
)


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of a change, as stored: the key of its column, the value now, the value then."""

    key: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """A row that is there and would become another."""

    old: R
    new: R

    @property
    def fields(self) -> list[Field]:
        """The cells that differ."""
        pairs = (
            Field(each.name, getattr(self.old, each.name), getattr(self.new, each.name))
            for each in fields(self.new)
        )
        return [each for each in pairs if each.old != each.new]


@dataclass(frozen=True, slots=True)
class Register(Generic[R]):
    """A kind of roster: how its file is read, checked against what is there, and written."""

    columns: Sequence[spreadsheet.Column]
    row_type: type[R]
    place: str  # the cell with the code of the unit that a row stands in
    home: str  # the one with that of the unit by which it is within reach or not
    check: Callable[[Sheet[R], Mapping[str, R], Collection[str]], None]
    all: str
    add: str
    change: str
    in_order: Callable[[Collection[R]], Collection[R]] = tuple

    def current(self) -> dict[str, R]:
        """What is there now, by code."""
        return {row[0]: self.row_type(*row) for row in database.execute_sql(self.all)}

    def csv(self, within: Unit | None = None, language: str = "zh") -> bytes:
        """The rows within reach as CSV, unit by unit, each below what is above it."""
        here: dict[str, list[R]] = {}
        for row in self.current().values():
            here.setdefault(getattr(row, self.home), []).append(row)
        rows = (
            [word(each.key, getattr(row, each.key), language) for each in self.columns]
            for _, unit in tree(within)
            for row in here.get(unit.code, ())
        )
        return spreadsheet.write(self.columns, language, rows)

    def preview(
        self, data: bytes, within: Unit | None = None, answers: Answers | None = None
    ) -> Preview[R]:
        """What a file would do; `Refused` when it cannot be read as a table at all."""
        return self.look(spreadsheet.read(data, self.columns), within, answers or {})

    def look(self, table: Table, within: Unit | None, answers: Answers) -> Preview[R]:
        """Compare a table with what is there now."""
        current, reachable = self.current(), _reachable(within)
        near = {code: row for code, row in current.items() if getattr(row, self.home) in reachable}
        sheet = read(table, {folded(code) for code in near}, self.row_type)
        places = reachable | {getattr(row, self.place) for row in near.values()}
        alike = recognise(sheet, near, self.place, places, answers)
        self.check(sheet, current, reachable)
        known = [(current[code], row) for code, row in sheet.rows.items() if code in current]
        changed = tuple(Change(old, new) for old, new in known if old != new)
        return Preview(
            register=self,
            table=table,
            within=within,
            answers=answers,
            alike=alike,
            added=tuple(row for code, row in sheet.rows.items() if code not in current),
            changed=changed,
            same=len(known) - len(changed),
            absent=sum(code not in sheet.rows for code in near),
            errors=tuple(sorted(sheet.errors, key=lambda error: error.row)),
        )

    def write(self, preview: Preview[R]) -> None:
        """Write what is new and what changes, in a transaction that the caller began."""
        cursor, keys = database.cursor(), [each.key for each in self.columns]
        changed = [each.new for each in preview.changed]
        for sql, rows in (self.add, self.in_order(preview.added)), (self.change, changed):
            cursor.executemany(sql, [{key: getattr(row, key) for key in keys} for row in rows])


@dataclass(frozen=True, slots=True)
class Preview(Generic[R]):
    """What a file would do: `same` rows are as they are now, `absent` ones are not in the file."""

    register: Register[R]
    table: Table
    within: Unit | None
    answers: Answers
    alike: tuple[Alike[R], ...]
    added: tuple[R, ...]
    changed: tuple[Change[R], ...]
    same: int
    absent: int
    errors: tuple[RowError, ...]

    @property
    def undecided(self) -> int:
        """How many look like somebody already there, and nobody said whether they are."""
        return sum(not each.answer for each in self.alike)

    @property
    def digest(self) -> str:
        """A short name for what would be written, to tell whether it is still the same."""
        return hashlib.sha256(repr((self.added, self.changed)).encode("utf-8")).hexdigest()[:32]


def apply(preview: Preview[R], seen: str | None = None) -> None:
    """Write what the preview says, all of it or nothing.

    It is made again behind the gate, and must come to the digest that was `seen` (else that of
    this preview): what is written is what was shown.
    """
    if preview.errors:
        raise Refused(
            N_("文件里有 %(n)s 处错误，什么也没有写入。请改正后再导入。"), n=len(preview.errors)
        )
    if preview.undecided:
        raise Refused(
            N_(
                "有 %(n)s 行像是名册里已有的，什么也没有写入。"
                "请先逐条说明是同一个（沿用原来的编号），还是另外一个。"
            ),
            n=preview.undecided,
        )
    with writing():
        now = preview.register.look(preview.table, preview.within, preview.answers)
        if now.errors or now.undecided or now.digest != (seen or preview.digest):
            raise Refused(N_("刚才有人改了名册，什么也没有写入。请再看一遍预览，然后确认。"))
        now.register.write(now)


def tree(within: Unit | None = None) -> list[tuple[int, Unit]]:
    """A unit and all below it with their depths, each parent before what is below it."""
    below: dict[int | None, list[Unit]] = {}
    for unit in Unit.select().order_by(Unit.code.desc()):
        below.setdefault(unit.parent_id, []).append(unit)
    waiting = [(0, each) for each in ([within] if within else below.get(None, []))]
    found = []
    while waiting:
        depth, unit = waiting.pop()
        found.append((depth, unit))
        waiting.extend((depth + 1, child) for child in below.get(unit.id, ()))
    return found


def headcounts() -> dict[int, int]:
    """How many people each unit has, itself alone, by its id; those who left are not counted."""
    counted = "SELECT unit_id, COUNT(*) FROM person WHERE left_on IS NULL GROUP BY unit_id"
    return dict(database.execute_sql(counted))


def _reachable(within: Unit | None) -> set[str]:
    """The codes of the units that may be touched."""
    units = Unit.select(Unit.id, Unit.code)
    every = reach(within) if within else None
    return {unit.code for unit in units if every is None or unit.id in every}


def _check_people(
    sheet: Sheet[PersonRow], current: Mapping[str, PersonRow], reachable: Collection[str]
) -> None:
    gone = {code for code, unit in UNITS.current().items() if unit.left_on}
    for code, row in sheet.rows.items():
        old, source = current.get(code), sheet.sources[code]
        if old and old.unit not in reachable:
            sheet.wrong(source, "code", N_("这个编号已属于您范围之外的人员，请换一个编号"))
        elif row.unit not in reachable:
            words = N_("应为名册里已有单位的编号，并在您的范围之内；单位要先导入")
            sheet.wrong(source, "unit", words)
        elif row.unit in gone and not row.left_on:
            sheet.wrong(source, "unit", unit_tree.GONE)


def _parents_first(rows: Collection[UnitRow]) -> list[UnitRow]:
    parents = {row.code: row.parent for row in rows}

    def depth(row: UnitRow) -> int:
        above, code = 0, row.parent
        while code in parents:
            above, code = above + 1, parents[code]
        return above

    return sorted(rows, key=depth)


UNITS = Register(
    columns=UNIT_COLUMNS,
    row_type=UnitRow,
    place="parent",
    home="code",
    check=unit_tree.check,
    all=ALL_UNITS,
    add=ADD_UNIT,
    change=CHANGE_UNIT,
    in_order=_parents_first,
)
PEOPLE = Register(
    columns=PERSON_COLUMNS,
    row_type=PersonRow,
    place="unit",
    home="unit",
    check=_check_people,
    all=ALL_PEOPLE,
    add=ADD_PERSON,
    change=CHANGE_PERSON,
)
