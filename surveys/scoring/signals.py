"""Signals for the eye, never for the count: what in a result a person should look at once more.

Read from the kept archive alone; no score, grade or rank depends on them. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALMOST_ALL = 95
"""Per cent of the papers issued that count as almost all of them."""
FEWEST_TOO_GOOD = 3
"""So many units must all agree before it is too good to be true."""


@dataclass(frozen=True, slots=True)
class Line:
    """A subject: its cells as the archive keeps them, its line of the scores, its place.

    The place is the branch of a member; units have none. A hidden one has no cells; `decided` is
    the grade that people decided on, empty where they have not.
    """

    subject: str
    cells: Mapping[str, Mapping[str, Any]]
    score: Mapping[str, Any]
    place: str = ""
    decided: str = ""

    @property
    def papers(self) -> tuple[int, int] | None:
        """Papers returned and issued over all groups; none where it is not known how many were."""
        issued = [cell.get("issued") for cell in self.cells.values()]
        known = [number for number in issued if number is not None]
        if not known or len(known) < len(issued):
            return None
        return sum(cell["returned"] for cell in self.cells.values()), sum(known)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something to look at: its kind, and the subjects or the place it is about.

    Kinds: `turnout` (at most half came back), `excellent` (more were decided the best grade than
    the `most` there may be), `empty` (a group without a valid answer), `joined` (small groups
    counted as one), `too-good` (almost all papers back and every answer positive, everywhere).
    """

    kind: str
    subjects: tuple[str, ...]
    place: str = ""
    most: int = 0


def a_third(people: int) -> int:
    """How many of so many may get the best grade, where nothing else is laid down."""
    return people // 3


def found(
    lines: Sequence[Line], rules: Mapping[str, Any], most: Callable[[int], int] = a_third
) -> list[Signal]:
    """The signals of a round, the gravest first; of answers about hidden subjects there are none.

    `most` says how many of a place's so many may get the best grade.
    """
    top = best_grade(rules)
    by_place: dict[str, list[Line]] = {}
    for line in lines:
        by_place.setdefault(line.place, []).append(line)
    lines = [line for line in lines if line.cells]
    signals = [Signal("too-good", _ids(lines))] if _too_good(lines) else []
    for place, some in by_place.items():
        few = _ids(line for line in some if _half_or_less(line))
        if few:
            signals.append(Signal("turnout", few, place))
        best = _ids(line for line in some if line.decided and line.decided == top)
        if len(some) > 1 and len(best) > most(len(some)):
            signals.append(Signal("excellent", best, place, most(len(some))))
    empty = _ids(line for line in lines if _notes(line) & {"renormalised", "withheld"})
    joined = _ids(line for line in lines if "merged" in _notes(line))
    signals += [Signal("empty", empty)] if empty else []
    signals += [Signal("joined", joined)] if joined else []
    return signals


def _ids(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(line.subject for line in lines)


def _notes(line: Line) -> set[str]:
    return set(line.score.get("notes") or ())


def _half_or_less(line: Line) -> bool:
    papers = line.papers
    return papers is not None and papers[1] > 0 and 2 * papers[0] <= papers[1]


def best_grade(rules: Mapping[str, Any]) -> str | None:
    """The grade of the highest band; none where there are not two."""
    bands = rules.get("bands") or ()
    if len(bands) < 2:
        return None
    return str(max(bands, key=lambda band: float(band["min"]))["grade"])


def _too_good(lines: Sequence[Line]) -> bool:
    return len(lines) >= FEWEST_TOO_GOOD and all(
        line.papers is not None
        and 100 * line.papers[0] >= ALMOST_ALL * line.papers[1]
        and line.score.get("pooled_rate") == "100.00"
        for line in lines
    )
