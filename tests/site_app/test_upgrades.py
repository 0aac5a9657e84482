"""A site of any former state of this project comes to today's, from wherever an upgrade broke off.

The states lie in `tests/schemas`, each made by the commit that had it. A new migration is tried
on all of them without a word here.
"""

from __future__ import annotations

import json
import lzma
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask

from site_app import clock, create_app, storage
from site_app.models import Account
from surveys import __main__, archive, counting
from surveys.db import database
from surveys.models import Archive, Composite, Round, Score
from tests import factories
from tests.conftest import check_house_rules, sign_in
from tests.factories import AFTER, DURING
from tests.site_app.test_site_keys import flask
from tests.site_app.test_storage import schema

STATES = sorted((Path(__file__).parents[1] / "schemas").glob("*.json.xz"))
PUBLIC = [
    *("/", "/plan/2026", "/plan/2026/1", "/results", "/results/7", "/results/7/c1/how", "/v"),
    *("/results/8", "/s/3/c1", "/s/5/c1", "/s/7/c1", "/s/9/c1", "/units/d", "/units/c1", "/help"),
]
DESK = [
    *("/desk", "/desk/audit", "/desk/people", "/desk/units", "/desk/composites"),
    *(f"/desk/rounds/{number}" for number in range(1, 10)),
    *("/desk/rounds/1/edit", "/desk/rounds/2/codes", "/desk/rounds/5/count"),
    *("/desk/rounds/6/results", "/desk/rounds/6/protocol"),
    *("/desk/rounds/8/results", "/desk/rounds/8/meeting", "/desk/rounds/8/persons/p1"),
    *("/desk/rounds/8/results/p1/how",),
]
COMPOSITES = [
    "/desk/composites/1",
    "/desk/composites/2",
    "/composites/2",
    "/composites/2/subjects/c1",
]


@pytest.fixture(params=STATES, ids=[each.name.partition(".")[0] for each in STATES])
def state(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a commit left: the statements that make its database, its keys, and what is known."""
    found: dict[str, Any] = json.loads(lzma.decompress(request.param.read_bytes()))
    return found


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    yield
    database.close()


def lay(state: dict[str, Any], folder: Path) -> None:
    """Lay a former state down as a site."""
    (folder / "data").mkdir(parents=True)
    with closing(sqlite3.connect(folder / "data" / "site.sqlite")) as made:
        made.executescript("\n".join(state["sql"]))
    (folder / "keys").mkdir()
    for name, key in state["keys"].items():
        (folder / "keys" / name).write_bytes(bytes.fromhex(key))


def start(folder: Path) -> Flask:
    """A process of the site on a folder, upgraded."""
    made = create_app(
        {
            "INSTANCE_DIR": str(folder),
            "SECRET_KEY": "only-for-tests",
            "PUBLIC_URL": "https://surveys.example.org",
        }
    )
    made.testing = True
    with made.app_context():
        database.connect(reuse_if_open=True)
        storage.upgrade()
    return made


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The schema of a new site, which another test compares with the models."""
    start(tmp_path_factory.mktemp("new"))
    found = schema()
    database.close()
    return found


def test_a_former_site_is_upgraded_with_all_it_holds(
    state: dict[str, Any], tmp_path: Path, today: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: DURING)
    lay(state, tmp_path)
    site = start(tmp_path)
    assert schema() == today
    assert not database.execute_sql("PRAGMA foreign_key_check").fetchall()
    kept = {str(each.round_id): each.sha256 for each in Archive.select()}
    assert kept == state["digests"]
    for each in (*Archive.select(), *Composite.select().where(Composite.document.is_null(False))):
        (tmp_path / "kept.json").write_bytes(bytes(each.document))
        assert archive.digest(bytes(each.document)) == each.sha256
        assert __main__.main(["verify", str(tmp_path / "kept.json")]) == 0
    organiser = sign_in(site, Account.get(Account.name == "organiser"))
    paths = [(site.test_client(), PUBLIC), (organiser, DESK)]
    if Composite.select().exists():
        paths.append((organiser, COMPOSITES))
    for browser, addresses in paths:
        for address in addresses:
            answer = browser.get(address)
            assert answer.status_code == 200, address
            check_house_rules(answer.get_data(as_text=True))


def test_the_open_rounds_of_a_former_site_are_voted_in_and_counted(
    state: dict[str, Any], tmp_path: Path
) -> None:
    lay(state, tmp_path)
    start(tmp_path)
    keys = tmp_path / "keys"
    for code in state["codes"]["4"]:
        factories.vote(keys, code, {"p1": "qualified", "p2": "basic"})
    factories.answer(keys, Round.get_by_id(3), "c2", {"overall": "satisfied"}, 4)
    for number in (3, 4, 5):
        counting.close(keys, Round.get_by_id(number), AFTER)
    papers = {
        each.round_id: sum(row["returned"] for row in each.counts) for each in Archive.select()
    }
    assert [papers[number] for number in (3, 4, 5)] == [20, 8, 9]
    residents = {each.subject.key: each for each in Score.of(Round.get_by_id(3))}
    assert residents["c1"].rate == residents["c2"].rate == "100.00"
    assert {each.subject.key: each.valid for each in Score.of(Round.get_by_id(4))}["p1"] == 8


@pytest.mark.server
def test_a_former_site_is_backed_up_before_the_upgrade_and_comes_back(
    state: dict[str, Any], tmp_path: Path, today: set[str]
) -> None:
    lay(state, tmp_path)
    before, file = contents(tmp_path), str(tmp_path / "backup")
    for words in (["backup", "create", file], ["db", "upgrade"]):
        assert flask(tmp_path, *words).returncode == 0
    said = flask(tmp_path, "backup", "restore", file, "--replace")
    assert said.returncode == 0, said.stderr
    about = [number for number in range(1, 10) if f"第 {number} 号" in said.stdout]
    assert about == [3, 4, 5]
    after = contents(tmp_path)
    assert {each: after[each] for each in before if each[0] != "audit_entry"} == {
        each: before[each] for each in before if each[0] != "audit_entry"
    }
    start(tmp_path)
    assert schema() == today


@pytest.mark.slow
def test_an_upgrade_killed_before_any_statement_is_finished_by_the_next_start(
    state: dict[str, Any], tmp_path: Path, today: set[str]
) -> None:
    lay(state, tmp_path / "whole")
    before = contents(tmp_path / "whole")
    killed = 0
    while True:
        folder = tmp_path / str(killed)
        lay(state, folder)
        if not dies_before(folder, killed):
            break
        start(folder)
        assert schema() == today, f"killed before statement {killed}"
        database.close()
        assert contents(folder).items() >= before.items()
        killed += 1
    assert killed > 5, "no statement was reached"


def dies_before(folder: Path, number: int) -> bool:
    """Start and upgrade the site in another process, killed as it comes to a statement."""
    child = os.fork()
    if child == 0:
        left = [number]

        def count(statement: str) -> None:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        connect = peewee.SqliteDatabase._connect

        def traced(self: peewee.SqliteDatabase) -> sqlite3.Connection:
            made: sqlite3.Connection = connect(self)
            made.set_trace_callback(count)
            return made

        peewee.SqliteDatabase._connect = traced
        try:
            start(folder)
        finally:
            os._exit(0 if schema() else 1)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def contents(folder: Path) -> dict[tuple[str, str], list[Any]]:
    """Every column of every table with its values, but for facts of the site."""
    found: dict[tuple[str, str], list[Any]] = {}
    with closing(sqlite3.connect(folder / "data" / "site.sqlite")) as opened:
        for (table,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if table in ("schema_migration", "site_fact"):
                continue
            rows = opened.execute(f'SELECT * FROM "{table}"')
            names, all_rows = [each[0] for each in rows.description], rows.fetchall()
            found |= {(table, name): [row[i] for row in all_rows] for i, name in enumerate(names)}
    return found
