"""Cases that pin single lines of scoring and hiding: each kills a mutant that changed a number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from surveys import archive, scoring
from surveys.scoring import disclosure
from tests.helpers import archives


def cell(good: int, poor: int = 0, **more: Any) -> dict[str, Any]:
    """Ballots that all answered the headline."""
    tally = {key: n for key, n in (("good", good), ("poor", poor)) if n}
    return {"returned": good + poor, "tallies": {"q1": tally}, **more}


def hidden(document: dict[str, Any]) -> archive.Archive:
    return disclosure.hide(archive.from_document(document))


def states(document: dict[str, Any]) -> dict[str, str | None]:
    return {subject.id: subject.disclosure for subject in hidden(document).subjects}


def kept(document: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(archive.to_bytes(hidden(document)))
    return loaded


def subject(key: str, ballots: int, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """A subject of one group; `more` stands beside it."""
    below = {} if parent is None else {"parent": parent}
    return {"id": key, **below, "groups": {"all": cell(ballots)}, **more}


# Joining


def test_joined_papers_are_added_up_in_the_order_of_the_rules() -> None:
    small = {**cell(1, 1, issued=4), "returned": 3, "spoilt": 1}
    large = {**cell(4, 2, issued=7), "returned": 7, "spoilt": 1}
    groups = [{"id": "Z", "weight": 70}, {"id": "A", "weight": 30}]
    document = archives.document([{"id": "s", "groups": {"A": large, "Z": small}}], groups)
    (line,) = kept(document)["subjects"]
    assert line["groups"] == {
        "Z+A": {
            "issued": 11,
            "returned": 10,
            "spoilt": 2,
            "tallies": {"q1": {"good": 5, "poor": 3}},
        }
    }


@pytest.mark.parametrize("unknown", ["A", "B"])
def test_what_was_issued_to_a_joined_group_is_unknown_where_one_part_is(unknown: str) -> None:
    cells = {"A": cell(2, issued=9), "B": cell(8, issued=9)}
    del cells[unknown]["issued"]
    document = archives.document([{"id": "s", "groups": cells}], [{"id": "A"}, {"id": "B"}])
    (line,) = kept(document)["subjects"]
    assert "issued" not in line["groups"]["A+B"]


def test_small_groups_of_a_file_that_calls_itself_full_are_joined_all_the_same() -> None:
    line = {"id": "s", "disclosure": "full", "groups": {"A": cell(2), "B": cell(20)}}
    (after,) = kept(archives.document([line], [{"id": "A"}, {"id": "B"}]))["subjects"]
    assert list(after["groups"]) == ["A+B"]


# Scoring


def scores(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each.as_document() for each in scoring.score(archive.from_document(document))]


def test_trimming_may_leave_the_one_in_the_middle() -> None:
    document = archives.document(
        [{"id": "s", "groups": {"all": {"returned": 5, "tallies": {"q1": {}}}}}],
        trim={"over": 4, "each_end": 2},
    )
    document["subjects"][0]["groups"]["all"]["tallies"]["q1"] = {"good": 2, "fair": 1, "poor": 2}
    assert scores(document)[0]["score"] == "60.00"


def test_a_small_population_narrows_the_interval_by_one_less_than_itself() -> None:
    document = archives.document([subject("s", 10, population=20)], sampling="drawn")
    document["subjects"][0]["groups"]["all"]["tallies"]["q1"] = {"good": 5, "poor": 5}
    # n = 10 × 19 ÷ 10 = 19; with 18 instead of 19 above, the ends would be 29.03–70.97.
    assert scores(document)[0]["interval"] == ["29.50", "70.50"]


def test_a_flag_counts_nobody_where_nobody_chose_its_option() -> None:
    flags = [{"id": "fair", "options": ["fair"], "over": "1/3"}]
    document = archives.document([subject("s", 2)], flags=flags)
    assert scores(document)[0]["flags"] == []


def test_a_flag_counts_over_all_groups() -> None:
    cells = {"A": cell(4, 4), "B": cell(10, 5)}
    flags = [{"id": "poor", "options": ["poor"], "over": "1/3"}]
    document = archives.document([{"id": "s", "groups": cells}], [{"id": "A"}, {"id": "B"}])
    document["rules"]["flags"] = flags
    assert scores(document)[0]["flags"] == ["poor"]


def test_a_grade_is_reached_at_its_lowest_score() -> None:
    bands = [{"grade": "好", "min": 80}, {"grade": "中", "min": 0}]
    document = archives.document([{"id": "s", "groups": {"all": cell(8, 2)}}], bands=bands)
    assert (scores(document)[0]["score"], scores(document)[0]["grade"]) == ("80.00", "好")


def test_who_has_no_score_takes_no_part_in_ranks_by_score() -> None:
    groups = [{"id": "A"}, {"id": "B"}]
    rules: dict[str, Any] = {
        "rank": {"by": "score", "from": 5},
        "empty_group": "withhold",
    }
    whole = {"A": cell(9), "B": cell(9)}
    subjects = [{"id": "s", "groups": {"A": cell(9)}}, {"id": "t", "groups": whole}]
    found = scores(archives.document(subjects, groups, **rules))
    assert [(each["score"], each["rank"]) for each in found] == [(None, None), ("100.00", [1, 1])]


def test_who_has_exactly_enough_is_not_told_of_too_few() -> None:
    rank = {"by": "rate", "from": 5}
    subjects = [subject("s", 5), subject("t", 4)]
    notes = [each["notes"] for each in scores(archives.document(subjects, rank=rank))]
    assert notes == [["non-probability"], ["few-answers", "non-probability", "too-few-to-rank"]]


def test_of_a_void_subject_nothing_is_said_but_that_it_is_void() -> None:
    void = subject("v", 4)
    void["groups"]["all"]["issued"] = 3
    rank = {"by": "rate", "from": 5}
    assert scores(archives.document([void], rank=rank))[0]["notes"] == ["void"]


def flagged(base: int, *, side: str, share: str, **groups: dict[str, Any]) -> bool:
    """Whether a flag of the codes issued is given; `base` is how many there are of group A."""
    flag = {"id": "f", "options": ["good"], side: share, "of": "issued"}
    cells = {"A": {**cell(4, 8), "issued": base}, **groups}
    document = archives.document([{"id": "s", "groups": cells}], [{"id": "A"}, {"id": "B"}])
    document["rules"]["flags"] = [flag]
    return bool(scores(document)[0]["flags"])


def test_a_flag_of_the_codes_issued_compares_with_all_of_them() -> None:
    assert flagged(12, side="over", share="1/4")
    assert not flagged(16, side="over", share="1/4")
    assert not flagged(16, side="under", share="1/4")
    assert flagged(17, side="under", share="1/4")
    more = {"returned": 0, "issued": 4, "tallies": {}}
    assert not flagged(12, side="over", share="1/4", B=more)
    assert flagged(13, side="under", share="1/4", B=more)


def test_where_a_group_does_not_know_what_was_issued_there_is_no_such_flag() -> None:
    assert not flagged(12, side="over", share="1/4", B=cell(9))
    assert not flagged(40, side="under", share="1/2", B=cell(1))


def test_a_flag_of_the_codes_issued_needs_no_valid_answer_but_a_code() -> None:
    flag = {"id": "f", "options": ["good"], "under": "1/2", "of": "issued"}
    unknown = {"returned": 6, "issued": 6, "tallies": {"q1": {"unknown": 6}}}
    nobody = {"returned": 0, "issued": 0, "tallies": {}}
    subjects = [{"id": "s", "groups": {"all": unknown}}, {"id": "t", "groups": {"all": nobody}}]
    document = archives.document([*subjects, {"id": "u"}], flags=[flag])
    assert [each["flags"] for each in scores(document)] == [["f"], [], []]


def test_a_flag_of_the_valid_answers_is_written_without_saying_so() -> None:
    flag = {"id": "f", "options": ["good"], "under": "1/2"}
    written = archives.document([subject("s", 9)], flags=[{**flag, "of": "valid"}])
    plain = archives.document([subject("s", 9)], flags=[flag])
    assert archive.to_bytes(hidden(written)) == archive.to_bytes(hidden(plain))
    assert kept(written)["rules"]["flags"] == [flag]
    issued = {**flag, "of": "issued"}
    (found,) = kept(archives.document([subject("s", 9)], flags=[issued]))["rules"]["flags"]
    assert list(found.items()) == list(issued.items())


@pytest.mark.parametrize(
    ("q1", "q2", "weight", "few"),
    [
        (9, 0, 1, False),
        (9, 1, 1, True),
        (9, 4, 1, True),
        (9, 5, 1, False),
        (9, 4, 0, False),
        (4, 9, 1, True),
        (0, 9, 1, False),
    ],
)
def test_few_answers_are_one_to_four_to_a_question_that_counts(
    q1: int, q2: int, weight: int, few: bool
) -> None:
    tallies = {"q1": {"good": q1, "unknown": 9 - q1}, "q2": {"poor": q2}}
    line = {"id": "s", "groups": {"all": {"returned": 9, "tallies": tallies}}}
    document = archives.document([line], sampling="all")
    document["questionnaire"]["questions"][1]["weight"] = weight
    assert scores(document)[0]["notes"] == ["few-answers"] * few


def test_few_answers_to_a_headline_without_weight_are_said_too() -> None:
    tallies = {"q1": {"good": 3}, "q2": {"good": 9}}
    line = {"id": "s", "groups": {"all": {"returned": 9, "tallies": tallies}}}
    document = archives.document([line], sampling="all")
    document["questionnaire"]["questions"][0]["weight"] = 0
    assert scores(document)[0]["notes"] == ["few-answers"]


def test_few_answers_are_looked_for_in_groups_as_joined() -> None:
    cells = {"A": cell(2), "B": cell(4)}
    document = archives.document([{"id": "s", "groups": cells}], [{"id": "A"}, {"id": "B"}])
    assert scores(document)[0]["notes"] == ["merged", "non-probability"]


def test_one_valid_answer_to_the_headline_is_enough_for_a_grade() -> None:
    subjects = [
        {"id": key, "groups": {"all": {"returned": 9, "tallies": {"q1": q1, "q2": {"good": 9}}}}}
        for key, q1 in (("s", {"unknown": 9}), ("t", {"unknown": 8, "good": 1}))
    ]
    document = archives.document(subjects, bands=[{"grade": "好", "min": 80}])
    assert [(each["score"], each["grade"]) for each in scores(document)] == [
        ("100.00", None),
        ("100.00", "好"),
    ]


# Hiding


def papers(returned: int, **tallies: dict[str, int]) -> dict[str, Any]:
    """So many papers, these answers on them."""
    return {"returned": returned, "tallies": tallies}


def test_groups_are_joined_by_answers_and_blank_ones_left_alone() -> None:
    cells = {
        "A": papers(9, q1={"good": 3}, q2={"good": 4}),
        "B": papers(5, q1={"good": 5}),
        "C": papers(30),
        "D": papers(6, q2={"unknown": 6}),
    }
    document = archives.document(
        [{"id": "s", "groups": cells}], [{"id": name} for name in ("A", "B", "C", "D")]
    )
    (line,) = kept(document)["subjects"]
    assert list(line["groups"]) == ["A+B", "C", "D"]


def test_of_joined_groups_the_answers_are_added_before_the_most_is_taken() -> None:
    cells = {"A": papers(4, q1={"good": 4}), "B": papers(4, q2={"good": 4}), "C": cell(20)}
    document = archives.document(
        [{"id": "s", "groups": cells}], [{"id": name} for name in ("A", "B", "C")]
    )
    (line,) = kept(document)["subjects"]
    assert list(line["groups"]) == ["A+B+C"]


def test_the_neighbour_in_whom_the_fewest_answered_is_hidden_not_the_one_with_fewest_papers() -> (
    None
):
    document = archives.document(
        [
            {"id": "p", "groups": {"all": papers(60, q1={"good": 18})}},
            {"id": "a", "parent": "p", "groups": {"all": papers(8, q1={"good": 8})}},
            {"id": "b", "parent": "p", "groups": {"all": papers(40, q1={"good": 7})}},
            {"id": "c", "parent": "p", "groups": {"all": papers(12, q1={"good": 3})}},
        ]
    )
    assert states(document) == {"p": "full", "a": "full", "b": "complement", "c": "few"}
    foreseen = disclosure.at_most(archive.from_document(document))
    assert foreseen == {"p": "full", "a": "full", "b": "full", "c": "full"}


def test_who_answered_in_two_groups_is_added_up() -> None:
    def two(one: int, other: int) -> dict[str, Any]:
        return {"A": cell(one), "B": cell(other)}

    document = archives.document(
        [
            {"id": "p", "groups": two(23, 19)},
            {"id": "a", "parent": "p", "groups": two(12, 5)},
            {"id": "b", "parent": "p", "groups": two(9, 9)},
        ],
        [{"id": "A"}, {"id": "B"}],
    )
    assert states(document) == {"p": "full", "a": "complement", "b": "full"}


def test_blank_papers_alone_are_nobody() -> None:
    blank = {"id": "s", "groups": {"all": papers(9)}}
    assert states(archives.document([blank])) == {"s": "few"}


def test_one_who_answered_in_a_group_hides_the_subject_and_a_blank_group_hides_nothing() -> None:
    def town(*second: dict[str, Any]) -> dict[str, str | None]:
        groups = [{"A": cell(20), "B": second[0]}, {"A": cell(12), "B": second[1]}]
        subjects = [
            {"id": "p", "groups": groups[0]},
            {"id": "c", "parent": "p", "groups": groups[1]},
        ]
        return states(archives.document(subjects, [{"id": "A"}, {"id": "B"}]))

    assert town(papers(9, q1={"good": 6}), papers(3, q1={"good": 1})) == {"p": "full", "c": "few"}
    assert town(papers(9), papers(3)) == {"p": "full", "c": "full"}


def test_before_counting_a_spoilt_paper_is_no_ballot() -> None:
    spoilt = {"id": "s", "groups": {"all": {"returned": 6, "spoilt": 2}}}
    foreseen = disclosure.at_most(archive.from_document(archives.document([spoilt])))
    assert foreseen == {"s": "few"}


def test_the_largest_difference_decides_where_others_leave_few() -> None:
    document = archives.document(
        [
            {"id": "p", "groups": {"all": papers(20, q1={"good": 20}, q2={"good": 12})}},
            {
                "id": "a",
                "parent": "p",
                "groups": {"all": papers(9, q1={"good": 9}, q2={"good": 9})},
            },
        ]
    )
    assert states(document) == {"p": "full", "a": "full"}


def test_a_file_that_calls_two_people_full_is_not_believed() -> None:
    assert states(archives.document([subject("s", 2, disclosure="full")])) == {"s": "few"}


def test_an_empty_group_beside_a_large_one_hides_nothing() -> None:
    groups = {"A": cell(20), "B": cell(0)}
    subjects = [{"id": "p", "groups": groups}, {"id": "c", "parent": "p", "groups": groups}]
    document = archives.document(subjects, [{"id": "A"}, {"id": "B"}])
    assert states(document) == {"p": "full", "c": "full"}


def test_nothing_is_looked_for_beneath_a_void_one() -> None:
    void = subject("v", 9, "p")
    void["groups"]["all"]["issued"] = 8
    document = archives.document(
        [subject("p", 30), subject("a", 16, "p"), void, subject("w", 12, "v")]
    )
    assert states(document) == {"p": "full", "a": "full", "v": "void", "w": "full"}


def test_what_stands_below_a_neighbour_hidden_before_is_found() -> None:
    document = archives.document(
        [
            subject("p", 20),
            {"id": "c", "parent": "p", "disclosure": "complement"},
            subject("d", 18, "c"),
        ]
    )
    assert states(document) == {"p": "full", "c": "complement", "d": "complement"}


def test_a_child_may_name_an_empty_group_that_its_parent_does_not() -> None:
    subjects = [
        {"id": "p", "groups": {"A": cell(20)}},
        {"id": "c", "parent": "p", "groups": {"A": cell(10), "B": cell(0)}},
    ]
    document = archives.document(subjects, [{"id": "A"}, {"id": "B"}])
    assert states(document) == {"p": "full", "c": "full"}


def test_a_rest_of_exactly_k_people_singles_nobody_out() -> None:
    enough = archives.document([subject("p", 20), subject("c", 15, "p")])
    assert states(enough) == {"p": "full", "c": "full"}
    one_less = archives.document([subject("p", 20), subject("c", 16, "p")])
    assert states(one_less) == {"p": "full", "c": "complement"}


def test_an_archive_about_nothing_is_kept_as_one() -> None:
    assert kept(archives.document([]))["subjects"] == []


def test_of_a_hidden_subject_nothing_is_left_in_memory_either() -> None:
    left = hidden(archives.document([subject("s", 3, population=40), subject("t", 30)]))
    assert (left.subjects[0].cells, left.subjects[0].population) == ((), None)
    assert left.subjects[1].cells
