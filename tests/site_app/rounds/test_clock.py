"""Counting asks where the clock may lie, at the desk and in commands; who cannot vouch for it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from site_app import clock
from site_app.models import AuditEntry
from surveys.models import Round
from tests import factories
from tests.conftest import sign_in
from tests.factories import AFTER, START, District
from tests.helpers.desk import SetClock, post, reloaded, text

TICK = 'name="clock_is_right"'
MONDAY = START - timedelta(hours=1)  # Monday, 2 March 2026, 08:00 in Shanghai


@pytest.fixture
def draft(site: Flask, district: District, set_clock: SetClock) -> Round:
    """A draft that can be opened, on a site where something was done on Monday morning."""
    set_clock(MONDAY)
    AuditEntry.create(at=MONDAY, account_name="示例", action="create")
    return factories.draft(district.root, [district.first])


def test_what_is_done_after_signing_in_by_a_wrong_clock_does_not_vouch_for_it(
    site: Flask, district: District, draft: Round, set_clock: SetClock
) -> None:
    set_clock(MONDAY + timedelta(days=2))
    here = f"/desk/rounds/{draft.id}"
    for _again in range(2):
        browser = sign_in(site, district.organiser)
        assert TICK in text(browser.get(here))
    with site.app_context():
        AuditEntry.create(at=clock.now(), account_name="示例", action="edit", round=draft)
    assert TICK in text(browser.get(here))


@pytest.mark.parametrize("wrong", [timedelta(days=2), timedelta(days=-1)])
def test_a_round_is_counted_by_a_doubtful_clock_only_when_it_is_confirmed(
    site: Flask,
    district: District,
    keys: Path,
    set_clock: SetClock,
    wrong: timedelta,
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 6)
    AuditEntry.create(at=AFTER - wrong, account_name="示例", action="open", round=round_)
    set_clock(AFTER)
    browser, here = sign_in(site, district.organiser), f"/desk/rounds/{round_.id}/count"
    page = text(browser.get(here))
    assert "2026-03-09 09:01 星期一" in page
    assert TICK in page
    assert TICK in text(post(browser, here), 422)
    assert reloaded(round_).state == "open"
    assert "计票完成" in text(post(browser, here, {"clock_is_right": "yes"}))


def test_both_the_clock_and_an_empty_result_are_confirmed_each_by_its_own_tick(
    site: Flask, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.open_survey(keys, district)
    AuditEntry.create(at=START, account_name="示例", action="open", round=round_)
    set_clock(AFTER)
    browser, here = sign_in(site, district.organiser), f"/desk/rounds/{round_.id}/count"
    for ticks in ({}, {"anyway": "yes"}, {"clock_is_right": "yes"}):
        page = text(post(browser, here, ticks), 422)
        for name in ("anyway", "clock_is_right"):
            assert (f'name="{name}" value="yes" checked' in page) == (name in ticks)
    assert "计票完成" in text(post(browser, here, {"anyway": "yes", "clock_is_right": "yes"}))


def test_signing_in_by_a_clock_a_day_ahead_outlives_its_mending_and_is_no_known_time(
    site: Flask, district: District, draft: Round, set_clock: SetClock
) -> None:
    set_clock(START + timedelta(days=1))
    early = sign_in(site, district.organiser)
    set_clock(START)
    here = f"/desk/rounds/{draft.id}"
    for browser in (early, sign_in(site, district.organiser)):
        assert TICK not in text(browser.get(here))


@pytest.mark.parametrize("command", ["open", "count"])
def test_a_command_goes_by_a_doubtful_clock_only_when_told_that_it_is_right(
    site: Flask, district: District, keys: Path, draft: Round, set_clock: SetClock, command: str
) -> None:
    round_ = draft
    if command == "count":
        round_ = factories.open_survey(keys, district)
        factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 6)
    set_clock(MONDAY + timedelta(days=2) if command == "open" else AFTER)
    run = site.test_cli_runner().invoke
    refused = run(args=["round", command, str(round_.id)])
    assert refused.exit_code == 2
    assert "--clock-is-right" in refused.output
    assert "星期" in refused.output
    assert reloaded(round_).state == round_.state
    assert run(args=["round", command, str(round_.id), "--clock-is-right"]).exit_code == 0
    assert reloaded(round_).state == {"open": "open", "count": "closed"}[command]


def test_a_link_made_by_a_wrong_clock_does_not_vouch_for_it(
    site: Flask, district: District, draft: Round, set_clock: SetClock
) -> None:
    set_clock(MONDAY + timedelta(days=2))
    command = site.test_cli_runner().invoke(args=["account", "link", "organiser"])
    browser = site.test_client()
    browser.get(command.output.strip().removeprefix("https://surveys.example.org"))
    assert TICK in text(browser.get(f"/desk/rounds/{draft.id}"))


def test_what_commands_do_by_a_wrong_clock_does_not_vouch_for_it(
    site: Flask, district: District, draft: Round, set_clock: SetClock
) -> None:
    set_clock(MONDAY + timedelta(days=60))
    runner = site.test_cli_runner()
    ends = ["round", "abandon", str(factories.draft(district.root, []).id), "示例原因"]
    assert runner.invoke(args=ends).exit_code == 0
    refused = runner.invoke(args=["round", "open", str(draft.id)])
    assert refused.exit_code == 2
    assert "对一下钟" in refused.stderr
