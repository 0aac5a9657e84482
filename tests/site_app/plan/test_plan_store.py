"""A plan in the tables: stored whole or not at all, replaced without losing what hangs on it."""

from __future__ import annotations

import peewee
import pytest
from flask import Flask

from site_app.models import Plan, PlanItem, PlanSection
from site_app.plan import calls, store
from site_app.plan.document import PlanDocument, parse
from surveys.db import database
from surveys.messages import Refused

TEXT = """\
2026年示范区组织工作要点
总的要求是把小事办好。
一、打牢基础
1.固定学习日。每月一次。
换着花样学。
2.亮明标准。写成看得懂的几条。
二、服务群众
下面两条一起办。
3.修好路灯。年底前修完。
"""

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture(autouse=True)
def _connected(site: Flask) -> None:
    database.connect(reuse_if_open=True)


def document(text: str = TEXT) -> PlanDocument:
    return parse(text)


def stored(number: int) -> PlanItem:
    return PlanItem.get(PlanItem.number == number)


def serve(number: int, *questionnaires: str) -> None:
    """Let exactly these serve an item, whose words stay as they are."""
    item = stored(number)
    words = item.title, "\n".join(item.paragraphs)
    store.revise(item, *words, questionnaires, store.fingerprint(item))


def questionnaires(number: int) -> list[str]:
    return store.attached(stored(number))


def test_a_document_is_stored_with_everything_that_stands_in_it() -> None:
    plan = store.store(document(), None, replace=False)
    assert (plan.year, plan.title) == (2026, "2026年示范区组织工作要点")
    assert plan.preamble == ["总的要求是把小事办好。"]
    sections = list(plan.sections.order_by(PlanSection.position))
    assert [(each.position, each.heading) for each in sections] == [
        (1, "打牢基础"),
        (2, "服务群众"),
    ]
    assert sections[1].preamble == ["下面两条一起办。"]
    assert [each.number for each in sections[0].items] == [1, 2]
    assert (stored(1).title, stored(1).paragraphs) == ("固定学习日", ["每月一次。", "换着花样学。"])
    assert stored(3).section == sections[1]
    assert stored(3).calls == []


def test_the_shipped_table_says_what_the_items_call_for() -> None:
    store.store(document(), calls.load(), replace=False)
    assert questionnaires(2) == ["member-appraisal", "model-nomination"]
    assert {call["form"] for call in stored(1).calls} == {"TRK", "SUR"}
    keys = {"form", "text", "score", "audience", "raters", "questionnaire"}
    assert all(set(call) == keys for call in stored(1).calls)


def test_a_year_that_has_a_plan_is_replaced_only_when_asked() -> None:
    store.store(document(), None, replace=False)
    with pytest.raises(store.Exists, match="2026 年已经有一份工作要点了"):
        store.store(document(TEXT.replace("修好", "换掉")), None, replace=False)
    assert stored(3).title == "修好路灯"
    store.store(document(TEXT.replace("修好", "换掉")), None, replace=True)
    assert stored(3).title == "换掉路灯"
    assert (Plan.select().count(), PlanItem.select().count()) == (1, 3)


def test_a_replaced_item_keeps_the_questionnaires_of_its_number() -> None:
    store.store(document(), None, replace=False)
    serve(3, "resident-satisfaction")
    without_two = TEXT.replace("2.亮明标准。写成看得懂的几条。\n", "")
    store.store(document(without_two), None, replace=True)
    assert questionnaires(3) == ["resident-satisfaction"]
    assert questionnaires(1) == []


def test_what_a_replacement_would_change_is_told_by_number() -> None:
    assert store.replacement(document()) is None
    store.store(document(), None, replace=False)
    other = TEXT.replace("每月一次", "每周一次").replace("3.修好路灯", "4.修好路灯")
    told = store.replacement(document(other))
    assert told == store.Replacement(added=(4,), changed=(1,), same=(2,), gone=(3,))


def test_a_plan_that_cannot_be_written_whole_leaves_the_old_one() -> None:
    store.store(document(), None, replace=False)
    database.execute_sql(
        "CREATE TRIGGER full BEFORE INSERT ON plan_item WHEN NEW.number = 3 "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    with pytest.raises(peewee.IntegrityError, match="disk full"):
        store.store(document(TEXT.replace("每月", "每周")), None, replace=True)
    assert stored(1).paragraphs[0] == "每月一次。"
    assert PlanItem.select().count() == 3


@pytest.mark.parametrize("year", [0, 1900, 2200, 99999])
def test_a_year_no_plan_can_have_is_refused(year: int) -> None:
    with pytest.raises(Refused, match="年份"):
        store.check_year(year)


def test_attaching_and_detaching_a_questionnaire() -> None:
    store.store(document(), None, replace=False)
    serve(3, "resident-satisfaction", "member-appraisal")
    satisfaction = next(
        call for call in stored(3).calls if call["questionnaire"] == "resident-satisfaction"
    )
    assert (satisfaction["form"], satisfaction["audience"]) == ("SUR", "P")
    assert satisfaction["raters"]["zh"] == "居民"
    serve(3, "resident-satisfaction", "member-appraisal")
    assert len(stored(3).calls) == 2
    serve(3, "member-appraisal")
    assert questionnaires(3) == ["member-appraisal"]
    assert len(stored(3).calls) == 1


def test_detaching_leaves_what_the_item_calls_for() -> None:
    store.store(document(), calls.load(), replace=False)
    before = len(stored(2).calls)
    serve(2)
    assert (len(stored(2).calls), questionnaires(2)) == (before, [])


def test_an_unknown_questionnaire_is_refused() -> None:
    store.store(document(), None, replace=False)
    with pytest.raises(Refused, match="no-such"):
        serve(3, "no-such")


def test_each_line_of_a_corrected_text_is_a_paragraph() -> None:
    store.store(document(), None, replace=False)
    item = stored(1)
    seen = store.fingerprint(item)
    store.revise(item, " 学习日\x07 ", "第一段。\r\n\r\n\t第二段。\n\n\n", [], seen)
    assert (stored(1).title, stored(1).paragraphs) == ("学习日", ["第一段。", "第二段。"])


@pytest.mark.parametrize(
    ("title", "text", "says"),
    [
        ("  ", "正文。", "标题须为"),
        ("长" * 301, "正文。", "标题须为"),
        ("短", "长" * 100_001, "请删短"),
    ],
)
def test_a_correction_out_of_bounds_changes_nothing(title: str, text: str, says: str) -> None:
    store.store(document(), None, replace=False)
    with pytest.raises(Refused, match=says):
        store.revise(stored(1), title, text, [], store.fingerprint(stored(1)))
    assert stored(1).title == "固定学习日"


def test_two_who_correct_one_item_do_not_overwrite_each_other() -> None:
    store.store(document(), None, replace=False)
    mine, yours = stored(1), stored(1)
    seen = store.fingerprint(mine)
    store.revise(yours, "别人改的", "正文。", [], seen)
    with pytest.raises(store.Changed, match="被别人改动"):
        store.revise(mine, "我改的", "正文。", [], seen)
    assert stored(1).title == "别人改的"


def test_a_correction_of_a_plan_replaced_meanwhile_is_refused() -> None:
    store.store(document(), None, replace=False)
    mine = stored(3)
    store.store(document(TEXT.replace("年底前", "年中前")), None, replace=True)
    with pytest.raises(store.Changed):
        store.revise(mine, "我改的", "正文。", [], store.fingerprint(mine))
