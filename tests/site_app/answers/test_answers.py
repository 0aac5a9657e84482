"""The pages on which people answer: what they weigh, and what they know nothing of."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.db import database
from surveys.models import Round
from tests import factories
from tests.helpers.answering import SetClock


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
        f"/s/{draft.id}/c2",
        "/s/999/c1",
        f"/s/{ballot[0].id}/p1",
    ):
        assert client.get(path).status_code == 404, path
        assert client.post(path, data={"q-overall": "mostly"}).status_code == 404, path


def weight(*texts: str) -> int:
    return sum(len(gzip.compress(text.encode())) for text in texts)


def static(client: FlaskClient) -> list[str]:
    """Style and script as they are sent."""
    sent = []
    for name in ("site.css", "site.js"):
        with client.get(f"/static/{name}") as answer:
            sent.append(answer.get_data(as_text=True))
    return sent


def test_a_residents_page_weighs_at_most_15_kb_in_three_requests(
    client: FlaskClient, survey: Round
) -> None:
    text = client.get(f"/s/{survey.id}/c1").get_data(as_text=True)
    assert re.findall(r'(?:src|href)="(/static[^"?]+)', text) == [
        "/static/site.css",
        "/static/site.js",
    ]
    assert weight(text, *static(client)) <= 15_000


def test_a_ballot_of_thirty_weighs_at_most_30_kb(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    for number in range(9, 31):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    _round, codes = factories.open_appraisal(keys, district, 30)
    text = client.post("/v", data={"code": codes[0]}).get_data(as_text=True)
    assert text.count('class="person"') == 30
    assert weight(text, *static(client)) <= 30_000


def test_style_and_script_keep_their_size(client: FlaskClient) -> None:
    style, script = static(client)
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
