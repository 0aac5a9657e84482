"""Single values of an archive, read and checked; each mistake names its place. Null is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from surveys.archive.types import ArchiveError, Number

MOST_DIGITS = 30
DEEPEST = 20
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")


class Doubled(dict[str, Any]):
    """An object in which a key was given twice."""

    key = ""


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object out of its pairs; a doubled key is marked, to be refused with its place."""
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    doubled = Doubled(plain)
    keys = [key for key, _ in pairs]
    doubled.key = next(key for key in keys if keys.count(key) > 1)
    return doubled


def at_key(place: str, key: str) -> str:
    """The place of a key."""
    return f"{place}.{key}" if place else key


def clean(value: Any, place: str, depth: int) -> Any:
    """The value without what is null, its numbers and texts fit to be read."""
    if depth > DEEPEST:
        raise ArchiveError(place, f"nested more than {DEEPEST} deep")
    if isinstance(value, Doubled):
        raise ArchiveError(at_key(place, value.key[:60]), "given twice")
    if isinstance(value, dict):
        return {
            plain_text(key, place): clean(each, at_key(place, key[:60]), depth + 1)
            for key, each in value.items()
            if each is not None
        }
    if isinstance(value, list):
        return [clean(each, f"{place}[{index}]", depth + 1) for index, each in enumerate(value)]
    if isinstance(value, Number):
        if sum(each.isdigit() for each in value) > MOST_DIGITS:
            raise ArchiveError(place, f"a number of more than {MOST_DIGITS} digits")
        if not DECIMAL.fullmatch(value):
            raise ArchiveError(place, f"not a number that can be used: {value}")
        # Written out, as it will be when it is kept, 1e40 has more digits than it seems.
        if sum(each.isdigit() for each in format(Decimal(value), "f")) > MOST_DIGITS:
            raise ArchiveError(place, f"a number of more than {MOST_DIGITS} digits")
    elif isinstance(value, str):
        plain_text(value, place)
    return value


def plain_text(value: Any, place: str) -> str:
    """Text that can be written in UTF-8."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise ArchiveError(place, "must be text")
    if any("\ud800" <= each <= "\udfff" for each in value):
        raise ArchiveError(place, "text with half a character")
    return value


def record(value: Any, place: str, required: Sequence[str], optional: Sequence[str] = ()) -> Any:
    """An object with these keys and no others."""
    if not isinstance(value, dict):
        raise ArchiveError(place, "must be an object")
    for key in value:
        if key not in required and key not in optional:
            raise ArchiveError(at_key(place, key[:60]), "unknown key")
    for key in required:
        if key not in value:
            raise ArchiveError(at_key(place, key), "is missing")
    return value


def entries(value: Any, place: str) -> Iterator[tuple[Any, str]]:
    """The entries of a list, each with its place."""
    if not isinstance(value, list):
        raise ArchiveError(place, "must be a list")
    return ((each, f"{place}[{index}]") for index, each in enumerate(value))


def identifier(value: Any, place: str) -> str:
    """An id: A–Z a–z 0–9 - _, at most 64."""
    if not ID.fullmatch(plain_text(value, place)):
        raise ArchiveError(place, f"not an id: {json.dumps(value[:40], ensure_ascii=False)}")
    return str(value)


def new_identifier(value: Any, place: str, known: Any) -> str:
    """An id that is not known yet."""
    if identifier(value, place) in known:
        raise ArchiveError(place, f'id "{value}" stands twice')
    return str(value)


def whole_number(value: Any, place: str) -> int:
    """A count: digits alone, no sign, point or exponent."""
    if not isinstance(value, Number) or not value.isdigit():
        raise ArchiveError(place, "must be a whole number, not negative")
    return int(value)


def decimal(value: Any, place: str, low: int = 0, high: int | None = None) -> Fraction:
    """A number as its exact decimal value, within its range."""
    if not isinstance(value, Number):
        raise ArchiveError(place, "must be a number")
    number = Fraction(value)
    if number < low or (high is not None and number > high):
        raise ArchiveError(place, f"{value} is out of range")
    return number


def label_text(value: Any, place: str) -> Any:
    """A label: text, or texts by language."""
    if isinstance(value, dict):
        return {
            plain_text(key, place): plain_text(each, at_key(place, key))
            for key, each in value.items()
        }
    return plain_text(value, place)


def choice(value: Any, place: str, choices: Sequence[str]) -> str:
    """One of these words."""
    if plain_text(value, place) not in choices:
        raise ArchiveError(place, f"must be one of {', '.join(choices)}")
    return str(value)


def boolean(value: Any, place: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ArchiveError(place, "must be true or false")
    return value


def bands(value: Any, place: str) -> list[tuple[str, Fraction]]:
    """Grades, each with the least score that reaches it; no two with the same."""
    found: list[tuple[str, Fraction]] = []
    for each, at in entries(value, place):
        record(each, at, ("grade", "min"))
        least = decimal(each["min"], f"{at}.min", 0, 100)
        if any(least == other for _, other in found):
            raise ArchiveError(f"{at}.min", "stands in two bands")
        found.append((plain_text(each["grade"], f"{at}.grade"), least))
    return found


def own_scores(value: Any, keys: Sequence[str]) -> list[dict[str, Any]]:
    """A file's own scores: each names its subject, and has nothing beside these keys."""
    scores = []
    for each, at in entries(value, "scores"):
        record(each, at, ("subject",), keys)
        plain_text(each["subject"], f"{at}.subject")
        scores.append(each)
    return scores
