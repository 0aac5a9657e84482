"""The database of a migrated site is the one that the models describe; folders refuse clearly."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from flask import Flask

from site_app import config, models, storage
from surveys import composite_models, db
from surveys import models as survey_models
from surveys.db import database


def schema() -> set[str]:
    rows = database.execute_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    plain = (re.sub(r"\s+", " ", sql).replace("( ", "(").replace(" )", ")") for (sql,) in rows)
    return {each for each in plain if "schema_migration" not in each}


def test_migrating_gives_the_same_schema_as_the_models(site: Flask, tmp_path: Path) -> None:
    migrated = schema()
    database.close()
    db.bind(f"sqlite:///{tmp_path}/other.sqlite")
    database.connect()
    database.create_tables([*survey_models.TABLES, *composite_models.TABLES, *models.TABLES])
    assert schema() == migrated


def test_migrating_again_changes_nothing(site: Flask) -> None:
    before = schema()
    assert storage.upgrade() == []
    assert schema() == before


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"PORT": "many"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PUBLIC_URL": "ftp://示例"}, "PUBLIC_URL"),
        ({"TIMEZONE": "Moon/Sea"}, "时区"),
        ({"DATABASE_URL": "mysql://示例"}, "DATABASE_URL"),
        ({"INSTANCE_DIR": "/proc/示例"}, "INSTANCE_DIR"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(setting: dict[str, str], says: str) -> None:
    with pytest.raises(
        config.BadSetting if "DATABASE_URL" not in setting else db.SettingError
    ) as refused:
        storage.prepare(config.read(setting))
    assert says in str(refused.value)


def test_keys_may_not_lie_among_the_data(tmp_path: Path) -> None:
    site = config.read({"INSTANCE_DIR": str(tmp_path), "KEYS_DIR": str(tmp_path / "data" / "keys")})
    with pytest.raises(config.BadSetting, match="KEYS_DIR"):
        storage.prepare(site)


def test_a_writer_is_held_off_while_another_program_writes(site: Flask) -> None:
    other = sqlite3.connect(database.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database.execute_sql("PRAGMA busy_timeout = 50")
    with pytest.raises(Exception, match="locked"), db.writing():
        pass
    other.execute("ROLLBACK")
    other.close()
    with db.writing():
        pass
