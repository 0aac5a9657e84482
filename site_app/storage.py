"""Where data and keys lie: folders apart, for their owner alone; the database, its migrations."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import sqlite3
import weakref
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from errno import EACCES
from pathlib import Path
from typing import Any

from flask import Config, Flask, current_app
from playhouse.migrations import Migration, Runner

from site_app import commands, config
from site_app.i18n import sentence_outside
from site_app.models import SiteFact
from surveys import ballots, db, rounds
from surveys.ballots import seal
from surveys.messages import N_, Refused
from surveys.models import Round

MIGRATIONS = Path(__file__).parent / "migrations"
logger = logging.getLogger("site")


@dataclass(frozen=True, slots=True)
class Found:
    """What a database says of itself before anything is written to it; nothing if it is new."""

    migrations: frozenset[str] = frozenset()
    site_id: str | None = None
    checks: Mapping[int, bytes] = field(default_factory=dict)
    backup_at: str | None = None


def look(path: Path) -> Found:
    """Read what a database says of itself, and make nothing."""
    if path.exists() and not path.is_file():
        raise db.Trouble(db.REASONS["NOTADB"])
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", ".lock"))):
        if each.exists() and not os.access(each, os.R_OK | os.W_OK, effective_ids=True):
            raise PermissionError(EACCES, os.strerror(EACCES), str(each))
    if not path.exists() or path.stat().st_size == 0:
        return Found()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", db.BUSY_SECONDS, uri=True)) as reader:
        return found_in(reader)


def found_in(reader: sqlite3.Connection) -> Found:
    """What an opened database says of itself; refuses one that is not ours."""
    try:
        tables = {name for (name,) in reader.execute("SELECT name FROM sqlite_master")}
    except UnicodeDecodeError:  # SQLite's complaint quotes what it found, which need not be text
        raise db.Trouble(db.REASONS["CORRUPT"]) from None
    if tables and "schema_migration" not in tables:
        raise db.Trouble(db.REASONS["NOTADB"])

    def pairs(table: str, two: str) -> dict[Any, Any]:
        query = f"SELECT {two} FROM {table}"  # noqa: S608 - ours
        return dict(reader.execute(query)) if table in tables else {}

    facts = pairs("site_fact", "name, value")
    return Found(
        migrations=frozenset(pairs("schema_migration", "name, applied")),
        site_id=facts.get("site-id"),
        backup_at=facts.get("backup-at"),
        checks=pairs("round", "id, key_check"),
    )


def check_known(found: Found) -> None:
    """Refuse what a newer program has made or upgraded."""
    newer = found.migrations - migrations()
    if newer:
        raise db.Trouble(
            N_(
                "数据库已由更新的程序升级过（%(names)s），这个程序太旧，不能用它，什么也没有动。"
                "请换用更新的程序，或者恢复升级以前的备份。"
            ),
            names="、".join(sorted(newer)),
        )


def check_belongs(site: config.Config, path: Path, found: Found, file: Path | None = None) -> None:
    """Refuse a database and a folder of keys that are not known to be of one site.

    A site older than the id is known by its keys: each one there is that of a round of its own.
    `file` is the backup from which the database would come.
    """
    check_known(found)
    beside = seal.site_id_of(site.keys)
    if found.site_id is not None and beside is not None:
        foreign = found.site_id != beside
    else:
        held = seal.held(site.keys)
        own = {each for each in held if seal.matches(site.keys, each, found.checks.get(each))}
        claimed = beside is not None or (seal.has_code_key(site.keys) and not found.migrations)
        foreign = held != own or (claimed and not own)
    if foreign:
        raise db.Trouble(
            N_(
                "数据库 %(database)s（是空的，或是别的网站的）和密钥文件夹 %(keys)s 不是一对，"
                "所以什么也没有动。请检查 DATABASE_URL、KEYS_DIR、备份和数据盘；"
                "要建新网站，两样都换新的地方。"
            ),
            database=str(file or path),
            keys=str(site.keys),
        )
    home = seal.home_of(site.keys)
    if home and home.exists() and not (path.exists() and home.samefile(path)):
        raise db.Trouble(
            N_(
                "密钥文件夹 %(keys)s 是数据库 %(home)s 的，%(database)s 只是它的副本，"
                "所以没有启动，什么也没有动。要改用这一份，请先把原来的移走。"
            ),
            database=str(path),
            home=str(home),
            keys=str(site.keys),
        )


def prepare(site: config.Config) -> Found:
    """Make the folders for data and keys (0700), apart from each other; nothing if they misfit."""
    path = db.path_of(site.database_url)
    if site.keys == path.parent or path.parent in site.keys.parents:
        raise config.BadSetting(
            N_("密钥文件夹 %(folder)s 不能放在数据文件夹里面。请改 KEYS_DIR。"),
            folder=str(site.keys),
        )
    try:
        found = look(path)
        check_belongs(site, path, found)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if site.instance in path.parents:  # a folder elsewhere is somebody else's to open or close
            path.parent.chmod(0o700)
        path.touch(mode=0o600)
        path.chmod(0o600)
        seal.prepare(site.keys)
    except OSError as wrong:
        raise _unwritable(wrong) from wrong
    return found


def hold(app: Config, how: int) -> None:
    """Lock the site until the process ends: LOCK_SH to use it, LOCK_EX to put another in its place.

    `app` is the application's configuration. The lock is one on the folder of keys.
    """
    if "HELD" not in app:
        app["HELD"] = os.open(app["SITE"].keys, os.O_RDONLY)
        weakref.finalize(app, os.close, app["HELD"])
    try:
        fcntl.flock(app["HELD"], how | fcntl.LOCK_NB)
    except BlockingIOError:
        raise db.Trouble(
            N_("网站还在运行，或者正在恢复备份，所以什么也没有动。请等它结束，再试一次。")
        ) from None


def _unwritable(wrong: OSError) -> config.BadSetting:
    return config.BadSetting(
        N_(
            "“%(folder)s”不能读写（%(reason)s）。请让运行网站的用户拥有它，"
            "或者换一个可写的 INSTANCE_DIR。"
        ),
        folder=str(wrong.filename),
        reason=Refused(commands.REASONS.get(type(wrong), str(wrong.strerror))),
    )


def migrations() -> frozenset[str]:
    """The names of all migrations of this program."""
    return frozenset(each.name for each in Migration.load_directory(str(MIGRATIONS)))


def check_upgraded(app: Flask) -> None:
    """Refuse to serve a database older than the program; a command may have come to upgrade it."""
    if not commands.running() and app.config["FOUND"].migrations not in (frozenset(), migrations()):
        raise db.Trouble(
            N_("数据库还是旧的结构，所以没有启动。请先运行 flask --app wsgi db upgrade。")
        )


def site_id() -> str:
    """The id by which this database and its keys know each other."""
    return str(SiteFact.get(SiteFact.name == "site-id").value)


def _settle(site: config.Config) -> None:
    """Give database and keys the id of their site, where either lacks it."""
    path, beside = db.path_of(site.database_url), seal.site_id_of(site.keys)
    if SiteFact.get_or_none(SiteFact.name == "site-id") is None:
        with db.writing():
            new = SiteFact.insert(name="site-id", value=beside or secrets.token_hex(16))
            new.on_conflict_ignore().execute()
    if seal.home_of(site.keys) != path:
        seal.mark(site.keys, site_id(), path)


def upgrade() -> list[str]:
    """Migrate the database to the newest schema; the names of what was applied."""
    applied = [str(name) for name in Runner(db.database, str(MIGRATIONS)).up()]
    _settle(current_app.config["SITE"])
    if not codes_are_lost():
        remember_codes_key()
    return applied


CODES_LOST = N_(
    "测评码的密钥文件 codes.key 不在了，或者换过了，发出去还没用的测评码都认不出来，"
    "所以现在不能再发。请放回原来的文件；找不回来的，先把没用的码都作废，再重新发。"
)


def lost_of(round_: Round) -> seal.KeyLost | None:
    """What is the matter with the keys of a round: its own, else that of codes it waits for."""
    if lost := rounds.lost_key(keys(), round_):
        return lost
    return seal.KeyLost(CODES_LOST) if ballots.unspent(round_) and codes_are_lost() else None


def codes_are_lost(folder: Path | None = None) -> bool:
    """Whether codes wait to be used whose key is not the one in the folder of keys."""
    folder = folder or keys()
    if not ballots.unspent():
        return False
    known = SiteFact.get_or_none(SiteFact.name == "codes-key")
    try:
        found = seal.has_code_key(folder) and _check_of_codes(folder)
    except seal.KeyLost:
        return True
    return not found or (known is not None and known.value != found)


def remember_codes_key() -> None:
    """Remember the key of the codes; codes are never made beside those of a lost key."""
    if codes_are_lost():
        raise seal.KeyLost(CODES_LOST)
    SiteFact.insert(name="codes-key", value=_check_of_codes(keys())).on_conflict_replace().execute()


def _check_of_codes(folder: Path) -> str:
    return seal.check_of(seal.code_key(folder)).hex()


def keys() -> Path:
    """The folder of keys of the running site."""
    site: config.Config = current_app.config["SITE"]
    return site.keys


def init_app(app: Flask) -> None:
    """Bind the database; keep one connection open a thread; finish what a dead process left.

    What keeps the site from starting is raised; where a command starts it, the command says it.
    """
    site: config.Config = app.config["SITE"]
    try:
        app.config["FOUND"] = found = prepare(site)
        hold(app.config, fcntl.LOCK_SH)
        app.secret_key = site.secret_key or seal.named_key(site.keys, "secret")
        db.bind(site.database_url)
        db.database.connect(reuse_if_open=True)
        _finish(site, found)
    except (Refused, OSError, *db.ERRORS) as wrong:
        refused = wrong if isinstance(wrong, Refused) else db.what_is_wrong(wrong)
        if refused is None and isinstance(wrong, OSError):
            refused = _unwritable(wrong)
        if refused is None or not commands.running():
            raise (refused or wrong) from wrong
        app.config["REFUSED"] = refused
    finally:
        if db.database.obj:
            db.database.close()

    @app.before_request
    def connect() -> None:
        db.database.connect(reuse_if_open=True)

    @app.teardown_request
    def drop(error: BaseException | None) -> None:
        # An error holds the rows that it broke off reading, and these hold the connection at that
        # moment: its thread would see nothing newer and could write nothing any more. (A count
        # that is broken off is in its transaction still, and rolls it back by itself.)
        if error is not None and not db.database.in_transaction():
            db.database.close()


def _finish(site: config.Config, found: Found) -> None:
    if "round" not in db.database.get_tables():
        return
    for round_id in rounds.finish_destruction(site.keys):
        logger.info("key of round %d destroyed", round_id)
    if found.migrations == migrations():
        _settle(site)
    if not commands.running():
        rows = Round.select(Round.id, Round.key_check, Round.state)
        lost = [rounds.lost_key(site.keys, each) for each in rows]
        if codes_are_lost(site.keys):
            lost.append(seal.KeyLost(CODES_LOST))
        for words in filter(None, lost):
            logger.warning(sentence_outside(words, commands.language()))
