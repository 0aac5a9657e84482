"""Dots drawn on the server: figures of 0–100 over time, each on the same scale, with intervals.

A figure that is not shown leaves a gap: no line is drawn across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

APART = 72  # labels nearer than this would touch


@dataclass(frozen=True, slots=True)
class Size:
    """Where the plot stands in a drawing, and what is written on it: all, the last value, nothing.

    Letters are 16 px high, and a phone shows either drawing without making it smaller.
    """

    width: int
    left: int
    right: int
    top: int
    plot: int
    foot: int
    written: str


LARGE = Size(320, left=74, right=42, top=30, plot=100, foot=26, written="all")
SMALL = Size(150, left=8, right=66, top=30, plot=100, foot=8, written="last")
TINY = Size(96, left=8, right=8, top=6, plot=32, foot=6, written="")


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
    """Readings as dots from left to right, `lines` joining those that follow each other."""

    written: str
    width: int
    height: int
    levels: list[tuple[int, int]]
    dots: list[Dot]
    lines: list[str]

    @property
    def tells(self) -> bool:
        """Whether there is more than one figure to see."""
        return sum(dot.value is not None for dot in self.dots) > 1


def over_time(oldest_first: Sequence[Reading], size: Size = LARGE) -> Trend:
    """The drawing of some readings; a small one fits beside others of its kind, a tiny in a row."""
    last = len(oldest_first) - 1
    step = (size.width - size.left - size.right) // max(last, 1)
    every = {"all": -(-APART // step), "last": last + 1}.get(size.written)
    dots = [
        _dot(
            each,
            size,
            size.width - size.right - step * (last - place),
            named=every is not None and (last - place) % every == 0,
        )
        for place, each in enumerate(oldest_first)
    ]
    levels = [(each, _level(each, size)) for each in (100, 50, 0)]
    height = size.top + size.plot + size.foot
    return Trend(size.written, size.width, height, levels, dots, _lines(dots))


def _level(value: str | int, size: Size) -> int:
    """Where a figure of 0–100 stands: 100 on top."""
    above = (Decimal(value) * size.plot / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return size.top + size.plot - int(above)


def _dot(reading: Reading, size: Size, x: int, *, named: bool) -> Dot:
    low, high = (
        (_level(each, size) for each in reading.interval) if reading.interval else (None,) * 2
    )
    return Dot(reading.label, reading.value, x, _level(reading.value or 50, size), low, high, named)


def _lines(dots: Sequence[Dot]) -> list[str]:
    runs = groupby(dots, key=lambda dot: dot.value is not None)
    shown = [list(run) for is_shown, run in runs if is_shown]
    return [" ".join(f"{dot.x},{dot.y}" for dot in run) for run in shown if len(run) > 1]
