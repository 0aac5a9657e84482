"""Bars drawn on the server: how the answers to a question are spread, in whole numbers.

The shades go from dark to light in the order of the options, so that they can be told apart on a
black-and-white print; the words beside a bar say the same in the same order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from site_app.i18n import say
from surveys.questionnaires import Question
from surveys.questionnaires.kinds.base import Option
from surveys.questionnaires.kinds.scored import Points

WIDTH = 1000
GAP = 4
DARKEST, LIGHTEST = 22, 84
NO_OPINION = "#e8e8e8"
MIDDLE = 50  # the value of an answer for neither side

Tallies = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar: its words, how many, and where it is drawn (of `WIDTH`).

    `side` says where a diverging bar has it: above, middle or below; empty without a value.
    """

    label: str
    count: int
    x: int
    width: int
    fill: str
    side: str


def percent(part: int, whole: int) -> str:
    """A share for people, rounded half-up to two decimals: `62.50`."""
    hundredths = (20000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def summed(cells: Mapping[str, Any], question: str) -> dict[str, int]:
    """The tallies of a question over all groups of a subject's cells."""
    total: dict[str, int] = {}
    for cell in cells.values():
        for option, times in cell.get("tallies", {}).get(question, {}).items():
            total[option] = total.get(option, 0) + times
    return total


def answers_to(question: Question, cells: Mapping[str, Any]) -> list[Segment]:
    """The pieces of the bar of a question over all groups of a subject's cells."""
    return segments(question, summed(cells, question.id))


def segments(question: Question, tallies: Tallies) -> list[Segment]:
    """The pieces of the bar of a question, in the order of its options; none without answers.

    A scale of points has two: from the pass mark on, and below it.
    """
    parts = _parts(question, tallies)
    total = sum(count for _label, count, _side in parts)
    if not total:
        return []
    drawn: list[Segment] = []
    before = 0
    shades = iter(_shades(sum(bool(side) for _label, _count, side in parts)))
    for label, count, side in parts:
        x, end = (_place(each, total) for each in (before, before + count))
        fill = next(shades) if side else NO_OPINION
        drawn.append(Segment(label, count, x, max(end - x - GAP, 0), fill, side))
        before += count
    return drawn


def _place(count: int, total: int) -> int:
    return (2 * WIDTH * count + total) // (2 * total)


def _parts(question: Question, tallies: Tallies) -> list[tuple[str, int, str]]:
    """Label, count, and on which side of a diverging bar the answer stands."""
    if isinstance(question.answers, Points):
        mark = question.answers.positive_from
        above = sum(times for points, times in tallies.items() if int(points) >= mark)
        below = sum(tallies.values()) - above
        return [
            (_("%(mark)s 分及以上", mark=mark), above, "above"),
            (_("%(mark)s 分以下", mark=mark), below, "below"),
        ]
    return [
        (say(option.label), tallies.get(option.id, 0), _side(option)) for option in question.options
    ]


def _side(option: Option) -> str:
    if option.value is None:
        return ""
    if option.positive:
        return "above"
    return "middle" if Fraction(option.value) == MIDDLE else "below"


def _shades(count: int) -> list[str]:
    """So many blues of evenly growing lightness."""
    step = (LIGHTEST - DARKEST) / max(count - 1, 1)
    return [f"hsl(210,45%,{round(DARKEST + step * place)}%)" for place in range(count)]
