"""Organisers at their desk, for tests: forms sent as a browser sends them, good pages only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys.models import Round
from tests.conftest import check_house_rules, form_token

SetClock = Callable[[datetime], None]


def post(
    browser: FlaskClient, path: str, data: dict[str, Any] | None = None, *, form: str | None = None
) -> TestResponse:
    """Send a form as a browser does: with the token of the page it stands on."""
    token = form_token(browser.get(form or path))
    return browser.post(path, data={"csrf_token": token, **(data or {})})


def text(response: TestResponse, status: int = 200) -> str:
    """The text of a page that must be a good page."""
    words = response.get_data(as_text=True)
    assert response.status_code == status, words
    check_house_rules(words)
    return words


def reloaded(round_: Round) -> Round:
    return Round.get_by_id(round_.id)
