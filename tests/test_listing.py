"""Typed lists: who or what a line names is found in the roster, or said to be missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from surveys import closing, rounds
from surveys.models import Round, Subject
from tests import factories
from tests.factories import AFTER, DURING, START, District


def sentences(round_: Round) -> list[str]:
    """What keeps a draft from being opened, but for its codes."""
    issues = rounds.issues_before_opening(round_, START)
    return [str(each) for each in issues if each.field != "codes"]


@pytest.mark.parametrize("line", ["999999", "241", "p99", "B-17"])
def test_what_looks_like_a_code_and_is_none_keeps_the_round_from_opening(
    district: District, line: str
) -> None:
    made = factories.draft(district.root, [district.root], "cadre-appraisal", listed=["p1", line])
    (said,) = sentences(made)
    assert f"“{line}”像是编号" in said


def test_a_number_is_no_code_where_things_are_listed(district: District) -> None:
    lines = ["12345", "示例热线"]
    made = factories.draft(district.root, [district.root], "course-feedback", listed=lines)
    assert sentences(made) == []


def test_a_name_that_only_one_has_names_that_one_and_a_doubled_one_asks_for_the_code(
    district: District, keys: Path
) -> None:
    lines = ["示例党员2", "p1", "示例外来人员"]
    made = factories.draft(district.root, [district.root], "cadre-appraisal", listed=lines)
    assert sentences(made) == []
    factories.codes(keys, made, district.root, 5)
    opened = factories.opened(keys, made)
    rows = Subject.select().where(Subject.round == opened).order_by(Subject.position)
    assert [(row.key, row.person and row.person.code) for row in rows] == [
        ("p2", "p2"),
        ("p1", "p1"),
        ("no-3", None),
    ]
    factories.person("p80", "示例党员2", district.branch)
    again = factories.draft(district.root, [district.root], "cadre-appraisal", listed=lines)
    (said,) = sentences(again)
    assert "几个同名" in said
    assert "p2、p80" in said


def test_who_is_out_of_reach_is_nobody_to_the_list(district: District) -> None:
    factories.unit("b2", "乙一示范社区第一支部", "branch", district.third)
    made = factories.draft(district.first, [district.first], "cadre-appraisal", listed=["b2", "p1"])
    assert ["像是编号" in said for said in sentences(made)] == [True]


def test_candidates_for_admission_are_voted_on_one_by_one(district: District) -> None:
    two = ["示例申请人甲", "示例申请人乙"]
    made = factories.draft(district.root, [district.branch], "admission-vote", listed=two)
    assert any("逐个讨论、逐个表决" in said for said in sentences(made))
    one = factories.draft(district.root, [district.branch], "admission-vote", listed=two[:1])
    assert sentences(one) == []


def test_a_team_appraised_by_classes_is_shown_though_the_first_class_is_three(
    district: District, keys: Path
) -> None:
    """No sums up the tree: so the three of class A are joined with another class, and kept."""
    made = factories.draft(district.root, [district.subdistrict], "team-appraisal")
    voters = dict(zip(rounds.groups_of(made), (3, 8, 20), strict=True))
    codes = {
        group: factories.ballots.issue_codes(keys, made, district.subdistrict, group, number)
        for group, number in voters.items()
    }
    opened = factories.opened(keys, made)
    for code in (code for some in codes.values() for code in some):
        right = factories.ballots.find(keys, code, DURING)
        (subject,) = factories.ballots.subjects_of(right)
        factories.ballots.cast(keys, right, {subject.id: {"overall": "excellent"}}, {}, DURING)
    assert [each.outcome for each in closing.foreseen(opened)] == ["full"]
    (row,) = factories.closed(keys, opened, AFTER).scores()
    assert (row.disclosure, row.valid, row.score) == ("full", 31, "100.00")
    assert set(row.details["groups"]) == {"A+B", "C"}
