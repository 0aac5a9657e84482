"""What is hidden cannot be computed from what is shown."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, find, given
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from surveys import archive, disclosure, scoring
from tests import archives


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
def test_ballots_alone_decide_what_is_hidden(document: dict[str, Any]) -> None:
    bare = copy.deepcopy(document)
    for subject in bare["subjects"]:
        for cell in subject["groups"].values():
            cell["tallies"] = {}
    assert disclosure.disclosures(archive.from_document(bare)) == {
        subject.id: subject.disclosure for subject in hidden(document).subjects
    }


def singled_out(document: dict[str, Any]) -> int | None:
    """The smallest number of people, below k, that adding and subtracting shown ballots gives.

    Each combination with +1, 0, −1 of the shown subjects of a tree is tried, per group; one that
    is a set of people (each person counted once or not at all) must be nobody, or k people.
    """
    read = archive.from_document(document)
    kept = disclosure.hide(read)
    minimum = kept.rules.minimum
    parents = {subject.id: subject.parent for subject in kept.subjects}
    own = {
        subject.id: {cell.key: cell.ballots for cell in subject.cells} for subject in read.subjects
    }
    for subject in read.subjects:
        if subject.parent is not None:
            for cell in subject.cells:
                own[subject.parent][cell.key] -= cell.ballots
    shown = [subject.id for subject in kept.subjects if subject.disclosure == "full"]

    def above(key: str | None) -> list[str]:
        path = []
        while key is not None:
            path.append(key)
            key = parents[key]
        return path

    for signs in product((-1, 0, 1), repeat=len(shown)):
        sign = dict(zip(shown, signs, strict=True))
        times = {key: sum(sign.get(each, 0) for each in above(key)) for key in own}
        if set(times.values()) <= {0, 1}:
            for group in kept.rules.weights:
                people = sum(own[key].get(group, 0) for key in own if times[key])
                if 0 < people < minimum:
                    return people
    return None


@given(document=archives.trees(6))
def test_no_sum_or_difference_of_what_is_shown_singles_out_fewer_than_k(
    document: dict[str, Any],
) -> None:
    assert singled_out(document) is None


def test_without_the_rule_against_subtraction_somebody_would_be_singled_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(disclosure, "_protect", lambda *_: None)
    try:
        found = find(archives.trees(4), lambda document: singled_out(document) is not None)
    except NoSuchExample:
        pytest.fail("the test above has no teeth")
    assert found


def swap(first: dict[str, int], second: dict[str, int]) -> bool:
    """Exchange one answer between two tallies, where they differ."""
    for one, other in product(archives.NAMES, repeat=2):
        if one != other and first.get(one) and second.get(other):
            first[one] -= 1
            first[other] = first.get(other, 0) + 1
            second[other] -= 1
            second[one] = second.get(one, 0) + 1
            return True
    return False


def test_which_of_the_hidden_gave_which_answer_does_not_show() -> None:
    """A hidden child and its hidden neighbour swap two answers: the kept bytes are the same."""

    def cell(good: int, poor: int) -> dict[str, Any]:
        return {"returned": good + poor, "tallies": {"q1": {"good": good, "poor": poor}}}

    first = archives.document(
        [
            {"id": "p", "groups": {"all": cell(13, 7)}},
            {"id": "a", "parent": "p", "groups": {"all": cell(6, 4)}},
            {"id": "b", "parent": "p", "groups": {"all": cell(5, 2)}},
            {"id": "c", "parent": "p", "groups": {"all": cell(2, 1)}},
        ]
    )
    second = copy.deepcopy(first)
    tallies = [each["groups"]["all"]["tallies"]["q1"] for each in second["subjects"]]
    assert swap(tallies[2], tallies[3])
    assert archive.to_bytes(hidden(first)) == archive.to_bytes(hidden(second))


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
