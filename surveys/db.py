"""The database: one SQLite file, one connection a thread, one writer at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import peewee

from surveys.messages import N_, Refused

BUSY_SECONDS = 5

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
                "journal_size_limit": 4
                * 1024
                * 1024,  # what a long reader made of it is given back
            },
            lock_type="IMMEDIATE",
        )
    )


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


@contextmanager
def writing() -> Iterator[None]:
    """One transaction, behind a queue shared by all processes of the site.

    SQLite's own busy handler sleeps and starves single writers for seconds; waiting for a file
    lock first keeps the order. A program that does not queue here is still held off by SQLite.
    """
    with open(f"{database.database}.lock", "a", opener=_for_its_owner) as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        with database.atomic():
            yield
