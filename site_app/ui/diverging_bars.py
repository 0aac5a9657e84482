"""Bars that part at a line: positive answers to its right, the others to its left.

All bars of a page share the line and the scale, so that they can be compared by eye. Only answers
that carry a value are drawn, as shares of these; an answer for neither side straddles the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from site_app.ui.bar_charts import GAP, WIDTH, Segment

PARTS = {"below": Fraction(1), "middle": Fraction(1, 2)}  # how much of an answer stands left


@dataclass(frozen=True, slots=True)
class Diverging:
    """The bars in their order, each from left to right, and where the line stands (of `WIDTH`)."""

    line: int
    bars: list[list[Segment]]


def diverging(bars: Sequence[Sequence[Segment]]) -> Diverging:
    """The same answers drawn to both sides of a common line."""
    lefts = [_left(bar) for bar in bars if _valued(bar)]
    left = max(lefts, default=Fraction(0))
    right = max((1 - each for each in lefts), default=Fraction(1))
    scale = WIDTH / (left + right)
    return Diverging(round(left * scale), [_drawn(bar, left, scale) for bar in bars])


def _valued(bar: Sequence[Segment]) -> int:
    return sum(each.count for each in bar if each.side)


def _left(bar: Sequence[Segment]) -> Fraction:
    """The share of a bar that stands left of the line."""
    left = sum((each.count * PARTS.get(each.side, Fraction(0)) for each in bar), Fraction(0))
    return left / _valued(bar)


def _drawn(bar: Sequence[Segment], line: Fraction, scale: Fraction) -> list[Segment]:
    """The pieces with a value from the worst to the best."""
    total = _valued(bar)
    if not total:
        return []
    before = line - _left(bar)
    drawn = []
    for side in ("below", "middle", "above"):
        for each in reversed([piece for piece in bar if piece.side == side]):
            after = before + Fraction(each.count, total)
            x, end = round(before * scale), round(after * scale)
            drawn.append(replace(each, x=x, width=max(end - x - GAP, 0)))
            before = after
    return drawn
