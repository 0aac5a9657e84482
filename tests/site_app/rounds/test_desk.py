"""What the desk says first: where to begin on a new site, and how far a round has come."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from site_app.accounts import sign_in
from surveys.models import Round
from tests import factories
from tests.factories import AFTER, START, District
from tests.helpers.desk import SetClock, text


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the start; who is signed in stays so when a test moves it."""
    set_clock(START)
    monkeypatch.setattr(sign_in, "SIGNED_IN", timedelta(days=30))


def test_the_desk_of_a_new_site_says_what_to_do_first(
    signed_in: FlaskClient, district: District
) -> None:
    empty = text(signed_in.get("/desk"))
    assert empty.index("导入单位") < empty.index("导入人员") < empty.rindex("新建一次测评")
    factories.draft(district.root, [district.first])
    assert "第一次来" not in text(signed_in.get("/desk"))


def test_a_round_says_how_far_it_has_come(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    def now_at(round_: Round) -> str:
        page = text(signed_in.get(f"/desk/rounds/{round_.id}"))
        found = re.search(r'aria-current="step">([^<]+)<', page)
        return found[1] if found else ""

    assert now_at(factories.draft(district.root, [])) == "准备"
    round_ = factories.open_survey(keys, district)
    assert now_at(round_) == "收答卷"
    set_clock(AFTER)
    assert now_at(round_) == "计票"
    assert now_at(factories.closed(keys, round_)) == "公布"
