"""A table as Excel and WPS write it: bytes to rows by heading and back, nothing of units or people.

Read: UTF-8 with or without BOM, GB18030, UTF-16 with BOM; comma, semicolon or tab; headings in
Chinese or English in any order. Written: UTF-8 with BOM, commas, CRLF. A cell that a spreadsheet
would run as a formula is written behind an apostrophe, and read without it again.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from surveys.messages import N_, Refused

BOM = "\ufeff"
MOST_BYTES = 20_000_000
MOST_ROWS = 100_000
DELIMITERS = ",;\t"
INVISIBLE = "\u200b\u2060\ufeff"
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its heading in each language, other headings for it.

    It must be there; an `optional` one need not, and is written only where a cell is filled.
    """

    key: str
    headings: Mapping[str, str]
    others: tuple[str, ...] = ()
    optional: bool = False

    def words(self) -> Iterator[str]:
        """Every heading that names this column, as `plain` text."""
        return (plain(each) for each in (*self.headings.values(), *self.others))


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number as a spreadsheet shows it, its cells by column key, what stands beyond."""

    number: int
    cells: Mapping[str, str]
    beyond: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What was read: the headings as they stand in the file by key, the rows, headings not used."""

    headings: Mapping[str, str]
    rows: Sequence[Row]
    unused: tuple[str, ...]


def plain(text: str) -> str:
    """A heading or a word to compare: full width, case, spaces and hyphens do not matter."""
    return re.sub(r"[\s_*-]+", "", unicodedata.normalize("NFKC", text).casefold())


def read(data: bytes, columns: Sequence[Column]) -> Table:
    """Read a table that has all these columns; `Refused` says what is wrong with the file."""
    text = _decode(data)
    keys = {word: column.key for column in columns for word in column.words()}
    delimiter = max(DELIMITERS, key=lambda each: _known(text, each, keys))
    records = ((number, cells) for number, cells in _records(text, delimiter) if any(cells))
    _, titles = next(records, (0, []))
    places = _places(titles, keys)
    for column in columns:
        if column.key not in places and not column.optional:
            raise Refused(
                N_("第一行缺少“%(zh)s”（%(en)s）这一列。第一行应有：%(all)s。"),
                zh=column.headings["zh"],
                en=column.headings["en"],
                all="、".join(each.headings["zh"] for each in columns if not each.optional),
            )
    unused = [title for at, title in enumerate(titles) if title and at not in places.values()]
    rows: list[Row] = []
    for number, cells in records:
        if len(rows) == MOST_ROWS:
            raise Refused(N_("文件超过 %(most)s 行。请分成几个文件导入。"), most=MOST_ROWS)
        found = {key: cells[at] if at < len(cells) else "" for key, at in places.items()}
        beyond = next((cell for cell in cells[len(titles) :] if cell), "")
        rows.append(Row(number, found, beyond))
    if not rows:
        raise Refused(N_("文件里只有第一行的列名，没有内容。"))
    return Table({key: titles[at] for key, at in places.items()}, rows, tuple(unused))


def write(columns: Sequence[Column], language: str, rows: Iterable[Sequence[str]]) -> bytes:
    """The bytes of a table that a spreadsheet opens as it is meant."""
    rows = list(rows)
    used = [at for at, each in enumerate(columns) if not each.optional or any(r[at] for r in rows)]
    headings = [columns[at].headings[language] for at in used]
    return to_csv(headings, ([row[at] for at in used] for row in rows))


def _bare(cell: str) -> str:
    text = cell.strip().strip(INVISIBLE)
    return text[1:].strip() if text.startswith("'") and is_formula(text) else text


def _decode(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise Refused(N_("文件超过 %(n)s MB。请分成几个文件导入。"), n=MOST_BYTES // 1_000_000)
    if data.startswith(WORKBOOKS):
        raise Refused(N_("这是 Excel 工作簿，不是 CSV。请在 Excel 或 WPS 里另存为 CSV 再导入。"))
    for encoding in ("utf-16",) if data.startswith(UTF_16) else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise Refused(N_("看不懂文件的编码。请另存为 CSV（UTF-8 或 GB18030）再导入。"))
    if not text.strip():
        raise Refused(N_("文件是空的。"))
    if "\0" in text:
        raise Refused(
            N_("第 %(row)s 行有空字符（NUL），文件可能损坏，或者不是 CSV。请重新另存为 CSV。"),
            row=text.count("\n", 0, text.index("\0")) + 1,
        )
    return text


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with its number, cells bare; strict, or an open quote would swallow the rest."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            yield number, [_bare(cell) for cell in cells]
    except csv.Error:
        raise Refused(
            N_(
                "第 %(row)s 行的英文双引号没有配对：少了后一个引号，或者引号后面还有字。"
                "请改正这一行。"
            ),
            row=number + 1,
        ) from None


def _known(text: str, delimiter: str, keys: Mapping[str, str]) -> int:
    """How many headings are known when the row is cut at this delimiter."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        titles = next((cells for cells in reader if any(map(_bare, cells))), [])
    except csv.Error:
        return 0
    return sum(plain(_bare(title)) in keys for title in titles)


def _places(titles: Sequence[str], keys: Mapping[str, str]) -> dict[str, int]:
    """Where each known column stands."""
    places: dict[str, int] = {}
    for at, title in enumerate(titles):
        key = keys.get(plain(title))
        if key is None:
            continue
        if key in places:
            raise Refused(
                N_("第一行有两列是同一个意思：“%(first)s”和“%(second)s”。请删去一列。"),
                first=titles[places[key]],
                second=title,
            )
        places[key] = at
    return places


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might run a cell.

    A formula begins with = + - @, also after spaces or apostrophes and in full width; a tab or a
    line break at the head can push it into a cell of its own.
    """
    for symbol in unicodedata.normalize("NFKC", text):
        if symbol in "=+-@\t\r\n":
            return True
        if symbol.isprintable() and not symbol.isspace() and symbol != "'":
            break
    return False


def as_text(cell: object) -> str:
    """A cell as a spreadsheet may have it: a formula gets an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if is_formula(text) else text


def to_csv(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file: UTF-8 with a byte order mark, so that Excel and WPS do not take it for GBK."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (headings, *rows):
        writer.writerow([as_text(cell) for cell in row])
    return (BOM + text.getvalue()).encode("utf-8")
