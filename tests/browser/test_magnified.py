"""A page at 400 %: 320 × 256, and all can still be read and done."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from site_app import clock
from surveys import rounds
from surveys.models import Round
from surveys.questionnaires import questionnaire
from tests.helpers import kinds_form
from tests.helpers.answering import stored
from tests.helpers.browsing import NARROWEST, Windows, no_sideways_scroll
from tests.helpers.house import House, open_ballot

pytestmark = pytest.mark.browser

THANKS = "谢谢您，已经收到了"


def test_nothing_scrolls_sideways_at_400_percent_whatever_is_asked_and_written(
    windows: Windows, house: House
) -> None:
    document = copy.deepcopy(kinds_form.DOCUMENT)
    for option in document["scales"]["satisfaction"]["options"]:
        option["label"] = kinds_form.both(option["label"]["zh"] + "示" * 197)
    document["comment"] = True
    form = questionnaire.from_document(document)
    made = rounds.create(form, house.district.root, "示范长选项", False)
    Round.update(chosen=[house.district.first.id]).where(Round.id == made.id).execute()
    survey = house.opened(made)
    many = tuple(f"示例对象{number}" for number in range(300))
    codes = [house.ballot()[1], house.ballot(many)[1]]
    page = windows.open(house.server, NARROWEST, script=False)
    for large in ("", "?large=1"):
        for code in codes:
            page.goto(f"/v{large}")
            no_sideways_scroll(page)
            open_ballot(page, code, large)
            no_sideways_scroll(page)
        assert page.locator(".person").count() == 300
        assert not page.locator(".dot").first.is_visible(), "a map of so many is folded"
        page.goto(f"/s/{survey.id}/c1{large}")
        no_sideways_scroll(page)
    page.goto(f"/s/{survey.id}/c1")
    page.locator("#comment").fill("示" * 10_000)
    page.locator("main").get_by_role("button", name="提交").click()
    page.locator("#refused").wait_for()
    assert page.locator("#comment").input_value() == "示" * 10_000
    no_sideways_scroll(page)
    assert "400" in windows.complaints.pop()


@pytest.mark.parametrize("script", [True, False])
def test_what_became_of_a_code_is_the_heading_with_and_without_script(
    windows: Windows, house: House, script: bool
) -> None:
    round_, code = house.ballot()
    over = {"opens_at": clock.now() - timedelta(hours=3), "ends_at": clock.now()}
    Round.update(**over).where(Round.id == round_.id).execute()
    page = windows.open(house.server, NARROWEST, script=script)
    page.goto("/v")
    page.get_by_label("测评码").fill(code)
    page.get_by_role("button", name="打开").click()
    page.get_by_role("heading", name="已经截止").wait_for()
    page.get_by_role("button", name="用另一个测评码").click()
    page.get_by_label("测评码").wait_for()
    assert "410" in windows.complaints.pop()


def test_everything_can_be_done_at_400_percent(windows: Windows, house: House) -> None:
    survey = house.survey()
    round_, code = house.ballot()
    page = windows.open(house.server, NARROWEST)
    page.goto(f"/s/{survey.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    page.goto("/v")
    open_ballot(page, code)
    assert page.locator(".tally").evaluate("e => getComputedStyle(e).position") == "static"
    page.locator(".person").nth(7).locator("label").last.click()
    page.get_by_role("button", name="填好了").click()
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert stored(survey) == 1
    assert stored(round_) == 8
