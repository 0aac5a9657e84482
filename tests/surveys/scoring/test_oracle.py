"""An oracle that shares no line with the code: numpy, scipy and statsmodels over single answers.

Exact fractions and floating point agree within 1e-9 on random archives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata, trim_mean
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from surveys import archive, scoring
from surveys.scoring import change
from tests.helpers import archives

VALUE = {"good": 100.0, "fair": 60.0, "poor": 0.0}
WEIGHT = {"q1": 1.0, "q2": 0.5}

Group = tuple[int, int, float, dict[str, list[float]], np.ndarray]
"""The most answers to a question, the group's place in the rules, its weight, its answers with a
value, and how many answers each question has."""


def exact(document: dict[str, Any]) -> list[scoring.Score]:
    return scoring.score(archive.from_document(document))


def agree(found: Any, right: Any) -> None:
    """Equal within 1e-9, or missing both."""
    if found is None or right is None:
        assert found is right
    else:
        pairs = zip(np.atleast_1d(found), np.atleast_1d(right), strict=True)
        assert all(float(one) == pytest.approx(other, abs=1e-9) for one, other in pairs)


def average(pairs: list[tuple[float, float]]) -> float | None:
    """The mean of (weight, number) pairs."""
    return DescrStatsW([n for _, n in pairs], [w for w, _ in pairs]).mean if pairs else None


def groups_of(subject: dict[str, Any], rules: dict[str, Any], minimum: int) -> list[Group]:
    """The groups that somebody answered in; the two smallest are one while any is small."""
    groups = []
    for place, each in enumerate(rules["groups"]):
        cell = subject["groups"][each["id"]]
        answers = {
            question: np.repeat(
                list(VALUE.values()), [cell["tallies"][question].get(key, 0) for key in VALUE]
            ).tolist()
            for question in WEIGHT
        }
        said = np.array([sum(cell["tallies"][question].values()) for question in WEIGHT])
        if said.any():
            groups.append((said.max(), place, float(each["weight"]), answers, said))
    groups.sort(key=lambda group: group[:2])
    while len(groups) > 1 and groups[0][0] < minimum:
        (_, place, weight, answers, said), (_, other, more, others, also), *rest = groups
        both = {question: answers[question] + others[question] for question in WEIGHT}
        one = ((said + also).max(), min(place, other), weight + more, both, said + also)
        groups = sorted([one, *rest], key=lambda group: group[:2])
    return groups


def interval(groups: list[Group], rate: float, population: int | None) -> Any:
    """Wilson's interval at Kish's effective size, corrected for a finite population."""
    weights = np.array([weight for _, _, weight, answers, _ in groups if answers["q1"]])
    sizes = np.array([len(answers["q1"]) for _, _, _, answers, _ in groups if answers["q1"]])
    effective = weights.sum() ** 2 / (weights**2 / sizes).sum()
    if population is not None:
        if sizes.sum() >= population:
            return [rate, rate]
        effective *= (population - 1) / (population - sizes.sum())
    return list(proportion_confint(rate * effective, effective, alpha=0.05, method="wilson"))


@given(document=archives.flat(sampling="drawn"), data=st.data())
def test_scores_rates_and_intervals_are_those_of_statsmodels(
    document: dict[str, Any], data: st.DataObject
) -> None:
    for subject in document["subjects"]:
        if data.draw(st.booleans()):
            came = sum(cell["returned"] for cell in subject["groups"].values())
            subject["population"] = data.draw(st.integers(came, 3 * came + 1))
    for found, subject in zip(exact(document), document["subjects"], strict=True):
        groups = groups_of(subject, document["rules"], 5)
        means, rates, positive = [], [], []
        for _, _, weight, answers, _ in groups:
            own = average([(WEIGHT[q], np.mean(answers[q])) for q in WEIGHT if answers[q]])
            means += [] if own is None else [(weight, own)]
            good = [each >= 60 for each in answers["q1"]]
            rates += [(weight, np.mean(good))] if good else []
            positive += good
        few = any(0 < len(said) < 5 for *_, answers, _ in groups for said in answers.values())
        assert ("few-answers" in found.notes) == few
        agree(found.score, average(means))
        agree(found.rate, average(rates))
        agree(found.pooled_rate, np.mean(positive) if positive else None)
        rate = average(rates)
        population = subject.get("population")
        agree(found.interval, None if rate is None else interval(groups, rate, population))


@given(points=st.lists(st.integers(0, 100), min_size=1, max_size=60), each_end=st.integers(0, 4))
def test_a_panel_of_points_is_trimmed_as_scipy_trims(points: list[int], each_end: int) -> None:
    tally = {str(each): points.count(each) for each in points}
    document = archives.document(
        [{"id": "s", "groups": {"all": {"returned": len(points), "tallies": {"q1": tally}}}}],
        trim={"over": 2 * each_end, "each_end": each_end},
    )
    scales = document["questionnaire"]["scales"]
    scales["s"] = {"points": {"min": 0, "max": 100, "positive_from": 60}}
    cut = each_end if len(points) > 2 * each_end else 0
    agree(exact(document)[0].score, trim_mean(points, (cut + 0.5) / len(points)))


@given(document=archives.flat(rank={"by": "score", "from": 5}))
def test_ranks_by_score_are_those_of_scipy(document: dict[str, Any]) -> None:
    placed = [each for each in exact(document) if each.score is not None and each.valid >= 5]
    down = [-float(each.score or 0) for each in placed]
    right = zip(rankdata(down, "min"), rankdata(down, "max"), strict=True)
    assert [each.rank for each in placed] == list(right)


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 3000))
    return draw(st.integers(0, size)), size


@given(now=samples(), then=samples())
def test_the_change_between_two_years_is_that_of_statsmodels(
    now: tuple[int, int], then: tuple[int, int]
) -> None:
    (a, m), (b, n) = now, then
    found = change.change(rated(a, m), rated(b, n))
    assert found is not None
    agree(found.interval, confint_proportions_2indep(a, m, b, n, method="newcomb", compare="diff"))


def rated(positive: int, size: int) -> scoring.Score:
    tally = {"good": positive, "poor": size - positive}
    cell = {"returned": size, "tallies": {"q1": tally}}
    document = archives.document([{"id": "s", "groups": {"all": cell}}], sampling="drawn")
    return exact(document)[0]


def test_ninety_five_per_cent_is_what_scipy_takes_it_for() -> None:
    agree(scoring.Z, norm.ppf(0.975))
