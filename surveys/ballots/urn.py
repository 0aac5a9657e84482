"""The urn: the one place where rows are written whose order must tell nothing, and emptied again.

A rating, a comment, a text, a page's number and a code lie under keys that say nothing. But SQLite
fills a page from its end in the order of writing, and a copy of the file copies pages. So what is
written at once is written in the order of its new keys, which are as random as they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from operator import itemgetter

from surveys.db import database, writing
from surveys.models import Round
from surveys.models.ballots import AccessCode, Rating, Receipt

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

SEALED_TEXTS = (
    "SELECT key FROM comment WHERE round_id = ? AND key > ? AND sealed IS NOT NULL"
    " ORDER BY key LIMIT 1000"
)
UNSWEPT = (
    "SELECT id FROM round WHERE state IN ('closed', 'published', 'abandoned') AND EXISTS"
    " (SELECT 1 FROM comment WHERE round_id = round.id AND sealed IS NOT NULL)"
)
SWEEP = "DELETE FROM comment WHERE round_id = ? AND key > ? AND key <= ? AND sealed IS NOT NULL"

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


def forget(round_: Round) -> None:
    """Delete what is left of a round's ballots: ratings, codes, numbers.

    Call it inside the transaction that ends the round; `sweep` deletes the sealed texts after it.
    """
    for table in (Rating, Receipt, AccessCode):
        table.delete().where(table.round == round_).execute()


def sweep(round_id: int) -> None:
    """Delete the sealed texts of a round that is over and whose key is destroyed.

    They are many times larger than all else, and say nothing any more; so it is done in small
    steps that let others write in between.
    """
    last = b""
    while keys := database.execute_sql(SEALED_TEXTS, (round_id, last)).fetchall():
        with writing():
            database.execute_sql(SWEEP, (round_id, last, keys[-1][0]))
        (last,) = keys[-1]


def finish_sweeping() -> None:
    """Sweep after a process that died between the end of a round and the last of its texts."""
    for (round_id,) in database.execute_sql(UNSWEPT).fetchall():
        sweep(round_id)
