"""The text of a comment: cleaned of what nobody types, and padded so that all have one length."""

from __future__ import annotations

from surveys.messages import N_, Refused

CHARACTERS = 500
BYTES = 4 * CHARACTERS + 2


class TooLong(Refused):
    """A comment longer than allowed."""


def clean(text: str) -> str:
    """A comment without control characters (line breaks stay) and outer space, or `TooLong`."""
    plain = "".join(
        each for each in text.replace("\r\n", "\n") if each.isprintable() or each == "\n"
    ).strip()
    if len(plain) > CHARACTERS:
        raise TooLong(
            N_("意见最多 %(most)s 字，您写了 %(n)s 字。请删短一些。"), most=CHARACTERS, n=len(plain)
        )
    return plain


def pad(text: str) -> bytes:
    """A comment's bytes, all of one length: two bytes of size, the text, zeros."""
    plain = text.encode("utf-8")
    return len(plain).to_bytes(2, "big") + plain.ljust(BYTES - 2, b"\0")


def unpad(padded: bytes) -> str:
    """The comment in padded bytes."""
    return padded[2 : 2 + int.from_bytes(padded[:2], "big")].decode("utf-8")
