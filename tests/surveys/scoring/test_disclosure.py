"""What is hidden cannot be computed from what is shown."""

from __future__ import annotations

import copy
from collections import Counter
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import assume, find, given
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from surveys import archive, scoring
from surveys.archive import Cell
from surveys.scoring import disclosure
from tests.helpers import archives


def hidden(document: dict[str, Any]) -> archive.Archive:
    return disclosure.hide(archive.from_document(document))


@given(document=st.one_of(archives.flat(), archives.trees()))
def test_hiding_twice_is_hiding_once_byte_for_byte(document: dict[str, Any]) -> None:
    once = archive.to_bytes(hidden(document))
    assert archive.to_bytes(disclosure.hide(archive.read(once))) == once


@given(document=st.one_of(archives.flat(least=5), archives.trees()))
def test_where_all_is_full_hiding_changes_no_score(document: dict[str, Any]) -> None:
    kept = hidden(document)
    assume(all(subject.disclosure == "full" for subject in kept.subjects))
    own = scoring.score(archive.from_document(document))
    assert kept.scores == [each.as_document() for each in own]


@given(document=st.one_of(archives.flat(), archives.trees()))
def test_how_many_answered_decides_what_is_hidden_and_never_what(document: dict[str, Any]) -> None:
    bare = copy.deepcopy(document)
    for subject in bare["subjects"]:
        for cell in subject["groups"].values():
            for question, tally in cell["tallies"].items():
                cell["tallies"][question] = {"unknown": sum(tally.values())}
            cell["spoilt"], cell["returned"] = cell["returned"], 3 * cell["returned"]
    assert disclosure.disclosures(archive.from_document(bare)) == {
        subject.id: subject.disclosure for subject in hidden(document).subjects
    }


@given(document=st.one_of(archives.flat(), archives.trees()))
def test_before_counting_each_ballot_is_taken_for_an_answer(document: dict[str, Any]) -> None:
    turnout, all_say = copy.deepcopy(document), copy.deepcopy(document)
    for bare, filled in zip(turnout["subjects"], all_say["subjects"], strict=True):
        for cell in bare["groups"].values():
            cell["tallies"] = {}
        for cell in filled["groups"].values():
            cell["tallies"] = {"q2": {"unknown": cell["returned"]}}
    foreseen = disclosure.at_most(archive.from_document(turnout))
    assert foreseen == disclosure.disclosures(archive.from_document(all_say))


def above(kept: archive.Archive, key: str | None) -> list[str]:
    """A subject and those above it, itself first."""
    parents, path = {subject.id: subject.parent for subject in kept.subjects}, []
    while key is not None:
        path.append(key)
        key = parents[key]
    return path


def people_of(tally: dict[str, int]) -> int:
    """Who answered a question: one answer each, or as `#` says, or as many as first places."""
    ranked = sum(times for answer, times in tally.items() if answer.endswith("#1"))
    single = sum(times for answer, times in tally.items() if "#" not in answer)
    return tally.get("#", ranked or single)


def singled_out(document: dict[str, Any]) -> int | None:
    """How many people, fewer than k, adding and subtracting what is shown singles out.

    Each combination with +1, 0, −1 of the shown subjects of a tree is tried, group by group and
    question by question; of one that is a set of people (each person counted once or not at all)
    nobody answered, or to one of the questions k people did.
    """
    kept = hidden(document)
    said = {
        subject["id"]: Counter(
            {
                (group, question): people_of(tally)
                for group, cell in subject["groups"].items()
                for question, tally in cell["tallies"].items()
            }
        )
        for subject in document["subjects"]
    }
    questions = [each["id"] for each in document["questionnaire"]["questions"]]
    shown = [subject.id for subject in kept.subjects if subject.disclosure == "full"]
    # Who stands below the same shown subjects is counted together, whatever the signs.
    together: dict[tuple[int, ...], Counter[tuple[str, str]]] = {}
    for subject in kept.subjects:
        line = above(kept, subject.id)
        places = tuple(place for place, each in enumerate(shown) if each in line)
        people = Counter(said[subject.id])
        for each in kept.subjects:
            if each.parent == subject.id:
                people.subtract(said[each.id])
        together.setdefault(places, Counter()).update(people)
    for signs in product((-1, 0, 1), repeat=len(shown)):
        times = {places: sum(signs[place] for place in places) for places in together}
        if set(times.values()) <= {0, 1}:
            for group in kept.rules.weights:
                answered = max(
                    sum(together[places][group, question] for places in together if times[places])
                    for question in questions
                )
                if 0 < answered < kept.rules.minimum:
                    return answered
    return None


@given(document=archives.trees())
def test_no_sum_or_difference_of_what_is_shown_singles_out_fewer_than_k(
    document: dict[str, Any],
) -> None:
    assert singled_out(document) is None


def somebody_is_singled_out() -> None:
    """Fails where the test above would find nothing, and so has no teeth."""
    try:
        assert find(archives.trees(4), lambda document: singled_out(document) is not None)
    except NoSuchExample:
        pytest.fail("the test above has no teeth")


def test_without_the_rule_against_subtraction_somebody_would_be_singled_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(disclosure, "_protect", lambda *_: None)
    somebody_is_singled_out()


def test_were_papers_counted_somebody_would_be_singled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cell, "answers", lambda cell, _: {"": cell.ballots})
    somebody_is_singled_out()


def test_were_differences_not_taken_question_by_question_somebody_would_be_singled_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    questions = Cell.answers
    monkeypatch.setattr(
        Cell, "answers", lambda cell, known: {"": max(questions(cell, known).values(), default=0)}
    )
    somebody_is_singled_out()


Exchange = tuple[str, str, str, str, str, str]
"""Two subjects, a group, a question, what one in the first said, and what one in the second."""


def exchanged(document: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    """The archive, had one person in each of two subjects said what the other did."""
    first, second, group, question, one, other = exchange
    document = copy.deepcopy(document)
    subjects = {subject["id"]: subject for subject in document["subjects"]}
    for start, said, instead in ((first, one, other), (second, other, one)):
        key: str | None = start
        while key is not None:
            tally = subjects[key]["groups"][group]["tallies"].setdefault(question, {})
            for answer, more in ((said, -1), (instead, 1)):
                tally[answer] = tally.get(answer, 0) + more
            key = subjects[key].get("parent")
    return document


def exchanges(document: dict[str, Any]) -> list[Exchange]:
    """All between two subjects whose people are left over together: beneath the same `full` one.

    Of each subject the people of its own may take part, who are in none below. How many answered
    decides what is hidden, so that nobody exchanges an answer for none.
    """
    kept = hidden(document)
    full = {subject.id for subject in kept.subjects if subject.disclosure == "full"}
    beneath = {
        subject.id: next((each for each in above(kept, subject.id) if each in full), None)
        for subject in kept.subjects
    }
    own: dict[tuple[str, str, str], Counter[str]] = {}
    for subject in archive.from_document(document).subjects:
        for cell in subject.cells:
            for question in ("q1", "q2"):
                own[subject.id, cell.key, question] = Counter(cell.tallies.get(question, {}))
    for (key, group, question), tally in own.items():
        for each in kept.subjects:
            if each.parent == key:
                tally.subtract(own[each.id, group, question])
    return [
        (first, second, group, question, one, other)
        for (first, group, question), tally in own.items()
        for second in beneath
        if second != first and beneath[second] == beneath[first]
        for one, other in permutations(archives.NAMES, 2)
        if tally[one] and own[second, group, question][other]
    ]


@given(document=archives.trees(), data=st.data())
def test_which_of_those_left_over_gave_which_answer_does_not_show(
    document: dict[str, Any], data: st.DataObject
) -> None:
    possible = exchanges(document)
    assume(possible)
    other = exchanged(document, data.draw(st.sampled_from(possible)))
    assert archive.to_bytes(hidden(other)) == archive.to_bytes(hidden(document))


def test_a_hidden_child_and_its_hidden_neighbour_may_have_said_what_the_other_did() -> None:
    def cell(good: int, poor: int) -> dict[str, Any]:
        return {"returned": good + poor, "tallies": {"q1": {"good": good, "poor": poor}}}

    document = archives.document(
        [
            {"id": "p", "groups": {"all": cell(13, 7)}},
            {"id": "a", "parent": "p", "groups": {"all": cell(6, 4)}},
            {"id": "b", "parent": "p", "groups": {"all": cell(5, 2)}},
            {"id": "c", "parent": "p", "groups": {"all": cell(2, 1)}},
        ]
    )
    unseen = ("b", "c", "all", "q1", "good", "poor")
    assert unseen in exchanges(document)
    assert archive.to_bytes(hidden(exchanged(document, unseen))) == archive.to_bytes(
        hidden(document)
    )
    seen = ("a", "c", "all", "q1", "good", "poor")
    assert seen not in exchanges(document)
    assert hidden(exchanged(document, seen)) != hidden(document)


@given(document=archives.trees(5))
def test_the_kept_bytes_do_not_tell_in_which_order_answers_came(document: dict[str, Any]) -> None:
    mixed = copy.deepcopy(document)
    for subject in mixed["subjects"]:
        subject["groups"] = dict(reversed(subject["groups"].items()))
        for cell in subject["groups"].values():
            cell["tallies"] = {
                question: dict(reversed(tally.items()))
                for question, tally in reversed(cell["tallies"].items())
            }
    assert archive.to_bytes(hidden(mixed)) == archive.to_bytes(hidden(document))
