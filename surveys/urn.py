"""The urn: the one writer of rows whose order must not tell who came when, or wrote what.

A rating, a comment, a text, a page's number and a code lie under keys that say nothing. But SQLite
fills a page from its end in the order of writing, and a copy of the file copies pages. So what is
written at once is written in the order of its new keys, which are as random as they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from operator import itemgetter

from surveys.db import database

RATING = "INSERT INTO rating (key, round_id, subject_id, group_id, sealed) VALUES (?, ?, ?, ?, ?)"
COMMENT = "INSERT INTO comment (key, round_id, subject_id, sealed) VALUES (?, ?, ?, ?)"
KEPT_COMMENT = "INSERT INTO comment (key, round_id, subject_id, text) VALUES (?, ?, ?, ?)"
KEPT_TEXT = (
    "INSERT INTO text_answer (key, round_id, subject_id, text, question) VALUES (?, ?, ?, ?, ?)"
)
NUMBER = "INSERT OR IGNORE INTO receipt (number, round_id) VALUES (?, ?)"
CODE = (
    "INSERT INTO access_code (digest, round_id, unit_id, group_id, state)"
    " VALUES (?, ?, ?, ?, 'unspent')"
)

Row = tuple[bytes, *tuple[object, ...]]
"""A row's key, then its other columns as the statement names them."""


def new_key() -> bytes:
    """A random key of 128 bits for a row."""
    return secrets.token_bytes(16)


def put(statement: str, rows: Iterable[Row]) -> int:
    """Write rows by one of the statements above, in the order of their keys; how many were new.

    Call it inside a transaction, once for all that is written together.
    """
    in_order = sorted(rows, key=itemgetter(0))
    cursor = database.cursor()
    cursor.executemany(statement, in_order)
    return int(cursor.rowcount) if in_order else 0
