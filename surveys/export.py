"""Tables for spreadsheets: CSV that Excel and WPS open as it is meant, and that runs nothing."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

BOM = "\ufeff"


def as_text(cell: object) -> str:
    """A cell as a spreadsheet may have it: what would be read as a formula gets an apostrophe.

    A formula begins with = + - @, also after spaces and in full width; a tab or a line break at
    the head can push it into a cell of its own.
    """
    text = "" if cell is None else str(cell)
    for symbol in unicodedata.normalize("NFKC", text):
        if symbol in "=+-@\t\r\n":
            return "'" + text
        if symbol.isprintable() and not symbol.isspace():
            break
    return text


def to_csv(headings: Sequence[object], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file: UTF-8 with a byte order mark, so that Excel and WPS do not take it for GBK."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (headings, *rows):
        writer.writerow([as_text(cell) for cell in row])
    return (BOM + text.getvalue()).encode("utf-8")
