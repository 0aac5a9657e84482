"""Counting over HTTP: once, watched, and undone when it cannot be finished."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from site_app.accounts import sign_in
from site_app.models import AuditEntry
from surveys import counting
from surveys.counting import tally
from surveys.db import database
from surveys.models import Round
from surveys.models.ballots import Rating
from tests import factories
from tests.conftest import form_token
from tests.factories import AFTER, START, District
from tests.helpers.desk import SetClock, post, reloaded, text

GOOD = {"overall": "satisfied"}


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the start; who is signed in stays so when a test moves it."""
    set_clock(START)
    monkeypatch.setattr(sign_in, "SIGNED_IN", timedelta(days=30))


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
    foreseen = counting.foreseen

    def and_then_counted_by_another(counted: Round) -> list[counting.Foreseen]:
        found = foreseen(counted)
        factories.closed(keys, counted)
        return found

    monkeypatch.setattr(counting, "foreseen", and_then_counted_by_another)
    answer = signed_in.post(
        f"/desk/rounds/{round_.id}/count", data={"csrf_token": form_token(page)}
    )
    assert "已经计过票" in text(answer)


def test_what_would_be_shown_comes_first_then_what_is_hidden_then_the_empty_in_one_line(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    place = factories.unit("c4", "乙二示范社区", "community", district.other_subdistrict)
    chosen = [district.first, district.second, district.third, place]
    round_ = factories.opened(keys, factories.draft(district.root, chosen))
    for key, papers in (("c1", 20), ("c2", 8), ("c3", 3)):
        factories.answer(keys, round_, key, GOOD, papers)
    set_clock(AFTER)
    page = text(signed_in.get(f"/desk/rounds/{round_.id}/count"))
    words = plain(page[page.index("会显示哪些结果") : page.index(">参与情况")])
    shown, rest = words.split("哪些不显示")
    hidden, empty = rest.split("一份答卷也没有：")
    assert "最多" in shown
    assert [name in shown for name in ("甲一示范社区", "甲二示范社区")] == [True, False]
    assert hidden.index("人数太少") < hidden.index("乙一示范社区")
    assert hidden.index("为保护相邻小单位") < hidden.index("甲二示范社区")
    assert empty.startswith("乙二示范社区。")


def test_a_round_that_would_leave_nothing_says_so_first_and_needs_a_second_yes(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 4)
    set_clock(AFTER)
    here = f"/desk/rounds/{round_.id}/count"
    page = plain(text(signed_in.get(here)))
    assert page.index("什么结果也不会留下") < page.index("计票只有一次")
    refused = text(post(signed_in, here), 422)
    assert "什么也没有改动" in refused
    assert 'href="#anyway"' in refused
    assert reloaded(round_).state == "open"
    assert Rating.select().count() == 4
    assert "计票完成" in text(post(signed_in, here, {"anyway": "yes"}))
    assert reloaded(round_).state == "closed"


def test_a_count_that_finds_nothing_though_enough_papers_came_stops_and_asks(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    """Six papers, four of them with an answer: only unsealing tells."""
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 4)
    factories.answer(keys, round_, "c1", {}, 2)
    set_clock(AFTER)
    here = f"/desk/rounds/{round_.id}/count"
    assert "什么结果也不会留下" not in text(signed_in.get(here))
    stopped = text(post(signed_in, here))
    assert "什么结果也不留下" in stopped
    assert "甲一示范社区" not in stopped
    assert reloaded(round_).state == "open"
    assert Rating.select().count() == 6
    assert not AuditEntry.select().where(AuditEntry.action == "count").exists()
    assert "计票完成" in text(post(signed_in, here, {"anyway": "yes"}))
    assert AuditEntry.select().where(AuditEntry.action == "count").count() == 1


def plain(page: str) -> str:
    """The words of a page, without its markup and spaces."""
    return re.sub(r"<[^>]*>|\s", "", page)


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
    assert re.findall(r'<td class="numeric"[^>]*>(\d+)</td>', page)[:5] == ["8", "8", "6", "6", "0"]
    assert "不证明票是谁投的" in page
