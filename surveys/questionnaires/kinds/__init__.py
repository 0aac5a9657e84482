"""The kinds of question, one table: each reads, checks, packs, counts and archives its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surveys.questionnaires.kinds.scored import Choice, Points
from surveys.questionnaires.kinds.unscored import Ranking, Several, Writing

AnyKind = Choice | Points | Several | Ranking | Writing

KINDS: dict[str, type[AnyKind]] = {
    each.name: each for each in (Choice, Points, Several, Ranking, Writing)
}
"""The table. A new kind is one entry here, a macro of its name in `answers/kinds.html`, and, where
it has tallies, what `archive.questions` checks of them."""


def kind_of(question: Mapping[str, Any], scales: Mapping[str, Any]) -> type[AnyKind]:
    """The kind of a question of a file: as it says, else a choice, or points where its scale has.

    `ValueError` for a kind that is none, or a key that its kind has not.
    """
    place = f"questions.{question['id']}"
    scale = scales.get(question.get("scale", ""), {})
    name = question.get("kind", Points.name if "points" in scale else Choice.name)
    if name not in KINDS:
        raise ValueError(f"{place}.kind: must be one of {', '.join(KINDS)}")
    for key in question:
        if key not in KINDS[name].keys:
            raise ValueError(f"{place}.{key}: unknown key")
    return KINDS[name]
