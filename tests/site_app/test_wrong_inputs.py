"""What is wrong with an input stands beside it, and is read aloud with it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests import factories
from tests.helpers import kinds_form
from tests.helpers.answering import SetClock, lines, text_of, token_in


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


def told(text: str) -> dict[str, str]:
    """What is marked as wrong on a page, and what is said of it: id of the sentence → sentence."""
    said = {}
    for tag in re.findall('<[^>]* aria-invalid="true"[^>]*>', text):
        about = re.findall('aria-describedby="([^"]+)"', tag)[0].split()
        assert all(f'id="{each}"' in text for each in about)
        said[about[-1]] = re.findall(f'id="{about[-1]}">([^<]+)<', text)[0]
    return said


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"q-overall": "splendid"}, "q-overall"),
        ({"q-marks": "99"}, "q-marks"),
        ({"q-wishes.light": "1"}, "q-wishes"),
        ({"q-needs.law": "1", "q-needs.health": "1"}, "q-needs"),
        ({"q-name": "示" * 21}, "q-name"),
    ],
)
def test_each_kind_of_question_says_what_is_wrong(
    client: FlaskClient, district: factories.District, keys: Path, sent: dict[str, Any], field: str
) -> None:
    survey = kinds_form.open_round(keys, district)
    token = token_in(text_of(client.get(f"/s/{survey.id}/c1")))
    text = text_of(client.post(f"/s/{survey.id}/c1", data={"token": token, **sent}))
    assert list(told(text)) == [f"{field}-error"]


def test_comment_and_code_say_what_is_wrong(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    token = token_in(text_of(client.get(f"/s/{survey.id}/c1")))
    long = {"token": token, "comment": "示" * 501}
    text = text_of(client.post(f"/s/{survey.id}/c1", data=long))
    assert "501" in told(text)["comment-error"]
    coded = factories.draft(district.root, [district.first], needs_codes=True)
    factories.codes(keys, coded, district.first, 5)
    factories.opened(keys, coded)
    wrong = {"code": "abc", "q-overall": "mostly"}
    for path in ("/v", f"/s/{coded.id}/c1"):
        text = text_of(client.post(path, data=wrong))
        assert "3 个" in told(text)["code-error"]


def test_a_line_of_a_ballot_says_what_is_wrong(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    _round, codes = factories.open_appraisal(keys, district)
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    sent = {"code": codes[0], names[1]: "superb"}
    said = told(text_of(client.post("/v/review", data=sent)))
    assert list(said) == [f"{names[1]}-error"]
    sent = {"code": codes[0]} | dict.fromkeys(names[3::4], "excellent")
    said = told(text_of(client.post("/v/review", data=sent)))
    assert "最多 2 人" in said[f"{names[3]}-error"]
