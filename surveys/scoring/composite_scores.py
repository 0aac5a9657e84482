"""A composite: several results of one subject, weighted, less deductions; exact, in fractions.

A composite has parts (a round's score, or a figure that somebody signs for), each with its weight.
Its rules, as SCORING.md's are for rounds (C1 to C5), are said at the functions below. All it is
computed from stands in one document of format `surveys-composite/1`. Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from surveys.scoring.round_scores import grade_of, shown

SOURCES = ("round", "figure")
MEASURES = ("score", "rate")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a composite: where it comes from, what is taken, and its weight."""

    id: str
    weight: Fraction
    source: str
    measure: str


@dataclass(frozen=True, slots=True)
class Rules:
    """How a composite is scored: its parts in their order, bands, what a missing part means.

    `withhold_from` is the share of all weight that, missing, leaves no score; none: no such share.
    """

    parts: Mapping[str, Part]
    withhold: bool
    bands: Sequence[tuple[str, Fraction]]
    withhold_from: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points taken off, and why."""

    points: Fraction
    reason: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: the values (0–100) of the parts that it has, and its deductions."""

    id: str
    values: Mapping[str, Fraction]
    deductions: Sequence[Deduction]


@dataclass(frozen=True, slots=True)
class Composite:
    """A composite that was read and checked.

    `document` is the whole of it less its scores; `scores` are the file's own, as they stand.
    """

    document: Mapping[str, Any]
    rules: Rules
    subjects: Sequence[Subject]
    scores: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A part on the way to a score: its value, its share of the weights, what it contributes."""

    part: str
    value: Fraction | None
    share: Fraction | None
    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Score:
    """What a subject came to: `before` and `score` lie in 0–100; none is missing."""

    subject: str
    parts: Mapping[str, Fraction | None]
    before: Fraction | None
    deducted: Fraction
    score: Fraction | None
    grade: str | None
    notes: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """The score as it is shown: numbers as text, rounded half-up to two decimals."""
        return {
            "subject": self.subject,
            "parts": {key: shown(value) for key, value in self.parts.items()},
            "before": shown(self.before),
            "deducted": shown(self.deducted),
            "score": shown(self.score),
            "grade": self.grade,
            "notes": sorted(self.notes),
        }


def steps(subject: Subject, rules: Rules) -> list[Step]:
    """C1: each part with its share of the weights of those there, and value × share."""
    weights = sum(
        (part.weight for part in rules.parts.values() if part.id in subject.values), Fraction(0)
    )
    found = []
    for part in rules.parts.values():
        value = subject.values.get(part.id)
        if value is None:
            found.append(Step(part.id, None, None, None))
        else:
            share = part.weight / weights
            found.append(Step(part.id, value, share, value * share))
    return found


def score_subject(subject: Subject, rules: Rules) -> Score:
    """C1 to C5 for one subject.

    C1 `before` = Σ weight·value ÷ Σ weight over the parts that are there; none where none is.
    C2 Where some are there but not all: `renormalise` → go on, note `renormalised`; `withhold` →
    no score and no grade, note `withheld`; and so wherever the missing parts have `withhold_from`
    of all weight or more. Never a zero for what is missing.
    C3 `score` = `before` less the points of the deductions, note `deducted`; never below 0, note
    `floored` where it would be.
    C4 `grade`: the band with the highest `min` that the score reaches, compared unrounded.
    C5 Numbers are rounded half-up to two decimals only when shown.
    """
    taken = steps(subject, rules)
    notes = []
    there = [step.points for step in taken if step.points is not None]
    before = sum(there, Fraction(0)) if there else None
    gone = sum(part.weight for part in rules.parts.values() if part.id not in subject.values)
    whole = sum(part.weight for part in rules.parts.values())
    lost = rules.withhold_from is not None and gone >= rules.withhold_from * whole
    if lost or (there and len(there) < len(taken)):
        withheld = lost or rules.withhold
        notes.append("withheld" if withheld else "renormalised")
        before = None if withheld else before
    deducted = sum((each.points for each in subject.deductions), Fraction(0))
    score = None
    if before is not None:
        score = max(Fraction(0), before - deducted)
        if deducted:
            notes.append("deducted")
        if deducted > before:
            notes.append("floored")
    return Score(
        subject=subject.id,
        parts={step.part: step.value for step in taken},
        before=before,
        deducted=deducted,
        score=score,
        grade=grade_of(score, rules.bands),
        notes=tuple(notes),
    )


def score(composite: Composite) -> list[Score]:
    """The scores of a composite, in the order of its subjects."""
    return [score_subject(each, composite.rules) for each in composite.subjects]
