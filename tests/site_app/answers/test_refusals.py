"""Why answers are refused is told, and then forgotten: nothing that was filled in stays behind."""

from __future__ import annotations

import gc
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import site_app
import surveys
from surveys import rounds
from surveys.messages import Refused
from surveys.models import Round
from tests import factories
from tests.helpers.answering import SetClock, fresh_token, lines, text_of


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


def give_up(keys: Path, round_: Round) -> None:
    rounds.abandon(keys, round_, "发错了问卷")


def lose_key(keys: Path, round_: Round) -> None:
    (keys / f"round-{round_.id}.key").unlink()


def raised() -> list[Refused]:
    """The refusals that this process holds and that were raised, each with all that it was over."""
    gc.collect()
    found = (each for each in gc.get_objects() if isinstance(each, Refused))
    return [each for each in found if each.__traceback__]


@pytest.mark.parametrize("trouble", [give_up, lose_key])
def test_a_process_keeps_no_survey_that_it_refused(
    client: FlaskClient,
    keys: Path,
    district: factories.District,
    trouble: Callable[[Path, Round], None],
) -> None:
    round_ = factories.open_survey(keys, district)
    sent = {"token": fresh_token(client, round_), "q-overall": "mostly", "comment": "示例意见"}
    trouble(keys, round_)
    before = raised()
    for _each in range(3):
        assert client.post(f"/s/{round_.id}/c1", data=sent).status_code in (410, 503)
    assert raised() == before


@pytest.mark.parametrize("trouble", [give_up, lose_key])
def test_a_process_keeps_no_ballot_that_it_refused(
    client: FlaskClient,
    keys: Path,
    district: factories.District,
    trouble: Callable[[Path, Round], None],
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    trouble(keys, round_)
    before = raised()
    for path in ("/v", "/v/review", "/v/cast"):
        client.post(path, data={"code": codes[0], **dict.fromkeys(names, "basic")})
    assert raised() == before


def test_no_module_keeps_a_refusal_ready_made() -> None:
    """Raised again, it would keep every sheet that it was raised over."""
    for package in (surveys, site_app):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in each.name and not each.name.endswith("__main__"):
                import_module(each.name)
    ours = [each for name, each in sys.modules.items() if name.startswith(("surveys", "site_app"))]
    assert len(ours) > 100
    for module in ours:
        for name, value in vars(module).items():
            assert not isinstance(value, BaseException), f"{module.__name__}.{name}"
