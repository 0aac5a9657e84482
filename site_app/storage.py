"""Where data and keys lie: folders apart, for their owner alone; the database, its migrations."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import peewee
from flask import Flask, current_app
from playhouse.migrations import Runner

from site_app import config
from site_app.models import SiteFact
from surveys import db, rounds, seal
from surveys.messages import N_
from surveys.models import AccessCode

MIGRATIONS = Path(__file__).parent / "migrations"


def prepare(site: config.Config) -> None:
    """Make the folders for data and keys (0700), apart from each other."""
    path = db.path_of(site.database_url)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        path.touch(mode=0o600)
        seal.prepare(site.keys)
    except OSError as wrong:
        raise config.BadSetting(
            N_("不能在“%(folder)s”写入（%(reason)s）。请换一个可写的 INSTANCE_DIR。"),
            folder=str(wrong.filename),
            reason=wrong.strerror,
        ) from wrong
    if site.keys == path.parent or path.parent in site.keys.parents:
        raise config.BadSetting(
            N_("密钥文件夹 %(folder)s 不能放在数据文件夹里面。请改 KEYS_DIR。"),
            folder=str(site.keys),
        )


def upgrade() -> list[str]:
    """Migrate the database to the newest schema; the names of what was applied."""
    applied = [str(name) for name in Runner(db.database, str(MIGRATIONS)).up()]
    if not codes_are_lost():
        remember_codes_key()
    return applied


def codes_are_lost() -> bool:
    """Whether codes wait to be used whose key is not the one in the folder of keys."""
    if not AccessCode.select().where(AccessCode.state == "unspent").exists():
        return False
    known = SiteFact.get_or_none(SiteFact.name == "codes-key")
    if not seal.has_code_key(keys()):
        return True
    return known is not None and known.value != _check_of_codes()


def remember_codes_key() -> None:
    """Remember the key of the codes; codes are never made beside those of a lost key."""
    if codes_are_lost():
        raise seal.KeyLost(
            N_(
                "测评码的密钥文件 codes.key 不在了，或者换过了，发出去还没用的测评码都认不出来，"
                "所以现在不能再发。请放回原来的文件；找不回来的，先把没用的码都作废，再重新发。"
            )
        )
    SiteFact.insert(name="codes-key", value=_check_of_codes()).on_conflict_replace().execute()


def _check_of_codes() -> str:
    return seal.check_of(seal.code_key(keys())).hex()


def keys() -> Path:
    """The folder of keys of the running site."""
    site: config.Config = current_app.config["SITE"]
    return site.keys


def init_app(app: Flask) -> None:
    """Bind the database; keep one connection open a thread; finish what a dead process left."""
    site: config.Config = app.config["SITE"]
    prepare(site)
    app.secret_key = site.secret_key or seal.named_key(site.keys, "secret")
    db.bind(site.database_url)
    db.database.connect(reuse_if_open=True)
    try:
        if db.database.table_exists("round"):
            for round_id in rounds.finish_destruction(site.keys):
                logging.getLogger("site").info("key of round %d destroyed", round_id)
    except (peewee.OperationalError, sqlite3.OperationalError) as wrong:
        raise config.BadSetting(
            N_("数据库现在打不开（%(reason)s）。请稍后再启动。"), reason=str(wrong)
        ) from wrong
    finally:
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
