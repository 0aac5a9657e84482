"""A backup: one SQLite file that says of what site and of when it is, and ends in its digest.

No key is in it, and nobody's sign-in. `VACUUM INTO` copies the rows of one moment while others
write, and lays them down in the order of their keys: a copy of the pages would keep the order in
which they were written. The last line is the SHA-256 of all before it; SQLite does not mind it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from flask import current_app

from site_app import clock, config, storage
from site_app.accounts import audit
from site_app.i18n import date_time
from site_app.models import SiteFact
from surveys import ballots, db, rounds
from surveys.ballots import seal
from surveys.db import database
from surveys.messages import N_, Refused
from surveys.models import Round

LAST_LINE = b"\nsurveys-backup %s\n"
LENGTH = len(LAST_LINE % bytes(64))
OPEN_AGAIN = N_(
    "第 %(round)s 号“%(title)s”还开着，能计票。%(time)s 以后交的都没有了，谁交过已查不出；"
    "当时没用过的 %(codes)s 个测评码都能用，后来用过的也在内，后来补发的不能用。请通知那以后交过的"
    "人再交一次，时间不够就延期（round delay）；通知不到的，请终止，重新举行。"
)
KEY_GONE = N_(
    "第 %(round)s 号“%(title)s”的密钥不在了：备份以后计过票或终止过，或者丢了。答卷无法读出，只能"
    "终止：round abandon %(round)s 原因。签过字的记录和下载过的存档仍然算数，请保管好。"
)
BEGUN_SINCE = N_(
    "第 %(round)s 号测评是备份以后才开始的，那以后的测评码和答卷都没有了。"
    "请把 round-%(round)s.key 移出密钥文件夹，否则第 %(round)s 号不能开始。"
)


def create(path: Path) -> None:
    """Write a backup of the running site, for its owner alone; never over another file.

    It is verified before it bears its name, and nothing stays of one that failed.
    """
    with _draft(path) as draft:
        database.execute_sql("VACUUM INTO ?", (str(draft),))
        with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA secure_delete = ON")
            for table in ("sign_in", "sign_in_link", "failed_sign_in"):
                copy.execute(f"DELETE FROM {table}")  # noqa: S608 - ours
            copy.execute(
                "INSERT OR REPLACE INTO site_fact (name, value) VALUES ('backup-at', ?)",
                (clock.now().isoformat(timespec="seconds"),),
            )
        with draft.open("ab") as file:
            file.write(_last_line(draft.read_bytes()))
        verify(draft)


@contextmanager
def _draft(path: Path, make_room: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """A file beside a new one, which takes its name when all went well, and else is removed."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        draft.touch(0o600, exist_ok=False)
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        make_room()
        path.touch(0o600, exist_ok=False)  # takes the name even where there are no hard links
        draft.replace(path)
        seal.sync(path.parent)
    except FileExistsError:
        raise Refused(
            N_("“%(file)s”已经有了，不能覆盖。请换一个文件名。"), file=str(path)
        ) from None
    finally:
        draft.unlink(missing_ok=True)


def _last_line(content: bytes | memoryview) -> bytes:
    return LAST_LINE % hashlib.sha256(content).hexdigest().encode()


def verify(path: Path) -> storage.Found:
    """What a backup says of itself; touches nothing.

    Refuses what is no whole backup, or one that a newer program made.
    """
    content = memoryview(path.read_bytes())
    found, whole = storage.Found(), content[-LENGTH:] == _last_line(content[:-LENGTH])
    with (
        suppress(sqlite3.DatabaseError, Refused),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as copy,
    ):
        whole = whole and copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = storage.found_in(copy)
    if whole and found.backup_at:
        storage.check_known(found)
        return found
    raise Refused(
        N_(
            "“%(file)s”不是一份完整的备份：不是 backup create 建的，或者被截短、改动过。"
            "请换一份备份。"
        ),
        file=str(path),
    )


def restore(file: Path, *, replace: bool) -> None:
    """Put the database of a backup in the place of the site's; what lay there is kept aside.

    Refuses what `verify` refuses, a backup of another site than the keys', a place that is not
    empty, unless it shall be replaced, and one that another process uses.
    """
    site: config.Config = current_app.config["SITE"]
    found, place = verify(file), db.path_of(site.database_url)
    storage.check_belongs(site, place, found, file)
    with suppress(Refused, *db.ERRORS):
        replace = replace or storage.look(place) == storage.Found()
    if not replace:
        raise Refused(
            N_(
                "数据库 %(place)s 里已有内容，什么也没有动。确实要用备份代替它，请加 --replace；"
                "原来的会改名保留。"
            ),
            place=str(place),
        )
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    seal.prepare(site.keys)
    storage.hold(current_app.config, fcntl.LOCK_EX)
    db.bind(site.database_url)
    db.database.close()
    with _draft(place, lambda: _set_aside(place)) as draft:
        shutil.copyfile(file, draft)
        os.truncate(draft, file.stat().st_size - LENGTH)
    audit.record("restore", detail=str(found.backup_at))


def _set_aside(place: Path) -> None:
    """Rename what lies in the place of a database; its journal keeps to it, to no other."""
    stamp = f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    for end in ("", "-wal"):
        with suppress(FileNotFoundError):
            old = place.with_name(place.name + end)
            old.rename(place.with_name(f"{place.name}.{stamp}.old{end}"))
    place.with_name(f"{place.name}-shm").unlink(missing_ok=True)


def consequences(keys: Path) -> Iterator[Refused]:
    """What a restored database means for its rounds, a sentence for each that it touches."""
    moment = datetime.fromisoformat(SiteFact.get(SiteFact.name == "backup-at").value)
    strangers = seal.held(keys)
    for each in Round.select(Round.id, Round.title, Round.state, Round.key_check):
        if each.state != "draft":
            strangers.discard(each.id)
        if each.state == "open":
            yield Refused(
                KEY_GONE if rounds.lost_key(keys, each) else OPEN_AGAIN,
                round=each.id,
                title=each.title,
                time=date_time(moment),
                codes=ballots.unspent(each),
            )
    yield from (Refused(BEGUN_SINCE, round=number) for number in sorted(strangers))
    try:
        storage.remember_codes_key()
    except seal.KeyLost as lost:
        yield lost
