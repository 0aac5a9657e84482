"""A backup: one SQLite file that says of what site and of when it is, and ends in its digest.

No key is in it, and nobody's sign-in. `VACUUM INTO` copies the rows of one moment while others
write, and lays them down in the order of their keys: a copy of the pages would keep the order in
which they were written. The last line is the SHA-256 of all before it; SQLite does not mind it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from site_app import auth, clock, config, storage
from site_app.i18n import date_time
from surveys import db, rounds, seal
from surveys.db import UTCField, database
from surveys.messages import N_, Refused
from surveys.models import AccessCode, Round

LAST_LINE = b"\nsurveys-backup %s\n"
LENGTH = len(LAST_LINE % bytes(64))
PIECE = 2**20
BEGUN_SINCE = N_(
    "第 %(round)s 号“%(title)s”备份时还是草稿，后来开始过：那以后的测评码和答卷都没有了。"
    "请把 round-%(round)s.key 移出密钥文件夹，重新发码，再开始。"
)
KEY_GONE = N_(
    "第 %(round)s 号“%(title)s”的密钥不在了：备份以后计过票或终止过，或者密钥丢了。答卷无法读出，"
    "只能终止：round abandon %(round)s 原因。那以后签字的计票记录和下载的存档仍然算数，请保管好。"
)
VOTE_AGAIN = N_(
    "第 %(round)s 号“%(title)s”还开着，能计票。%(time)s 以后交的票都没有了；当时没用过的 %(codes)s "
    "个测评码都能投票，后来投过的也在内，哪些投过已查不出；那以后补发的码不能用。"
    "请通知那以后投票的人再投一次，时间不够就用 round delay 延期；通知不到的，请终止，重新举行。"
)
ANSWER_AGAIN = N_(
    "第 %(round)s 号“%(title)s”还开着，能计票。%(time)s 以后交的答卷都没有了，哪些人交过已查不出。"
    "请告诉大家那以后交的须再交一次，时间不够就用 round delay 延期；做不到的，请终止，重新举行。"
)
CODES_LOST = N_(
    "第 %(round)s 号“%(title)s”发出去的测评码都认不出来：密钥 codes.key 不在了，或者换过了。"
    "请放回原来的文件；找不回来的，把没用的码作废（round void），再重新发（round codes）。"
)
MADE_SINCE = N_(
    "round-%(round)s.key 是备份以后才建的测评的密钥，那次测评的一切都没有了。"
    "请把它移出密钥文件夹：将来的第 %(round)s 号测评要用这个名字。"
)
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
    with _draft(path) as draft:
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
        with draft.open("ab") as file:
            file.write(LAST_LINE % _digest(draft, draft.stat().st_size))
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


def restore(site: config.Config, file: Path, *, replace: bool) -> Backup:
    """Put the database of a backup in the place of the site's; what lay there is kept aside.

    Refuses what `verify` refuses, a backup of another site than the keys', a place that is not
    empty, unless it shall be replaced, and one that another process uses.
    """
    backup, place = verify(file), db.path_of(site.database_url)
    if storage.is_foreign(site.keys, backup.found):
        raise Refused(
            N_(
                "“%(file)s”是别的网站的备份，和密钥文件夹 %(keys)s 不是一对，什么也没有动。"
                "请检查 INSTANCE_DIR；要在这里恢复那个网站，请给它新的 INSTANCE_DIR。"
            ),
            file=str(file),
            keys=str(site.keys),
        )
    storage.check_belongs(site, place, backup.found)
    if not replace and not _is_empty(place):
        raise Refused(
            N_(
                "数据库 %(place)s 里已有内容，什么也没有动。确实要用备份代替它，请加 --replace；"
                "原来的会改名保留。"
            ),
            place=str(place),
        )
    storage.make_folders(site)
    with storage.alone():
        db.bind(site.database_url)
        db.database.close()
        with _draft(place, lambda: _set_aside(place)) as draft:
            shutil.copyfile(file, draft)
            os.truncate(draft, file.stat().st_size - LENGTH)
        auth.record("restore", detail=backup.made_at.isoformat())
    return backup


def _is_empty(place: Path) -> bool:
    """Whether nothing lies in the place of a database, or one in which nothing was made yet."""
    with suppress(Refused, *db.ERRORS):
        return storage.look(place) == storage.Found()
    return False


def _set_aside(place: Path) -> None:
    """Rename what lies in the place of a database; its journal keeps to it, to no other."""
    stamp = clock.now().strftime("%Y%m%d-%H%M%S")
    for end in ("", "-wal"):
        old = place.with_name(place.name + end)
        if old.exists():
            old.rename(place.with_name(f"{place.name}.{stamp}.old{end}"))
    place.with_name(f"{place.name}-shm").unlink(missing_ok=True)


def consequences(keys: Path, backup: Backup) -> Iterator[Refused]:
    """What a restored database means for its rounds, a sentence for each that it touches."""
    known, held = set(), seal.held(keys)
    codes_are_lost = storage.codes_are_lost()
    for each in Round.select(Round.id, Round.title, Round.state, Round.key_check):
        known.add(each.id)
        about: dict[str, object] = {
            "round": each.id,
            "title": each.title,
            "time": date_time(backup.made_at),
        }
        if each.state == "draft" and each.id in held:
            yield Refused(BEGUN_SINCE, **about)
        elif each.state == "open" and rounds.lost_key(keys, each):
            yield Refused(KEY_GONE, **about)
        elif each.state == "open":
            codes = (AccessCode.round == each.id) & (AccessCode.state == "unspent")
            about["codes"] = AccessCode.select().where(codes).count()
            yield Refused(VOTE_AGAIN if about["codes"] else ANSWER_AGAIN, **about)
            if about["codes"] and codes_are_lost:
                yield Refused(CODES_LOST, **about)
    for number in sorted(held - known):
        yield Refused(MADE_SINCE, round=number)
