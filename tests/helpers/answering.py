"""A small browser for the pages on which people answer: opens, sends, and reads what came back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import ballots
from surveys.models import Round
from tests.conftest import check_house_rules

SetClock = Callable[[datetime], None]


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
