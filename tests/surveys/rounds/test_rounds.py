"""The life of a round: a person counts, a clock ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import ballots, inputs, rounds
from surveys.ballots import seal
from surveys.messages import Refused
from surveys.models import Group, Pledge, Round, Score, Subject, Unit
from surveys.models.ballots import Rating
from surveys.questionnaires import questionnaire
from tests import factories
from tests.factories import AFTER, DURING, END, START, District


def test_the_phases_follow_the_clock(district: District, keys: Path) -> None:
    made = factories.draft(district.root, [district.first], opens=DURING)
    assert rounds.phase(made, START) == "draft"
    made = factories.opened(keys, made, START)
    assert [rounds.phase(made, each) for each in (START, DURING, END)] == [
        "waiting",
        "open",
        "ended",
    ]


def test_a_draft_says_everything_that_is_missing(district: District) -> None:
    made = rounds.create(questionnaire.library()["member-appraisal"], district.root, "示范评议")
    assert [issue.field for issue in rounds.issues_before_opening(made, START)] == [
        "chosen",
        "ends_at",
    ]


def test_a_branch_with_too_few_codes_is_told_to_vote_on_paper(
    district: District, keys: Path
) -> None:
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    factories.codes(keys, made, district.branch, 5)
    (issue,) = rounds.issues_before_opening(made, START)
    assert "只有 5 个测评码，至少要 6 个" in str(issue)
    assert "纸质票" in str(issue)
    with pytest.raises(Refused, match="至少要 6 个"):
        rounds.open_round(keys, made, START)
    assert not seal.held(keys)


def test_a_small_class_of_raters_may_vote_where_it_is_joined_with_another(
    district: District, keys: Path
) -> None:
    """Three leaders and five others are eight codes: their classes are one before scoring."""
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    names = {"zh": "A票", "en": "Leaders"}
    leaders = Group.create(round=made, key="A", label=names, weight="1", position=1)
    ballots.issue_codes(keys, made, district.branch, leaders, 3)
    factories.codes(keys, made, district.branch, 2)
    (issue,) = rounds.issues_before_opening(made, START)
    assert "的“支部党员、A票”只有 5 个测评码" in str(issue)
    assert issue.params["group"] == {"zh": "支部党员、A票", "en": "Members of the branch, Leaders"}
    factories.codes(keys, made, district.branch, 3)
    survey = factories.opened(keys, made)
    assert rounds.phase(survey, DURING) == "open"


def test_a_small_class_of_raters_of_a_list_is_joined_too(district: District, keys: Path) -> None:
    """What is listed stands under nothing, so that small groups are joined (rule 2)."""
    made = factories.draft(
        district.root, [district.first], "commitment-review", needs_codes=True, listed=["示例事项"]
    )
    residents, members = rounds.groups_of(made)
    ballots.issue_codes(keys, made, district.first, residents, 5)
    ballots.issue_codes(keys, made, district.first, members, 2)
    assert rounds.issues_before_opening(made, START) == []


def test_a_round_about_persons_is_by_codes_even_where_its_file_forgets_to_say(
    district: District,
) -> None:
    document = dict(questionnaire.library()["member-appraisal"].document)
    del document["needs_codes"]
    made = rounds.create(questionnaire.from_document(document), district.root, "示范评议")
    assert made.needs_codes, "without codes nobody could answer it: it has no page"


def test_opening_keeps_the_tree_and_the_names_of_that_moment(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    Unit.update(name="改名社区", parent=district.other_subdistrict).where(
        Unit.id == district.first.id
    ).execute()
    first = factories.subject(round_, "c1")
    assert (first.label, first.parent.key, first.parent.parent.key) == ("甲一示范社区", "s1", "d")
    rated = Subject.select().where(Subject.round == round_, Subject.rated)
    assert [subject.key for subject in rated] == ["c1", "c2", "c3"]


def test_probationary_members_take_part_and_are_not_rated(district: District, keys: Path) -> None:
    factories.person("p9", "示例预备党员", district.branch, "probationary")
    factories.open_appraisal(keys, district, count=9)
    assert "p9" not in {subject.key for subject in Subject.select()}


def test_an_open_round_can_not_be_revised(district: District, keys: Path) -> None:
    round_ = factories.open_survey(keys, district)
    with pytest.raises(rounds.Changed):
        revise(round_, revision=round_.revision)


def revise(round_: Round, revision: int, **changes: Any) -> None:
    settings: dict[str, Any] = {
        "title": "改名",
        "plan_year": 2026,
        "plan_items": [10],
        "chosen": round_.chosen,
        "weights": {},
        "opens_at": START,
        "ends_at": END,
        "needs_codes": False,
        "minimum": 5,
        "sampling": "open",
    }
    rounds.revise(round_, rounds.Settings(**{**settings, **changes}), revision)


def test_of_two_windows_that_edit_one_draft_the_second_is_told(district: District) -> None:
    made = factories.draft(district.root, [district.first])
    revise(made, made.revision, title="第一个窗口")
    with pytest.raises(rounds.Changed, match="没有保存"):
        revise(made, made.revision, title="第二个窗口")
    assert Round.get_by_id(made.id).title == "第一个窗口"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": {"residents": "-1"}}, "权重"),
        ({"weights": {"residents": "NaN"}}, "权重"),
        ({"weights": {"residents": "1000000000"}}, "权重"),
        ({"weights": {"residents": "0"}}, "权重"),
        ({"weights": {"nobody": "40"}}, "没有“nobody”这个票类"),
        ({"ends_at": START}, "截止时间须晚于开始时间"),
        ({"minimum": 2}, "最少人数"),
        ({"title": " "}, "名称"),
        ({"chosen": [999999]}, "范围"),
        ({"sampling": "magic"}, "抽样"),
    ],
)
def test_bad_settings_get_a_sentence_and_change_nothing(
    district: District, change: dict[str, object], says: str
) -> None:
    made = factories.draft(district.root, [district.first])
    with pytest.raises(Refused, match=says):
        revise(made, made.revision, **change)
    assert Round.get_by_id(made.id).title == "示范测评"


def test_a_minimum_above_the_least_number_for_a_rank_can_still_be_counted(
    district: District, keys: Path
) -> None:
    """Nobody is ranked who is not shown: the least number for a rank rises with the minimum."""
    made = factories.draft(district.root, [district.first])
    revise(made, made.revision, minimum=50)
    assert Round.get_by_id(made.id).rules["rank"]["from"] == 50
    survey = factories.opened(keys, made)
    factories.answer(keys, survey, "c1", {"overall": "satisfied"}, 50)
    assert Score.of(factories.closed(keys, survey))[0].valid == 50


@given(text=st.text(max_size=20))
def test_a_weight_is_a_plain_positive_number_or_refused(text: str) -> None:
    try:
        weight = inputs.weight("residents", text)
    except Refused:
        return
    assert 0 < float(weight) <= inputs.HEAVIEST


def test_units_beyond_the_owners_reach_cannot_be_chosen(district: District) -> None:
    made = factories.draft(district.first, [district.first])
    with pytest.raises(Refused, match="范围"):
        revise(made, made.revision, chosen=[district.third.id])


def test_the_end_moves_later_with_a_reason_and_never_earlier(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    with pytest.raises(Refused, match="原因"):
        rounds.delay(round_, END + timedelta(days=1), " ", DURING)
    with pytest.raises(Refused, match="不能提前"):
        rounds.delay(round_, END - timedelta(days=1), "示例", DURING)
    rounds.delay(round_, END + timedelta(days=1), "示例", AFTER)
    assert rounds.phase(Round.get_by_id(round_.id), AFTER) == "open"


def test_abandoning_destroys_answers_and_key_and_keeps_the_reason(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, comment="示例意见")
    with pytest.raises(Refused, match="原因"):
        rounds.abandon(keys, round_, "")
    rounds.abandon(keys, round_, "示例：名单有误")
    assert Rating.select().count() == 0
    assert round_.id not in seal.held(keys)
    assert Round.get_by_id(round_.id).abandoned_reason == "示例：名单有误"


def test_publishing_needs_what_we_will_do_and_can_be_added_to(
    district: District, keys: Path
) -> None:
    done = factories.closed(keys, factories.open_survey(keys, district))
    with pytest.raises(Refused, match="接下来"):
        rounds.publish(done, "  ", AFTER)
    rounds.publish(done, "六月底前。", AFTER)
    rounds.add_pledge(done, "已办结。", AFTER)
    assert [pledge.text for pledge in Pledge.select().order_by(Pledge.id)] == [
        "六月底前。",
        "已办结。",
    ]
    with pytest.raises(rounds.Changed):
        rounds.publish(done, "再来。", AFTER)


def test_keys_of_counted_rounds_go_on_start_and_no_others(district: District, keys: Path) -> None:
    still_open = factories.open_survey(keys, district)
    counted = factories.open_survey(keys, district)
    key = (keys / f"round-{counted.id}.key").read_bytes()
    factories.closed(keys, counted)
    (keys / f"round-{counted.id}.key").write_bytes(key)
    assert rounds.finish_destruction(keys) == [counted.id]
    assert seal.held(keys) == {still_open.id}


def test_a_key_of_another_database_is_left_alone(district: District, keys: Path) -> None:
    counted = factories.closed(keys, factories.open_survey(keys, district))
    seal.make(keys, counted.id)
    seal.make(keys, 99)
    assert rounds.finish_destruction(keys) == []
    assert seal.held(keys) == {counted.id, 99}


def test_a_decided_grade_that_departs_from_the_votes_needs_a_reason(
    district: District, keys: Path
) -> None:
    round_, given_codes = factories.open_appraisal(keys, district)
    for code in given_codes:
        factories.vote(keys, code, {"p1": "qualified"})
    done = factories.closed(keys, round_)
    about = factories.subject(done, "p1")
    with pytest.raises(Refused, match="理由"):
        rounds.decide(done, about, "不合格", "", AFTER)
    with pytest.raises(Refused, match="最多 2000 字"):
        rounds.decide(done, about, "不合格", "长" * 2001, AFTER)
    rounds.decide(done, about, "不合格", "示例理由", AFTER)
    rounds.decide(done, about, "合格", "", AFTER)
    with pytest.raises(Refused, match="等次只能是"):
        rounds.decide(done, about, "最好", "", AFTER)
