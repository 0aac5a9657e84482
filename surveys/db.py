"""The database: one SQLite file, one connection a thread, one writer at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import peewee

from surveys.messages import N_, Refused

BUSY_SECONDS = 5
POLL_SECONDS = 0.002

database = peewee.DatabaseProxy()


class SettingError(Refused):
    """A database that cannot be used as it is named."""


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
    """The file that a `sqlite:///…` address names; `SettingError` for any other address."""
    prefix = "sqlite:///"
    if not url.startswith(prefix) or len(url) == len(prefix):
        raise SettingError(
            N_("DATABASE_URL 须为 sqlite:/// 加文件路径，现为“%(url)s”。请改正后再启动。"), url=url
        )
    return Path(url.removeprefix(prefix))


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
            },
            lock_type="IMMEDIATE",
        )
    )


class Busy(peewee.OperationalError):
    """Others have been writing for too long: nothing was written, and it may be tried again."""


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


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
    with open(f"{database.database}.lock", "a", opener=_for_its_owner) as gate:
        queue.wait(gate)
        with database.atomic():
            yield
