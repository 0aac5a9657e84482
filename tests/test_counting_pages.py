"""Counting over HTTP: once, watched, and undone when it cannot be finished."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from site_app import auth
from site_app.models import AuditEntry
from surveys import closing, tally
from surveys.db import database
from tests import factories
from tests.conftest import form_token
from tests.desk import SetClock, post, reloaded, text
from tests.factories import AFTER, START, District

GOOD = {"overall": "satisfied"}


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the start; who is signed in stays so when a test moves it."""
    set_clock(START)
    monkeypatch.setattr(auth, "SIGNED_IN", timedelta(days=30))


def test_counting_before_the_end_and_twice_is_refused(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 6)
    here = f"/desk/rounds/{round_.id}"
    assert "还没有截止" in text(post(signed_in, f"{here}/count", form=here), 409)
    set_clock(AFTER)
    assert "计票完成" in text(post(signed_in, f"{here}/count"))
    assert "已经计过票" in text(post(signed_in, f"{here}/count", form="/desk"), 409)
    assert AuditEntry.select().where(AuditEntry.action == "count").count() == 1


def test_whoever_presses_count_in_between_reads_that_it_was_counted(
    signed_in: FlaskClient,
    district: District,
    keys: Path,
    set_clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 6)
    set_clock(AFTER)
    page = signed_in.get(f"/desk/rounds/{round_.id}/count")
    factories.closed(keys, round_)
    monkeypatch.setattr(closing, "check_can_be_counted", first_time(closing.check_can_be_counted))
    answer = signed_in.post(
        f"/desk/rounds/{round_.id}/count", data={"csrf_token": form_token(page)}
    )
    assert "已经计过票" in text(answer)


def first_time(check: Callable[..., None]) -> Callable[..., None]:
    """The check, passed by the first who asks: he asked before the other had counted."""
    asked = []

    def passed(*given: object) -> None:
        asked.append(given)
        if len(asked) > 1:
            check(*given)

    return passed


def test_a_browser_that_leaves_while_counting_changes_nothing(
    signed_in: FlaskClient,
    district: District,
    keys: Path,
    set_clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 6)
    for size in ("PAGE", "BATCH"):
        monkeypatch.setattr(tally, size, 2)
    set_clock(AFTER)
    token = form_token(signed_in.get(f"/desk/rounds/{round_.id}/count"))
    answer = signed_in.post(
        f"/desk/rounds/{round_.id}/count", data={"csrf_token": token}, buffered=False
    )
    seen = ""
    for piece in answer.response:
        seen += piece.decode() if isinstance(piece, bytes) else piece
        if "已计 2 / 6" in seen:
            break
    answer.close()
    database.connect(reuse_if_open=True)
    assert not database.in_transaction()
    assert reloaded(round_).state == "open"
    assert "计票完成" in text(post(signed_in, f"/desk/rounds/{round_.id}/count"))


def test_two_ways_that_disagree_stop_the_count_with_a_sentence(
    signed_in: FlaskClient,
    district: District,
    keys: Path,
    set_clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 6)
    monkeypatch.setattr(tally, "count_by_papers", lambda count, batch, width: None)
    set_clock(AFTER)
    assert "两种计票方法" in text(post(signed_in, f"/desk/rounds/{round_.id}/count"))
    assert reloaded(round_).state == "open"
    assert not AuditEntry.select().where(AuditEntry.action == "count").exists()


def test_a_lost_key_is_said_and_nothing_is_counted(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 6)
    (keys / f"round-{round_.id}.key").unlink()
    set_clock(AFTER)
    assert "密钥文件不在了" in text(post(signed_in, f"/desk/rounds/{round_.id}/count"))
    assert reloaded(round_).state == "open"


def test_the_protocol_gives_issued_returned_valid_and_spoilt(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    for code in codes[:6]:
        factories.vote(keys, code, {"p1": "qualified"})
    factories.closed(keys, round_)
    page = text(signed_in.get(f"/desk/rounds/{round_.id}/protocol"))
    assert re.findall(r'<td class="numeric"[^>]*>(\d+)</td>', page)[:4] == ["8", "6", "6", "0"]
    assert "不证明票是谁投的" in page
