"""The secret tables: codes, receipts, ratings and sealed texts.

Only the wings `ballots` and `counting` import them.
"""

from __future__ import annotations

import peewee

from surveys.db import BaseModel, one_of
from surveys.models.rounds import Group, Round, Subject
from surveys.models.units import Unit


class AccessCode(BaseModel):
    """A one-time right to submit once: no time, no owner, no link to what was said.

    `digest` is keyed (HMAC); `state` is unspent, spent or void.
    """

    digest = peewee.BlobField(primary_key=True)
    round = peewee.ForeignKeyField(Round, on_delete="CASCADE", index=False)
    round_id: int
    unit = peewee.ForeignKeyField(Unit, on_delete="RESTRICT", index=False)
    unit_id: int
    group = peewee.ForeignKeyField(Group, on_delete="CASCADE", index=False)
    group_id: int
    state = peewee.CharField(
        max_length=8, default="unspent", constraints=one_of("state", ("unspent", "spent", "void"))
    )

    class Meta:
        without_rowid = True
        indexes = ((("round", "unit", "group", "state"), False),)


class Receipt(BaseModel):
    """The random number of a page without codes, spent: a second send of it counts as nothing."""

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE", index=False)
    number = peewee.BlobField()

    class Meta:
        primary_key = peewee.CompositeKey("round", "number")
        without_rowid = True


class Rating(BaseModel):
    """What one unknown rater said of one subject, sealed; sorted by a random key."""

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE", index=False)
    key = peewee.BlobField()
    subject = peewee.ForeignKeyField(Subject, on_delete="CASCADE", index=False)
    group = peewee.ForeignKeyField(Group, on_delete="CASCADE", index=False)
    sealed = peewee.BlobField()

    class Meta:
        primary_key = peewee.CompositeKey("round", "key")
        without_rowid = True


class Comment(BaseModel):
    """Free text about one subject, tied to no rating; sealed until the round is closed."""

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE", index=False)
    key = peewee.BlobField()
    subject = peewee.ForeignKeyField(Subject, on_delete="CASCADE", index=False)
    subject_id: int
    sealed = peewee.BlobField(null=True)
    text = peewee.TextField(null=True)

    class Meta:
        primary_key = peewee.CompositeKey("round", "key")
        without_rowid = True
        constraints = [peewee.Check("(sealed IS NULL) != (text IS NULL)")]
