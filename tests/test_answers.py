"""Residents answer and members vote: what they see, and what is never lost, doubled or told."""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import peewee
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import ballots, rounds, tally
from surveys.db import database
from surveys.models import AccessCode, Comment, Group, Rating, Round, Unit
from tests import factories
from tests.conftest import check_house_rules

SetClock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    """The round is open while nothing else is said."""
    set_clock(factories.DURING)


@pytest.fixture
def survey(keys: Path, district: factories.District) -> Round:
    return factories.open_survey(keys, district)


@pytest.fixture
def ballot(keys: Path, district: factories.District) -> tuple[Round, list[str]]:
    return factories.open_appraisal(keys, district)


def text_of(response: TestResponse) -> str:
    """A page's text; it must be a good page, whatever it says."""
    text = response.get_data(as_text=True)
    check_house_rules(text)
    return unescape(text)


def token_in(text: str) -> str:
    found = re.search('name="token" value="([^"]+)"', text)
    assert found
    return found[1]


def fresh_token(client: FlaskClient, survey: Round) -> str:
    return token_in(text_of(client.get(f"/s/{survey.id}/c1?again=1")))


def send(client: FlaskClient, survey: Round, **answers: Any) -> TestResponse:
    """Open a page of the survey and submit it."""
    sent = {"token": fresh_token(client, survey), **answers}
    return client.post(f"/s/{survey.id}/c1", data=sent)


def stored(round_: Round) -> int:
    return ballots.ratings(round_)


def lines(booth: str) -> list[str]:
    """The names of a ballot's lines."""
    return list(dict.fromkeys(re.findall(r'name="(g-\d+-\w+)"', booth)))


def checked(text: str, name: str) -> str | None:
    """The option of a question that is chosen on a page."""
    found = re.search(f'name="{name}" value="([^"]+)" checked', text)
    return found[1] if found else None


# A resident answers


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
    assert "2026-03-09 09:00 截止" in text
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


def test_a_comment_of_a_megabyte_gets_a_sentence(client: FlaskClient, survey: Round) -> None:
    answer = send(client, survey, comment="长" * 330_000)
    assert answer.status_code == 400
    assert "您写了 330000 字" in text_of(answer)


def test_a_busy_database_keeps_the_answers_and_the_page_can_be_sent_again(
    client: FlaskClient,
    survey: Round,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy(*_given: object) -> None:
        raise peewee.OperationalError("database is locked: 路灯")

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


def test_what_is_no_page_of_a_round_is_not_found(
    client: FlaskClient,
    survey: Round,
    ballot: tuple[Round, list[str]],
    district: factories.District,
) -> None:
    draft = factories.draft(district.root, [district.first])
    for path in (
        f"/s/{survey.id}/nowhere",
        f"/s/{survey.id}/s1",
        f"/s/{draft.id}/c1",
        "/s/999/c1",
        f"/s/{ballot[0].id}/p1",
    ):
        assert client.get(path).status_code == 404, path
        assert client.post(path, data={"q-overall": "mostly"}).status_code == 404, path


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


# A survey by code


@pytest.fixture
def coded(keys: Path, district: factories.District) -> tuple[Round, list[str]]:
    """A survey for which each household has a code."""
    made = factories.draft(district.root, [district.first, district.second], needs_codes=True)
    given = factories.codes(keys, made, district.first, 6)
    factories.codes(keys, made, district.second, 6)
    return factories.opened(keys, made), given


def test_a_code_is_asked_for_and_spent_with_the_answers(
    client: FlaskClient, coded: tuple[Round, list[str]]
) -> None:
    round_, codes = coded
    assert 'name="code"' in text_of(client.get(f"/s/{round_.id}/c1"))
    sent = {"code": codes[0].lower().replace("-", " "), "q-overall": "mostly", "comment": "路灯"}
    answer = client.post(f"/s/{round_.id}/c1", data=sent)
    assert answer.status_code == 200
    assert not answer.headers.getlist("Set-Cookie")
    again = client.post(f"/s/{round_.id}/c1", data=sent)
    assert again.status_code == 409
    assert "这个测评码已经用过一次，那次提交的有效" in text_of(again)
    assert stored(round_) == 1


def test_a_code_of_another_community_or_round_gets_a_sentence(
    client: FlaskClient, coded: tuple[Round, list[str]], ballot: tuple[Round, list[str]]
) -> None:
    round_, codes = coded
    for path, code in ((f"/s/{round_.id}/c2", codes[0]), (f"/s/{round_.id}/c1", ballot[1][0])):
        answer = client.post(path, data={"code": code, "q-overall": "mostly"})
        assert answer.status_code == 400
        assert "是另一次调查或另一个社区的" in text_of(answer)
    assert AccessCode.select().where(AccessCode.state == "spent").count() == 0


def test_a_wrong_code_keeps_the_answers(
    client: FlaskClient, coded: tuple[Round, list[str]]
) -> None:
    answer = client.post(f"/s/{coded[0].id}/c1", data={"code": "ABC", "q-overall": "mostly"})
    assert answer.status_code == 400
    text = text_of(answer)
    assert "您输入了 3 个" in text
    assert checked(text, "q-overall") == "mostly"


def test_a_households_code_typed_at_the_ballots_door_opens_its_survey(
    client: FlaskClient, coded: tuple[Round, list[str]]
) -> None:
    text = text_of(client.post("/v", data={"code": coded[1][0]}))
    assert f'action="/s/{coded[0].id}/c1"' in text
    assert coded[1][0] in text


# A member votes


def test_a_code_opens_the_ballot_with_nothing_chosen(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    answer = client.post("/v", data={"code": f" {ballot[1][0].lower()} "})
    assert answer.status_code == 200
    text = text_of(answer)
    assert text.count('class="person"') == 8
    assert len(lines(text)) == 8 * 4
    assert not re.search("<input[^>]* checked", text)
    assert "自己那一行请空着" in text
    assert "“优秀”最多 2 人" in text


def test_a_member_reviews_and_submits_once(
    client: FlaskClient, ballot: tuple[Round, list[str]], keys: Path
) -> None:
    round_, codes = ballot
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    sent = {"code": codes[0], **dict.fromkeys(names[4:], "qualified")}
    review = text_of(client.post("/v/review", data=sent))
    assert "还没有提交" in review
    assert "示例党员1" in review
    assert "合格 <b>7</b>" in review
    assert stored(round_) == 0
    thanks = client.post("/v/cast", data=sent)
    assert thanks.status_code == 200
    assert "谢谢您，已经收到了" in text_of(thanks)
    assert not thanks.headers.getlist("Set-Cookie")
    assert stored(round_) == 8
    [papers] = tally.unsealed(keys, round_)
    assert sorted(packed for _cell, packed in papers) == [bytes(4), *[bytes([2, 2, 2, 2])] * 7]


def test_changing_goes_back_with_everything_kept(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    text = text_of(client.post("/v", data={"code": code, names[3]: "basic"}))
    assert checked(text, names[3]) == "basic"
    cleared = {"code": code, names[3]: "basic", names[7]: "basic", "clear": names[3].split("-")[1]}
    text = text_of(client.post("/v", data=cleared))
    assert checked(text, names[3]) is None
    assert checked(text, names[7]) == "basic"


def test_more_of_a_capped_grade_than_the_quota_is_refused_with_the_sheet_kept(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    overall = [name for name in names if name.endswith("-overall")]
    sent = {"code": code, **dict.fromkeys(overall[:3], "excellent")}
    for path in ("/v/review", "/v/cast"):
        answer = client.post(path, data=sent)
        assert answer.status_code == 400
        text = text_of(answer)
        assert "“优秀”最多 2 人，您选了 3 人" in text
        assert [checked(text, name) for name in overall[:4]] == ["excellent"] * 3 + [None]
    assert stored(ballot[0]) == 0


def test_a_blank_sheet_is_named_so_before_it_is_submitted(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    sent = {"code": ballot[1][0]}
    assert "是一张空白票" in text_of(client.post("/v/review", data=sent))
    assert client.post("/v/cast", data=sent).status_code == 200
    assert stored(ballot[0]) == 8


def test_a_second_send_of_a_ballot_says_the_truth(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    sent = {"code": code, names[0]: "basic"}
    client.post("/v/cast", data=sent)
    again = client.post("/v/cast", data={**sent, names[0]: "excellent"})
    assert again.status_code == 409
    assert "这个测评码用过一次，那一次算数" in text_of(again)
    assert stored(ballot[0]) == 8
    reopened = client.post("/v", data={"code": code})
    assert reopened.status_code == 409
    assert "那次提交的有效" in text_of(reopened)


def test_each_code_that_opens_nothing_has_its_own_sentence(
    client: FlaskClient,
    ballot: tuple[Round, list[str]],
    district: factories.District,
    set_clock: SetClock,
) -> None:
    round_, codes = ballot
    unknown = "2222-2222-222E"

    def said(code: str, status: int) -> str:
        answer = client.post("/v", data={"code": code})
        assert answer.status_code == status, code
        return text_of(answer)

    assert "请输入测评码" in said("", 400)
    assert "您输入了 3 个" in said("abc", 400)
    assert "没有“0”这个字符" in said("0222-2222-2222", 400)
    assert "有一处输错了" in said(unknown, 400)
    set_clock(factories.START - timedelta(hours=1))
    assert "还没有开始" in said(codes[0], 410)
    set_clock(factories.AFTER)
    assert "已经截止" in said(codes[0], 410)
    ballots.void_codes(round_, district.branch, factories.group(round_))
    assert "已经作废" in said(codes[0], 400)


def test_after_counting_a_code_is_none_of_an_open_round(
    client: FlaskClient, ballot: tuple[Round, list[str]], keys: Path
) -> None:
    factories.closed(keys, ballot[0])
    answer = client.post("/v", data={"code": ballot[1][0]})
    assert "这不是正在进行的测评的测评码" in text_of(answer)


def test_a_code_voided_meanwhile_hands_its_lines_to_the_new_code(
    client: FlaskClient,
    ballot: tuple[Round, list[str]],
    keys: Path,
    district: factories.District,
) -> None:
    round_, codes = ballot
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    ballots.void_codes(round_, district.branch, factories.group(round_))
    refused = client.post("/v/cast", data={"code": codes[0], names[0]: "basic"})
    text = text_of(refused)
    assert "已经作废" in text
    assert f'name="{names[0]}" value="basic"' in text
    [new] = factories.codes(keys, round_, district.branch, 1)
    text = text_of(client.post("/v", data={"code": new, names[0]: "basic"}))
    assert checked(text, names[0]) == "basic"


def test_a_late_ballot_is_refused_with_its_lines_on_the_page(
    client: FlaskClient, ballot: tuple[Round, list[str]], set_clock: SetClock
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    set_clock(factories.END)
    for path in ("/v", "/v/review", "/v/cast"):
        answer = client.post(path, data={"code": code, names[0]: "basic"})
        assert answer.status_code == 410
        text = text_of(answer)
        assert "现在交的不能计入" in text
        assert checked(text, names[0]) == "basic"
    assert stored(ballot[0]) == 0


def test_a_busy_database_keeps_the_ballot(
    client: FlaskClient, ballot: tuple[Round, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: object) -> None:
        raise peewee.OperationalError("database is locked")

    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    monkeypatch.setattr(ballots, "cast", busy)
    answer = client.post("/v/cast", data={"code": code, names[0]: "basic"})
    assert answer.status_code == 503
    assert checked(text_of(answer), names[0]) == "basic"


@pytest.mark.parametrize(
    ("name", "value"), [("g-99999-overall", "basic"), ("g-1-salary", "basic"), ("q-overall", "x")]
)
def test_a_line_that_is_not_on_the_ballot_is_refused(
    client: FlaskClient, ballot: tuple[Round, list[str]], name: str, value: str
) -> None:
    answer = client.post("/v/cast", data={"code": ballot[1][0], name: value})
    assert answer.status_code == 400
    assert stored(ballot[0]) == 0


def test_an_option_that_is_none_names_the_person_and_links_to_the_line(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    text = text_of(client.post("/v/review", data={"code": code, names[1]: "superb"}))
    assert f'href="#{names[1]}">示例党员1 的第 2 项不能这样填' in text
    assert f'id="{names[1]}"' in text


def test_namesakes_are_told_apart(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    factories.person("p80", "示例党员8", district.branch)
    _round, codes = factories.open_appraisal(keys, district)
    text = text_of(client.post("/v", data={"code": codes[0]}))
    assert "<small>p8</small>" in text
    assert "<small>p80</small>" in text
    assert "<small>p7</small>" not in text


def test_a_code_stands_in_no_address_and_no_log(
    client: FlaskClient, ballot: tuple[Round, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    code = ballot[1][0]
    with caplog.at_level(logging.DEBUG):
        text = text_of(client.post("/v", data={"code": code}))
        client.post("/v/cast", data={"code": code, lines(text)[0]: "basic"})
        client.post("/v/cast", data={"code": code, lines(text)[0]: "basic"})
    assert code not in caplog.text
    assert 'method="get"' not in text
    assert not re.search(f'(href|action)="[^"]*{code}', text)


# What the pages weigh, and what they may not do


def weight(*texts: str) -> int:
    return sum(len(gzip.compress(text.encode())) for text in texts)


def static(site: Flask) -> list[str]:
    folder = Path(str(site.static_folder))
    return [(folder / name).read_text("utf-8") for name in ("site.css", "site.js")]


def test_a_residents_page_weighs_at_most_15_kb_in_three_requests(
    site: Flask, client: FlaskClient, survey: Round
) -> None:
    text = client.get(f"/s/{survey.id}/c1").get_data(as_text=True)
    assert re.findall(r'(?:src|href)="(/static[^"]+)"', text) == [
        "/static/site.css",
        "/static/site.js",
    ]
    assert weight(text, *static(site)) <= 15_000


def test_a_ballot_of_thirty_weighs_at_most_30_kb(
    site: Flask, client: FlaskClient, keys: Path, district: factories.District
) -> None:
    for number in range(9, 31):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    _round, codes = factories.open_appraisal(keys, district, 30)
    text = client.post("/v", data={"code": codes[0]}).get_data(as_text=True)
    assert text.count('class="person"') == 30
    assert weight(text, *static(site)) <= 30_000


def test_style_and_script_keep_their_size(site: Flask) -> None:
    style, script = static(site)
    assert weight(style) <= 12_000
    assert len(script) <= 6_000


def test_these_pages_know_no_session_and_no_account(
    site: Flask, client: FlaskClient, survey: Round, ballot: tuple[Round, list[str]]
) -> None:
    """An organiser's cookie changes nothing, and nothing varies by it."""
    for path, how in (
        (f"/s/{survey.id}/c1", {}),
        ("/v", {}),
        ("/v", {"method": "POST", "data": {"code": ballot[1][0]}}),
    ):
        seen: list[str] = []
        database.connect(reuse_if_open=True)
        connection = database.connection()
        connection.set_trace_callback(seen.append)
        answer = client.open(path, **how)
        connection.set_trace_callback(None)
        assert answer.status_code == 200
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert not [each for each in seen if "sign_in" in each or "account" in each]
        assert not [each for each in seen if each.startswith(("INSERT", "UPDATE", "DELETE"))]
