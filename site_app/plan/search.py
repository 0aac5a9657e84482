"""Search in a plan: every word must occur in an item; what occurs is marked.

Pure. Chinese has no spaces between words, so a word is looked for anywhere; full-width letters
and digits, and upper case, are the same as plain ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

LONGEST_QUERY = 60
BEFORE, AFTER = 30, 110  # characters of an excerpt around the first place found


def _fold_sign(sign: str) -> str:
    folded = unicodedata.normalize("NFKC", sign).casefold()
    return folded if len(folded) == 1 else sign


def fold(text: str) -> str:
    """The text as it is compared: of the same length, so that places stay."""
    return "".join(map(_fold_sign, text))


def words(query: str) -> tuple[str, ...]:
    """The words of a query, folded, each once."""
    return tuple(dict.fromkeys(fold(query[:LONGEST_QUERY]).split()))


def found_in(texts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether each wanted word occurs in one of the texts."""
    folded = [fold(text) for text in texts]
    return all(any(word in text for text in folded) for word in wanted)


def pieces(text: str, wanted: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The text cut into pieces, each with whether it is one of the wanted words."""
    at = 0
    for start, end in _places(text, wanted):
        if start > at:
            yield text[at:start], False
        yield text[start:end], True
        at = end
    if at < len(text):
        yield text[at:], False


def excerpts(texts: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Of each text in which a word occurs, what stands around its first place."""
    found = []
    for text in texts:
        start, _ = next(_places(text, wanted), (None, None))
        if start is not None:
            first, last = max(0, start - BEFORE), start + AFTER
            found.append("…" * (first > 0) + text[first:last] + "…" * (last < len(text)))
    return found


def _places(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    longest_first = sorted(wanted, key=len, reverse=True)
    if longest_first:
        for match in re.finditer("|".join(map(re.escape, longest_first)), fold(text)):
            yield match.span()
