"""The plan on the site, as everybody reads and searches it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.models import Plan
from site_app.plan import calls, document, search, store, views
from surveys.db import database
from tests import factories
from tests.site_app.plan.test_plan_store import TEXT

LAST_YEAR = TEXT.replace("2026", "2025").replace("固定学习日", "去年的学习日")
IMPORT = "/desk/plan/import"

Page = Callable[..., str]


@pytest.fixture
def published(site: Flask) -> Plan:
    """This year's plan and last year's, with what the items call for."""
    database.connect(reuse_if_open=True)
    store.store(document.parse(LAST_YEAR), calls.load(), replace=False)
    return store.store(document.parse(TEXT), calls.load(), replace=False)


def text_of(page: str) -> str:
    """What a reader sees: the page without its tags, its spaces as one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.split("<main", 1)[1]))


def test_without_a_plan_a_visitor_is_told_so(page: Page) -> None:
    text = page("/")
    assert "还没有公布工作要点" in text
    assert IMPORT not in text.replace(f"next={IMPORT}", "")


def test_without_a_plan_an_organiser_is_told_what_to_do_next(
    page: Page, signed_in: FlaskClient
) -> None:
    assert f'href="{IMPORT}"' in page("/", client=signed_in)


def test_the_newest_plan_is_the_front_page(page: Page, published: Plan) -> None:
    text = page("/")
    assert "2026年示范区组织工作要点</h1>" in text
    assert "总的要求是把小事办好。" in text
    for part in ("一、打牢基础", "二、服务群众", "下面两条一起办。", "3. 修好路灯", "换着花样学。"):
        assert part in text
    assert '<a href="#s2">' in text
    assert 'id="i3"' in text


def test_an_item_says_shortly_what_it_calls_for(page: Page, published: Plan) -> None:
    assert "无记名测评 党员每年互评" in text_of(page("/"))


def test_another_year_is_one_link_away(page: Page, published: Plan) -> None:
    assert '<a href="/plan/2025">2025</a>' in page("/")
    assert "去年的学习日" in page("/plan/2025")


@pytest.mark.parametrize(
    "path",
    ["/plan/2024", "/plan/2026/4", "/plan/0", "/plan/99999999999999999999", "/plan/2026/10000"],
)
def test_what_does_not_exist_is_not_found(page: Page, published: Plan, path: str) -> None:
    page(path, status=404)


def test_search_marks_what_it_found(page: Page, published: Plan) -> None:
    text = page("/plan/2026?q=学习")
    assert "有 1 条含有“学习”。" in text_of(text)
    assert "1. 固定<mark>学习</mark>日" in text
    assert "修好路灯" not in text


def test_search_looks_into_paragraphs_for_all_words(page: Page, published: Plan) -> None:
    text = page("/plan/2026?q=每月 花样")
    assert "<mark>每月</mark>一次" in text
    assert "换着<mark>花样</mark>学" in text
    assert "没有一条含有" in page("/plan/2026?q=每月 路灯")


def test_search_that_finds_nothing_says_so_and_keeps_the_words(page: Page, published: Plan) -> None:
    text = page("/plan/2026?q=航天")
    assert "没有一条含有“航天”" in text_of(text)
    assert 'value="航天"' in text
    assert 'href="/plan/2026"' in text


@pytest.mark.parametrize("query", ["", "   ", "　"])
def test_an_empty_search_shows_the_plan(page: Page, published: Plan, query: str) -> None:
    assert "修好路灯" in page(f"/plan/2026?q={query}")


@pytest.mark.parametrize("query", ["<script>x</script>", "%25", "a' OR 1=1", "[", "长" * 5000])
def test_a_search_for_anything_is_only_a_search(page: Page, published: Plan, query: str) -> None:
    text = page(f"/plan/2026?q={query}")
    assert "没有一条含有" in text
    assert "<script>x" not in text


def test_marks_stand_where_the_words_stand() -> None:
    wanted = search.words("Ｗiｆi 点")
    assert list(search.pieces("建Wi-Fi和WIFI站点㈠", wanted)) == [
        ("建Wi-Fi和", False),
        ("WIFI", True),
        ("站", False),
        ("点", True),
        ("㈠", False),
    ]


def test_an_excerpt_is_cut_around_the_first_place() -> None:
    long = "前" * 100 + "路灯" + "后" * 300
    [excerpt] = search.excerpts([long, "没有"], ["路灯"])
    assert excerpt.startswith("…前")
    assert "路灯" in excerpt
    assert excerpt.endswith("后…")
    assert len(excerpt) < 200


def test_an_item_shows_its_text_and_what_it_calls_for(page: Page, published: Plan) -> None:
    text = text_of(page("/plan/2026/2"))
    assert "2. 亮明标准" in text
    assert "写成看得懂的几条。" in text
    for fact in ("谁来评支部党员", "看什么各等次占比", "结果给谁看本支部或会议、本人"):
        assert fact in text.replace(" ", "")


def test_an_item_leads_to_its_neighbours_and_to_last_years(page: Page, published: Plan) -> None:
    middle = page("/plan/2026/2")
    assert 'rel="prev" href="/plan/2026/1"' in middle
    assert 'rel="next" href="/plan/2026/3"' in middle
    first = page("/plan/2026/1")
    assert 'rel="prev"' not in first
    assert '<a href="/plan/2025/1" lang="zh-CN">去年的学习日</a>' in first
    assert 'rel="next"' not in page("/plan/2026/3")


def test_an_open_round_says_until_when(
    page: Page,
    published: Plan,
    district: factories.District,
    keys: Path,
    set_clock: Callable[..., None],
) -> None:
    factories.open_survey(keys, district, plan_items=[3], title="甲街道居民问卷")
    set_clock(factories.DURING)
    for path in ("/", "/plan/2026/3"):
        text = text_of(page(path))
        assert "甲街道居民问卷 进行中 示范区 到 2026-03-09 09:00 截止" in text
    assert "甲街道居民问卷" not in page("/plan/2026/1")
    assert "甲街道居民问卷" not in page("/plan/2025/3")


def test_a_published_round_leads_to_its_result(
    page: Page,
    published: Plan,
    district: factories.District,
    keys: Path,
    set_clock: Callable[..., None],
) -> None:
    survey = factories.open_survey(keys, district, plan_items=[3], title="甲街道居民问卷")
    for key in ("c1", "c2", "c3"):
        factories.answer(keys, survey, key, {"overall": "satisfied"}, times=8)
    factories.published(keys, survey)
    set_clock(factories.AFTER)
    text = page("/plan/2026/3")
    assert f'href="/results/{survey.id}"' in text
    assert "满意率 <b>100" in text


def test_a_draft_is_nobodys_business(
    page: Page, published: Plan, district: factories.District
) -> None:
    factories.draft(district.root, [district.first], plan_items=[3], title="还没准备好的问卷")
    assert "还没准备好的问卷" not in page("/") + page("/plan/2026/3")


def test_english_pages_mark_the_chinese_of_the_plan(page: Page, published: Plan) -> None:
    text = page("/plan/2026/1?lang=en")
    assert '<h1 lang="zh-CN">1. 固定学习日</h1>' in text
    assert "Attendance at study days, by branch" in text


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "一"), (8, "八"), (10, "十"), (11, "十一"), (20, "二十"), (36, "三十六"), (120, "120")],
)
def test_sections_are_numbered_as_plans_do(number: int, written: str) -> None:
    assert views.chinese(number) == written
