"""The parts of an archive, as read and checked: exact values, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

FORMAT = "surveys-archive/2"
BEFORE = "surveys-archive/1"
"""What was kept before flags had a base, and people were counted by their answers."""

DISCLOSURES = ("full", "few", "void", "complement")


class ArchiveError(ValueError):
    """What is wrong with an archive, after the place where it is."""

    def __init__(self, place: str, message: str) -> None:
        text = f"{place}: {message}" if place else message
        # Keys of a hostile file may hold line breaks; what is said of them stays one line.
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in text))


class Number(str):
    """A number of a JSON document, as its text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Option:
    """An answer of a scale; `value` is none for 不了解 and 弃权."""

    id: str
    value: Fraction | None
    positive: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The answers of a question: options, or whole points from `low` to `high`."""

    options: Mapping[str, Option]
    low: int | None = None
    high: int | None = None
    positive_from: int = 60

    def answer(self, key: str) -> Option | None:
        """The answer with this key of a tally, or none where there is no such answer."""
        if self.low is None or self.high is None:
            return self.options.get(key)
        if not key.isascii() or not key.isdigit() or str(int(key[:4])) != key:
            return None
        points = int(key)
        if not self.low <= points <= self.high:
            return None
        return Option(key, Fraction(points), points >= self.positive_from)

    def order(self, tally: Mapping[str, int]) -> list[str]:
        """The keys of a tally in the order of the scale."""
        if self.low is None:
            return [key for key in self.options if key in tally]
        return sorted(tally, key=int)

    def people(self, tally: Mapping[str, int]) -> int:
        """How many people a tally is of: each gave one answer."""
        return sum(tally.values())

    def fault(self, tally: Mapping[str, int], ballots: int) -> str | None:
        """What of a tally so many ballots could not have given; none where all is well."""
        return "more answers than ballots" if sum(tally.values()) > ballots else None


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its scale, and its weight within a group's score."""

    id: str
    scale: Scale
    weight: Fraction
    scored: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """A share of the headline's valid answers, or of the codes issued, that needs a human's eye."""

    id: str
    options: frozenset[str]
    share: Fraction
    over: bool
    of_issued: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """How a round is scored; defaults filled in. `weights` are by group, in their order."""

    weights: Mapping[str, Fraction]
    minimum: int
    withhold: bool
    trim: tuple[int, int] | None
    bands: Sequence[tuple[str, Fraction]]
    flags: Sequence[Flag]
    sampling: str
    rank_by: str | None
    rank_from: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What the raters of one group, or of several joined, said of one subject.

    `tallies` maps question → answer → how many; `ballots` are the people behind it.
    """

    groups: tuple[str, ...]
    issued: int | None
    returned: int
    spoilt: int
    tallies: Mapping[str, Mapping[str, int]]

    @property
    def key(self) -> str:
        """The id of its group, or of the joined ones: `A+B`."""
        return "+".join(self.groups)

    @property
    def ballots(self) -> int:
        """The people whose answers it holds, those who left the line blank included."""
        return self.returned - self.spoilt

    def answers(self, questions: Mapping[str, Question]) -> dict[str, int]:
        """Question → how many people answered it, be it with 不了解 or 弃权."""
        return {key: questions[key].scale.people(tally) for key, tally in self.tallies.items()}

    def answered(self, questions: Mapping[str, Question]) -> int:
        """The most answers that any one question has: people who certainly said something.

        A blank paper hides nobody, so what protects people counts these, never `ballots`.
        """
        return max(self.answers(questions).values(), default=0)


@dataclass(frozen=True, slots=True)
class Subject:
    """What was rated; its cells are in the order of the rules' groups."""

    id: str
    label: Any
    parent: str | None
    population: int | None
    cells: tuple[Cell, ...]
    disclosure: str | None

    @property
    def hidden(self) -> bool:
        """Kept without its cells: it has no scores."""
        return self.disclosure not in (None, "full")

    @property
    def void(self) -> bool:
        """More papers returned than issued in a group (rule 1), or known to be so."""
        return self.disclosure == "void" or any(
            cell.issued is not None and cell.returned > cell.issued for cell in self.cells
        )

    def answered(self, questions: Mapping[str, Question]) -> int:
        """Those who answered in all its groups."""
        return sum(cell.answered(questions) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was read and checked.

    `frame` is the document less subjects and scores; `scores` are the file's own, as they stand.
    `least` is from how many people who answered on a group may stand: the rules' minimum. What was
    kept in the format of before was judged by its ballots and is not judged anew, as it was signed:
    there no group counts as too small, and `least` is 0.
    """

    format: str
    least: int
    frame: Mapping[str, Any]
    headline: str
    questions: Mapping[str, Question]
    rules: Rules
    subjects: tuple[Subject, ...]
    scores: Sequence[Mapping[str, Any]] = ()

    @property
    def has_tree(self) -> bool:
        """Whether any subject has a parent: then no groups are joined (rule 2)."""
        return any(subject.parent is not None for subject in self.subjects)


def children_of(subjects: Sequence[Subject]) -> dict[str | None, list[Subject]]:
    """The subjects below each subject, by its id."""
    children: dict[str | None, list[Subject]] = {}
    for subject in subjects:
        children.setdefault(subject.parent, []).append(subject)
    return children
