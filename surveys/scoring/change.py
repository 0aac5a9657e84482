"""From one result to the next: the difference of two rates, and how far it can be trusted.

Newcombe's hybrid score interval (1998, Statistics in Medicine 17: 873–890, method 10): built from
the two Wilson intervals, so from what stands in both results. Only where both were drawn by lot: of
whoever came, nobody knows whom they stand for. Exact up to a square root of sixty digits; standard
library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from surveys.scoring.round_scores import Interval, Score, root, shown


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of rates, now less then, and its interval of 95 %; all within −1 and 1."""

    difference: Fraction
    interval: Interval

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0: else there is no clear change."""
        return not self.interval[0] <= 0 <= self.interval[1]


def newcombe(now: Fraction, now_span: Interval, then: Fraction, then_span: Interval) -> Interval:
    """The interval of `now` − `then`, each with its own Wilson interval.

    With d = now − then: d − √((now − low)² + (high' − then)²) to
    d + √((high − now)² + (then − low')²), the marked ones being those of `then`.
    """
    difference = now - then
    down = root((now - now_span[0]) ** 2 + (then_span[1] - then) ** 2)
    up = root((now_span[1] - now) ** 2 + (then - then_span[0]) ** 2)
    return max(Fraction(-1), difference - down), min(Fraction(1), difference + up)


def change(now: Score, then: Score) -> Change | None:
    """How a subject's rate changed; none where either was not drawn, and so has no interval."""
    if now.rate is None or then.rate is None or now.interval is None or then.interval is None:
        return None
    return Change(now.rate - then.rate, newcombe(now.rate, now.interval, then.rate, then.interval))


def points(number: Fraction) -> str:
    """A difference of rates in percentage points, with its sign: `+3.20`, `−1.25`, `0.00`."""
    size = str(shown(abs(number), 100))
    if size == "0.00":
        return size
    return f"+{size}" if number > 0 else f"−{size}"
