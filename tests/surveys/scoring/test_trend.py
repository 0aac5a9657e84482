"""From one year to the next: Newcombe's interval against published examples and a rewrite."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import scoring
from surveys.scoring import change


def score(positive: int, n: int, sampling: str = "drawn") -> scoring.Score:
    rate = Fraction(positive, n)
    span = scoring.wilson(rate, Fraction(n)) if sampling == "drawn" else None
    return scoring.Score("s", n, None, {}, rate, rate, span, None, None, (), ())


# Newcombe (1998), table II, method 10: the data sets (a) to (h).
PUBLISHED = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), PUBLISHED)
def test_published_examples(a: int, m: int, b: int, n: int, low: float, high: float) -> None:
    found = change.change(score(a, m), score(b, n))
    assert found is not None
    assert found.difference == Fraction(a, m) - Fraction(b, n)
    assert float(found.interval[0]) == pytest.approx(low, abs=0.00006)
    assert float(found.interval[1]) == pytest.approx(high, abs=0.00006)


def naive(a: int, m: int, b: int, n: int) -> tuple[float, float]:
    """The formulas of the paper, as they are printed: l and u are the roots of a quadratic."""
    z = 1.959963984540054

    def roots(x: int, size: int) -> tuple[float, float]:
        # |x/n − θ| = z √(θ(1−θ)/n), squared: (1 + z²/n) θ² − (2p + z²/n) θ + p² = 0
        p, c = x / size, z * z / size
        half = sqrt(max((2 * p + c) ** 2 - 4 * (1 + c) * p * p, 0))
        return (2 * p + c - half) / (2 + 2 * c), (2 * p + c + half) / (2 + 2 * c)

    (l1, u1), (l2, u2) = roots(a, m), roots(b, n)
    p1, p2 = a / m, b / n
    delta = sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    epsilon = sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return p1 - p2 - delta, p1 - p2 + epsilon


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 3000))
    return draw(st.integers(0, size)), size


@given(now=samples(), then=samples())
def test_a_naive_rewrite_agrees(now: tuple[int, int], then: tuple[int, int]) -> None:
    found = change.change(score(*now), score(*then))
    assert found is not None
    low, high = naive(*now, *then)
    assert float(found.interval[0]) == pytest.approx(max(low, -1), abs=1e-6)
    assert float(found.interval[1]) == pytest.approx(min(high, 1), abs=1e-6)


@given(now=samples(), then=samples())
def test_the_interval_holds_the_difference_and_turns_round_with_the_years(
    now: tuple[int, int], then: tuple[int, int]
) -> None:
    found = change.change(score(*now), score(*then))
    back = change.change(score(*then), score(*now))
    assert found is not None
    assert back is not None
    assert found.interval[0] <= found.difference <= found.interval[1]
    assert back.difference == -found.difference
    assert back.interval == (-found.interval[1], -found.interval[0])
    assert back.clear == found.clear


@given(now=samples())
def test_nothing_changed_is_never_a_clear_change(now: tuple[int, int]) -> None:
    found = change.change(score(*now), score(*now))
    assert found is not None
    assert not found.clear


def test_there_is_none_where_either_was_not_drawn() -> None:
    assert change.change(score(5, 10), score(5, 10, "open")) is None
    assert change.change(score(5, 10, "all"), score(5, 10)) is None


def test_a_whole_population_asked_twice_has_no_doubt_left() -> None:
    """The finite population's correction ends in [rate, rate]: any difference is clear."""
    rate, other = Fraction(1, 2), Fraction(51, 100)
    assert change.newcombe(rate, (rate, rate), other, (other, other)) == (
        rate - other,
        rate - other,
    )


@pytest.mark.parametrize(
    ("number", "says"),
    [("0.032", "+3.20"), ("-0.01254", "−1.25"), ("0", "0.00"), ("-0.00001", "0.00")],
)
def test_differences_are_shown_with_their_sign(number: str, says: str) -> None:
    assert change.points(Fraction(number)) == says
