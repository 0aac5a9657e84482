"""The kinds of question that have a scale, and so a mean: a choice, and points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from surveys.inputs import whole
from surveys.messages import N_, Refused
from surveys.questionnaires.kinds.base import COMMON, Answer, Kind, Option, Sent, one, options_of


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One option of a scale: satisfied or not, a grade, yes / no / abstain.

    Left empty it is no answer, unless the question says which option that means (`blank`): whoever
    is not picked was not recommended.
    """

    choices: tuple[Option, ...]
    blank: str | None = None
    packed: dict[str | None, bytes] = field(init=False, repr=False, compare=False)

    name: ClassVar[str] = "choice"
    scored: ClassVar[bool] = True
    keys: ClassVar[Collection[str]] = COMMON | {"scale", "weight", "blank"}

    def __post_init__(self) -> None:
        """Pack each answer once: a sheet of thirty on four questions packs 120."""
        ids: list[str | None] = [None, *(option.id for option in self.choices)]
        packed = {each: bytes((place,)) for place, each in enumerate(ids)}
        object.__setattr__(self, "packed", packed | {None: packed[self.blank]})

    @classmethod
    def read(cls, question: Mapping[str, Any], scale: Mapping[str, Any], place: str) -> Choice:
        """Read it from its scale."""
        if "options" not in scale:
            raise ValueError(f"{place}.kind: a scale of points is no choice")
        options = options_of(scale["options"], f"scales.{question['scale']}.options")
        blank = question.get("blank")
        if blank is not None and blank not in [option.id for option in options]:
            raise ValueError(f"{place}.blank: is no option of its scale")
        return cls(options, blank)

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of its scale."""
        return self.choices

    def parse(self, sent: Sent) -> Answer:
        """The option chosen; none for none."""
        given = one(sent)
        if given not in self.packed:
            raise Refused(N_("第 %(n)s 题的回答不在选项之内。请重新选择。"))
        return given

    def pack(self, answer: Answer) -> bytes:
        """0 for no answer, else 1 + the option's place."""
        if isinstance(answer, int | tuple) or answer not in self.packed:
            raise ValueError(f"{answer!r} is no option")
        return self.packed[answer]

    def tally_key(self, _column: int, packed: int) -> str | None:
        """The option's id."""
        return self.choices[packed - 1].id if packed else None


@dataclass(frozen=True, slots=True)
class Points(Kind):
    """Whole points from `low` to `high`; from `positive_from` on they count as positive."""

    low: int
    high: int
    positive_from: int

    name: ClassVar[str] = "points"
    scored: ClassVar[bool] = True
    keys: ClassVar[Collection[str]] = COMMON | {"scale", "weight"}

    @classmethod
    def read(cls, _question: Mapping[str, Any], scale: Mapping[str, Any], place: str) -> Points:
        """Read it from its scale."""
        if "points" not in scale:
            raise ValueError(f"{place}.kind: a scale of options has no points")
        points = scale["points"]
        return cls(points["min"], points["max"], points.get("positive_from", 60))

    def parse(self, sent: Sent) -> Answer:
        """The points; none for nothing."""
        given = one(sent)
        points = None if given is None else whole(given)
        if given is not None and (points is None or not self.low <= points <= self.high):
            raise Refused(
                N_("第 %(n)s 题请填 %(low)s 到 %(high)s 的整数，或者空着。"),
                low=self.low,
                high=self.high,
            )
        return points

    def pack(self, answer: Answer) -> bytes:
        """0 for no answer, else 1 + the points."""
        if answer is None:
            return b"\0"
        if not isinstance(answer, int) or not self.low <= answer <= self.high:
            raise ValueError(f"{answer!r} is out of range")
        return bytes((1 + answer,))

    def tally_key(self, _column: int, packed: int) -> str | None:
        """The points as text."""
        return str(packed - 1) if packed else None
