"""A round that ends at midnight ends at 24:00 of that day, wherever its end is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.i18n import date_time, end_time
from site_app.rounds.draft_form import instant, moment_type
from surveys.models import Delay, Round
from tests import factories
from tests.factories import DURING, START, District
from tests.helpers.desk import SetClock, post, reloaded, text

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 8, 16, 0, tzinfo=UTC)
ENDS = "2026-03-08 24:00"


def test_an_end_at_midnight_is_said_as_24_00_and_every_end_is_read_back_as_it_is_said(
    site: Flask,
) -> None:
    with site.test_request_context():
        assert end_time(MIDNIGHT) == ENDS
        assert date_time(MIDNIGHT) == "2026-03-09 00:00"
        for minutes in (-1, 0, 1, 60, 720):
            moment = MIDNIGHT + timedelta(minutes=minutes)
            assert instant(end_time(moment), SHANGHAI, "ends_at") == moment


def test_a_field_shows_24_00_as_it_was_typed() -> None:
    assert moment_type("2026-03-08T24:00") == "text"
    assert moment_type("2026-03-08T23:59") == "datetime-local"


@pytest.fixture
def ends_at_midnight(district: District, keys: Path, set_clock: SetClock) -> Round:
    set_clock(DURING)
    return factories.open_survey(keys, district, ends=MIDNIGHT)


def test_every_page_says_that_a_round_ends_at_24_00(
    signed_in: FlaskClient, ends_at_midnight: Round, set_clock: SetClock
) -> None:
    here = f"/desk/rounds/{ends_at_midnight.id}"
    for path in ("/desk", here, f"{here}/poster/c1", f"{here}/posters"):
        page = text(signed_in.get(path))
        assert ENDS in page, path
        assert "2026-03-09 00:00" not in page, path
    shown = signed_in.application.test_cli_runner().invoke(args=["round", "show", "1"]).output
    assert ENDS in shown
    Delay.create(
        round=ends_at_midnight,
        old_end=MIDNIGHT - timedelta(days=1),
        new_end=MIDNIGHT,
        reason="示例",
    )
    assert "2026-03-07 24:00" in text(signed_in.get(here))
    set_clock(MIDNIGHT)
    visitor = signed_in.application.test_client()
    for page in (visitor.get(f"/s/{ends_at_midnight.id}/c1"), visitor.get("/desk")):
        said = page.get_data(as_text=True)
        assert "2026-03-09 00:00" not in said
    assert ENDS in visitor.get(f"/s/{ends_at_midnight.id}/c1").get_data(as_text=True)


def test_the_end_moves_to_24_00(signed_in: FlaskClient, ends_at_midnight: Round) -> None:
    here = f"/desk/rounds/{ends_at_midnight.id}"
    typed = {"new_end": "2026-03-10 24:00", "delay_reason": "示例原因"}
    assert post(signed_in, f"{here}/delay", typed, form=here).status_code == 303
    assert reloaded(ends_at_midnight).ends_at == MIDNIGHT + timedelta(days=2)
    assert ends_at_midnight.opens_at == START
