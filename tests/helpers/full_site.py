"""A small site with something on every page: plans of two years, a round in every phase."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from site_app.plan import calls, document, store
from surveys import rounds
from surveys.models import Round
from tests import factories
from tests.factories import DURING, END, START, District

PLAN = """2026年示范区组织工作要点
一、打牢基础
1.抓实学习。每月一次。
2.党员互评。每年一次。
二、服务群众
3.修好路灯。月底前修好。
"""


def fill(keys: Path, district: District) -> None:
    """Plans of two years, and rounds in every phase there is while the clock says DURING."""
    for text in (PLAN.replace("2026", "2025").replace("每月", "每季"), PLAN):
        store.store(document.parse(text), calls.load(), replace=False)
    for days in (400, 40):
        published_survey(keys, district, START - timedelta(days=days))
    for publish in (False, True):
        counted_appraisal(keys, district, publish)
    early = START - timedelta(days=20)
    just = DURING - timedelta(minutes=9)
    ended = open_survey_of(keys, district, early, ends=just, title="示范已截止")
    factories.answer(keys, ended, "c1", {"overall": "satisfied"}, 6, now=early)
    factories.answer(keys, ended, "c2", {"overall": "satisfied"}, 2, now=early)
    factories.open_survey(keys, district)
    factories.open_appraisal(keys, district)
    waiting = factories.open_survey(keys, district, opens=END, ends=END + timedelta(days=3))
    given_up = factories.open_survey(keys, district)
    rounds.abandon(keys, given_up, "题目有误。")
    rounds.delay(Round.get_by_id(waiting.id), END + timedelta(days=5), "等大家回来。", DURING)
    factories.draft(district.root, [district.first, district.second])
    nobody = factories.unit("b2", "乙一示范社区第一支部", "branch", district.third)
    both = [district.branch, nobody]
    factories.draft(district.root, both, "member-appraisal", title="示范评议草稿")
    factories.draft(district.root, [], title="示范空草稿")
    courses = ["示范课程一", "示范课程二"]
    listing = factories.draft(district.root, [district.root], "course-feedback", listed=courses)
    factories.opened(keys, listing)
    held = Round.select().where(Round.state == "published").order_by(Round.id).get()
    factories.composite(district, held, public=True)
    factories.composite(district, None)


def open_survey_of(keys: Path, district: District, opens: datetime, **how: Any) -> Round:
    chosen = [district.first, district.second, district.third]
    return factories.opened(keys, factories.draft(district.root, chosen, opens=opens, **how), opens)


def published_survey(keys: Path, district: District, opens: datetime) -> None:
    """A survey with a unit well answered, one with few answers, and one with too few."""
    made = open_survey_of(keys, district, opens, ends=opens + timedelta(days=7))
    for answer, times in (("satisfied", 22), ("dissatisfied", 9), ("unknown", 2)):
        sheet = {"overall": answer, "help": "mostly"}
        factories.answer(keys, made, "c1", sheet, times, comment="多修路灯。", now=opens)
    factories.answer(keys, made, "c2", {"overall": "mostly"}, 7, now=opens)
    factories.answer(keys, made, "c3", {"overall": "mostly"}, 2, now=opens)
    rounds.publish(factories.closed(keys, made, opens + timedelta(days=8)), "六月底前修好。", START)


def counted_appraisal(keys: Path, district: District, publish: bool) -> None:
    """An appraisal with a flag, and a grade decided against the votes."""
    opens = START - timedelta(days=30)
    ends = opens + timedelta(days=7)
    branch = [district.branch]
    title = "示范已公布" if publish else "示范待公布"
    made = factories.draft(
        district.root, branch, "member-appraisal", opens=opens, ends=ends, title=title
    )
    codes = factories.codes(keys, made, district.branch, 8)
    factories.opened(keys, made, opens)
    for code in codes[:7]:
        factories.vote(keys, code, {"p1": "unqualified", "p2": "excellent"}, opens)
    made = factories.closed(keys, made, opens + timedelta(days=8))
    rounds.decide(made, factories.subject(made, "p1"), "合格", "另有说明。", START)
    if publish:
        rounds.publish(made, "六月底前谈心。", START)
