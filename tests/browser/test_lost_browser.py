"""What a browser could lose: it asks before it leaves, and its Back leads to the screen before."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page

from tests.helpers.browsing import Windows
from tests.helpers.house import House, open_ballot

pytestmark = pytest.mark.browser


def asked(page: Page) -> list[str]:
    """What the browser asks when it is to leave; it is told to stay."""
    kinds: list[str] = []

    def stay(dialog: Dialog) -> None:
        kinds.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    return kinds


def leave(page: Page) -> None:
    page.evaluate("() => { location.href = '/v'; }")
    page.wait_for_timeout(300)


def test_a_resident_is_asked_before_what_was_filled_in_is_left(
    windows: Windows, house: House
) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    kinds = asked(page)
    page.goto(f"/s/{survey.id}/c1")
    page.locator("main").click(position={"x": 1, "y": 1})
    page.reload()
    assert kinds == [], "nothing was filled in"
    page.get_by_label("还有什么想说的").fill("示例意见")
    leave(page)
    assert kinds == ["beforeunload"]
    assert page.get_by_label("还有什么想说的").input_value() == "示例意见"
    page.get_by_label("还有什么想说的").fill("")
    page.get_by_text("基本满意", exact=True).first.click()
    leave(page)
    assert kinds == ["beforeunload"] * 2
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name="谢谢您，已经收到了").wait_for()
    leave(page)
    page.wait_for_url("**/v")
    assert kinds == ["beforeunload"] * 2, "what was sent is not lost"


def test_a_member_is_asked_before_the_review_is_left(windows: Windows, house: House) -> None:
    _round, code = house.ballot()
    page = windows.open(house.server)
    kinds = asked(page)
    page.goto("/v")
    open_ballot(page, code)
    page.locator(".person label").first.click()
    page.get_by_role("button", name="填好了").click()
    page.locator(".review").wait_for()
    leave(page)
    assert kinds == ["beforeunload"]


def test_back_leads_to_the_screen_before_in_large_type(windows: Windows, house: House) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1?large=1")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_text("基本满意", exact=True).first.click()
    for number in (2, 3):
        page.get_by_role("button", name="下一步").click()
        page.get_by_text(f"第 {number} 步").first.wait_for()
    for number in (2, 1):
        page.evaluate("() => history.back()")
        page.get_by_text(f"第 {number} 步").first.wait_for()
    assert page.locator("fieldset:visible input:checked").count() == 1
    page.evaluate("() => history.forward()")
    page.get_by_text("第 2 步").first.wait_for()
    page.get_by_role("button", name="English").click()
    page.get_by_text("Step 2").first.wait_for()
    for _ in range(2):
        page.evaluate("() => history.back()")
        page.wait_for_function("() => !document.querySelector('[disabled]')")
    page.get_by_role("button", name="Start").wait_for()
    assert page.url.endswith(f"/s/{survey.id}/c1?large=1")


def test_what_a_busy_site_said_is_not_said_of_a_lost_network(
    windows: Windows, house: House
) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()
    send = page.locator("main").get_by_role("button", name="提交")
    page.route(
        "**/s/**", lambda route: route.fulfill(status=500, body="<main><h1>出错了</h1></main>")
    )
    send.click()
    page.locator("[data-lost]").get_by_text("出错了").wait_for()
    page.unroute("**/s/**")
    page.context.set_offline(True)
    send.click()
    page.locator("[data-lost]").get_by_text("没有收到网站的答复").wait_for()
    windows.complaints.clear()
