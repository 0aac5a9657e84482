"""The three people's journeys in a real browser, on the real server, with and without script."""

from __future__ import annotations

import subprocess
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize

from site_app import clock
from site_app.accounts import sign_in
from surveys.db import database
from surveys.models import Delay, Round
from surveys.models.ballots import AccessCode, Comment, Rating
from tests import factories
from tests.factories import District
from tests.helpers import live
from tests.helpers.browsing import (
    DESK,
    PHONE,
    WITH_AND_WITHOUT,
    Windows,
    no_sideways_scroll,
    tab_to,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def window() -> dict[str, Any]:
    """A window that is open at this moment."""
    now = clock.now()
    return {"opens": now - timedelta(hours=1), "ends": now + timedelta(hours=1)}


@WITH_AND_WITHOUT
def test_a_resident_answers_on_a_phone(
    windows: Windows,
    server: live.Server,
    district: District,
    keys: Path,
    window: dict[str, Any],
    script: bool,
) -> None:
    round_ = factories.opened(
        keys,
        factories.draft(district.root, [district.first], **window),
        clock.now(),
    )
    page = windows.open(server, PHONE, script)
    page.goto(f"/s/{round_.id}/c1")
    no_sideways_scroll(page)
    assert page.locator("input:checked").count() == 0
    page.get_by_text("基本满意", exact=True).first.click()
    page.get_by_label("还有什么想说的").fill("示例意见：<b>路灯</b>坏了")
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name="谢谢您，已经收到了").wait_for()
    assert Rating.select().count() == Comment.select().count() == 1
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    assert cookies == {f"answered-{round_.id}": "1"}
    page.goto(f"/s/{round_.id}/c1")
    page.get_by_role("link", name="换一个人在这里作答").click()
    page.get_by_text("不满意", exact=True).first.click()
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name="谢谢您，已经收到了").wait_for()
    assert Rating.select().count() == 2


@WITH_AND_WITHOUT
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_member_votes_by_a_code_scanned_or_typed(
    windows: Windows,
    server: live.Server,
    district: District,
    keys: Path,
    window: dict[str, Any],
    size: ViewportSize,
    script: bool,
) -> None:
    draft = factories.draft(district.root, [district.branch], "member-appraisal", **window)
    code = factories.codes(keys, draft, district.branch, 8)[0]
    factories.opened(keys, draft, clock.now())
    page = windows.open(server, size, script)
    if script:
        page.goto(f"/v#{code}")
    else:
        page.goto("/v")
        page.get_by_label("测评码").fill(code.lower().replace("-", " "))
        page.get_by_role("button", name="打开").click()
    page.get_by_role("heading", level=1, name="党员年度民主评议").wait_for()
    assert code not in page.url
    no_sideways_scroll(page)
    people = page.locator("tr.person")
    assert people.count() == 8
    assert page.locator("input:checked").count() == 0
    for place in range(7):
        person = people.nth(place)
        for question in range(4):
            choice = person.locator("fieldset").nth(question).locator("label").nth(min(place, 1))
            choice.click()
    page.get_by_role("button", name="填好了").click()
    page.get_by_role("button", name="返回修改").wait_for()
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name="谢谢您，已经收到了").wait_for()
    assert Rating.select().count() == 8
    assert AccessCode.select().where(AccessCode.state == "spent").count() == 1
    assert page.context.cookies() == []
    page.goto("/v")
    page.get_by_label("测评码").fill(code)
    page.get_by_role("button", name="打开").click()
    page.get_by_text("用过一次").first.wait_for()
    refusal = windows.complaints.pop()
    assert "409" in refusal
    database.close()


PLAN = """2026年示范区工作要点（示例）
一、示范部分
1.示范条目。示范内容，听取群众意见。
"""
ANSWERS_LAST = timedelta(seconds=15)


@WITH_AND_WITHOUT
def test_an_organiser_goes_from_the_import_of_a_plan_to_a_published_score(
    windows: Windows,
    server: live.Server,
    site: Flask,
    district: District,
    keys: Path,
    tmp_path: Path,
    script: bool,
) -> None:
    page = windows.open(server, DESK, script)
    page.goto(sign_in.make_link(district.organiser))
    (tmp_path / "plan.txt").write_bytes(PLAN.encode("gb18030"))
    page.goto("/desk/plan/import")
    page.locator("input[type=file]").set_input_files(tmp_path / "plan.txt")
    page.get_by_role("button", name="先看看找到了什么").click()
    page.get_by_text("1 个部分，1 个条目").first.wait_for()
    page.get_by_role("button", name="导入").click()
    page.get_by_role("heading", level=1, name="2026年示范区工作要点").wait_for()

    page.goto("/desk/rounds/new")
    card = page.locator("li.card", has_text="居民满意度调查")
    card.get_by_role("button", name="用这份问卷").click()
    page.get_by_label("名称").fill("2026年示范调查")
    page.locator("#items summary").click()
    page.get_by_label("示范条目").check()
    for name in ("甲一示范社区", "甲二示范社区"):
        page.get_by_label(name).check()
    now = clock.now().astimezone(site.config["SITE"].zone).replace(tzinfo=None, microsecond=0)
    page.get_by_label("开始").fill((now - timedelta(minutes=1)).isoformat())
    page.get_by_label("截止").fill((now + ANSWERS_LAST).isoformat())
    page.get_by_role("button", name="保存").last.click()
    page.get_by_role("button", name="开始").click()
    page.get_by_text("进行中").first.wait_for()
    assert "%" not in page.locator("main").inner_text(), "a score before counting"

    round_ = Round.get()
    for place, good in (("c1", 9), ("c2", 7)):
        factories.answer(keys, round_, place, {"overall": "satisfied"}, good, now=clock.now())
        factories.answer(keys, round_, place, {"overall": "dissatisfied"}, 3, now=clock.now())
    database.close()
    while clock.now() < round_.ends_at:
        time.sleep(0.5)

    page.goto(f"/desk/rounds/{round_.id}")
    page.get_by_role("link", name="看参与情况，然后计票").click()
    page.get_by_role("button", name="现在计票").click()
    page.get_by_role("link", name="看结果").click()
    page.get_by_text("75.00").first.wait_for()
    page.goto(f"/desk/rounds/{round_.id}")
    page.get_by_label("我们要做什么").fill("六月底前修好路灯。")
    page.get_by_role("button", name="公布").click()
    page.get_by_text("已公布").first.wait_for()

    public = windows.open(server, PHONE, script)
    public.goto("/plan/2026/1")
    public.get_by_role("link", name="2026年示范调查").first.click()
    no_sideways_scroll(public)
    public.get_by_text("六月底前修好路灯。").wait_for()
    with public.expect_download() as download:
        public.get_by_role("link", name="下载").first.click()
    command = ["/usr/bin/env", "python3", "-S", "-m", "surveys", "verify"]
    kept = download.value.path()
    assert subprocess.run([*command, str(kept)], cwd=live.ROOT, check=False).returncode == 0


def press(page: Page, selector: str) -> None:
    """Go to something by keys alone, press it, and wait for where it leads."""
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_organiser_needs_no_mouse(
    windows: Windows, server: live.Server, district: District, keys: Path, window: dict[str, Any]
) -> None:
    made = factories.draft(district.root, [], title="示范草稿", **window)
    ended = factories.draft(district.root, [district.first], title="示范截止", **window)
    ended = factories.opened(keys, ended, window["opens"])
    factories.answer(keys, ended, "c1", {"overall": "satisfied"}, 9, now=clock.now())
    Round.update(ends_at=clock.now() - timedelta(minutes=1)).where(Round.id == ended.id).execute()
    page = windows.open(server, DESK)
    page.goto(sign_in.make_link(district.organiser))
    press(page, f'a[href="/desk/rounds/{made.id}"]')
    press(page, "main a.button")
    tab_to(page, "#title")
    page.keyboard.press("End")
    page.keyboard.type("一")
    tab_to(page, 'input[name="chosen"]')
    page.keyboard.press("Space")
    press(page, "main form > button, main form .actions button")
    press(page, 'button[form="open"]')
    page.get_by_text("测评已开始").wait_for()
    assert page.locator("h1").inner_text() == "示范草稿一"
    page.goto("/desk")
    press(page, f'a[href="/desk/rounds/{ended.id}"]')
    press(page, "main a.button")
    press(page, "main form button")
    press(page, 'a[href$="#publish"]')
    tab_to(page, "#pledge")
    page.keyboard.type("六月底前修好路灯。")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("结果已公布").wait_for()
    assert Round.get_by_id(ended.id).state == "published"
    database.close()


@WITH_AND_WITHOUT
def test_what_was_typed_is_there_in_the_other_language_and_enter_sends_it(
    windows: Windows,
    server: live.Server,
    district: District,
    keys: Path,
    window: dict[str, Any],
    script: bool,
) -> None:
    draft = factories.draft(district.root, [district.first], **window)
    round_ = factories.opened(keys, draft, window["opens"])
    page = windows.open(server, DESK, script)
    page.goto(sign_in.make_link(district.organiser))
    page.goto(f"/desk/rounds/{round_.id}")
    page.locator("#delay summary").click()
    page.get_by_label("延期的原因").fill("示例原因")
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="中文").wait_for()
    assert page.locator("#delay_reason").input_value() == "示例原因"
    assert not Delay.select().exists()
    page.locator("#new_end").fill("2099-01-01T09:00")
    page.locator("#new_end").press("Enter")
    page.locator("#facts + dl + p", has_text="示例原因").wait_for()
    assert Delay.select().count() == 1
    database.close()
