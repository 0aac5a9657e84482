"""Who has the same name as another is told apart by where they belong, else by their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def told_apart(people: Sequence[tuple[str, str | None, str]]) -> list[str]:
    """Names, different all: of each their name, where they belong (or none), their number."""
    names = Counter(name for name, _, _ in people)
    homes = Counter((name, home) for name, home, _ in people)
    return [
        name
        if names[name] == 1
        else f"{name}（{home if home and homes[name, home] == 1 else number}）"
        for name, home, number in people
    ]
