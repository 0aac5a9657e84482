"""A ballot in a real browser: what stands on it with a script and without."""

from __future__ import annotations

import pytest

from tests.helpers.browsing import WITH_AND_WITHOUT, Windows
from tests.helpers.house import House, open_ballot

pytestmark = pytest.mark.browser


@WITH_AND_WITHOUT
def test_only_a_script_leads_to_the_next_who_is_open(
    windows: Windows, house: House, script: bool
) -> None:
    _round, code = house.ballot()
    page = windows.open(house.server, script=script)
    page.goto("/v")
    open_ballot(page, code)
    assert page.locator("[data-next]").is_visible() == script


@WITH_AND_WITHOUT
def test_who_is_over_the_quota_is_marked_on_the_map_and_on_the_line(
    windows: Windows, house: House, script: bool
) -> None:
    _round, code = house.ballot()
    page = windows.open(house.server, script=script)
    page.goto("/v")
    open_ballot(page, code)
    for number in (1, 2, 5):
        line = page.locator(".person").nth(number)
        line.locator("[name$=-overall][value=excellent]").check(force=True)
    if not script:
        page.get_by_role("button", name="填好了").click()
    page.locator(".dot.over").first.wait_for()
    marked = page.locator(".dot").evaluate_all(
        "all => all.map((each) => each.classList.contains('over'))"
    )
    assert marked == [False, True, True, False, False, True, False, False]
    assert page.locator(".dot").nth(5).inner_text().endswith("超过名额")
    assert page.locator(".person.over").count() == 3
    if script:
        page.locator("[data-given]").first.get_by_text("3").wait_for()
        page.locator(".person").nth(5).locator("[name$=-overall]").nth(1).check(force=True)
        assert page.locator(".over").count() == 0
        page.locator(".person").nth(5).locator("[name$=-overall]").nth(0).check(force=True)
        page.get_by_role("button", name="填好了").click()
    first = page.locator(".person").nth(1).locator("[name$=-overall]").first.get_attribute("name")
    assert page.locator("#refused a").get_attribute("href") == f"#{first}"
    assert page.get_by_text("打开这一页时已选 3 人").is_visible() != script
    assert "400" in windows.complaints.pop()


def wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) for each in text)


def test_a_scanned_code_is_read_whatever_hangs_on_it_and_stays_nowhere(
    windows: Windows, house: House
) -> None:
    _round, code = house.ballot()
    tails = ("?from=timeline", "&wechat_redirect", "#wechat_redirect", "。", "%20", "/", "%", "　")
    page = windows.open(house.server)
    for scanned in (*(f"{code}{tail}" for tail in tails), wide(code), f"%20{code.lower()}"):
        page.goto("/help")
        page.goto(f"/v#{scanned}")
        page.locator(".person").first.wait_for()
        assert page.url.endswith("/v"), scanned
        page.goto("/help/members")
        for _step in range(2):
            page.go_back()
            assert code.lower() not in page.url.lower()


def test_a_wrong_code_leaves_the_address_too_and_a_place_on_the_page_does_not(
    windows: Windows, house: House
) -> None:
    _round, code = house.ballot()
    page = windows.open(house.server)
    page.goto("/v#2222-2222-222E?from=timeline")
    page.get_by_text("有一处输错了").first.wait_for()
    assert page.url.endswith("/v")
    assert page.locator("#code").input_value().startswith("2222-2222-222E")
    windows.complaints.clear()
    for place in ("#main", "#code", "#wechat_redirect", "#from=timeline"):
        page.goto("/help")
        page.goto(f"/v{place}")
        page.locator("#door").wait_for()
        assert page.url.endswith(place)
        assert page.locator(".error-summary").count() == 0
    page.locator("#code").fill(f"https://surveys.example.org/v#{code}?from=timeline")
    page.get_by_role("button", name="打开").click()
    page.locator(".person").first.wait_for()
    page.evaluate(f"location.hash = '#{code}'")
    page.wait_for_function("() => !location.hash")


@WITH_AND_WITHOUT
def test_how_it_is_kept_secret_is_said_in_place(
    windows: Windows, house: House, script: bool
) -> None:
    survey, (_round, code) = house.survey(), house.ballot()
    page = windows.open(house.server, script=script)
    for large in ("", "?large=1"):
        for ballot in (False, True):
            page.goto(f"/v{large}" if ballot else f"/s/{survey.id}/c1{large}")
            if ballot:
                page.get_by_label("测评码").fill(code)
                page.get_by_role("button", name="打开").click()
                page.locator("#answers").wait_for()
            if not large:
                page.locator("label.choice").first.click()
            page.get_by_text("怎么保密", exact=True).click()
            page.get_by_text("计票以前谁也看不到").wait_for()
            assert page.locator("input:checked").count() == (0 if large else 1)
            assert len(page.context.pages) == 1
