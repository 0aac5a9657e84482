"""A backup: one SQLite file that says of what site and of when it is, and ends in its digest.

No key is in it, and nobody's sign-in. `VACUUM INTO` copies the rows of one moment while others
write, and lays them down in the order of their keys: a copy of the pages would keep the order in
which they were written. The last line is the SHA-256 of all before it; SQLite does not mind it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from site_app import clock, storage
from surveys import seal
from surveys.db import UTCField, database
from surveys.messages import N_, Refused

LAST_LINE = b"\nsurveys-backup %s\n"
LENGTH = len(LAST_LINE % bytes(64))
PIECE = 2**20
TOKENS = ("sign_in", "sign_in_link", "failed_sign_in")


@dataclass(frozen=True, slots=True)
class Backup:
    """What a whole backup says of itself; `rounds` counts them."""

    made_at: datetime
    found: storage.Found
    rounds: int


def create(path: Path) -> None:
    """Write a backup of the running site, for its owner alone; never over another file.

    It is verified before it bears its name, and nothing stays of one that failed.
    """
    with _draft_of(path) as draft:
        database.execute_sql("VACUUM INTO ?", (str(draft),))
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA secure_delete = ON")
            for table in TOKENS:
                copy.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
            copy.execute(
                "INSERT OR REPLACE INTO site_fact (name, value) VALUES ('backup-at', ?)",
                (UTCField().db_value(clock.now()),),
            )
        with draft.open("r+b") as file:
            digest = _digest(draft, draft.stat().st_size)
            file.seek(0, os.SEEK_END)
            file.write(LAST_LINE % digest)
            file.flush()
            os.fsync(file.fileno())
        verify(draft)


@contextmanager
def _draft_of(path: Path) -> Iterator[Path]:
    """A file beside a new one, which takes its name when all went well, and else is removed."""
    taken = Refused(N_("“%(file)s”已经有了，不能覆盖。请换一个文件名。"), file=str(path))
    if os.path.lexists(path):
        raise taken
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        draft.touch(0o600, exist_ok=False)
        draft.chmod(0o600)
        yield draft
        path.touch(0o600, exist_ok=False)  # takes the name, where no hard link could
        draft.replace(path)
        seal.sync(path.parent)
    except FileExistsError:
        raise taken from None
    finally:
        draft.unlink(missing_ok=True)


def _digest(path: Path, size: int) -> bytes:
    """The SHA-256 of the first so many bytes of a file, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (piece := file.read(min(size, PIECE))):
            digest.update(piece)
            size -= len(piece)
    return digest.hexdigest().encode()


def verify(path: Path) -> Backup:
    """What a backup says of itself; touches nothing.

    Refuses what is no whole backup, or one that a newer program made.
    """
    size = path.stat().st_size - LENGTH
    with path.open("rb") as file:
        file.seek(max(size, 0))
        last = file.read()
    if last != LAST_LINE % _digest(path, size):
        raise _not_whole(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise _not_whole(path)
            found = storage.found_in(copy)
            (made,) = copy.execute("SELECT value FROM site_fact WHERE name = 'backup-at'")
            ((rounds,),) = copy.execute("SELECT count(*) FROM round")
    except (sqlite3.DatabaseError, ValueError):
        raise _not_whole(path) from None
    newer = found.migrations - storage.migrations()
    if newer:
        raise Refused(
            N_(
                "“%(file)s”是更新的程序备份的（%(names)s），这个程序太旧，用不了它，"
                "什么也没有动。请换用更新的程序。"
            ),
            file=str(path),
            names="、".join(sorted(newer)),
        )
    return Backup(datetime.fromisoformat(made[0]), found, rounds)


def _not_whole(path: Path) -> Refused:
    return Refused(
        N_(
            "“%(file)s”不是一份完整的备份：不是 backup create 建的，或者被截短、改动过。"
            "请换一份备份。"
        ),
        file=str(path),
    )
