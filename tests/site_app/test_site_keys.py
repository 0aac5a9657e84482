"""Database and keys of one site know each other; nothing touches a key that is not its own."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import create_app, storage
from site_app.demo import load
from site_app.models import SiteFact
from surveys import db, rounds
from surveys.ballots import seal
from surveys.db import database
from surveys.messages import Refused
from tests import factories
from tests.factories import AFTER, District
from tests.helpers import live

COMMANDS = (
    ("serve",),
    ("db", "upgrade"),
    ("demo", "load"),
    ("demo", "wipe", "--yes"),
    ("round", "list"),
    ("round", "abandon", "1", "示例原因"),
)


def all_in(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below, with what is in it."""
    found = sorted(folder.rglob("*"))
    return {str(each): each.read_bytes() if each.is_file() else None for each in found}


def flask(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command as an administrator types it."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=live.ROOT,
        env=live.environment(folder, PORT=str(live.free_port()), **settings),
        capture_output=True,
        text=True,
        check=False,
    )


def forget_ids(keys: Path) -> None:
    """A site as it was before there were ids."""
    SiteFact.delete().where(SiteFact.name == "site-id").execute()
    (keys / "site-id").unlink()


def start(site: Flask) -> None:
    """What a process of the site does first."""
    started = Flask("started")
    started.config["SITE"] = site.config["SITE"]
    storage.init_app(started)
    database.connect(reuse_if_open=True)


@pytest.fixture
def real(site: Flask, district: District, keys: Path) -> Path:
    """The folder of a site with an open round, at rest."""
    factories.open_survey(keys, district)
    database.close()
    return Path(site.config["SITE"].instance)


def emptied(real: Path) -> dict[str, str]:
    (real / "data" / "site.sqlite").write_bytes(b"")
    return {}


def lost(real: Path) -> dict[str, str]:
    shutil.rmtree(real / "data")
    return {}


def mistyped(real: Path) -> dict[str, str]:
    return {"DATABASE_URL": f"sqlite:///{real}/date/site.sqlite"}


def before_ids_and_empty(real: Path) -> dict[str, str]:
    (real / "keys" / "site-id").unlink()
    return emptied(real)


def between_rounds_and_empty(real: Path) -> dict[str, str]:
    for key in (real / "keys").glob("round-*"):
        key.unlink()
    (real / "keys" / "codes.key").write_bytes(bytes(32))
    return before_ids_and_empty(real)


def of_another_site(real: Path) -> dict[str, str]:
    with sqlite3.connect(real / "data" / "site.sqlite") as other:
        other.execute("UPDATE site_fact SET value = 'other' WHERE name = 'site-id'")
    other.close()
    return {}


def of_another_site_before_ids(real: Path) -> dict[str, str]:
    (real / "keys" / "site-id").unlink()
    with sqlite3.connect(real / "data" / "site.sqlite") as other:
        other.execute("DELETE FROM site_fact WHERE name = 'site-id'")
        other.execute("UPDATE round SET key_check = zeroblob(32)")
    other.close()
    return {}


def copied(real: Path) -> dict[str, str]:
    (real / "copy").mkdir()
    shutil.copy(real / "data" / "site.sqlite", real / "copy")
    return {"DATABASE_URL": f"sqlite:///{real}/copy/site.sqlite"}


MISFITS = [
    emptied,
    lost,
    mistyped,
    before_ids_and_empty,
    between_rounds_and_empty,
    of_another_site,
    of_another_site_before_ids,
    copied,
]


@pytest.mark.parametrize("misfit", MISFITS)
def test_keys_of_another_database_keep_the_site_from_starting_and_nothing_is_touched(
    real: Path, misfit: Callable[[Path], dict[str, str]]
) -> None:
    settings = misfit(real)
    before = all_in(real)
    with pytest.raises(db.Trouble, match="什么也没有动"):
        create_app({"INSTANCE_DIR": str(real), **settings})
    assert all_in(real) == before


@pytest.mark.server
@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_says_so_in_one_sentence_and_touches_nothing(
    real: Path, words: tuple[str, ...]
) -> None:
    settings = mistyped(real)
    before = all_in(real)
    said = flask(real, *words, **settings)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.count("\n") == 1
    assert "不是一对" in said.stderr
    assert all_in(real) == before
    assert flask(real, "--help", **settings).returncode == 0
    server = [sys.executable, "-c", "import wsgi"]
    env = live.environment(real, **settings)
    assert subprocess.run(server, cwd=live.ROOT, env=env, check=False).returncode == 2


def test_a_new_site_makes_both_ids_and_an_older_one_takes_them_on(
    site: Flask, district: District, keys: Path
) -> None:
    factories.open_survey(keys, district)
    with site.app_context():
        made = storage.site_id()
        assert seal.site_id_of(keys) == made
        assert (keys / "site-id").stat().st_mode & 0o777 == 0o600
        for forget in (
            lambda: forget_ids(keys),
            (keys / "site-id").unlink,
            lambda: SiteFact.delete().where(SiteFact.name == "site-id").execute(),
        ):
            forget()
            start(site)
            assert seal.site_id_of(keys) == storage.site_id()
            assert seal.held(keys) == {1}


def test_a_site_that_moved_with_its_keys_or_without_starts(real: Path, tmp_path: Path) -> None:
    """The keys follow: the next copy is told from the database that is theirs now."""
    (tmp_path / "new").mkdir()
    for name in ("data", "keys"):
        (real / name).rename(tmp_path / "new" / name)
    create_app({"INSTANCE_DIR": str(tmp_path / "new")})
    (tmp_path / "disk").mkdir()
    keys = str(tmp_path / "new" / "keys")
    (tmp_path / "new" / "data").rename(tmp_path / "disk" / "data")
    create_app({"INSTANCE_DIR": str(tmp_path / "disk"), "KEYS_DIR": keys})
    shutil.copytree(tmp_path / "disk" / "data", tmp_path / "new" / "data")
    with pytest.raises(Refused, match="副本"):
        create_app({"INSTANCE_DIR": str(tmp_path / "new")})


def damaged(key: Path) -> None:
    key.write_bytes(key.read_bytes()[::-1])


def emptied_key(key: Path) -> None:
    key.write_bytes(b"")


def a_folder(key: Path) -> None:
    key.unlink()
    key.mkdir()


@pytest.mark.parametrize("harm", [Path.unlink, damaged, emptied_key, a_folder])
def test_the_lost_key_of_an_open_round_is_told_to_the_organiser_and_others_still_vote(
    site: Flask,
    district: District,
    keys: Path,
    signed_in: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    harm: Callable[[Path], None],
) -> None:
    whole, hurt = (factories.open_survey(keys, district) for _ in range(2))
    pages = ("/desk", f"/desk/rounds/{hurt.id}")
    says = f"第{hurt.id}号测评的密钥文件"
    assert all(says not in signed_in.get(page).get_data(as_text=True) for page in pages)
    harm(keys / f"round-{hurt.id}.key")
    assert all(says in signed_in.get(page).get_data(as_text=True) for page in pages)
    assert says not in signed_in.get(f"/desk/rounds/{whole.id}").get_data(as_text=True)
    for words in (["round", "list"], ["round", "show", str(hurt.id)]):
        assert says in site.test_cli_runner().invoke(args=words).stdout
    with caplog.at_level(logging.WARNING):
        start(site)
    assert [each.message.count(says) for each in caplog.records] == [1]
    factories.answer(keys, whole, "c1", {"overall": "satisfied"})
    rounds.abandon(keys, hurt, "示例原因")


def test_opening_and_giving_up_a_round_spare_a_key_of_somebody_else(
    site: Flask, district: District, keys: Path
) -> None:
    draft = factories.draft(district.root, [district.first])
    foreign = keys / f"round-{draft.id}.key"
    foreign.write_bytes(b"f" * seal.KEY_BYTES)
    with pytest.raises(Refused, match=foreign.name):
        factories.opened(keys, draft)
    rounds.abandon(keys, draft, "示例原因")
    assert foreign.read_bytes() == b"f" * seal.KEY_BYTES
    hurt = factories.open_survey(keys, district)
    (keys / f"round-{hurt.id}.key").write_bytes(b"f" * seal.KEY_BYTES)
    rounds.abandon(keys, hurt, "示例原因")
    start(site)
    assert seal.held(keys) == {draft.id, hurt.id}


def test_a_destruction_that_was_cut_short_does_not_keep_a_round_from_opening(
    district: District, keys: Path
) -> None:
    draft = factories.draft(district.root, [district.first])
    (keys / f"round-{draft.id}.key").write_bytes(bytes(seal.KEY_BYTES))
    factories.answer(keys, factories.opened(keys, draft), "c1", {"overall": "satisfied"})


def test_an_opening_that_fails_takes_its_key_back(
    district: District, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = factories.draft(district.root, [district.first])
    database.execute_sql(
        "CREATE TRIGGER refuse BEFORE UPDATE OF state ON round "
        "BEGIN SELECT RAISE(ABORT, 'no space'); END"
    )
    with pytest.raises(db.ERRORS):
        factories.opened(keys, draft)
    assert not seal.held(keys)
    database.execute_sql("DROP TRIGGER refuse")
    factories.opened(keys, draft)


@pytest.mark.server
def test_the_demonstration_spares_the_keys_of_others(site: Flask, keys: Path) -> None:
    """None comes where round keys lie; one that goes takes its own keys alone."""
    runner = site.test_cli_runner()
    stranger = keys / "round-3.key"
    stranger.write_bytes(b"f" * seal.KEY_BYTES)
    refused = runner.invoke(args=["demo", "load"])
    assert refused.exit_code == 2
    assert "什么也没有动" in refused.stderr
    stranger.unlink()
    assert runner.invoke(args=["demo", "load"]).exit_code == 0
    stranger.write_bytes(b"f" * seal.KEY_BYTES)
    made = seal.site_id_of(keys)
    with site.app_context():
        load.wipe(keys)
    assert seal.held(keys) == {3}
    assert stranger.read_bytes() == b"f" * seal.KEY_BYTES
    assert storage.site_id() == seal.site_id_of(keys) == made


STRAY = (
    "round-old.key",
    "round-1 (copy).key",
    "round-01.key",
    f"round-{'9' * 30}.key",
    "notes.txt",
)


def test_stray_files_are_left_alone_and_the_drafts_of_the_dead_are_not(
    site: Flask, district: District, keys: Path
) -> None:
    for name in (*STRAY, "round-1.0badcafe.new", "codes.0badcafe.new"):
        (keys / name).write_bytes(b"stray")
    (keys / "round-7.key").mkdir()
    start(site)
    assert not list(keys.glob("*.new"))
    assert {each.name for each in keys.iterdir()} >= {*STRAY, "round-7.key"}
    assert seal.held(keys) == set()
    factories.closed(keys, factories.open_survey(keys, district), AFTER)


def test_loose_keys_are_put_right(site: Flask, keys: Path) -> None:
    keys.chmod(0o755)
    names = ("codes.key", "secret.key", "site-id", "round-1.key")
    (keys / "round-1.key").write_bytes(b"f" * seal.KEY_BYTES)
    (keys / "secret.key").write_bytes(b"f" * seal.KEY_BYTES)
    for name in names:
        (keys / name).chmod(0o644)
    start(site)
    assert keys.stat().st_mode & 0o777 == 0o700
    assert {(keys / name).stat().st_mode & 0o777 for name in names} == {0o600}


@pytest.mark.parametrize("name", ["secret.key", "codes.key"])
@pytest.mark.parametrize("harm", [emptied_key, a_folder])
def test_a_lasting_key_that_is_none_is_one_sentence_at_start(
    real: Path, name: str, harm: Callable[[Path], None]
) -> None:
    (real / "keys" / "secret.key").write_bytes(b"f" * seal.KEY_BYTES)
    harm(real / "keys" / name)
    with (
        pytest.raises(seal.KeyLost, match=name),
        create_app({"INSTANCE_DIR": str(real)}).app_context(),
    ):
        storage.upgrade()
