"""Texts before they are sealed: all of one length, with what they answer inside."""

from __future__ import annotations

COMMENT_CHARACTERS = 500
COMMENT_BYTES = 4 * COMMENT_CHARACTERS + 3


def pad_comment(text: str, place: int = 0) -> bytes:
    """A text's bytes, all of one length: two bytes of size, the text, zeros, what it answers.

    That is the place of a question from 1 on, or 0 for a comment: it is sealed with the text.
    """
    plain = text.encode("utf-8")
    sized = len(plain).to_bytes(2, "big") + plain
    return sized.ljust(COMMENT_BYTES - 1, b"\0") + bytes((place,))


def unpad_comment(padded: bytes) -> str:
    """The comment in padded bytes."""
    return padded[2 : 2 + int.from_bytes(padded[:2], "big")].decode("utf-8")


def place_in(padded: bytes) -> int:
    """What the text in padded bytes answers; one sealed before texts could is a comment."""
    return int.from_bytes(padded[COMMENT_BYTES - 1 :], "big")
