"""A ballot in a real browser: what stands on it with a script and without."""

from __future__ import annotations

import pytest

from tests.browsing import WITH_AND_WITHOUT, Windows
from tests.house import House, open_ballot

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
