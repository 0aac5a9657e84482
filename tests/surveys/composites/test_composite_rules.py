"""Rules files of composites: the shipped ones, and broken ones, named with place and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from surveys.composites import rules as composite_rules
from surveys.questionnaires import questionnaire


def test_every_shipped_rules_file_serves_its_item_and_speaks_both_languages() -> None:
    library = composite_rules.library()
    served = {item for sheet in library.values() for item in sheet.plan_items}
    assert served == {9, 10, 13, 18}
    for sheet in library.values():
        assert sum(part.weight for part in sheet.rules.parts.values()) == 100
        assert {"zh", "en"} == set(sheet.title) == set(sheet.intro)
        assert sheet.parts_from("figure")
        assert sheet.parts_from("round")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"about": "persons"}, "audience: a result about persons is never public"),
        ({"about": "things"}, "about: units or persons"),
        ({"audience": "X"}, "audience: letters of P, M, S, O"),
        ({"kinds": ["planet"]}, "kinds: of district"),
        ({"title": {"zh": "甲"}}, "title: a text needs zh and en"),
        ({"extra": 1}, "extra: unknown key"),
        ({"missing": "zero"}, "rules.missing: must be one of"),
        ({"parts": []}, "rules.parts: 1 to 20 are possible"),
        ({"parts": 3}, "rules.parts: must be a list"),
    ],
)
def test_a_broken_rules_file_is_named_with_place_and_reason(
    change: dict[str, Any], says: str
) -> None:
    document = {**composite_rules.library()["community-stars"].document, **change}
    with pytest.raises(composite_rules.RulesError) as refused:
        composite_rules.from_document(document)
    assert "community-stars" in str(refused.value)
    assert says in str(refused.value)


def test_a_rules_file_that_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text('id = "x"\nversion = \n', "utf-8")
    with pytest.raises(composite_rules.RulesError, match=r"broken\.toml.*line 2"):
        composite_rules.read(file)


def test_the_ladder_is_the_same_everywhere_and_no_step_lies_on_its_edge() -> None:
    """Four grades from 90, 75 and 60: with 100, 80 and 60 points all-fairly-good is 80, inside."""
    shipped = [*composite_rules.library().values()]
    ladders = {each.id: [float(least) for _grade, least in each.rules.bands] for each in shipped}
    for form in questionnaire.library().values():
        points = any(question.kind == "points" for question in form.questions)
        bands = [] if points else form.rules.get("bands", [])
        ladders |= {f"form {form.id}": [float(band["min"]) for band in bands]} if bands else {}
    stars = ladders.pop("community-stars")
    assert len(stars) == 5, "five stars are another ladder"
    assert {tuple(each) for each in ladders.values()} == {(90, 75, 60, 0)}
    assert len(ladders) >= 8


def test_the_five_appraisals_are_five_and_colleagues_a_variant() -> None:
    def parts(name: str) -> dict[str, tuple[int, str]]:
        rules = composite_rules.library()[name].rules
        return {part.id: (int(part.weight), part.source) for part in rules.parts.values()}

    assert parts("five-appraisals") == {
        "self": (10, "figure"),
        "leader": (20, "figure"),
        "residents": (30, "round"),
        "community": (20, "figure"),
        "organisation": (20, "figure"),
    }
    assert parts("five-appraisals-with-colleagues")["colleagues"] == (20, "round")
    assert "只查到一处" in composite_rules.library()["five-appraisals"].advice["zh"]
