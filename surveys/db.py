"""The database: one SQLite file, one connection a thread, one writer at a time."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from errno import EDQUOT, EFBIG, ENOSPC
from functools import partial
from pathlib import Path
from typing import IO, Any

import peewee

from surveys.messages import N_, Refused

BUSY_SECONDS = 5
POLL_SECONDS = 0.002
LARGEST_JOURNAL = 4 * 1024 * 1024
"""What a long reader made of it beyond this is given back."""

database = peewee.DatabaseProxy()


ERRORS = (peewee.PeeweeException, sqlite3.Error)
"""What a database raises that is full, busy, damaged or gone, and what the program did wrong."""


class SettingError(Refused):
    """A database that cannot be used as it is named."""


class Trouble(Refused):
    """A database that cannot be used as it is now."""


class BaseModel(peewee.Model):
    """A row of the project's database."""

    class Meta:
        database = database
        legacy_table_names = False


class UTCField(peewee.TextField):
    """An instant, stored as text `2026-11-24T08:00:00Z`: whole seconds, UTC, sorted as written."""

    def db_value(self, value: datetime | None) -> str | None:
        """Refuse a time without a zone: it would be another time on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def python_value(self, value: str | None) -> datetime | None:
        """Give the instant back, in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value)


def path_of(url: str) -> Path:
    """The whole path of the file that a `sqlite:///…` address names.

    `SettingError` for any other address; it is not quoted, since a password may stand in it.
    """
    name = url.removeprefix("sqlite:///")
    path = Path(name).resolve()
    if name in ("", url, ":memory:") or "?" in name or name.endswith("/"):
        raise SettingError(
            N_(
                "DATABASE_URL 须为 sqlite:/// 加一个文件的路径，不带 ? 和参数，也不能是 :memory:。"
                "请改正后再启动。"
            )
        )
    return path


REASONS = {
    "BUSY": N_("数据库正忙，什么也没有保存。请过一会儿再试。"),
    "FULL": N_("磁盘满了，什么也没有保存。请腾出空间，再试一次。"),
    "IOERR": N_("磁盘读写出错，什么也没有保存。请检查磁盘是不是满了、坏了，再试一次。"),
    "CORRUPT": N_("数据库文件坏了。请停下网站，用最近的备份恢复；密钥文件夹不要动。"),
    "NOTADB": N_("DATABASE_URL 写的不是本网站的数据库，或者它坏了。请改正，或用最近的备份恢复。"),
    "CANTOPEN": N_("数据库文件打不开。请检查 DATABASE_URL、文件夹的权限和剩余空间。"),
    "READONLY": N_("数据库只能读，不能写。请让运行网站的用户拥有它和它所在的文件夹。"),
}


def what_is_wrong(error: BaseException) -> Trouble | None:
    """What to do about an error of the database or the disk; None for any other.

    The first of those that followed from each other counts: on a full disk SQLite rolls back by
    itself, and the rollback that comes after fails for another reason.
    """
    usual = isinstance(error, peewee.OperationalError | sqlite3.OperationalError)
    words = N_(
        "数据库现在用不了（%(reason)s）。还没有建好时，请先运行 "
        "flask --app wsgi db upgrade；正忙时，请过一会儿再试。"
    )
    found = Trouble(words, reason=str(error)) if usual else None
    cause: BaseException | None = error
    while cause:
        name = getattr(cause, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
        if isinstance(cause, OSError) and cause.errno in (ENOSPC, EDQUOT, EFBIG):
            name = "FULL"
        found = Trouble(REASONS[name]) if name in REASONS else found
        cause = cause.__cause__ or cause.__context__
    return found


def bind(url: str) -> None:
    """Name the database that the models use; nothing is opened yet.

    Each transaction begins IMMEDIATE: a deferred one that reads and then writes fails at once
    when another has written in between.
    """
    database.initialize(
        peewee.SqliteDatabase(
            str(path_of(url)),
            pragmas={
                "journal_mode": "wal",
                "synchronous": "full",
                "foreign_keys": 1,
                "busy_timeout": BUSY_SECONDS * 1000,
                "journal_size_limit": LARGEST_JOURNAL,
            },
            lock_type="IMMEDIATE",
        )
    )


class Busy(peewee.OperationalError):
    """Others have been writing for too long: nothing was written, and it may be tried again."""

    sqlite_errorname = "SQLITE_BUSY"


class Queue:
    """Where those who write wait, of all processes of the site: a lock on a file beside it.

    SQLite's own busy handler sleeps long and starves single writers for seconds. Nobody waits here
    without end: a process may have been stopped while it wrote. Who has waited in vain once soon
    gives up the next times, so that a crowd of writers does not keep readers waiting behind it.
    """

    def __init__(self, patience: float = BUSY_SECONDS) -> None:
        self.patience = patience
        self.hopeful = True

    def wait(self, gate: IO[str]) -> None:
        """Wait for the lock, or raise `Busy`."""
        give_up = time.monotonic() + (self.patience if self.hopeful else self.patience / 50)
        while True:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    self.hopeful = False
                    raise Busy("somebody else is writing") from None
                time.sleep(POLL_SECONDS)
            else:
                self.hopeful = True
                return


queue = Queue()


@contextmanager
def writing() -> Iterator[None]:
    """One transaction, behind the queue of all processes of the site; `Busy` when it is too long.

    A program that does not queue here is still held off by SQLite, as long and no longer.
    """
    with open(f"{database.database}.lock", "a", opener=partial(os.open, mode=0o600)) as gate:
        queue.wait(gate)
        with database.atomic():
            yield


def one_of(column: str, values: tuple[str, ...]) -> list[peewee.Node]:
    """The CHECK of a column that takes one of these values."""
    return [peewee.Check(f"{column} IN ({', '.join(repr(value) for value in values)})")]


class JSONField(peewee.TextField):
    """A JSON document, stored as text in the order in which it was given."""

    def db_value(self, value: Any) -> str | None:
        """Write the document without needless space."""
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def python_value(self, value: str | None) -> Any:
        """Read it back."""
        return None if value is None else json.loads(value)
