"""The database of a migrated site is the one that the models describe; folders refuse clearly."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, config, models, storage
from site_app.models import Plan
from surveys import ballots, composite_models, db, seal
from surveys import models as survey_models
from surveys.db import database
from tests import factories
from tests.factories import DURING, District


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
    with site.app_context():
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


def test_after_an_error_the_next_reader_sees_what_is_new(
    site: Flask, client: FlaskClient, district: factories.District, keys: Path
) -> None:
    """A row that cannot be read breaks a page off; mended elsewhere, it is mended here too."""
    Plan.create(year=2026, title="示范要点")
    factories.open_survey(keys, district)
    survey = factories.open_survey(keys, district)
    with closing(sqlite3.connect(database.database)) as elsewhere:
        change = "UPDATE round SET opens_at = ? WHERE id = ?"
        elsewhere.execute(change, ("0", survey.id))
        elsewhere.commit()
        with pytest.raises(ValueError, match="isoformat") as held:
            client.get("/")
        elsewhere.execute(change, ("2026-03-02T01:00:00Z", survey.id))
        elsewhere.commit()
    assert client.get("/").status_code == 200
    factories.answer(keys, survey, "c1", {"overall": "satisfied"})
    assert held.tb is not None, "the error is still held, as a server may hold it"


def test_lost_codes_are_told_to_member_and_organiser_and_are_not_unknown(
    site: Flask,
    district: District,
    keys: Path,
    client: FlaskClient,
    signed_in: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: DURING)
    round_, codes = factories.open_appraisal(keys, district, 8)
    desk = f"/desk/rounds/{round_.id}"
    kept = (keys / "codes.key").read_bytes()
    assert "codes.key" not in signed_in.get(desk).get_data(as_text=True)
    (keys / "codes.key").unlink()
    for _start in range(2):
        with site.app_context():
            storage.upgrade()
        assert "告诉组织者" in client.post("/v", data={"code": codes[0]}).get_data(as_text=True)
        assert "codes.key" in signed_in.get(desk).get_data(as_text=True)
    (keys / "codes.key").write_bytes(kept)
    assert "示例党员1" in client.post("/v", data={"code": codes[0]}).get_data(as_text=True)
    assert "codes.key" not in signed_in.get(desk).get_data(as_text=True)


def test_a_changed_key_of_the_codes_is_told_where_residents_use_codes_too(
    site: Flask,
    district: District,
    keys: Path,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: DURING)
    draft = factories.draft(district.root, [district.first], needs_codes=True)
    codes = factories.codes(keys, draft, district.first, 6)
    round_ = factories.opened(keys, draft)
    (keys / "codes.key").write_bytes(bytes(32))
    answer = client.post(
        f"/s/{round_.id}/c1", data={"code": codes[0], "q-overall": "mostly", "comment": "路灯"}
    )
    assert answer.status_code == 503
    text = answer.get_data(as_text=True)
    assert "告诉组织者" in text
    assert "路灯" in text


def test_looking_at_a_lost_key_makes_none_and_no_code_is_made_beside_lost_ones(
    site: Flask, district: District, keys: Path, signed_in: FlaskClient
) -> None:
    """Codes under two keys could not be told apart; once the lost ones are void, new ones work."""
    round_, codes = factories.open_appraisal(keys, district, 8)
    factories.vote(keys, codes[0], {"p1": "basic"})
    for change in ((keys / "codes.key").unlink, lambda: (keys / "codes.key").write_bytes(b"")):
        change()
        there = (keys / "codes.key").exists()
        signed_in.get(f"/desk/rounds/{round_.id}")
        assert (keys / "codes.key").exists() == there
        with site.app_context(), pytest.raises(seal.KeyLost, match=r"codes\.key"):
            storage.remember_codes_key()
    (keys / "codes.key").unlink()
    ballots.void_codes(round_, district.branch, factories.group(round_))
    with site.app_context():
        storage.remember_codes_key()
        (new,) = factories.codes(keys, round_, district.branch, 1)
        assert not storage.codes_are_lost()
    factories.vote(keys, new, {"p1": "basic"})
