"""Large mode in a real browser: one question or one person a screen, nothing lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from site_app import clock
from surveys.models import Person, Rating, Round
from tests import factories, live
from tests.factories import District
from tests.test_browser import (
    PHONE,
    WITH_AND_WITHOUT,
    chromium,
    no_complaints,
    open_page,
    server,
    window,
)

__all__ = ["chromium", "no_complaints", "server", "window"]
pytestmark = pytest.mark.browser

NARROWEST = {"width": 320, "height": 256}
"""What is left of 1280 × 1024 at 400 %."""
THANKS = "谢谢您，已经收到了"


def overflow(page: Page) -> int:
    return int(page.locator("body").evaluate("() => document.documentElement.scrollWidth"))


def letters(page: Page) -> str:
    return str(page.locator("body").evaluate("body => getComputedStyle(body).fontSize"))


@pytest.fixture
def survey(keys: Path, district: District, window: dict[str, object]) -> Round:
    draft = factories.draft(district.root, [district.first], **window)  # type: ignore[arg-type]
    return factories.opened(keys, draft, clock.now())


@pytest.fixture
def code(keys: Path, district: District, window: dict[str, object]) -> str:
    """The code of a ballot with names as they come: long, short, rare, and twice."""
    names = [
        "示" * 40,
        "甲",
        "示例㑇𬱖",
        "示例提·示范江",
        "示例同名",
        "示例同名",
        "示例某",
        "示例某某",
    ]
    for person, name in zip(Person.select().order_by(Person.code), names, strict=True):
        Person.update(name=name).where(Person.id == person.id).execute()
    chosen = [district.branch]
    draft = factories.draft(district.root, chosen, "member-appraisal", **window)  # type: ignore[arg-type]
    given = factories.codes(keys, draft, district.branch, 8)[0]
    factories.opened(keys, draft, clock.now())
    return given


@WITH_AND_WITHOUT
def test_a_resident_answers_one_question_a_screen(
    chromium: Browser, server: live.Server, survey: Round, script: bool
) -> None:
    page = open_page(chromium, server, PHONE, script)
    page.goto(f"/s/{survey.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()
    page.get_by_role("button", name="大字").click()
    page.get_by_text("第 1 步").first.wait_for()
    assert letters(page) == "24px"
    assert page.locator("fieldset:visible").count() == 1
    assert page.locator("fieldset:visible input:checked").count() == 1, "what was chosen stays"
    page.get_by_role("button", name="English").click()
    page.get_by_text("Step 1 of").first.wait_for()
    page.get_by_role("button", name="中文").click()
    page.get_by_text("第 1 步").first.wait_for()
    while page.get_by_role("button", name="下一步").is_visible():
        assert overflow(page) <= PHONE["width"]
        place = page.locator("[data-step]:visible").get_attribute("id")
        if place == "step-comment":
            page.locator("#comment").fill("示例意见")
        page.get_by_role("button", name="下一步").click()
        page.locator(f"#{place}").wait_for(state="hidden")
    page.locator(".dot.filled").click()
    page.locator("#ask-overall").wait_for()
    assert page.locator("#ask-overall input:checked").count() == 1
    page.get_by_role("button", name="普通字").click()
    page.locator("#comment").wait_for()
    assert page.locator("#comment").input_value() == "示例意见"
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="下一步").click()
    while page.get_by_role("button", name="下一步").is_visible():
        place = page.locator("[data-step]:visible").get_attribute("id")
        page.get_by_role("button", name="下一步").click()
        page.locator(f"#{place}").wait_for(state="hidden")
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert letters(page) == "24px", "kept for the visit"
    assert Rating.select().count() == 1
    cookies = {each["name"] for each in page.context.cookies()}
    assert cookies == {"lang", f"answered-{survey.id}"}
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


@WITH_AND_WITHOUT
def test_a_member_rates_one_person_a_screen(
    chromium: Browser, server: live.Server, code: str, script: bool
) -> None:
    page = open_page(chromium, server, PHONE, script)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/v")
    page.get_by_role("link", name="大字").click()
    page.get_by_label("测评码").fill(code)
    page.get_by_role("button", name="打开").click()
    page.get_by_text("第 1 步，共 9 步").first.wait_for()
    for number in range(1, 9):
        page.get_by_text(f"第 {number} 步，共 9 步").first.wait_for()
        person = page.locator(".person:visible")
        assert person.count() == 1
        assert overflow(page) <= PHONE["width"]
        for question in person.locator("fieldset").all()[: 4 if number > 1 else 1]:
            question.locator("label").nth(1).click()
        page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="填好了").click()
    page.get_by_role("button", name="返回修改").wait_for()
    assert letters(page) == "24px"
    page.locator(".names button").first.click()
    page.get_by_text("第 1 步，共 9 步").first.wait_for()
    page.locator("details summary").click()
    assert page.locator(".dot.filled").count() == 7
    page.locator(".dot").last.click()
    page.get_by_text("第 8 步，共 9 步").first.wait_for()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="填好了").click()
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert Rating.select().count() == 8
    assert page.context.cookies() == []


def test_at_400_percent_nothing_scrolls_sideways(
    chromium: Browser, server: live.Server, survey: Round, code: str
) -> None:
    page = open_page(chromium, server, NARROWEST, script=False)  # type: ignore[arg-type]
    for large in ("", "?large=1"):
        page.goto(f"/s/{survey.id}/c1{large}")
        assert overflow(page) <= NARROWEST["width"]
        page.goto(f"/v{large}")
        assert overflow(page) <= NARROWEST["width"]
        page.get_by_label("测评码").fill(code)
        page.get_by_role("button", name="打开").click()
        page.locator(".person").first.wait_for()
        assert overflow(page) <= NARROWEST["width"]


def test_a_resident_needs_no_mouse(chromium: Browser, server: live.Server, survey: Round) -> None:
    page = open_page(chromium, server, PHONE)
    page.goto(f"/s/{survey.id}/c1?large=1")
    page.locator("fieldset:visible input").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_text("第 2 步").first.wait_for()
    while page.get_by_role("button", name="下一步").is_visible():
        place = page.locator("[data-step]:visible").get_attribute("id")
        page.get_by_role("button", name="下一步").focus()
        page.keyboard.press("Enter")
        page.locator(f"#{place}").wait_for(state="hidden")
    page.locator("main").get_by_role("button", name="提交").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert Rating.select().count() == 1
