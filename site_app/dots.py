"""Dots drawn on the server: figures of 0–100 over time, each on the same scale, with intervals.

A figure that is not shown leaves a gap: no line is drawn across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

# Letters are 16 px high, and a phone shows either drawing without making it smaller.
WIDTH, LEFT, RIGHT = 320, 74, 42  # on the left stands the scale
SMALL_WIDTH, SMALL_LEFT, SMALL_RIGHT = 150, 8, 66  # on the right stands the last value
APART = 72  # labels nearer than this would touch
TOP, PLOT, FOOT = 30, 100, 26


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure at its time; `value` is as it is shown, or None where it is not."""

    label: str
    value: str | None
    interval: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """A reading and where it is drawn; `low` and `high` are the ends of its interval.

    `named` tells whether label and value stand beside it: where there is room, the last always.
    """

    label: str
    value: str | None
    x: int
    y: int
    low: int | None
    high: int | None
    named: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """Readings as dots from left to right, `lines` joining those that follow each other.

    A small one has no scale and no labels, and the value of its last dot alone.
    """

    small: bool
    width: int
    height: int
    levels: list[tuple[int, int]]
    dots: list[Dot]
    lines: list[str]


def level(value: str | int) -> int:
    """Where a figure of 0–100 stands: 100 on top."""
    return TOP + PLOT - int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP) * PLOT / 100)


def over_time(oldest_first: Sequence[Reading], *, small: bool = False) -> Trend:
    """The drawing of some readings; a small one fits beside others of its kind."""
    width, left, right = (SMALL_WIDTH, SMALL_LEFT, SMALL_RIGHT) if small else (WIDTH, LEFT, RIGHT)
    last = len(oldest_first) - 1
    step = (width - left - right) // max(last, 1)
    every = -(-APART // step)
    dots = [
        _dot(
            each,
            width - right - step * (last - place),
            named=place == last if small else (last - place) % every == 0,
        )
        for place, each in enumerate(oldest_first)
    ]
    levels = [(each, level(each)) for each in (100, 50, 0)]
    return Trend(small, width, TOP + PLOT + (8 if small else FOOT), levels, dots, _lines(dots))


def _dot(reading: Reading, x: int, *, named: bool) -> Dot:
    low, high = map(level, reading.interval) if reading.interval else (None, None)
    return Dot(reading.label, reading.value, x, level(reading.value or 50), low, high, named)


def _lines(dots: Sequence[Dot]) -> list[str]:
    runs = groupby(dots, key=lambda dot: dot.value is not None)
    shown = [list(run) for is_shown, run in runs if is_shown]
    return [" ".join(f"{dot.x},{dot.y}" for dot in run) for run in shown if len(run) > 1]
