"""Each kind of question in a real browser, a page a kind, with script and without."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from site_app import clock
from surveys import counting, rounds
from surveys.db import database
from surveys.models import Archive, Round, TextAnswer
from surveys.models.ballots import Comment, Rating
from surveys.questionnaires import questionnaire
from tests import factories
from tests.factories import District
from tests.helpers import kinds_form, live
from tests.helpers.browsing import WITH_AND_WITHOUT, Windows, no_sideways_scroll

pytestmark = pytest.mark.browser


def open_round(keys: Path, district: District, question: str, **how: Any) -> Round:
    """A survey of the headline and one other question, open at this moment."""
    document = kinds_form.changed(question, **how)
    document["questions"] = [
        each for each in document["questions"] if each["id"] in ("overall", question)
    ]
    made = rounds.create(questionnaire.from_document(document), district.root, question, False)
    now = clock.now()
    times = {"opens_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    Round.update(chosen=[district.first.id], **times).where(Round.id == made.id).execute()
    return factories.opened(keys, Round.get_by_id(made.id), now)


def choice(page: Page) -> None:
    page.get_by_text("弃权", exact=True).click()


def points(page: Page) -> None:
    page.get_by_label("0 到 10 分").fill("7")


def several(page: Page) -> None:
    page.get_by_label("路灯").check()
    page.get_by_label("电梯").check()


def ranking(page: Page) -> None:
    for place, label in enumerate(("手机", "法律", "健康"), start=1):
        page.get_by_label(label, exact=True).select_option(label=f"第 {place} 位")


def short(page: Page) -> None:
    page.get_by_label("给广场起个名字").fill("老槐树广场")


def long(page: Page) -> None:
    page.get_by_label("为什么？").fill("因为那里有一棵老槐树。\n大家都认得。")


WAYS: dict[str, Callable[[Page], None]] = {
    "square": choice,
    "marks": points,
    "wishes": several,
    "needs": ranking,
    "name": short,
    "why": long,
}
TALLIES: dict[str, dict[str, int]] = {
    "square": {"abstain": 5},
    "marks": {"7": 5},
    "wishes": {"#": 5, "light": 5, "lift": 5},
    "needs": {"phone#1": 5, "law#2": 5, "health#3": 5},
}


def answer(page: Page, round_: Round, fill: Callable[[Page], None]) -> None:
    page.goto(f"/s/{round_.id}/c1?again=1")
    no_sideways_scroll(page)
    assert page.locator("input:checked").count() == 0
    page.get_by_text("满意", exact=True).first.click()
    fill(page)
    page.get_by_role("button", name="提交").click()
    page.get_by_role("heading", level=1, name="谢谢您，已经收到了").wait_for()


@WITH_AND_WITHOUT
def test_every_kind_is_asked_answered_counted_and_shown(
    windows: Windows, server: live.Server, district: District, keys: Path, script: bool
) -> None:
    made = {key: open_round(keys, district, key) for key in WAYS}
    page = windows.open(server, script=script)
    for key, fill in WAYS.items():
        answer(page, made[key], fill)
        about = factories.subject(made[key], "c1")
        own = kinds_form.FULL[key]
        for _ in range(4):
            factories.answer(keys, made[key], "c1", {"overall": "good", key: own}, now=clock.now())
        assert Rating.select().where(Rating.subject == about).count() == 5
        assert Comment.select().where(Comment.subject == about).count() == (
            0 if key in TALLIES else 5
        )
    later = clock.now() + timedelta(hours=2)
    for key, round_ in made.items():
        counting.close(keys, round_, later)
        rounds.publish(Round.get_by_id(round_.id), "示例。", later)
        found = cells(round_).get(key, {})
        assert found == TALLIES.get(key, {}), key
        written = [row.text for row in TextAnswer.select().where(TextAnswer.round == round_)]
        assert written == ([] if key in TALLIES else [kinds_form.FULL[key]] * 5)
    database.close()
    page.goto(f"/results/{made['wishes'].id}")
    no_sideways_scroll(page)
    assert "100.00%（5 人）" in page.get_by_role("row", name="路灯 100").inner_text()
    page.goto(f"/results/{made['needs'].id}")
    no_sideways_scroll(page)
    row = page.get_by_role("row", name="手机 1.00")
    assert row.inner_text().split() == ["手机", "1.00", "5"]


def cells(round_: Round) -> dict[str, Any]:
    """The tallies kept of the one subject."""
    document = json.loads(bytes(Archive.get(Archive.round == round_).document))
    subject = next(each for each in document["subjects"] if each["id"] == "c1")
    found: dict[str, Any] = subject["groups"]["residents"]["tallies"]
    return found


def test_script_keeps_each_place_for_one_and_counts_the_picks(
    windows: Windows, server: live.Server, district: District, keys: Path
) -> None:
    needs, wishes = (open_round(keys, district, key) for key in ("needs", "wishes"))
    database.close()
    page = windows.open(server)
    page.goto(f"/s/{needs.id}/c1")
    ranking(page)
    page.get_by_label("手机").select_option("2")
    places = [page.get_by_label(each).input_value() for each in ("手机", "法律", "健康", "音乐")]
    assert places == ["2", "1", "3", ""]
    page.get_by_label("音乐").select_option("3")
    assert page.get_by_label("健康").input_value() == ""
    page.get_by_role("button", name="清空第 2 题").click()
    assert page.get_by_label("手机").input_value() == ""

    page.goto(f"/s/{wishes.id}/c1")
    several(page)
    page.get_by_text("已选 2 项").wait_for()
    for label in ("道路", "绿化"):
        page.get_by_label(label).check()
    page.get_by_text("超过了，请去掉几项").wait_for()


def test_labels_of_200_signs_have_room_beside_their_places_in_type_twice_as_large(
    windows: Windows, server: live.Server, district: District, keys: Path
) -> None:
    long = kinds_form.options(law="示" * 200, health="健康", phone="w" * 200, music="音乐")
    needs = open_round(keys, district, "needs", options=long)
    database.close()
    page = windows.open(server, script=False)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for large in ("", "&large=1"):
        page.goto(f"/s/{needs.id}/c1?lang=en{large}")
        if large:
            for _ in range(2):
                page.locator(".ways:visible button").first.click()
        page.locator(".place").first.wait_for()
        no_sideways_scroll(page)
