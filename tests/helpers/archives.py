"""Archives made for tests: small random ones, with groups, questions and trees."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from surveys import archive

OPTIONS = [
    {"id": "good", "value": 100, "positive": True},
    {"id": "fair", "value": 60, "positive": True},
    {"id": "poor", "value": 0},
    {"id": "unknown"},
]
NAMES = [str(option["id"]) for option in OPTIONS]


def document(
    subjects: list[dict[str, Any]], groups: list[dict[str, Any]] | None = None, **rules: Any
) -> dict[str, Any]:
    """An archive of two questions (`q1` the headline) about these subjects."""
    return {
        "format": archive.FORMAT,
        "questionnaire": {
            "id": "example",
            "version": 1,
            "headline": "q1",
            "scales": {"s": {"options": OPTIONS}},
            "questions": [{"id": "q1", "scale": "s"}, {"id": "q2", "scale": "s", "weight": 0.5}],
        },
        "rules": {"groups": groups or [{"id": "all"}], **rules},
        "subjects": subjects,
    }


@st.composite
def cells(draw: st.DrawFn, most: int = 14, least: int = 0) -> dict[str, Any]:
    """A cell of up to `most` ballots: to each question an answer each, or none.

    It is empty, or to one of the questions `least` ballots at least hold an answer.
    """
    drawn = draw(st.integers(0, most))
    ballots = drawn if drawn >= least else 0
    sure = draw(st.sampled_from(("q1", "q2"))) if ballots and least else ""
    tallies: dict[str, dict[str, int]] = {}
    for question in ("q1", "q2"):
        firm = least if question == sure else 0
        said: list[str | None] = draw(
            st.lists(st.sampled_from(NAMES), min_size=firm, max_size=firm)
        )
        rest = ballots - firm
        said += draw(st.lists(st.sampled_from([*NAMES, None]), min_size=rest, max_size=rest))
        tallies[question] = {name: said.count(name) for name in NAMES if name in said}
    return {"returned": ballots, "spoilt": 0, "tallies": tallies}


def answered(cell: dict[str, Any]) -> int:
    """How many certainly said something: the most answers to one of the questions."""
    return max(sum(tally.values()) for tally in cell["tallies"].values())


@st.composite
def flat(draw: st.DrawFn, least: int = 0, **rules: Any) -> dict[str, Any]:
    """Subjects without parents, rated by up to three groups of different weights.

    With `least=5` no group is so small that it is joined to another.
    """
    names = ["A", "B", "C"][: draw(st.integers(1, 3))]
    groups = [{"id": name, "weight": draw(st.integers(1, 60))} for name in names]
    subjects = [
        {"id": f"s{place}", "groups": {name: draw(cells(least=least)) for name in names}}
        for place in range(draw(st.integers(1, 4)))
    ]
    return document(subjects, groups, **rules)


def add(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two cells in one."""
    tallies: dict[str, dict[str, int]] = {}
    for cell in (first, second):
        for question, tally in cell["tallies"].items():
            sums = tallies.setdefault(question, {})
            for name, times in tally.items():
                sums[name] = sums.get(name, 0) + times
    return {"returned": first["returned"] + second["returned"], "spoilt": 0, "tallies": tallies}


@st.composite
def trees(draw: st.DrawFn, most: int = 7, **rules: Any) -> dict[str, Any]:
    """Two to seven subjects in a tree, parents summed up, with or without ballots of their own."""
    size = draw(st.integers(2, most))
    names = ["A", "B"][: draw(st.integers(1, 2))]
    parents = [None, *(draw(st.integers(0, place - 1)) for place in range(1, size))]
    own = [{name: draw(cells(9)) for name in names} for _ in range(size)]
    for place in range(size - 1, 0, -1):
        above = own[parents[place] or 0]
        for name in names:
            above[name] = add(above[name], own[place][name])
    subjects = [
        {"id": f"s{place}", "groups": own[place]}
        | ({} if parents[place] is None else {"parent": f"s{parents[place]}"})
        for place in range(size)
    ]
    return document(subjects, [{"id": name} for name in names], minimum=3, **rules)
