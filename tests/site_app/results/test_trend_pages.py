"""This year beside last year on result pages: the difference, and how sure it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from surveys import rounds
from surveys.models import Round
from tests import factories
from tests.factories import START, District
from tests.helpers.results import BAD, GOOD, SO_SO, Fetch, row_of


def drawn_survey(
    keys: Path, district: District, opens: Any, good: int, bad: int, title: str
) -> Round:
    """A survey of people drawn by lot, published."""
    draft = factories.draft(
        district.root, [district.first], opens=opens, ends=opens + timedelta(days=7), title=title
    )
    rules = {**draft.rules, "sampling": "drawn"}
    Round.update(rules=rules).where(Round.id == draft.id).execute()
    round_ = factories.opened(keys, Round.get_by_id(draft.id), opens)
    factories.answer(keys, round_, "c1", GOOD, good - 2, now=opens)
    factories.answer(keys, round_, "c1", SO_SO, 2, now=opens)
    factories.answer(keys, round_, "c1", BAD, bad, now=opens)
    done = factories.closed(keys, round_, opens + timedelta(days=8))
    rounds.publish(done, "示例。", opens + timedelta(days=8))
    return Round.get_by_id(done.id)


def beside(page: Fetch, round_: Round) -> str:
    text = page(f"/results/{round_.id}")
    return row_of(text[text.index('<h2 id="before">') :], "甲一示范社区")


def test_a_change_of_drawn_rounds_stands_with_newcombes_interval(
    keys: Path, district: District, page: Fetch
) -> None:
    """56 of 70 after 48 of 80: 0.2, and 0.0524 to 0.3339 (Newcombe 1998)."""
    drawn_survey(keys, district, START, 48, 32, "去年示范调查")
    now = drawn_survey(keys, district, START + timedelta(days=300), 56, 14, "今年示范调查")
    said = beside(page, now)
    assert "60.00% 上升 20.00 个百分点" in said
    assert "相差 +20.00 个百分点，95% 的区间 +5.24 至 +33.39" in said
    assert "上升 20.00 个百分点" in page("/units/c1")


def test_no_clear_change_is_said_in_words(keys: Path, district: District, page: Fetch) -> None:
    drawn_survey(keys, district, START, 48, 32, "去年示范调查")
    now = drawn_survey(keys, district, START + timedelta(days=300), 44, 26, "今年示范调查")
    said = beside(page, now)
    assert "60.00% 没有明显变化 相差 +2.86 个百分点，95% 的区间 −12.57 至 +17.94" in said
    assert "上升 2.86" not in said
    assert "没有明显变化" in page("/units/c1")
