"""A restored site is the one of the backup; what that means for its rounds is said."""

from __future__ import annotations

import fcntl
import os
import resource
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from site_app import clock, create_app, storage
from site_app.backup import files
from site_app.models import AuditEntry, SiteFact
from surveys import ballots, counting, rounds
from surveys.ballots import seal
from surveys.db import database
from surveys.messages import Refused
from surveys.models import Round
from surveys.models.ballots import Rating
from tests import factories
from tests.factories import AFTER, DURING, District
from tests.helpers import live
from tests.site_app.test_cli import run
from tests.site_app.test_site_keys import all_in, flask


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite"


@pytest.fixture
def real(
    site: Flask, district: District, keys: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a site at rest that went on after its backup: three papers then, five now."""
    monkeypatch.setattr(clock, "now", lambda: DURING)
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c1", {"overall": "mostly"}, 3)
    files.create(file)
    factories.answer(keys, survey, "c1", {"overall": "mostly"}, 2)
    database.close()
    fcntl.flock(site.config["HELD"], fcntl.LOCK_UN)
    return Path(site.config["SITE"].instance)


def papers() -> int:
    return int(Rating.select().count())


def test_a_restored_site_is_that_of_the_backup_and_the_other_is_kept_aside(
    site: Flask, real: Path, file: Path, keys: Path
) -> None:
    refused = run(site, "backup", "restore", str(file), code=2)
    assert "--replace" in refused
    assert papers() == 5
    said = run(site, "backup", "restore", str(file), "--replace")
    assert papers() == 3
    assert "第 1 号“示范测评”还开着，能计票" in said
    assert Path(database.database).stat().st_mode & 0o777 == 0o600
    (aside,) = (real / "data").glob("*.old")
    with closing(sqlite3.connect(aside)) as opened:
        assert opened.execute("SELECT count(*) FROM rating").fetchone() == (5,)
    assert AuditEntry.select().where(AuditEntry.action == "restore").count() == 1
    with site.app_context():
        assert storage.upgrade() == []
    counting.close(keys, Round.get(), AFTER)


def test_a_restored_database_has_nothing_of_a_journal_that_lay_there(
    site: Flask, real: Path, file: Path
) -> None:
    """The journal of a site that was killed goes with its own database, not with the new one."""
    database.connect(reuse_if_open=True)
    database.execute_sql("PRAGMA wal_autocheckpoint = 0")
    for number in range(200):
        SiteFact.create(name=f"fact-{number}", value="x" * 200)
    shutil.copytree(real / "data", real / "killed")
    database.close()
    shutil.rmtree(real / "data")
    (real / "killed").rename(real / "data")
    assert (real / "data" / "site.sqlite-wal").stat().st_size > 10_000
    run(site, "backup", "restore", str(file), "--replace")
    assert SiteFact.select().where(SiteFact.name.startswith("fact-")).count() == 0
    assert database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
    (aside,) = (real / "data").glob("*.old")
    with closing(sqlite3.connect(aside)) as opened:
        ask = "SELECT count(*) FROM site_fact WHERE name LIKE 'fact-%'"
        assert opened.execute(ask).fetchone() == (200,)


def lost(real: Path) -> None:
    shutil.rmtree(real / "data")


def emptied(real: Path) -> None:
    (real / "data" / "site.sqlite").write_bytes(b"")


def lost_with_the_keys(real: Path) -> None:
    lost(real)
    shutil.rmtree(real / "keys")


def damaged(real: Path) -> None:
    (real / "data" / "site.sqlite").write_bytes(b"\xff" * 9000)


def upgraded_since(real: Path) -> None:
    with closing(sqlite3.connect(real / "data" / "site.sqlite")) as newer:
        newer.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '')")
        newer.commit()


@pytest.mark.server
@pytest.mark.parametrize(
    ("harm", "more"),
    [
        (lost, ()),
        (emptied, ()),
        (lost_with_the_keys, ()),
        (damaged, ("--replace",)),
        (upgraded_since, ("--replace",)),
    ],
)
def test_a_site_that_cannot_start_comes_back(
    real: Path, file: Path, harm: Callable[[Path], None], more: tuple[str, ...]
) -> None:
    harm(real)
    if more:
        before = all_in(real)
        assert flask(real, "backup", "restore", str(file)).returncode == 2
        assert all_in(real) == before
    said = flask(real, "backup", "restore", str(file), *more)
    assert said.returncode == 0, said.stderr
    keyless = harm is lost_with_the_keys
    assert ("密钥不在了" if keyless else "还开着") in said.stdout
    with_the_site = create_app({"INSTANCE_DIR": str(real)})
    with with_the_site.app_context():
        database.connect(reuse_if_open=True)
        storage.upgrade()
        assert papers() == 3
        assert storage.site_id() == seal.site_id_of(real / "keys")


def test_the_backup_of_another_site_is_refused(
    site: Flask, real: Path, file: Path, tmp_path: Path
) -> None:
    """Whether or not there is a database, and a round key: these keys are not the backup's."""
    other = tmp_path / "other"
    made = create_app({"INSTANCE_DIR": str(other)})
    with made.app_context():
        database.connect(reuse_if_open=True)
        storage.upgrade()
        database.close()
        for gone in (False, True):
            if gone:
                shutil.rmtree(other / "data")
            before = all_in(other)
            with pytest.raises(Refused, match="不是一对"):
                files.restore(file, replace=True)
            assert all_in(other) == before


def test_a_copy_is_not_restored_beside_the_database_of_its_keys(
    site: Flask, real: Path, file: Path, tmp_path: Path
) -> None:
    """Two databases must not share keys: the one would destroy what the other needs."""
    url = f"sqlite:///{tmp_path}/copy/site.sqlite"
    said = flask(real, "backup", "restore", str(file), DATABASE_URL=url)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "copy").exists()


@pytest.mark.server
def test_nothing_is_restored_under_a_running_server(site: Flask, real: Path, file: Path) -> None:
    with live.running(live.Server(real)) as server:
        before = (real / "data" / "site.sqlite").read_bytes()
        said = flask(real, "backup", "restore", str(file), "--replace")
        assert (said.returncode, said.stderr.count("\n")) == (2, 1)
        assert "网站还在运行" in said.stderr
        assert (real / "data" / "site.sqlite").read_bytes() == before
        assert server.browser().get("/").status == 200


def test_nothing_starts_while_a_backup_is_restored(site: Flask, real: Path, keys: Path) -> None:
    handle = os.open(keys, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Refused, match="恢复备份"):
        create_app({"INSTANCE_DIR": str(real)})
    os.close(handle)
    create_app({"INSTANCE_DIR": str(real)})


def test_what_a_restored_database_means_is_said_for_each_round(
    site: Flask, district: District, keys: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: DURING)
    open_, codes = factories.open_appraisal(keys, district, 8, title="投票中")
    factories.vote(keys, codes[0], {"p1": "basic"})
    counted = factories.open_survey(keys, district, title="后来计票")
    given_up = factories.open_survey(keys, district, title="后来终止")
    draft = factories.draft(district.root, [district.first], title="后来开始")
    factories.published(keys, factories.open_survey(keys, district, title="早已公布"))
    files.create(file)
    factories.vote(keys, codes[1], {"p1": "basic"})
    counting.close(keys, counted, AFTER)
    rounds.abandon(keys, given_up, "示例原因")
    factories.opened(keys, draft)
    since = factories.open_survey(keys, district, title="后来才有")
    said = run(site, "backup", "restore", str(file), "--replace").splitlines()
    about = {
        number: [line for line in said if line.startswith(f"- 第 {number} 号")]
        for number in range(1, 7)
    }
    assert [len(each) for each in about.values()] == [1, 1, 1, 1, 0, 1]
    assert "7 个测评码都能用" in about[open_.id][0]
    assert "2026-03-02 10:00 以后交的都没有了" in about[open_.id][0]
    assert f"round abandon {counted.id}" in about[counted.id][0]
    assert f"round abandon {given_up.id}" in about[given_up.id][0]
    assert f"round-{draft.id}.key" in about[draft.id][0]
    assert f"round-{since.id}.key" in about[since.id][0]
    assert ballots.find(keys, codes[1], DURING)
    (keys / "codes.key").write_bytes(bytes(32))
    said = run(site, "backup", "restore", str(file), "--replace").splitlines()
    assert any("认不出来" in line for line in said)
    assert len(list(Path(database.database).parent.glob("*.old"))) == 2


@pytest.mark.parametrize("room", [0, 20_000])
def test_a_restore_on_a_full_disk_changes_nothing(
    site: Flask, real: Path, file: Path, room: int
) -> None:
    before = all_in(real)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, -1))
        said = ""
        try:
            said = run(site, "backup", "restore", str(file), "--replace", code=2)
        finally:
            os._exit(0 if "磁盘" in said else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert all_in(real) == before


@pytest.mark.server
def test_a_restore_killed_anywhere_leaves_the_old_site_or_is_done_again(
    site: Flask, real: Path, file: Path, tmp_path: Path
) -> None:
    kinds, step = set(), 0
    while True:
        folder = tmp_path / f"tried-{step}"
        for name in ("data", "keys"):
            shutil.copytree(real / name, folder / name)
        seal.mark(folder / "keys", str(seal.site_id_of(real / "keys")), folder / "data/site.sqlite")
        if not dies_at(folder, file, step):
            break
        place = folder / "data" / "site.sqlite"
        there = place.exists() and place.stat().st_size
        made = create_app({"INSTANCE_DIR": str(folder)}) if there else None
        kinds.add(papers() if made else 0)
        database.close()
        if not made:
            assert flask(folder, "backup", "restore", str(file)).returncode == 0
        step += 1
    assert kinds >= {3, 5}


def dies_at(folder: Path, file: Path, step: int) -> bool:
    """Restore in another process, killed as it comes to do something to a file."""
    child = os.fork()
    if child == 0:
        left = [step]

        def count(event: str, words: tuple[object, ...]) -> None:
            if event in ("open", "os.rename", "os.remove", "os.truncate", "sqlite3.connect"):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1

        try:
            made = create_app({"INSTANCE_DIR": str(folder)})
            with made.app_context():
                sys.addaudithook(count)
                files.restore(file, replace=True)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])
