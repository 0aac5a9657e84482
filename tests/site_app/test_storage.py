"""The database of a migrated site is the one that the models describe; folders refuse clearly."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, config, models, storage
from site_app.models import Plan
from surveys import ballots, db
from surveys.ballots import seal
from surveys.db import database
from surveys.messages import Refused
from surveys.models import TABLES
from tests import factories
from tests.factories import DURING, District
from tests.helpers import live
from tests.helpers.answering import SetClock, checked, text_of, token_in


def schema() -> set[str]:
    rows = database.execute_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    plain = (re.sub(r"\s+", " ", sql).replace("( ", "(").replace(" )", ")") for (sql,) in rows)
    return {each for each in plain if "schema_migration" not in each}


def test_migrating_gives_the_same_schema_as_the_models(site: Flask, tmp_path: Path) -> None:
    migrated = schema()
    database.close()
    db.bind(f"sqlite:///{tmp_path}/other.sqlite")
    database.connect()
    database.create_tables([*TABLES, *models.TABLES])
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
        ({"DATABASE_URL": "mysql://someone:password@示例/site"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite://someone:password@示例/site"}, "DATABASE_URL"),
        ({"DATABASE_URL": "password"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///site.sqlite?timeout=3"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///data/"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////dev/null"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////proc/self"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///keys/site.sqlite"}, "KEYS_DIR"),
        ({"DATABASE_URL": "sqlite:///site.sqlite"}, "KEYS_DIR"),
        ({"INSTANCE_DIR": "/proc/示例"}, "INSTANCE_DIR"),
        ({"SECRET_KEY": "x"}, "SECRET_KEY"),
        ({"SECRET_KEY": "elevenchars"}, "SECRET_KEY"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence_and_makes_nothing(
    setting: dict[str, str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=says) as refused:
        storage.prepare(config.read({"KEYS_DIR": "keys", **setting}))
    assert "password" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_keys_may_not_lie_among_the_data(tmp_path: Path) -> None:
    site = config.read({"INSTANCE_DIR": str(tmp_path), "KEYS_DIR": str(tmp_path / "data" / "keys")})
    with pytest.raises(config.BadSetting, match="KEYS_DIR"):
        storage.prepare(site)


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garble(path: Path) -> None:
    """In the words of the schema, with bytes that are no text."""
    content = path.read_bytes()
    assert content.count(b'CREATE TABLE "account"') == 1
    path.write_bytes(content.replace(b'CREATE TABLE "account"', b'CREATE TABL\xd8 "account"'))


def replace(path: Path) -> None:
    path.write_text("这不是数据库。" * 500)


def fill_with_another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")


def upgrade_further(path: Path) -> None:
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '')")
        newer.commit()


def make_older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as older:
        older.execute("DELETE FROM schema_migration WHERE name >= '0005'")
        older.commit()


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.server
@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (damage, "坏了"),
        (truncate, "坏了"),
        (garble, "坏了"),
        (replace, "坏了"),
        (put_a_folder, "不是本网站的数据库"),
        (fill_with_another_program, "不是本网站的数据库"),
        (upgrade_further, "9999_later"),
        (make_older, "db upgrade"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence_and_stays_as_it_is(
    site: Flask, harm: Callable[[Path], None], says: str
) -> None:
    path = Path(database.database)
    database.close()
    harm(path)
    before = path.is_file() and path.read_bytes()
    env = live.environment(path.parent.parent)
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    starts = [[sys.executable, "-c", "import wsgi"]]
    if harm is not make_older:
        starts += [[*flask, "db", "upgrade"], [*flask, "round", "list"], [*flask, "run"]]
    for words in starts:
        said = subprocess.run(
            words, cwd=live.ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert said.returncode == 2
        assert said.stderr.count("\n") == 1
        assert says in said.stderr
    assert (path.is_file() and path.read_bytes()) == before


@pytest.mark.parametrize("table", ["round", "rating"])
def test_a_voter_whose_database_broke_gets_back_what_was_filled_in(
    site: Flask,
    district: District,
    keys: Path,
    client: FlaskClient,
    signed_in: FlaskClient,
    set_clock: SetClock,
    table: str,
) -> None:
    """Whether its page cannot be read any more or its answers cannot be stored."""
    set_clock(DURING)
    survey = factories.open_survey(keys, district)
    filled = text_of(client.get(f"/s/{survey.id}/c1"))
    asked = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    (page,) = database.execute_sql(asked, (table,)).fetchone()
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with Path(database.database).open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    whole = table == "rating"
    assert client.get(f"/s/{survey.id}/c1").status_code == (200 if whole else 503)
    assert signed_in.get("/desk").status_code == 503
    sent = {"token": token_in(filled), "comment": "路灯", "q-overall": "mostly"}
    answer = client.post(f"/s/{survey.id}/c1", data=sent)
    assert answer.status_code == 503
    assert "路灯" in text_of(answer)
    assert checked(text_of(answer), "q-overall") == ("mostly" if whole else None)


@pytest.mark.parametrize("file", ["", "site.sqlite", "site.sqlite-wal", "site.sqlite.lock"])
def test_what_another_user_owns_is_named(site: Flask, file: str) -> None:
    database.close()
    data = Path(database.database).parent
    (data / file).touch()
    is_root = os.geteuid() == 0  # and can be somebody else; others cannot open what nobody may
    with tempfile.TemporaryDirectory() as home:
        shutil.move(data, home)
        theirs = Path(home) / "data" / file
        if is_root:
            for each in (Path(home), *Path(home).rglob("*")):
                os.chown(each, 65534, 65534)
            os.chown(theirs, 0, 0)
        theirs.chmod(0)
        try:
            if is_root:
                os.seteuid(65534)
            with pytest.raises(config.BadSetting, match="拥有它"):
                storage.prepare(config.read({"INSTANCE_DIR": home}))
        finally:
            if is_root:
                os.seteuid(0)
            theirs.chmod(0o700)


def test_a_folder_that_is_not_of_the_instance_is_left_as_open_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    url = f"sqlite:///{tmp_path}/shared/site.sqlite"
    storage.prepare(config.read({"INSTANCE_DIR": str(tmp_path / "site"), "DATABASE_URL": url}))
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "shared" / "site.sqlite").stat().st_mode & 0o777 == 0o600


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
    site: Flask, district: District, keys: Path, signed_in: FlaskClient, client: FlaskClient
) -> None:
    """Codes under two keys could not be told apart; once the lost ones are void, new ones work."""
    round_, codes = factories.open_appraisal(keys, district, 8)
    factories.vote(keys, codes[0], {"p1": "basic"})
    for change in ((keys / "codes.key").unlink, lambda: (keys / "codes.key").write_bytes(b"")):
        change()
        there = (keys / "codes.key").exists()
        assert "codes.key" in text_of(signed_in.get(f"/desk/rounds/{round_.id}"))
        assert "告诉组织者" in text_of(client.post("/v", data={"code": codes[1]}))
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
