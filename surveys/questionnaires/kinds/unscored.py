"""The kinds of question that are not scored: several picks, rankings, and words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from surveys import inputs
from surveys.messages import N_, Refused
from surveys.questionnaires.kinds.base import COMMON, Answer, Kind, Option, Sent, number, options_of

MOST_CHARACTERS = 500
MOST_LINES = 20
ANSWERED = "#"
"""The key in the tallies of a question with several picks: how many people answered it."""


class _OfOptions(Kind):
    """What picks and rankings share: options of their own, each with an input."""

    __slots__ = ()
    choices: tuple[Option, ...]

    @property
    def options(self) -> tuple[Option, ...]:
        """Its own options."""
        return self.choices

    @property
    def parts(self) -> tuple[str, ...]:
        """A box to tick, or a place to choose, for each option."""
        return tuple(option.id for option in self.choices)

    @classmethod
    def in_archive(cls, question: Mapping[str, Any]) -> dict[str, Any]:
        """Its options and how many count; it has neither scale nor weight."""
        return {
            "id": question["id"],
            "kind": cls.name,
            "options": [{"id": each["id"], "label": each["label"]} for each in question["options"]],
            **({"least": question.get("least", 1)} if "least" in cls.keys else {}),
            "most": question.get("most", len(question["options"])),
            "label": question["text"],
        }


@dataclass(frozen=True, slots=True)
class Several(_OfOptions):
    """Several options of its own, from `least` to `most` of them; nothing ticked is no answer."""

    choices: tuple[Option, ...]
    least: int
    most: int

    name: ClassVar[str] = "several"
    keys: ClassVar[Collection[str]] = COMMON | {"options", "least", "most"}

    @classmethod
    def read(cls, question: Mapping[str, Any], _scale: Mapping[str, Any], place: str) -> Several:
        """Read it: `least` is 1 and `most` all options unless said."""
        options = options_of(question["options"], f"{place}.options")
        most = number(question.get("most", len(options)), f"{place}.most", 1, len(options))
        least = number(question.get("least", 1), f"{place}.least", 1, most)
        return cls(options, least, most)

    @property
    def width(self) -> int:
        """A byte for having answered at all, and one for each option."""
        return 1 + len(self.choices)

    def parse(self, sent: Sent) -> Answer:
        """The options ticked, in the order of the question."""
        ticked = {part for part, text in sent if text.strip()}
        picks = tuple(option.id for option in self.choices if option.id in ticked)
        if ticked - set(picks):
            raise Refused(N_("第 %(n)s 题的回答不在选项之内。请重新选择。"))
        if len(picks) > self.most:
            raise Refused(
                N_("第 %(n)s 题最多选 %(most)s 项，您选了 %(given)s 项。请去掉几项。"),
                most=self.most,
                given=len(picks),
            )
        if 0 < len(picks) < self.least:
            raise Refused(
                N_("第 %(n)s 题要选 %(least)s 项以上，您选了 %(given)s 项；不想答的，可以全不选。"),
                least=self.least,
                given=len(picks),
            )
        return picks or None

    def pack(self, answer: Answer) -> bytes:
        """A 1 for having answered, then for each option a 1 where it was picked."""
        if answer is None:
            return bytes(self.width)
        picks = answer if isinstance(answer, tuple) else (answer,)
        marks = bytes(option.id in picks for option in self.choices)
        if len(picks) != sum(marks) or not self.least <= len(picks) <= self.most:
            raise ValueError(f"{answer!r} are not the picks of this question")
        return b"\1" + marks

    def tally_key(self, column: int, packed: int) -> str | None:
        """`#` for having answered, else the id of the option picked."""
        if not packed:
            return None
        return self.choices[column - 1].id if column else ANSWERED


@dataclass(frozen=True, slots=True)
class Ranking(_OfOptions):
    """Its options in an order: the first `most` places are all filled, or none is."""

    choices: tuple[Option, ...]
    most: int

    name: ClassVar[str] = "ranking"
    keys: ClassVar[Collection[str]] = COMMON | {"options", "most"}

    @classmethod
    def read(cls, question: Mapping[str, Any], _scale: Mapping[str, Any], place: str) -> Ranking:
        """Read it: all options are put in order unless `most` says how many."""
        options = options_of(question["options"], f"{place}.options")
        most = number(question.get("most", len(options)), f"{place}.most", 1, len(options))
        return cls(options, most)

    @property
    def width(self) -> int:
        """A byte for each option: its place."""
        return len(self.choices)

    def parse(self, sent: Sent) -> Answer:
        """The options from the first place on."""
        placed: dict[int, str] = {}
        for part, text in sent:
            if not text.strip():
                continue
            place = inputs.whole(text)
            if place is None or not 1 <= place <= self.most or part not in self.parts:
                raise Refused(
                    N_("第 %(n)s 题的名次只能是 1 到 %(most)s。请重新选择。"), most=self.most
                )
            if place in placed:
                raise Refused(
                    N_("第 %(n)s 题有两项都排在第 %(place)s 位，每一位只能有一项。请改一改。"),
                    place=place,
                )
            placed[place] = part
        if not placed:
            return None
        missing = [place for place in range(1, self.most + 1) if place not in placed]
        if missing:
            raise Refused(
                N_(
                    "第 %(n)s 题还没有排完：第 %(place)s 位空着。"
                    "请排出第 1 到第 %(most)s 位；不想答的，可以全空着。"
                ),
                place=missing[0],
                most=self.most,
            )
        return tuple(placed[place] for place in range(1, self.most + 1))

    def pack(self, answer: Answer) -> bytes:
        """For each option its place, 0 where it has none."""
        if answer is None:
            return bytes(self.width)
        order = answer if isinstance(answer, tuple) else (answer,)
        places = bytes(1 + order.index(part) if part in order else 0 for part in self.parts)
        if len(order) != self.most or sum(map(bool, places)) != self.most:
            raise ValueError(f"{answer!r} is not an order of this question")
        return places

    def tally_key(self, column: int, packed: int) -> str | None:
        """`option#place`."""
        return f"{self.choices[column].id}#{packed}" if packed else None


@dataclass(frozen=True, slots=True)
class Writing(Kind):
    """A few words or some lines. They are sealed apart, like comments, and in no archive."""

    lines: int
    most: int

    name: ClassVar[str] = "text"
    keys: ClassVar[Collection[str]] = COMMON | {"lines", "most"}

    @classmethod
    def read(cls, question: Mapping[str, Any], _scale: Mapping[str, Any], place: str) -> Writing:
        """Read it: one line of at most 100 characters, or more lines of at most 500."""
        lines = number(question.get("lines", 1), f"{place}.lines", 1, MOST_LINES)
        usual = 100 if lines == 1 else MOST_CHARACTERS
        return cls(lines, number(question.get("most", usual), f"{place}.most", 1, MOST_CHARACTERS))

    @property
    def width(self) -> int:
        """No byte of a rating: what is written is tied to none."""
        return 0

    def parse(self, sent: Sent) -> Answer:
        """The text without control characters; on one line where one is asked for."""
        plain = inputs.plain("\n".join(text for _, text in sent))
        if self.lines == 1:
            plain = " ".join(plain.split("\n"))
        if len(plain) > self.most:
            raise Refused(
                N_("第 %(n)s 题最多写 %(most)s 字，您写了 %(given)s 字。请删短一些。"),
                most=self.most,
                given=len(plain),
            )
        return plain or None

    def pack(self, answer: Answer) -> bytes:
        """Nothing."""
        if answer is not None and (not isinstance(answer, str) or len(answer) > self.most):
            raise ValueError("not a text of this question")
        return b""

    def tally_key(self, _column: int, _packed: int) -> str | None:
        """None: words are not counted."""
        return None

    @classmethod
    def in_archive(cls, question: Mapping[str, Any]) -> dict[str, Any] | None:
        """None."""
        return None
