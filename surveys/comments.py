"""Free text before it is sealed: cleaned of what nobody types, and padded to one length."""

from __future__ import annotations

from surveys import typed
from surveys.messages import N_, Refused

CHARACTERS = 500
BYTES = 4 * CHARACTERS + 3


class TooLong(Refused):
    """A comment longer than allowed."""


def clean(text: str) -> str:
    """A comment without control characters (line breaks stay) and outer space, or `TooLong`."""
    plain = typed.plain(text)
    if len(plain) > CHARACTERS:
        raise TooLong(
            N_("意见最多 %(most)s 字，您写了 %(n)s 字。请删短一些。"), most=CHARACTERS, n=len(plain)
        )
    return plain


def pad(text: str, place: int = 0) -> bytes:
    """A text's bytes, all of one length: two bytes of size, the text, zeros, what it answers.

    That is the place of a question from 1 on, or 0 for a comment: it is sealed with the text.
    """
    plain = text.encode("utf-8")
    sized = len(plain).to_bytes(2, "big") + plain
    return sized.ljust(BYTES - 1, b"\0") + bytes((place,))


def unpad(padded: bytes) -> str:
    """The text in padded bytes."""
    return padded[2 : 2 + int.from_bytes(padded[:2], "big")].decode("utf-8")


def place_in(padded: bytes) -> int:
    """What the text in padded bytes answers; one sealed before texts could is a comment."""
    return int.from_bytes(padded[BYTES - 1 :], "big")
