"""Who has the same name as another is told apart by where they belong, else by their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from surveys.models import Person, Unit

LONGEST_LABEL = 120

W = TypeVar("W")


def home_of(who: Person | Unit | None) -> str:
    """Where one belongs: the unit of a person, what stands above a unit; else nothing."""
    above = who.unit if isinstance(who, Person) else who and who.parent
    return str(above.name) if above else ""


def told_apart(named: Sequence[tuple[str, str, W]], home: Callable[[W], str]) -> list[str]:
    """Names, different all: of each the name, the number, and who it is, to ask for the home."""
    names = Counter(name for name, _, _ in named)
    homes = [home(who) if names[name] > 1 else "" for name, _, who in named]
    borne = Counter((name, at) for (name, _, _), at in zip(named, homes, strict=True))
    found = []
    for (name, number, _), at in zip(named, homes, strict=True):
        mark = at if at and borne[name, at] == 1 else number
        room = LONGEST_LABEL - 2 - len(mark)
        found.append(name if names[name] == 1 else f"{name[:room]}（{mark}）")
    return found
