"""What came of questions that are not scored: shares of picks, mean ranks. Exact, from tallies.

Computed from the archive whenever they are shown; groups are added up without weights.
`python -m surveys shares FILE` prints those of an archive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from surveys import archive
from surveys.archive import Places
from surveys.scoring.round_scores import shown

Tally = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Share:
    """How many picked an option, of those who answered the question at all."""

    option: str
    picks: int
    share: Fraction


@dataclass(frozen=True, slots=True)
class Standing:
    """An option's mean rank, and how many put it first."""

    option: str
    mean: Fraction
    first: int


def picked_by(tally: Tally) -> int:
    """How many answered a question of several picks."""
    return tally.get("#", 0)


def shares(options: Sequence[str], tally: Tally) -> list[Share]:
    """Each option's picks ÷ those who answered, most picks first; none where nobody answered.

    Equals stand in the order of the question. As one may pick several, they add up to more than 1.
    """
    people = picked_by(tally)
    if not people:
        return []
    found = [
        Share(each, tally.get(each, 0), Fraction(tally.get(each, 0), people)) for each in options
    ]
    return sorted(found, key=lambda each: -each.picks)


def ranked_by(tally: Tally) -> int:
    """How many answered a ranking: each of them put one option first."""
    return sum(times for key, times in tally.items() if key.endswith("#1"))


def standings(options: Sequence[str], most: int, tally: Tally) -> list[Standing]:
    """Each option's mean rank, best first; none where nobody answered.

    Who left an option without a place is taken to have put it in the middle of the places left:
    with `most` of n places given, in place (most + 1 + n) ÷ 2. Equals: more first places first,
    then the order of the question.
    """
    people = ranked_by(tally)
    if not people:
        return []
    middle = Fraction(most + 1 + len(options), 2)
    found = []
    for option in options:
        times = [tally.get(f"{option}#{place}", 0) for place in range(1, most + 1)]
        total = sum(place * many for place, many in enumerate(times, start=1))
        mean = (total + middle * (people - sum(times))) / people
        found.append(Standing(option, mean, times[0]))
    return sorted(found, key=lambda each: (each.mean, -each.first))


def of(read: archive.Archive) -> list[dict[str, Any]]:
    """For each subject shown and each question without a score what is shown of it."""
    lines: list[dict[str, Any]] = []
    for subject in read.subjects:
        for question in read.questions.values():
            if question.scored or subject.hidden:
                continue
            tally: Counter[str] = Counter()
            for cell in subject.cells:
                tally.update(cell.tallies.get(question.id, {}))
            line: dict[str, Any] = {"subject": subject.id, "question": question.id}
            options = list(question.scale.options)
            if isinstance(question.scale, Places):
                line["answered"] = ranked_by(tally)
                line["options"] = [
                    {"id": each.option, "mean_rank": shown(each.mean), "first": each.first}
                    for each in standings(options, question.scale.most, tally)
                ]
            else:
                line["answered"] = picked_by(tally)
                line["options"] = [
                    {"id": each.option, "share": shown(each.share, 100), "picks": each.picks}
                    for each in shares(options, tally)
                ]
            lines.append(line)
    return lines
