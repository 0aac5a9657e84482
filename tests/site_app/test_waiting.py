"""Nobody waits without limit for another: a stuck writer costs a refusal, and nothing typed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, create_app
from surveys import counting, db, rounds
from surveys.ballots import seal
from surveys.counting import tally
from surveys.db import database
from surveys.models import Archive, Round, Score
from surveys.models.ballots import Rating
from tests import factories
from tests.factories import AFTER, DURING, END, District
from tests.helpers.desk import SetClock, reloaded
from tests.looking import pages_site
from tests.looking.pages_site import ADDRESS
from tests.looking.pages_states import STATES

HOLD = """
import fcntl, sys, time
gate = open(sys.argv[1], "a")
fcntl.flock(gate, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "queue", db.Queue(patience=0.2))


@contextmanager
def stuck() -> Iterator[None]:
    """Another process holds the place of the one who writes, and is stopped."""
    gate = f"{database.database}.lock"
    other = subprocess.Popen([sys.executable, "-c", HOLD, gate], stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "held\n"
    os.kill(other.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def test_who_waits_in_vain_is_refused_and_comes_in_once_the_way_is_free(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    with stuck():
        for _ in range(2):
            with pytest.raises(db.Busy):
                factories.answer(keys, round_, "c1", {"overall": "satisfied"})
        assert not db.queue.hopeful
    factories.answer(keys, round_, "c1", {"overall": "satisfied"})
    assert db.queue.hopeful
    assert Rating.select().count() == 1


def test_a_resident_gets_the_page_back_with_all_that_was_filled_in(
    client: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.open_survey(keys, district)
    set_clock(DURING)
    page = client.get(f"/s/{round_.id}/c1").get_data(as_text=True)
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    sent = {"token": found[1], "q-overall": "satisfied", "comment": "示例意见"}
    with stuck():
        answer = client.post(f"/s/{round_.id}/c1", data=sent)
    words = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "这一次没有保存" in words
    assert "示例意见" in words
    assert re.search(r'value="satisfied"[^>]* checked', words)
    assert Rating.select().count() == 0


def test_a_command_says_so_and_ends(site: Flask, district: District) -> None:
    made = factories.draft(district.root, [district.first])
    with stuck():
        command = ["round", "abandon", str(made.id), "示例原因"]
        result: Result = site.test_cli_runner().invoke(args=command)
    assert result.exit_code == 2
    assert "请过一会儿再试" in result.stderr
    assert reloaded(made).state == "draft"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """An organiser's browser on the site that has a page in every state."""
    doors = pages_site._full(tmp_path_factory.mktemp("waiting"))
    app = create_app({"INSTANCE_DIR": str(doors.folder), "PUBLIC_URL": ADDRESS})
    with patch.object(clock, "now", lambda: DURING):
        browser = app.test_client()
        browser.get(doors.links.pop())
        yield browser
    database.close()


def test_pages_that_only_read_never_wait(
    full: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(*_given: object) -> None:
        raise AssertionError("a page that only reads waits to write")

    monkeypatch.setattr(db.Queue, "wait", wait)
    seen = 0
    for state in STATES:
        if state.site == "full" and state.sent is None and not state.uploaded:
            full.get(state.path)
            seen += 1
    assert seen > 80


def test_what_changes_while_it_counts_is_counted_anew(
    district: District, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing the end moves later, an answer comes, and it ends again."""
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 6)
    steps = counting.closing(keys, round_, END + (END - DURING) * 2)
    assert isinstance(next(steps), tally.Progress)
    rounds.delay(round_, END + (END - DURING), "示例原因", AFTER)
    factories.answer(keys, round_, "c1", {"overall": "dissatisfied"}, 2, now=AFTER)
    assert [step.total for step in steps] == [8]
    assert Archive.get(Archive.round == round_).counts[0]["returned"] == 8
    assert Score.of(reloaded(round_))[-1].valid in (8, None)


def test_what_is_delayed_while_it_counts_is_not_counted(district: District, keys: Path) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 6)
    steps = counting.closing(keys, round_, AFTER)
    next(steps)
    rounds.delay(round_, END + (END - DURING), "示例原因", AFTER)
    with pytest.raises(counting.NotNow):
        list(steps)
    assert Rating.select().count() == 6
    assert round_.id in seal.held(keys)


def test_a_count_holds_nobody_up_before_it_writes(district: District, keys: Path) -> None:
    round_ = factories.open_survey(keys, district)
    other = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 6)
    steps = counting.closing(keys, round_, AFTER)
    next(steps)
    assert not database.in_transaction()
    factories.answer(keys, other, "c1", {"overall": "satisfied"})
    list(steps)
    assert Round.get_by_id(round_.id).state == "closed"
