"""Scoring holds up to questions: properties, and an oracle over single answers."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from math import sqrt
from statistics import fmean
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys import archive, scoring
from tests.helpers import archives

VALUE = {"good": 100, "fair": 60, "poor": 0}
WEIGHT = {"q1": 1.0, "q2": 0.5}


def scores(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each.as_document() for each in scoring.score(archive.from_document(document))]


def exact(document: dict[str, Any]) -> list[scoring.Score]:
    return scoring.score(archive.from_document(document))


def by_subject(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["subject"]: each for each in found}


def has_small_group(document: dict[str, Any]) -> bool:
    return any(
        0 < archives.answered(cell) < 5
        for subject in document["subjects"]
        for cell in subject["groups"].values()
    )


RULES: dict[str, Any] = {
    "bands": [{"grade": "好", "min": 80}, {"grade": "中", "min": 50}],
    "flags": [
        {"id": "poor", "options": ["poor"], "over": "1/3"},
        {"id": "support", "options": ["good", "fair"], "under": "2/3"},
    ],
    "sampling": "drawn",
    "rank": {"by": "rate", "from": 5},
}


@given(document=archives.flat(**RULES), seed=st.integers(0, 99))
def test_the_order_of_subjects_options_and_questions_changes_nothing(
    document: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    mixed = copy.deepcopy(document)
    chance.shuffle(mixed["subjects"])
    chance.shuffle(mixed["questionnaire"]["questions"])
    chance.shuffle(mixed["questionnaire"]["scales"]["s"]["options"])
    if not has_small_group(document):
        chance.shuffle(mixed["rules"]["groups"])
    assert by_subject(scores(mixed)) == by_subject(scores(document))


@given(document=archives.flat(**RULES), times=st.integers(2, 50))
def test_scaling_all_weights_changes_nothing(document: dict[str, Any], times: int) -> None:
    scaled = copy.deepcopy(document)
    for group in scaled["rules"]["groups"]:
        group["weight"] *= times
    for question in scaled["questionnaire"]["questions"]:
        question["weight"] = question.get("weight", 1) * times
    assert scores(scaled) == scores(document)


@given(document=archives.flat(least=5, **RULES))
def test_one_more_abstention_changes_no_score(document: dict[str, Any]) -> None:
    more = copy.deepcopy(document)
    for cell in more["subjects"][0]["groups"].values():
        if cell["returned"]:
            cell["returned"] += 1
            for tally in cell["tallies"].values():
                tally["unknown"] = tally.get("unknown", 0) + 1
    assert scores(more) == scores(document)


@given(document=archives.flat(**RULES), data=st.data())
def test_a_better_answer_never_lowers_score_rate_or_grade(
    document: dict[str, Any], data: st.DataObject
) -> None:
    worse, better = data.draw(
        st.sampled_from([("poor", "fair"), ("fair", "good"), ("poor", "good")])
    )
    group = data.draw(st.sampled_from(sorted(document["subjects"][0]["groups"])))
    tally = document["subjects"][0]["groups"][group]["tallies"]["q1"]
    assume(tally.get(worse))
    improved = copy.deepcopy(document)
    mended = improved["subjects"][0]["groups"][group]["tallies"]["q1"]
    mended[worse] -= 1
    mended[better] = mended.get(better, 0) + 1
    before, after = exact(document)[0], exact(improved)[0]
    assert before.score is not None
    assert before.rate is not None
    assert after.score is not None
    assert after.rate is not None
    assert after.score >= before.score
    assert after.rate >= before.rate
    grades = [None, "中", "好"]
    assert grades.index(after.grade) >= grades.index(before.grade)


@given(document=archives.flat(least=5, **RULES))
def test_the_interval_holds_the_rate_and_narrows_as_all_groups_grow(
    document: dict[str, Any],
) -> None:
    grown = copy.deepcopy(document)
    for subject in grown["subjects"]:
        for cell in subject["groups"].values():
            cell["returned"] *= 3
            for tally in cell["tallies"].values():
                for name in tally:
                    tally[name] *= 3
    for small, large in zip(exact(document), exact(grown), strict=True):
        if small.interval is None:
            assert small.valid == 0
            continue
        assert small.rate is not None
        assert large.interval is not None
        assert small.interval[0] <= small.rate <= small.interval[1]
        width = small.interval[1] - small.interval[0]
        assert large.interval[1] - large.interval[0] < width


@given(document=archives.flat(**RULES))
def test_rank_ranges_agree_with_comparing_each_pair(document: dict[str, Any]) -> None:
    found = exact(document)
    placed = [each for each in found if each.interval and each.valid >= 5]
    for each in found:
        if each not in placed:
            assert each.rank is None
            assert "too-few-to-rank" in each.notes
            continue
        assert each.interval is not None
        above = sum(o.interval[0] > each.interval[1] for o in placed if o.interval)
        below = sum(o.interval[1] < each.interval[0] for o in placed if o.interval)
        assert each.rank == (1 + above, len(placed) - below)


def single_answers(cell: dict[str, Any], question: str) -> list[int]:
    return [
        VALUE[name]
        for name, times in cell["tallies"].get(question, {}).items()
        for _ in range(times)
        if name in VALUE
    ]


def naive(subject: dict[str, Any], groups: list[dict[str, Any]]) -> dict[str, float | None]:
    """Score, rate and pooled rate over single answers, in floating point, from the rules' text."""
    weights, means, rates, pooled = [], [], [], []
    for group in groups:
        cell = subject["groups"][group["id"]]
        there = {q: v for q in WEIGHT if (v := single_answers(cell, q))}
        if there:
            total = sum(WEIGHT[q] * fmean(values) for q, values in there.items())
            means.append((group["weight"], total / sum(WEIGHT[q] for q in there)))
        if "q1" in there:
            good = [value >= 60 for value in there["q1"]]
            weights.append((group["weight"], len(good)))
            rates.append((group["weight"], fmean(good)))
            pooled += good

    def weighted(parts: list[tuple[int, float]]) -> float | None:
        return sum(w * x for w, x in parts) / sum(w for w, _ in parts) if parts else None

    rate = weighted(rates)
    interval = None
    if rate is not None:
        whole = sum(w for w, _ in weights)
        n = 1 / sum((w / whole) ** 2 / size for w, size in weights)
        z = 1.959963984540054
        middle, reach = (
            rate + z * z / 2 / n,
            z * sqrt(max(rate * (1 - rate), 0) / n + z * z / 4 / n / n),
        )
        interval = (middle - reach) / (1 + z * z / n)
    return {
        "score": weighted(means),
        "rate": rate,
        "pooled_rate": fmean(pooled) if pooled else None,
        "low": interval,
    }


@given(document=archives.flat(least=5, **RULES))
def test_an_independent_rewrite_over_single_answers_agrees(document: dict[str, Any]) -> None:
    for found, subject in zip(exact(document), document["subjects"], strict=True):
        expected = naive(subject, document["rules"]["groups"])
        low = found.interval and found.interval[0]
        own = {
            "score": found.score,
            "rate": found.rate,
            "pooled_rate": found.pooled_rate,
            "low": low,
        }
        for key, value in own.items():
            right = expected[key]
            assert (value is None) == (right is None), key
            if value is not None and right is not None:
                assert float(value) == pytest.approx(right, abs=1e-9), key


@given(number=st.fractions(0, 100))
def test_numbers_are_shown_half_up(number: Fraction) -> None:
    text = scoring.shown(number)
    assert text is not None
    shown = Fraction(text)
    assert -Fraction(1, 200) < number - shown <= Fraction(1, 200) or shown - number == Fraction(
        1, 200
    )
    assert len(text.partition(".")[2]) == 2


def test_half_a_hundredth_is_rounded_up() -> None:
    assert [scoring.shown(Fraction(n, 1000)) for n in (4, 5, 15, 994, 995)] == [
        "0.00",
        "0.01",
        "0.02",
        "0.99",
        "1.00",
    ]


@given(rate=st.fractions(0, 1, max_denominator=3000), size=st.fractions(Fraction(1, 2), 5000))
def test_an_interval_never_leaves_0_to_100(rate: Fraction, size: Fraction) -> None:
    low, high = scoring.wilson(rate, size)
    assert 0 <= low <= rate <= high <= 1
