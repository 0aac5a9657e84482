"""Tables for spreadsheets: CSV that Excel and WPS open as it is meant, and that runs nothing."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"


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
