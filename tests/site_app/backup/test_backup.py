"""A backup is whole, of one moment, and for its owner alone."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, storage
from site_app.backup import files
from site_app.models import SignIn
from surveys import counting, db
from surveys.ballots import seal
from surveys.db import database
from surveys.messages import Refused
from surveys.models import Archive
from surveys.models.ballots import Rating
from tests import factories
from tests.factories import AFTER, District
from tests.site_app.test_cli import run
from tests.site_app.test_site_keys import all_in


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite"


@pytest.fixture
def made(site: Flask, district: District, keys: Path, file: Path) -> bytes:
    """A backup of a site with an open round."""
    factories.answer(keys, factories.open_survey(keys, district), "c1", {"overall": "mostly"}, 3)
    files.create(file)
    return file.read_bytes()


def test_a_backup_says_of_what_site_and_when_and_is_for_its_owner_alone(
    site: Flask, made: bytes, file: Path
) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    found = files.verify(file)
    with site.app_context():
        assert found.site_id == storage.site_id()
    assert found.migrations == storage.migrations()
    made_at = datetime.fromisoformat(str(found.backup_at))
    assert abs(clock.now() - made_at).total_seconds() < 60
    assert set(found.checks) == {1}
    assert not list(file.parent.glob("*.new"))
    said = run(site, "backup", "verify", str(file))
    assert str(found.site_id) in said


def test_a_backup_can_be_read_as_a_database_and_its_digest_by_other_programs(
    made: bytes, file: Path
) -> None:
    with closing(sqlite3.connect(file)) as opened:
        assert opened.execute("SELECT count(*) FROM rating").fetchone() == (3,)
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert file.read_bytes() == made
    alone, _nothing, last = made.rpartition(b"\nsurveys-backup ")
    said = subprocess.run(["sha256sum"], input=alone, capture_output=True, check=True)
    assert said.stdout.split()[0] == last.strip()


def test_no_key_and_no_sign_in_is_in_a_backup(
    site: Flask, district: District, keys: Path, signed_in: FlaskClient, made: bytes
) -> None:
    tokens = [bytes(each.digest) for each in SignIn.select()]
    secret = [each.read_bytes() for each in keys.glob("*.key")]
    assert tokens
    assert len(secret) >= 2
    for each in (*tokens, *secret):
        assert each not in made
        assert each.hex().encode() not in made
    assert signed_in.get("/desk").status_code == 200


def test_the_rows_of_a_backup_lie_in_the_order_of_their_keys(
    district: District, keys: Path, file: Path
) -> None:
    """On each page of the file too, whatever the order in which they were written."""
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c1", {"overall": "mostly"}, 60)
    files.create(file)
    order = [bytes(each.key) for each in Rating.select().order_by(Rating.key)]
    places = [file.read_bytes().find(key) for key in order]
    assert -1 not in places
    size = 4096
    for page in {place // size for place in places}:
        # A page is filled from its end.
        here = [place for place in places if place // size == page]
        assert here == sorted(here, reverse=True)


def test_a_writer_neither_waits_for_a_backup_nor_is_half_in_it(
    made: bytes, file: Path, keys: Path
) -> None:
    with closing(sqlite3.connect(database.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM rating")
        second = file.with_name("second")
        files.create(second)
        other.execute("COMMIT")
    with closing(sqlite3.connect(second)) as opened:
        assert opened.execute("SELECT count(*) FROM rating").fetchone() == (3,)


def test_backups_while_a_round_is_counted_hold_all_ballots_or_the_result(
    site: Flask, district: District, keys: Path, tmp_path: Path
) -> None:
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c1", {"overall": "mostly"}, 200)
    database.close()
    child = os.fork()
    if child == 0:
        try:
            counting.close(keys, survey, AFTER)
        finally:
            os._exit(0)
    seen, running = [], True
    while running:
        running = os.waitpid(child, os.WNOHANG) == (0, 0)
        each = tmp_path / f"backup-{len(seen)}"
        files.create(each)
        with closing(sqlite3.connect(each)) as opened:
            ask = "SELECT (SELECT count(*) FROM rating), (SELECT count(*) FROM archive)"
            seen.append(opened.execute(ask).fetchone())
    assert set(seen) <= {(200, 0), (0, 1)}
    assert seen[-1] == (0, 1)
    assert Archive.select().count() == 1


def a_file(path: Path) -> None:
    path.write_bytes(b"mine")


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("lies_there", [a_file, Path.mkdir, a_dangling_link])
def test_a_backup_is_never_written_over_anything(
    site: Flask, district: District, file: Path, lies_there: Callable[[Path], object]
) -> None:
    lies_there(file)
    before, was = set(all_in(file.parent)), file.is_file() and file.read_bytes()
    assert "不能覆盖" in run(site, "backup", "create", str(file), code=2)
    assert set(all_in(file.parent)) == before
    assert (file.is_file() and file.read_bytes()) == was


def test_what_comes_into_the_way_meanwhile_is_not_written_over(
    site: Flask, district: District, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = files.verify

    def overtaken(path: Path) -> storage.Found:
        a_file(file)
        return verify(path)

    monkeypatch.setattr(files, "verify", overtaken)
    with pytest.raises(Refused, match="不能覆盖"):
        files.create(file)
    assert file.read_bytes() == b"mine"
    assert not list(file.parent.glob("*.new"))


def test_a_folder_that_is_not_there_is_named(site: Flask, tmp_path: Path) -> None:
    assert "不存在" in run(site, "backup", "create", str(tmp_path / "no" / "backup"), code=2)
    assert "不存在" in run(site, "backup", "verify", str(tmp_path / "backup"), code=2)
    assert "文件夹" in run(site, "backup", "verify", str(tmp_path), code=2)


@pytest.mark.parametrize("room", [0, 20_000])
def test_of_a_backup_on_a_full_disk_nothing_stays(
    site: Flask, district: District, file: Path, room: int
) -> None:
    before = set(all_in(file.parent))
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, -1))
        said = ""
        try:
            said = run(site, "backup", "create", str(file), code=2)
        finally:
            os._exit(0 if "磁盘" in said else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert set(all_in(file.parent)) == before


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(Refused) as why:
        files.verify(path)
    assert path.read_bytes() == content
    return str(why.value)


def test_a_backup_that_was_shortened_or_changed_anywhere_is_refused(
    made: bytes, file: Path
) -> None:
    """At its ends and at sixty places between them, each time others."""
    chance = random.Random()
    places = [0, len(made) - 1, *(chance.randrange(len(made)) for _each in range(60))]
    for at in places:
        changed = bytearray(made)
        changed[at] ^= chance.randint(1, 255)
        for content in (made[:at], bytes(changed), made[:at] + made[at + 1 :], made + made[at:]):
            assert "不是一份完整的备份" in refused(file.with_name("hurt"), content), at


def test_a_backup_whose_schema_is_no_text_is_refused(made: bytes, file: Path) -> None:
    hurt = made.replace(b'CREATE TABLE "account"', b'CREATE TABL\xd8 "account"')
    assert hurt != made
    assert "不是一份完整的备份" in refused(file.with_name("hurt"), hurt)


def test_what_is_no_backup_is_refused(made: bytes, file: Path) -> None:
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    hurt = file.with_name("hurt")
    forged = b"x" * 100 + files._last_line(b"x" * 100)
    for content in (b"", b"\n", b"text" * 5000, Path(database.database).read_bytes(), forged):
        assert "不是一份完整的备份" in refused(hurt, content)


def newer(file: Path) -> None:
    """Make a backup one of a newer program, with the digest that it would have."""
    os.truncate(file, file.stat().st_size - files.LENGTH)
    with closing(sqlite3.connect(file)) as opened:
        opened.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '')")
        opened.commit()
    file.write_bytes(file.read_bytes() + files._last_line(file.read_bytes()))


def test_a_backup_of_a_newer_program_is_refused(site: Flask, made: bytes, file: Path) -> None:
    newer(file)
    assert "9999_later" in run(site, "backup", "verify", str(file), code=2)
    assert "9999_later" in run(site, "backup", "restore", str(file), "--replace", code=2)


def test_a_database_that_is_not_made_yet_has_no_backup(tmp_path: Path, file: Path) -> None:
    db.bind(f"sqlite:///{tmp_path}/empty.sqlite")
    with pytest.raises(db.ERRORS):
        files.create(file)
    database.close()
    assert not file.exists()
    assert not list(tmp_path.glob("*.new"))
    assert seal.held(tmp_path) == set()
