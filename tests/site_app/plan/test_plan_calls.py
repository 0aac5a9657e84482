"""The shipped table of what each item calls for, and the demonstration plan beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from site_app.plan import calls as plan_calls
from site_app.plan import document
from site_app.plan.calls import FORMS, LANGUAGES, Call

DEMO = Path(plan_calls.__file__).parent / ".." / "demo" / "plan.md"


def test_all_22_items_call_for_something_in_both_languages() -> None:
    calls = plan_calls.load()
    assert list(calls) == list(range(1, 23))
    for of_item in calls.values():
        assert of_item
        for call in of_item:
            for texts in (call.text, call.score, call.raters or call.text):
                assert set(texts) == set(LANGUAGES)
    assert {call.form for of_item in calls.values() for call in of_item} == set(FORMS)


def test_ballots_and_surveys_say_who_rates() -> None:
    for of_item in plan_calls.load().values():
        assert all(call.raters for call in of_item if call.form in {"BAL", "SUR"})


@pytest.mark.parametrize(
    "wrong",
    [{"form": "POLL"}, {"audience": "X"}, {"audience": ""}, {"text": {"zh": "甲"}}],
)
def test_a_call_edited_into_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    both = {"zh": "甲", "en": "a"}
    right: dict[str, Any] = {"form": "SUR", "text": both, "score": both, "audience": "P"}
    assert Call(**right).as_document()["questionnaire"] is None
    with pytest.raises(ValueError, match=r"unknown|needs"):
        Call(**{**right, **wrong})


def test_the_demonstration_plan_is_a_plan_with_nothing_to_complain_of() -> None:
    plan = document.parse(DEMO.read_text(encoding="utf-8").replace("{year}", "2030"))
    assert plan.title == "示范区2030年组织工作要点（演示）"
    assert str(plan.summary) == "8 sections, 22 items"
    assert plan.findings == ()
    assert [item.number for item in plan.items] == sorted(plan_calls.load())
    assert all(1 <= len(item.paragraphs) <= 2 for item in plan.items)
