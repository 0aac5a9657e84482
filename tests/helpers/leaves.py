"""Reads the pages of a SQLite file: in which order the rows of a table were written into them.

The format is SQLite's own, https://www.sqlite.org/fileformat2.html: a page is filled from its end,
so that the cell of whatever was written later lies before the others.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

LEAF, INNER = 0x0A, 0x02


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of SQLite's, and where it ends."""
    value = 0
    for place in range(9):
        byte = data[at + place]
        if place == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            break
    return value, at + place + 1


def length(kind: int) -> int:
    """The bytes of a column by its serial type."""
    return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][kind] if kind < 10 else (kind - 12) // 2


def key_of(page: bytes, cell: int) -> bytes:
    """The first blob of a cell: the random key, or the digest, stands in its first columns."""
    _, at = varint(page, cell)
    size, after = varint(page, at)
    kinds = []
    while after < at + size:
        kind, after = varint(page, after)
        kinds.append(kind)
    at += size
    for kind in kinds:
        if kind >= 12 and kind % 2 == 0:
            return page[at : at + length(kind)]
        at += length(kind)
    raise AssertionError("a row without a blob")


def written(file: Path, table: str) -> list[list[bytes]]:
    """The keys on each leaf of a WITHOUT ROWID table, in the order in which they were written."""
    with sqlite3.connect(file) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    data = file.read_bytes()
    leaves, waiting = [], [root]
    while waiting:
        number = waiting.pop()
        page, at = data[(number - 1) * size : number * size], 100 if number == 1 else 0
        cells = int.from_bytes(page[at + 3 : at + 5], "big")
        first = at + (12 if page[at] == INNER else 8)
        places = [
            int.from_bytes(page[first + 2 * n : first + 2 * n + 2], "big") for n in range(cells)
        ]
        if page[at] == INNER:
            waiting += [int.from_bytes(page[place : place + 4], "big") for place in places]
            waiting.append(int.from_bytes(page[at + 8 : at + 12], "big"))
        else:
            assert page[at] == LEAF
            leaves.append([key_of(page, place) for place in sorted(places, reverse=True)])
    return leaves
