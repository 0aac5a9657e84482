"""What the kinds of question share; each knows all that is particular about it (`kinds`).

A kind reads its part of a questionnaire's file, checks what was sent, packs it into bytes of one
length, counts each of these bytes, and says how the question stands in the archive. An answer takes
`width` bytes of a rating whatever was answered, or left: so all ratings of a round have one length.
What is wrong in a file is a `ValueError` that names the place; what is wrong on a form is a
`Refused` that speaks of question `%(n)s`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from surveys.messages import N_, Refused

MOST_OPTIONS = 50

Text = Mapping[str, str]
Answer = str | int | tuple[str, ...] | None
Sent = Sequence[tuple[str, str]]
"""What was filled in: the part of the question (an option's id, or empty) and what stood there."""

COMMON = frozenset({"id", "kind", "text", "help"})


def text_of(value: Any, place: str) -> Text:
    """A text in both languages."""
    if (
        not isinstance(value, dict)
        or set(value) != {"zh", "en"}
        or not all(isinstance(each, str) and each.strip() for each in value.values())
    ):
        raise ValueError(f"{place}: a text needs zh and en")
    return value


def one(sent: Sent) -> str | None:
    """The one thing filled in; none where nothing was."""
    filled = [text for _, text in sent if text.strip()]
    if len(filled) > 1:
        raise Refused(N_("第 %(n)s 题收到了两个回答，只能有一个。请重新选择。"))
    return filled[0] if filled else None


def number(value: Any, place: str, low: int, high: int) -> int:
    """A whole number of a file, within its range."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{place}: a whole number from {low} to {high}")
    return value


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a scale; `value` 0–100 as decimal text, or none (不了解, 弃权)."""

    id: str
    label: Text
    value: str | None = None
    positive: bool = False


def options_of(given: Any, place: str) -> tuple[Option, ...]:
    """The options of a scale, or of a question."""
    if not isinstance(given, list) or not 2 <= len(given) <= MOST_OPTIONS:
        raise ValueError(f"{place}: 2 to {MOST_OPTIONS} options are possible")
    return tuple(
        Option(
            option["id"],
            text_of(option.get("label"), f"{place}.{option['id']}.label"),
            None if option.get("value") is None else str(option["value"]),
            option.get("positive", False),
        )
        for option in given
    )


class Kind:
    """What the kinds share: nothing to tick or fill in by part, one byte, a scale of the file."""

    __slots__ = ()
    name: ClassVar[str]
    scored: ClassVar[bool] = False
    keys: ClassVar[Collection[str]]

    @property
    def options(self) -> tuple[Option, ...]:
        """Its options; none where it asks for points or words."""
        return ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that are filled in singly, each an input of its own."""
        return ()

    @property
    def width(self) -> int:
        """How many bytes of a rating an answer takes."""
        return 1

    @classmethod
    def in_archive(cls, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """The question as it stands in the archive; none where it never does."""
        return {
            "id": question["id"],
            "scale": question["scale"],
            "weight": question.get("weight", 1),
            "label": question["text"],
        }
