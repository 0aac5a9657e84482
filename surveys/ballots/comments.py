"""Free text: cleaned and padded to one length before it is sealed, told in no order after."""

from __future__ import annotations

import peewee

from surveys import inputs
from surveys.messages import N_, Refused
from surveys.models import Round, Subject
from surveys.models.ballots import Comment

CHARACTERS = 500
BYTES = 4 * CHARACTERS + 3


class TooLong(Refused):
    """A comment longer than allowed."""


def shown(round_: Round) -> peewee.ModelSelect[Comment]:
    """The comments about shown subjects of a counted round, each with its subject.

    Their keys are random, and so is their order.
    """
    return (
        Comment.select(Comment, Subject)
        .join(Subject)
        .where(Comment.round == round_, Comment.text.is_null(False))
        .order_by(Subject.position, Comment.key)
    )


def clean(text: str) -> str:
    """A comment without control characters (line breaks stay) and outer space, or `TooLong`."""
    plain = inputs.plain(text)
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
