"""The network cut at the worst moment: said in words, all kept, sent again only by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from site_app import clock
from surveys.models import Rating
from tests import factories, live
from tests.factories import District
from tests.test_browser import (
    PHONE,
    chromium,
    complaints,
    no_complaints,
    open_page,
    server,
    window,
)

__all__ = ["chromium", "no_complaints", "server", "window"]
pytestmark = pytest.mark.browser


def swallow(route: Route) -> None:
    """The request arrives and is answered; the answer is lost on the way back."""
    route.fetch()
    route.abort()


def told(page: Page) -> None:
    page.get_by_text("没有收到网站的答复").first.wait_for()
    page.get_by_text("您填的都还在这一页上").first.wait_for()


def test_a_resident_whose_thanks_were_lost_is_counted_once(
    chromium: Browser,
    server: live.Server,
    district: District,
    keys: Path,
    window: dict[str, object],
) -> None:
    draft = factories.draft(district.root, [district.first], **window)  # type: ignore[arg-type]
    round_ = factories.opened(keys, draft, clock.now())
    page = open_page(chromium, server, PHONE)
    page.goto(f"/s/{round_.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()
    page.get_by_label("还有什么想说的").fill("示例意见")
    send = page.locator("main").get_by_role("button", name="提交")
    page.context.set_offline(True)
    send.click()
    told(page)
    assert page.locator("#comment").input_value() == "示例意见"
    page.context.set_offline(False)
    assert Rating.select().count() == 0, "nothing is sent again by itself"
    page.route("**/s/**", swallow)
    send.click()
    page.wait_for_function("() => !document.querySelector('button[disabled]')")
    told(page)
    page.unroute("**/s/**")
    assert page.locator("input:checked").count() == 1
    send.click()
    page.get_by_role("heading", level=1, name="已经收到了，只算一次").wait_for()
    assert Rating.select().count() == 1
    complaints.clear()


def test_a_member_whose_thanks_were_lost_learns_that_the_first_sheet_counts(
    chromium: Browser,
    server: live.Server,
    district: District,
    keys: Path,
    window: dict[str, object],
) -> None:
    chosen = [district.branch]
    draft = factories.draft(district.root, chosen, "member-appraisal", **window)  # type: ignore[arg-type]
    code = factories.codes(keys, draft, district.branch, 8)[0]
    factories.opened(keys, draft, clock.now())
    page = open_page(chromium, server, PHONE)
    page.goto(f"/v#{code}")
    people = page.locator("tr.person")
    people.nth(2).locator("label").nth(1).click()
    people.nth(2).locator("fieldset").nth(1).locator("label").nth(1).click()
    page.get_by_role("button", name="填好了").click()
    send = page.locator("main").get_by_role("button", name="提交")
    send.wait_for()
    page.route("**/v/cast", swallow)
    send.click()
    told(page)
    page.unroute("**/v/cast")
    assert Rating.select().count() == 8
    send.click()
    page.get_by_role("heading", level=1, name="这个测评码用过一次，那一次算数").wait_for()
    assert Rating.select().count() == 8
    complaints.clear()
