"""A browser that refuses cookies: everything works, and a language once chosen stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.models.ballots import Rating
from tests import factories
from tests.helpers.answering import SetClock, text_of, token_in


@pytest.fixture
def refusing(site: Flask, set_clock: SetClock) -> FlaskClient:
    set_clock(factories.DURING)
    return site.test_client(use_cookies=False)


def actions(text: str) -> set[str]:
    """Where the forms of a page lead, and its buttons that lead elsewhere."""
    return set(re.findall('action="([^"]+)"', text))


def test_a_resident_without_cookies_reads_the_language_chosen_by_link_to_the_end(
    refusing: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    path = f"/s/{survey.id}/c1"
    text = text_of(refusing.get(f"{path}?lang=en"))
    assert actions(text) == {f"{path}?lang=en", f"{path}?lang=en&large=1", f"{path}?lang=zh"}
    sent = {"token": token_in(text), "q-overall": "splendid"}
    refused = text_of(refusing.post(f"{path}?lang=en", data=sent))
    assert "Please have a look" in refused
    assert f"{path}?lang=en" in actions(refused)
    thanks = refusing.post(f"{path}?lang=en", data={**sent, "q-overall": "satisfied"})
    assert "Thank you" in text_of(thanks)
    assert Rating.select().count() == 1
    assert "居民满意度调查" in text_of(refusing.get(path)), "and the next person may answer"


def test_a_member_without_cookies_reads_the_language_chosen_by_link_to_the_end(
    refusing: FlaskClient, district: factories.District, keys: Path
) -> None:
    _round, codes = factories.open_appraisal(keys, district)
    for path in ("/v", "/v/review"):
        sent = {"code": codes[0]} if path != "/v" else {}
        method = "POST" if sent else "GET"
        text = text_of(refusing.open(f"{path}?lang=en", method=method, data=sent))
        assert actions(text)
        assert all(re.search("[?&]lang=(en|zh)", each) for each in actions(text))
    done = refusing.post("/v/cast?lang=en", data={"code": codes[0]})
    assert "Thank you" in text_of(done)


def test_with_a_cookie_no_address_carries_the_language(
    client: FlaskClient, district: factories.District, keys: Path, set_clock: SetClock
) -> None:
    set_clock(factories.DURING)
    survey = factories.open_survey(keys, district)
    path = f"/s/{survey.id}/c1"
    client.get(f"{path}?lang=en")
    text = text_of(client.get(path))
    assert "Satisfied" in text
    assert path in actions(text)
