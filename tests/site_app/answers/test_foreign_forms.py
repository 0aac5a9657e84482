"""A page of another site fills in nothing here, casts nothing, and is thanked for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import security
from surveys.db import database
from surveys.models import Round
from surveys.models.ballots import AccessCode
from tests import factories
from tests.helpers.answering import SetClock, fresh_token, lines, stored, text_of

PUBLIC = "https://surveys.example.org"
OURS: list[dict[str, str]] = [
    {},
    {"Origin": PUBLIC},
    {"Origin": "https://surveys.example.org:443", "Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
    {"Origin": "https://localhost"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "null", "Referer": f"{PUBLIC}/v"},
    {"Origin": "http://10.0.0.5", "Sec-Fetch-Site": "same-origin"},
    {"Referer": f"{PUBLIC}/v"},
    {"Origin": "http://localhost:8000", "Host": "localhost:8000"},
]
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": PUBLIC, "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://surveys.example.org.elsewhere.example"},
    {"Origin": "https://www.surveys.example.org"},
    {"Origin": "https://surveys.example.org:8443"},
    {"Origin": "http://surveys.example.org"},
    {"Origin": "http://surveys.example.org", "Host": "surveys.example.org"},
    {"Origin": "http://localhost", "Host": "localhost:8000"},
    {"Origin": "http://["},
    {"Origin": "https://surveys.example.org:port"},
    {"Origin": "file://"},
    {"Referer": "https://elsewhere.example/v"},
]


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


@pytest.fixture
def survey(keys: Path, district: factories.District) -> Round:
    return factories.open_survey(keys, district)


@pytest.fixture
def ballot(keys: Path, district: factories.District) -> tuple[Round, list[str]]:
    return factories.open_appraisal(keys, district)


@pytest.mark.parametrize(
    ("headers", "ours"), [*((each, True) for each in OURS), *((each, False) for each in FOREIGN)]
)
def test_a_form_is_ours_if_its_sender_has_our_address(
    site: Flask, headers: Mapping[str, str], ours: bool
) -> None:
    with site.test_request_context("/v", method="POST", headers=dict(headers)):
        assert (security.sent_by_us() is not False) is ours


def test_with_a_public_address_of_plain_http_that_one_is_ours(site: Flask) -> None:
    there = replace(site.config["SITE"], public_url="http://surveys.example.org:8080")
    site.config["SITE"] = there
    for sender, ours in (
        ("http://surveys.example.org:8080", True),
        ("http://surveys.example.org", False),
        ("https://surveys.example.org:8080", False),
    ):
        with site.test_request_context("/v", method="POST", headers={"Origin": sender}):
            assert security.sent_by_us() is ours, sender


@pytest.mark.parametrize("headers", FOREIGN)
def test_nothing_of_a_strangers_survey_is_stored_shown_or_thanked_for(
    client: FlaskClient, survey: Round, headers: dict[str, str]
) -> None:
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied", "comment": "示例意见"}
    for more in ({}, {"keep": "1"}, {"step": "send", "large": "1"}, {"clear": "help"}):
        answer = client.post(f"/s/{survey.id}/c1", data=sent | more, headers=headers)
        assert answer.status_code == 403
        assert not answer.headers.getlist("Set-Cookie")
        text = text_of(answer)
        assert "不是从本网站的页面提交的" in text
        assert not re.search("<input[^>]* checked", text)
        assert "示例意见" not in text
        assert sent["token"] not in text
    assert stored(survey) == 0
    assert client.post(f"/s/{survey.id}/c1", data=sent, headers=OURS[1]).status_code == 200


def test_nothing_of_a_strangers_ballot_is_cast_or_shown(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    round_, codes = ballot
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    sent = {"code": codes[0], **dict.fromkeys(names, "qualified")}
    for path in ("/v", "/v/review", "/v/cast"):
        for headers in FOREIGN:
            answer = client.post(path, data=sent, headers=headers)
            assert answer.status_code == 403
            text = text_of(answer)
            assert codes[0] not in text
            assert not any(name in text for name in names)
    assert stored(round_) == 0
    assert AccessCode.select().where(AccessCode.state == "spent").count() == 0
    for headers in OURS:
        assert client.post("/v/review", data=sent, headers=headers).status_code == 200
    assert client.post("/v/cast", data=sent, headers=OURS[1]).status_code == 200
    assert stored(round_) == 8


def test_thanks_of_a_page_of_ours_are_not_said_again_for_a_stranger(
    client: FlaskClient, survey: Round, ballot: tuple[Round, list[str]]
) -> None:
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied"}
    first = client.post(f"/s/{survey.id}/c1", data=sent)
    voted = client.post("/v/cast", data={"code": ballot[1][0]})
    spent = client.post(f"/s/{survey.id}/c1", data=sent)
    for path, page in ((f"/s/{survey.id}/c1", first), ("/v", voted), (f"/s/{survey.id}/c1", spent)):
        found = re.search('name="done" value="([^"]+)"', page.get_data(as_text=True))
        assert found
        mark = {"done": found[1], "keep": "1"}
        ours = text_of(client.post(path, data=mark))
        assert "已经收到了" in ours, "a switch of language draws it again"
        assert "已经收到了" not in text_of(client.post(path, data=mark, headers=FOREIGN[0]))


def test_a_database_that_is_gone_hands_no_strangers_answers_to_our_button(
    client: FlaskClient, survey: Round, tmp_path: Path
) -> None:
    sent = {"q-overall": "satisfied"}
    database.close()
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    for headers, kept in ((OURS[1], True), (FOREIGN[0], False)):
        answer = client.post(f"/s/{survey.id}/c1", data=sent, headers=headers)
        assert answer.status_code == 503
        assert ("satisfied" in text_of(answer)) is kept


def test_a_strangers_form_after_the_end_gets_the_page_of_that_time(
    client: FlaskClient, survey: Round, set_clock: SetClock
) -> None:
    set_clock(factories.AFTER)
    answer = client.post(f"/s/{survey.id}/c1", data={"q-overall": "mostly"}, headers=FOREIGN[0])
    assert "调查已经截止" in text_of(answer)
    assert "总的来说" not in text_of(answer)
