"""Residents answer by codes, one for each household or drawn person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveys.models import Round
from surveys.models.ballots import AccessCode
from tests import factories
from tests.helpers.answering import SetClock, checked, fresh_token, stored, text_of


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    """The round is open while nothing else is said."""
    set_clock(factories.DURING)


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
    client: FlaskClient,
    coded: tuple[Round, list[str]],
    keys: Path,
    district: factories.District,
) -> None:
    round_, codes = coded
    _appraisal, of_a_member = factories.open_appraisal(keys, district)
    for path, code in ((f"/s/{round_.id}/c2", codes[0]), (f"/s/{round_.id}/c1", of_a_member[0])):
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
    assert '<a href="#code">测评码应为 12 个字母和数字，您输入了 3 个' in text
    assert checked(text, "q-overall") == "mostly"


@pytest.mark.parametrize("typed", ["ABC", "2222-2222-2222"])
def test_in_large_letters_a_wrong_code_leads_back_to_its_screen(
    client: FlaskClient, coded: tuple[Round, list[str]], typed: str
) -> None:
    sent = {"code": typed, "q-overall": "mostly", "large": "1", "at": "send"}
    text = text_of(client.post(f"/s/{coded[0].id}/c1", data=sent))
    assert '<div id="step-code" data-step>' in text
    assert '<div class="send" id="send" data-step hidden>' in text


def test_a_households_code_typed_at_the_ballots_door_opens_its_survey(
    client: FlaskClient, coded: tuple[Round, list[str]]
) -> None:
    text = text_of(client.post("/v", data={"code": coded[1][0]}))
    assert f'action="/s/{coded[0].id}/c1"' in text
    assert coded[1][0] in text


def test_an_early_code_stays_valid_and_a_page_without_codes_speaks_of_none(
    client: FlaskClient,
    coded: tuple[Round, list[str]],
    keys: Path,
    district: factories.District,
    set_clock: SetClock,
) -> None:
    round_, codes = coded
    survey = factories.open_survey(keys, district)
    token = fresh_token(client, survey)
    set_clock(factories.START - timedelta(seconds=1))
    for path, sent, speaks in (
        (f"/s/{round_.id}/c1", {"code": codes[0]}, True),
        (f"/s/{survey.id}/c1", {"token": token}, False),
    ):
        answer = client.post(path, data={**sent, "q-overall": "mostly"})
        assert answer.status_code == 410
        text = text_of(answer)
        assert "这次测评还没有开始，请到时再来。" in text
        assert ("您的测评码仍然有效" in text) is speaks
        assert checked(text, "q-overall") == "mostly"
