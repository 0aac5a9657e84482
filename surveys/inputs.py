"""What organisers type: titles, paragraphs and weights, read and checked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from surveys.messages import N_, Refused

LONGEST_TITLE = 100
LONGEST_TEXT = 2000
HEAVIEST = 1000


class BadSetting(Refused):
    """A setting of a draft that cannot be; `field` is where to mend it."""

    def __init__(self, field: str, message: str, **params: object) -> None:
        super().__init__(message, **params)
        self.field = field


@contextmanager
def at(field: str) -> Iterator[None]:
    """What is refused inside is to be mended at this field."""
    try:
        yield
    except Refused as refused:
        raise BadSetting(field, refused.message, **refused.params) from refused


def plain(text: str) -> str:
    """A text without control characters and outer space; line breaks stay.

    Each space in it, be it a tab, a wide or a hard one, is a plain one.
    """
    lines = "\n".join(text.splitlines())
    spaced = (" " if each.isspace() and each != "\n" else each for each in lines)
    return "".join(each for each in spaced if each.isprintable() or each == "\n").strip()


def title(text: str) -> str:
    """The title of a round, or `BadSetting`."""
    written = plain(text)
    if not written:
        raise BadSetting("title", N_("请起一个名称。"))
    if len(written) > LONGEST_TITLE or "\n" in written:
        raise BadSetting(
            "title", N_("名称最多 %(most)s 字，不能有换行等特殊字符。"), most=LONGEST_TITLE
        )
    return written


def paragraph(text: str, missing: str) -> str:
    """What an organiser writes for others to read; `missing` is said where nothing is."""
    written = plain(text)
    if not written:
        raise Refused(missing)
    if len(written) > LONGEST_TEXT:
        raise Refused(
            N_("最多 %(most)s 字，您写了 %(n)s 字。请删短一些。"), most=LONGEST_TEXT, n=len(written)
        )
    return written


def narrow(text: str) -> str:
    """A word or a number as typed, full-width letters and digits forgiven."""
    return unicodedata.normalize("NFKC", text).strip()


def whole(text: str) -> int | None:
    """A whole number as typed; none where it is none, or has more than nine digits."""
    digits = narrow(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def decimal(text: str, longest: int) -> Decimal | None:
    """A decimal number as typed, not negative; none where it is none, or longer."""
    written = narrow(text)
    if len(written) > longest or set(written) - set("0123456789."):
        return None
    try:
        return Decimal(written)
    except InvalidOperation:
        return None


def weight(group: str, text: str) -> str:
    """The weight of a group as decimal text, more than 0 and at most 1000; `BadSetting` else."""
    number = decimal(text, 12)
    if number is None or not 0 < number <= HEAVIEST:
        raise BadSetting(
            f"weight-{group}",
            N_("权重“%(typed)s”不行：须为大于 0、不超过 %(most)s 的数，例如 40 或 0.5。"),
            typed=text[:40],
            most=HEAVIEST,
        )
    return f"{number.normalize():f}"
