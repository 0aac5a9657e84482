"""Answering in a real browser, all on one server: large type, keys alone, a network that is cut."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route

from tests.helpers.answering import stored
from tests.helpers.browsing import PHONE, WITH_AND_WITHOUT, Windows, no_sideways_scroll, tab_to
from tests.helpers.house import House, open_ballot

pytestmark = pytest.mark.browser

THANKS = "谢谢您，已经收到了"
WHAT_MOVES = """() => Array.from(document.querySelectorAll("*")).filter((each) => {
  const style = getComputedStyle(each);
  return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none"
    || style.scrollBehavior === "smooth";
}).map((each) => each.outerHTML.slice(0, 60))"""


def letters(page: Page) -> str:
    return str(page.locator("body").evaluate("body => getComputedStyle(body).fontSize"))


def swallow(route: Route) -> None:
    """The request arrives and is answered; the answer is lost on the way back."""
    route.fetch()
    route.abort()


def told(page: Page) -> None:
    page.get_by_text("没有收到网站的答复").first.wait_for()
    page.get_by_text("您填的都还在这一页上").first.wait_for()


def bottom(part: Locator) -> float:
    """How far down a part of the page ends, before anything is scrolled."""
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@WITH_AND_WITHOUT
def test_a_resident_answers_one_question_a_screen(
    windows: Windows, house: House, script: bool
) -> None:
    page = windows.open(house.server, script=script)
    survey = house.survey()
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
        no_sideways_scroll(page)
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
    page.get_by_text("第 1 步").first.wait_for()
    page.get_by_role("button", name="下一步").click()
    while page.get_by_role("button", name="下一步").is_visible():
        place = page.locator("[data-step]:visible").get_attribute("id")
        page.get_by_role("button", name="下一步").click()
        page.locator(f"#{place}").wait_for(state="hidden")
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert letters(page) == "24px", "kept for the visit"
    assert stored(survey) == 1
    cookies = {each["name"] for each in page.context.cookies()}
    assert cookies == {"lang", f"answered-{survey.id}"}
    assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_large_question_and_its_options_are_seen_at_once_on_a_phone(
    windows: Windows, house: House, language: str
) -> None:
    survey = house.survey()
    _round, code = house.ballot()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1?large=1&lang={language}")
    page.locator("#start button").click()
    last = page.locator("[data-asked]:visible .choice").last
    last.wait_for()
    assert bottom(last) <= PHONE["height"]
    page.goto(f"/v?large=1&lang={language}")
    page.locator("#code").fill(code)
    page.locator("#door button").click()
    page.locator("#start button").click()
    last = page.locator(".person:visible fieldset").first.locator(".choice").last
    last.wait_for()
    assert bottom(last) <= PHONE["height"]


@WITH_AND_WITHOUT
def test_a_member_rates_one_person_a_screen(windows: Windows, house: House, script: bool) -> None:
    page = windows.open(house.server, script=script)
    page.emulate_media(reduced_motion="reduce")
    round_, code = house.ballot()
    page.goto("/v")
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="普通字").wait_for()
    page.get_by_label("测评码").fill(code)
    page.get_by_role("button", name="打开").click()
    page.get_by_role("button", name="开始填写").click()
    for number in range(1, 9):
        page.get_by_text(f"第 {number} 步，共 9 步").first.wait_for()
        person = page.locator(".person:visible")
        assert person.count() == 1
        no_sideways_scroll(page)
        for question in person.locator("fieldset").all()[: 4 if number > 1 else 1]:
            question.locator("label").nth(1).click()
        page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="填好了").click()
    page.get_by_role("button", name="返回修改").wait_for()
    assert letters(page) == "24px"
    page.locator(".names button").first.click()
    page.get_by_text("第 1 步，共 9 步").first.wait_for()
    page.locator("#map summary").click()
    assert page.locator(".dot.filled").count() == 7
    page.locator(".dot").last.click()
    page.get_by_text("第 8 步，共 9 步").first.wait_for()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="填好了").click()
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert stored(round_) == 8
    assert page.context.cookies() == []


def test_a_resident_needs_no_mouse(windows: Windows, house: House) -> None:
    page = windows.open(house.server)
    survey = house.survey()
    page.goto(f"/s/{survey.id}/c1?large=1")
    tab_to(page, "#start button")
    page.keyboard.press("Enter")
    page.get_by_text("第 1 步").first.wait_for()
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
    assert stored(survey) == 1


def test_a_member_needs_no_mouse(windows: Windows, house: House) -> None:
    round_, code = house.ballot()
    page = windows.open(house.server)
    page.goto("/v")
    tab_to(page, "#code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.locator(".person").first.wait_for()
    tab_to(page, "[data-dot]:last-of-type")
    page.keyboard.press("Enter")
    for _ in range(4):
        tab_to(page, ".person [type=radio]")
        page.keyboard.press("ArrowDown")
    assert page.locator("input:checked").count() == 4
    tab_to(page, "#send button")
    page.keyboard.press("Enter")
    page.locator(".review").wait_for()
    tab_to(page, ".send button")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert stored(round_) == 8


def test_a_screen_that_cannot_be_turned_keeps_everything(windows: Windows, house: House) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1?large=1")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_text("基本满意", exact=True).first.click()
    page.context.set_offline(True)
    page.get_by_role("button", name="下一步").click()
    told(page)
    assert page.locator("fieldset:visible input:checked").count() == 1
    windows.complaints.clear()
    page.context.set_offline(False)
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("第 2 步").first.wait_for()
    page.get_by_role("button", name="上一步").click()
    page.get_by_text("第 1 步").first.wait_for()
    assert page.locator("fieldset:visible input:checked").count() == 1
    assert stored(survey) == 0


def test_a_resident_whose_thanks_were_lost_is_counted_once(windows: Windows, house: House) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()
    page.get_by_label("还有什么想说的").fill("示例意见")
    send = page.locator("main").get_by_role("button", name="提交")
    page.context.set_offline(True)
    send.click()
    told(page)
    assert page.locator("#comment").input_value() == "示例意见"
    page.context.set_offline(False)
    assert stored(survey) == 0, "nothing is sent again by itself"
    page.route("**/s/**", swallow)
    send.click()
    page.wait_for_function("() => !document.querySelector('button[disabled]')")
    told(page)
    page.unroute("**/s/**")
    assert page.locator("input:checked").count() == 1
    send.click()
    page.get_by_role("heading", level=1, name="已经收到了，只算一次").wait_for()
    assert stored(survey) == 1
    windows.complaints.clear()


def test_a_member_whose_thanks_were_lost_learns_that_the_first_sheet_counts(
    windows: Windows, house: House
) -> None:
    round_, code = house.ballot()
    page = windows.open(house.server)
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
    assert stored(round_) == 8
    send.click()
    page.get_by_role("heading", level=1, name="这个测评码用过一次，那一次算数").wait_for()
    assert stored(round_) == 8
    windows.complaints.clear()


def test_nothing_moves_for_who_wants_no_motion(windows: Windows, house: House) -> None:
    survey = house.survey()
    _round, code = house.ballot()
    page = windows.open(house.server)
    page.emulate_media(reduced_motion="reduce")
    for large in ("", "?large=1"):
        page.goto(f"/s/{survey.id}/c1{large}")
        if large:
            page.get_by_role("button", name="开始填写").click()
        page.locator("label.choice").first.click()
        assert page.evaluate(WHAT_MOVES) == []
        page.goto(f"/v{large}")
        open_ballot(page, code, large)
        assert page.evaluate(WHAT_MOVES) == []


def test_who_waits_for_a_slow_network_is_told(windows: Windows, house: House) -> None:
    survey = house.survey()
    page = windows.open(house.server)
    page.goto(f"/s/{survey.id}/c1")
    page.get_by_text("基本满意", exact=True).first.click()

    def late(route: Route) -> None:
        page.get_by_text("正在提交，请稍等。").wait_for()
        assert not page.locator("main").get_by_role("button", name="提交").is_enabled()
        route.continue_()

    page.route("**/s/**", late)
    page.locator("main").get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name=THANKS).wait_for()
    assert stored(survey) == 1
