"""Residents answer: what they see, and what is never lost, doubled or told."""

from __future__ import annotations

import logging
import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask.testing import FlaskClient

from surveys import ballots, rounds
from surveys.models import Group, Round, Unit
from surveys.models.ballots import Comment, Rating
from tests import factories
from tests.helpers.answering import SetClock, checked, fresh_token, send, stored, text_of, token_in


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    """The round is open while nothing else is said."""
    set_clock(factories.DURING)


@pytest.fixture
def survey(keys: Path, district: factories.District) -> Round:
    return factories.open_survey(keys, district)


def test_the_page_asks_the_headline_first_and_promises_no_more_than_it_keeps(
    client: FlaskClient, survey: Round
) -> None:
    text = text_of(client.get(f"/s/{survey.id}/c1"))
    assert "甲一示范社区" in text
    assert "1. 总的来说" in text
    assert "意见和上面的回答分开存放" in text
    assert not re.search("<input[^>]* checked", text)


def test_an_answer_is_thanked_and_stored_once(client: FlaskClient, survey: Round) -> None:
    answer = send(client, survey, **{"q-overall": "satisfied", "comment": "谢谢"})
    assert answer.status_code == 200
    text = text_of(answer)
    assert "谢谢您，已经收到了" in text
    assert "<time>2026-03-09 09:00</time> 截止" in text
    assert stored(survey) == 1
    assert Comment.select().count() == 1


def test_nothing_but_the_courtesy_cookie_is_set_and_it_ends_with_the_round(
    client: FlaskClient, survey: Round
) -> None:
    assert not client.get(f"/s/{survey.id}/c1").headers.getlist("Set-Cookie")
    [cookie] = send(client, survey, **{"q-overall": "mostly"}).headers.getlist("Set-Cookie")
    assert cookie == (
        f"answered-{survey.id}=1; Expires=Mon, 09 Mar 2026 01:00:00 GMT; "
        f"Secure; HttpOnly; Path=/s/{survey.id}/; SameSite=Lax"
    )


def test_the_same_browser_is_told_and_another_person_may_answer(
    client: FlaskClient, survey: Round
) -> None:
    client.set_cookie(f"answered-{survey.id}", "1", path=f"/s/{survey.id}/")
    text = text_of(client.get(f"/s/{survey.id}/c1"))
    assert "这个浏览器已经答过了" in text
    assert "again=1" in text
    assert "总的来说" in text_of(client.get(f"/s/{survey.id}/c1?again=1"))


def test_a_second_send_of_a_page_counts_as_nothing_and_says_so(
    client: FlaskClient, survey: Round
) -> None:
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied"}
    assert client.post(f"/s/{survey.id}/c1", data=sent).status_code == 200
    again = client.post(f"/s/{survey.id}/c1", data=sent)
    assert again.status_code == 409
    assert "已经收到了，只算一次" in text_of(again)
    assert stored(survey) == 1


def test_another_persons_answers_after_the_back_button_are_not_lost(
    client: FlaskClient, survey: Round
) -> None:
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied"}
    client.post(f"/s/{survey.id}/c1", data=sent)
    other = {**sent, "q-overall": "dissatisfied", "comment": "<路灯>"}
    assert "是另一个人，打开来看" in text_of(client.post(f"/s/{survey.id}/c1", data=other))
    del other["token"]
    reopened = text_of(client.post(f"/s/{survey.id}/c1", data={**other, "keep": "1"}))
    assert checked(reopened, "q-overall") == "dissatisfied"
    assert "<路灯>" in reopened
    assert token_in(reopened) != sent["token"]


@pytest.mark.parametrize("token", ["", "altered", "WzEsIjAwIl0.x", "长" * 1000])
def test_a_page_without_its_number_keeps_the_answers_and_gets_a_new_one(
    client: FlaskClient, survey: Round, token: str
) -> None:
    answer = send(client, survey, **{"token": token, "q-help": "mostly", "comment": "路灯"})
    assert answer.status_code == 400
    text = text_of(answer)
    assert "页面没有加载完整，所以还没有提交" in text
    assert checked(text, "q-help") == "mostly"
    assert "路灯</textarea>" in text
    assert stored(survey) == 0
    sent = {"token": token_in(text), "q-help": "mostly"}
    assert client.post(f"/s/{survey.id}/c1", data=sent).status_code == 200


def test_a_number_of_another_round_is_none_here(
    client: FlaskClient, survey: Round, keys: Path, district: factories.District
) -> None:
    other = factories.open_survey(keys, district)
    answer = send(client, survey, token=fresh_token(client, other), **{"q-overall": "mostly"})
    assert answer.status_code == 400


def test_a_form_open_for_a_day_and_a_night_still_works(
    client: FlaskClient, survey: Round, set_clock: SetClock
) -> None:
    token = fresh_token(client, survey)
    set_clock(factories.DURING + timedelta(days=1, hours=12))
    answer = send(client, survey, token=token, **{"q-overall": "mostly"})
    assert answer.status_code == 200


@pytest.mark.parametrize(("late", "status"), [(-1, 200), (0, 410), (1, 410)])
def test_late_is_late_to_the_second_and_the_answers_stay_on_the_page(
    client: FlaskClient, survey: Round, set_clock: SetClock, late: int, status: int
) -> None:
    token = fresh_token(client, survey)
    set_clock(factories.END + timedelta(seconds=late))
    answer = client.post(
        f"/s/{survey.id}/c1", data={"token": token, "q-overall": "mostly", "comment": "路灯"}
    )
    assert answer.status_code == status
    assert stored(survey) == (1 if status == 200 else 0)
    if status != 200:
        text = text_of(answer)
        assert "这次测评已经截止，现在交的不能计入" in text
        assert checked(text, "q-overall") == "mostly"
        assert "路灯</textarea>" in text


@pytest.mark.parametrize(
    ("sent", "words", "field"),
    [
        ({"q-overall": "delighted"}, "第 1 题的回答不在选项之内", "q-overall"),
        ({"q-help": ["mostly", "satisfied"]}, "第 2 题收到了两个回答", "q-help"),
        ({"comment": "长" * 501}, "意见最多 500 字，您写了 501 字", "comment"),
        ({}, "您还没有填写任何一题", "q-overall"),
    ],
)
def test_what_is_wrong_is_said_above_with_a_link_to_the_question(
    client: FlaskClient, survey: Round, sent: dict[str, Any], words: str, field: str
) -> None:
    answer = send(client, survey, **{"q-members": "mostly", **sent} if sent else {})
    assert answer.status_code == 400
    text = text_of(answer)
    assert re.search(f'<a href="#{field}">{words}', text)
    assert f'id="{field}"' in text
    assert not sent or checked(text, "q-members") == "mostly"
    assert stored(survey) == 0


def test_a_question_that_is_not_on_the_form_is_refused(client: FlaskClient, survey: Round) -> None:
    answer = send(client, survey, **{"q-overall": "mostly", "q-salary": "high"})
    assert answer.status_code == 400
    assert "收到了问卷上没有的题目" in text_of(answer)
    assert stored(survey) == 0


def test_markup_and_control_characters_of_a_comment_are_harmless(
    client: FlaskClient, survey: Round
) -> None:
    answer = send(client, survey, **{"q-overall": "x", "comment": "<script>\x00&amp;</textarea>"})
    page = answer.get_data(as_text=True)
    assert "<script>\x00" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("length", "status", "says"),
    [(28_000, 400, "您写了 28000 字"), (330_000, 413, "提交的内容太大")],
)
def test_a_comment_much_too_long_gets_a_sentence(
    client: FlaskClient, survey: Round, length: int, status: int, says: str
) -> None:
    answer = send(client, survey, comment="长" * length)
    assert answer.status_code == status
    assert says in text_of(answer)


@pytest.mark.parametrize(
    "error", [peewee.OperationalError, peewee.DatabaseError, sqlite3.DatabaseError, OSError]
)
def test_a_busy_database_keeps_the_answers_and_the_page_can_be_sent_again(
    client: FlaskClient,
    survey: Round,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    def busy(*_given: object) -> None:
        raise error("database is locked: 路灯")

    sent = {"token": fresh_token(client, survey), "q-overall": "mostly", "comment": "路灯"}
    with monkeypatch.context() as patched, caplog.at_level(logging.DEBUG):
        patched.setattr(ballots, "cast_openly", busy)
        answer = client.post(f"/s/{survey.id}/c1", data=sent)
    assert answer.status_code == 503
    text = text_of(answer)
    assert "网站正忙，这一次没有保存" in text
    assert checked(text, "q-overall") == "mostly"
    assert token_in(text) == sent["token"]
    assert "路灯" not in caplog.text
    assert client.post(f"/s/{survey.id}/c1", data=sent).status_code == 200


def test_a_lost_key_is_said_in_a_residents_words(
    client: FlaskClient, survey: Round, keys: Path
) -> None:
    (keys / f"round-{survey.id}.key").unlink()
    answer = send(client, survey, **{"q-overall": "mostly"})
    assert answer.status_code == 503
    assert "现在收不下答卷" in text_of(answer)
    assert stored(survey) == 0


def test_the_other_language_keeps_what_was_filled_in(client: FlaskClient, survey: Round) -> None:
    sent = {"token": fresh_token(client, survey), "q-help": "mostly", "comment": "路灯"}
    answer = client.post(f"/s/{survey.id}/c1?lang=en", data={**sent, "keep": "1"})
    assert answer.status_code == 200
    text = text_of(answer)
    assert "Mostly satisfied" in text
    assert checked(text, "q-help") == "mostly"
    assert "路灯</textarea>" in text
    assert stored(survey) == 0


def test_without_a_script_one_answer_can_be_taken_back(client: FlaskClient, survey: Round) -> None:
    sent = {"token": fresh_token(client, survey), "q-help": "mostly", "q-service": "mostly"}
    text = text_of(client.post(f"/s/{survey.id}/c1", data={**sent, "clear": "help"}))
    assert checked(text, "q-help") is None
    assert checked(text, "q-service") == "mostly"


def test_each_time_of_a_round_has_its_calm_page(
    client: FlaskClient, survey: Round, keys: Path, set_clock: SetClock
) -> None:
    path = f"/s/{survey.id}/c1"
    set_clock(factories.START - timedelta(hours=1))
    assert "还没有开始" in text_of(client.get(path))
    set_clock(factories.AFTER)
    assert "调查已经截止" in text_of(client.get(path))
    factories.published(keys, survey)
    text = text_of(client.get(path))
    assert "结果出来了" in text
    assert f"/results/{survey.id}" in text


def test_an_abandoned_round_says_that_its_answers_are_gone(
    client: FlaskClient, survey: Round, keys: Path
) -> None:
    rounds.abandon(keys, survey, "发错了问卷")
    assert "已交的答卷已经销毁" in text_of(client.get(f"/s/{survey.id}/c1"))


def test_a_page_keeps_the_names_of_the_moment_when_the_round_was_opened(
    client: FlaskClient, survey: Round
) -> None:
    Unit.update(name="改了名的社区").where(Unit.code == "c1").execute()
    assert "甲一示范社区" in text_of(client.get(f"/s/{survey.id}/c1"))


def test_where_there_are_groups_the_page_asks_for_one_first(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    made = factories.draft(district.root, [district.first])
    Group.create(
        round=made, key="firms", label={"zh": "企业", "en": "Firms"}, weight="1", position=1
    )
    opened = factories.opened(keys, made)
    text = text_of(client.get(f"/s/{opened.id}/c1"))
    assert text.index('name="group"') < text.index('name="q-overall"')
    sent = {"token": token_in(text), "q-overall": "mostly"}
    refused = client.post(f"/s/{opened.id}/c1", data=sent)
    assert refused.status_code == 400
    assert 'href="#group"' in text_of(refused)
    assert client.post(f"/s/{opened.id}/c1", data={**sent, "group": "firms"}).status_code == 200
    assert [rating.group.key for rating in Rating.select()] == ["firms"]
