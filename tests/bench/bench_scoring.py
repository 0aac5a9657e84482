"""`make bench`, the curve of scoring and hiding: subjects in a tree, eight questions, three groups.

Figures of a machine and a day; only how they grow is a claim: scoring and hiding linearly,
ranking as n log n.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from math import log2
from statistics import median
from typing import Any

from surveys import archive, scoring
from surveys.scoring import disclosure

SIZES = (500, 1000, 2000, 5000)
QUESTIONS = 8
GROUPS = ("A", "B", "C")
BRANCHES = 12
"""So many children a subject has: 5,000 stand four deep."""
RUNS = 3
OPTIONS = [
    {"id": "good", "value": 100, "positive": True},
    {"id": "fair", "value": 60, "positive": True},
    {"id": "poor", "value": 0},
    {"id": "unknown"},
]


def document(subjects: int, seed: int = 1) -> dict[str, Any]:
    """An archive of so many subjects in a tree, each with ballots of its own besides the sums."""
    chance = random.Random(seed)
    cells = [
        {group: _cell(chance, chance.choice((0, 2, 6, 9, 14))) for group in GROUPS}
        for _ in range(subjects)
    ]
    for place in range(subjects - 1, 0, -1):
        for group in GROUPS:
            _add(cells[(place - 1) // BRANCHES][group], cells[place][group])
    return {
        "format": archive.FORMAT,
        "questionnaire": {
            "id": "bench",
            "version": 1,
            "headline": "q0",
            "scales": {"s": {"options": OPTIONS}},
            "questions": [{"id": f"q{n}", "scale": "s"} for n in range(QUESTIONS)],
        },
        "rules": {
            "groups": [{"id": group, "weight": 30} for group in GROUPS],
            "bands": [{"grade": "A", "min": 80}, {"grade": "B", "min": 0}],
            "flags": [{"id": "poor", "options": ["poor"], "over": "1/3"}],
            "sampling": "drawn",
            "rank": {"by": "rate", "from": 5},
        },
        "subjects": [
            {
                "id": f"s{place}",
                **({"parent": f"s{(place - 1) // BRANCHES}"} if place else {}),
                "groups": cells[place],
            }
            for place in range(subjects)
        ],
    }


def _cell(chance: random.Random, ballots: int) -> dict[str, Any]:
    ids = [option["id"] for option in OPTIONS]
    tallies = {}
    for number in range(QUESTIONS):
        said = chance.choices(ids, weights=(6, 3, 1, 1), k=ballots)
        tallies[f"q{number}"] = {key: said.count(key) for key in ids if key in said}
    return {"returned": ballots, "spoilt": 0, "tallies": tallies}


def _add(above: dict[str, Any], below: dict[str, Any]) -> None:
    above["returned"] += below["returned"]
    for question, tally in below["tallies"].items():
        sums = above["tallies"][question]
        for key, times in tally.items():
            sums[key] = sums.get(key, 0) + times


def seconds(work: Callable[[], object]) -> float:
    """The median of a few runs."""
    found = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return median(found)


def main() -> None:
    """Measure each size and print the curve."""
    print(f"\nScoring and hiding ({QUESTIONS} questions, {len(GROUPS)} groups, a tree)")
    heads = ("subjects", "score s", "µs each", "rank ms", "÷ n log n", "hide s", "µs each", "MB")
    print("".join(f"{head:>11}" for head in heads))
    each: list[tuple[float, float, float]] = []
    for size in SIZES:
        read = archive.from_document(document(size))
        alone = [scoring.score_subject(subject, read) for subject in read.subjects]
        scoring_takes = seconds(lambda read=read: scoring.score(read))
        ranking_takes = seconds(lambda a=alone, r=read.rules: scoring.ranked(a, r))
        hiding_takes = seconds(lambda read=read: disclosure.hide(read))
        kept = archive.to_bytes(disclosure.hide(read))
        per_step = ranking_takes / (size * log2(size)) * 1e9
        each.append((scoring_takes / size, per_step, hiding_takes / size))
        figures = (
            f"{size:,}",
            f"{scoring_takes:.2f}",
            f"{scoring_takes / size * 1e6:.0f}",
            f"{ranking_takes * 1e3:.1f}",
            f"{per_step:.0f} ns",
            f"{hiding_takes:.2f}",
            f"{hiding_takes / size * 1e6:.0f}",
            f"{len(kept) / 2**20:.1f}",
        )
        print("".join(f"{figure:>11}" for figure in figures), flush=True)
    for name, place in (("scoring", 0), ("ranking ÷ n log n", 1), ("hiding", 2)):
        growth = each[-1][place] / each[0][place]
        word = "holds" if growth <= 2 else "does not hold"
        print(f"{name}: a subject of 5,000 costs {growth:.2f} of one of 500; at most 2: {word}")


if __name__ == "__main__":
    main()
