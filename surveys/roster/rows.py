"""The rows of a roster file: what each column may hold, and what is wrong with a cell.

Knows the file alone; whether a parent exists is `surveys.roster`'s to say, and who is there already
that of `surveys.roster.lookalikes`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Generic, TypeVar

from surveys.messages import N_, Refused
from surveys.spreadsheet import Column, Row, Table, plain

CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: .*)?")
EXCEL = re.compile(
    r"\d+(\.\d+)?E\+\d+|[\d,]+\.0+|\d{1,3}(,\d{3})+|#+|\d+[/年月][\d/年月日]+"
    r"|\d{1,2}-[A-Z][a-z]{2}(-\d+)?|[A-Z][a-z]{2}-\d{2}"
)
"""What a spreadsheet makes of a code that it takes for a number or a day."""
BORN = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
IDENTITY = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}(?:(?:18|19|20)\d\d{BORN}\d{{3}}[\dX]|\d\d{BORN}\d{{3}})(?!\d)"
)
"""A resident identity number, by the birthday in it: a firm's number has as many digits."""
LONGEST_NAME = 40
LONGEST_VALUE_SHOWN = 40

LEFT_ON = Column("left_on", {"zh": "离开日期", "en": "left"}, ("已离开", "left on"), optional=True)
UNIT_COLUMNS = (
    Column("code", {"zh": "编号", "en": "code"}, ("单位编号", "unit code")),
    Column("name", {"zh": "名称", "en": "name"}, ("单位名称", "unit name")),
    Column("kind", {"zh": "类型", "en": "kind"}, ("单位类型", "类别", "type")),
    Column("parent", {"zh": "上级编号", "en": "parent"}, ("上级单位编号", "上级", "parent code")),
    LEFT_ON,
)
PERSON_COLUMNS = (
    Column("code", {"zh": "编号", "en": "code"}, ("人员编号", "person code")),
    Column("name", {"zh": "姓名", "en": "name"}),
    Column("unit", {"zh": "所在单位编号", "en": "unit"}, ("单位编号", "支部编号", "unit code")),
    Column("membership", {"zh": "党员身份", "en": "membership"}, ("身份", "党员类别")),
    Column("floating", {"zh": "流动", "en": "floating"}, ("是否流动", "流动党员")),
    LEFT_ON,
)

# What may stand in a cell for each stored value; the first two are what an export writes (zh, en).
KIND_WORDS = {
    "district": ("区", "district", "县", "市辖区", "县级市"),
    "subdistrict": ("街道", "subdistrict", "办事处", "街道办事处", "镇", "乡"),
    "community": ("社区", "community"),
    "village": ("村", "village", "行政村"),
    "branch": ("支部", "branch", "党支部"),
    "organ": ("机关", "organ", "机关单位"),
    "school": ("学校", "school"),
    "enterprise": ("企业", "enterprise"),
    "social": ("社会组织", "social", "social organisation", "social organization"),
}
MEMBERSHIP_WORDS = {
    "full": ("正式党员", "full", "正式", "中共党员", "full member"),
    "probationary": ("预备党员", "probationary", "预备", "中共预备党员", "probationary member"),
    "none": ("非党员", "none", "非中共党员", "群众", "not a member"),
}
FLOATING_WORDS = {
    "yes": ("是", "yes", "流动", "流动党员", "y", "true", "1", "√"),
    "no": ("否", "no", "不流动", "n", "false", "0", ""),
}
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kind": KIND_WORDS,
    "membership": MEMBERSHIP_WORDS,
    "floating": FLOATING_WORDS,
}
MEANINGS = {
    key: {plain(word): value for value, words in table.items() for word in words}
    for key, table in WORDS.items()
}
EXPECTED = {
    "kind": N_("应为：区、街道、社区、村、支部、机关、学校、企业、社会组织之一"),
    "membership": N_("应为：正式党员、预备党员、非党员之一"),
    "floating": N_("应为：是、否之一（空着算否）"),
}


ILL_FORMED = N_("应为 1 到 40 个英文字母、数字、“-”或“_”")
NO_IDENTITY = N_(
    "这像身份证号，不能当编号：编号会印在选票、存档和要签字的表上。请另编短号；"
    "名册里已有的，请管理员运行 people rename-ids 换掉"
)
EXCEL_CODE = N_(
    "Excel 或 WPS 把编号当成数字或日期改写了，原来的编号可能已经丢失。"
    "请在原表里把这一列设成“文本”，重新填好，再另存为 CSV"
)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as a row: `kind` as it is stored, `parent` a code, empty for the district.

    `left_on` is the day it left the roster, empty for what is there.
    """

    code: str
    name: str
    kind: str
    parent: str
    left_on: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a row: `unit` a code, `membership` as it is stored, `floating` yes or no."""

    code: str
    name: str
    unit: str
    membership: str
    floating: str
    left_on: str = ""


class RowError(Refused):
    """A cell that cannot be taken: row, heading and value as in the file; the message says why."""

    def __init__(self, row: int, column: str, value: str, message: str, **params: object) -> None:
        super().__init__(message, **params)
        self.row = row
        self.column = column
        self.value = value[:LONGEST_VALUE_SHOWN]


R = TypeVar("R", UnitRow, PersonRow)


@dataclass(slots=True)
class Sheet(Generic[R]):
    """The rows of a file by code, where they stand, and what is wrong with them.

    `known` are the codes that are there, `folded`: what looks like one of them may be ill-formed.

    A row whose code can be read is here even when another cell of it is wrong (that value is then
    empty): those that name it as their parent are not wrong.
    """

    table: Table
    known: Collection[str] = ()
    rows: dict[str, R] = field(default_factory=dict)
    sources: dict[str, Row] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    def wrong(self, source: Row, key: str, message: str, **params: object) -> None:
        """Note an error in a cell; `key` is its column, or empty for what stands beyond all."""
        heading = self.table.headings.get(key, "")
        value = source.cells.get(key, source.beyond)
        self.errors.append(RowError(source.number, heading, value, message, **params))

    def take(self, source: Row, row: R) -> None:
        """Keep a row, unless its code stands further up already."""
        if row.code in self.rows:
            first = self.sources[row.code].number
            self.wrong(source, "code", N_("第 %(first)s 行已有这个编号"), first=first)
        elif row.code:
            self.rows[row.code] = row
            self.sources[row.code] = source


def folded(code: str) -> str:
    """A code to compare: width, case, spaces, zeros before a number, its format do not matter."""
    text = unicodedata.normalize("NFKC", code).casefold()
    text = re.sub(r"[^\w/+.-]+", "", re.sub(r"^([\d,]+)\.0+$", r"\1", text))
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def same_name(name: str) -> str:
    """A name to compare: width, case and every space do not matter."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_identity(code: str, of_person: bool = True) -> bool:
    """Whether a code is, or holds, a resident identity number, of 18 digits or the old 15."""
    bare = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", code))).upper()
    whole = of_person and re.fullmatch(r"\d{15}|\d{17}[\dX]", bare)
    return len(bare) >= 15 and bool(whole or IDENTITY.search(bare))


def read(table: Table, known: Collection[str], row_type: type[R]) -> Sheet[R]:
    """Read the rows of a file of units or people; `known` as of a `Sheet`."""
    sheet: Sheet[R] = Sheet(table, known)
    for source in table.rows:
        if source.beyond:
            words = N_("这一行的格子比第一行多，请检查是不是多了分隔符，或者少了引号")
            sheet.wrong(source, "", words)
        code = _code(sheet, source, of_person=row_type is PersonRow)
        others = fields(row_type)[1:]
        cells = {each.name: CELLS[each.name](sheet, source, each.name) for each in others}
        sheet.take(source, row_type(code, **cells))
    return sheet


def _code(sheet: Sheet[R], row: Row, of_person: bool) -> str:
    code = unicodedata.normalize("NFKC", row.cells["code"])
    wrong = EXCEL_CODE if EXCEL.fullmatch(code) else "" if CODE.fullmatch(code) else ILL_FORMED
    if is_identity(code, of_person):
        wrong = NO_IDENTITY
    elif wrong and folded(code) in sheet.known:
        wrong = ""
    if wrong:
        sheet.wrong(row, "code", wrong)
    return "" if wrong else code


def _day(sheet: Sheet[R], row: Row, key: str) -> str:
    text = unicodedata.normalize("NFKC", row.cells.get(key, ""))
    found = DAY.fullmatch(text)
    with suppress(ValueError):
        if found:
            return date(*map(int, found.groups())).isoformat()
    if text:
        sheet.wrong(row, key, N_("应为 2026-12-31 这样的日期；没有离开的，空着"))
    return ""


def _name(sheet: Sheet[R], row: Row, key: str) -> str:
    name = " ".join(row.cells[key].split())
    if 1 <= len(name) <= LONGEST_NAME and not any(map(_unreadable, name)):
        return name
    sheet.wrong(row, key, N_("应为 1 到 %(most)s 个字，不含看不见的字符和乱码"), most=LONGEST_NAME)
    return ""


def _unreadable(character: str) -> bool:
    """Controls, direction marks, halves of characters, and what a failed conversion leaves.

    Private-use characters are left alone: GB18030 has rare characters of names among them.
    """
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Cs")


def _word(sheet: Sheet[R], row: Row, key: str) -> str:
    value = MEANINGS[key].get(plain(row.cells[key]))
    if value is None:
        sheet.wrong(row, key, EXPECTED[key])
    return value or ""


def _unit(_sheet: Sheet[R], row: Row, key: str) -> str:
    return unicodedata.normalize("NFKC", row.cells[key])


CELLS = {"name": _name, "parent": _unit, "unit": _unit, "left_on": _day} | dict.fromkeys(
    WORDS, _word
)
"""How each cell beside the code is read."""


def word(key: str, value: str, language: str) -> str:
    """A value as an export writes it: the word of its column, else the value itself."""
    if key not in WORDS:
        return value
    return WORDS[key][value][0 if language == "zh" else 1]
