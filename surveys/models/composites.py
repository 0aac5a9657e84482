"""The tables of composites: what they are made of, and what is kept of them."""

from __future__ import annotations

from typing import cast

import peewee

from surveys.db import BaseModel, JSONField, UTCField
from surveys.models.rounds import Round
from surveys.models.units import Unit


class Composite(BaseModel):
    """Several results of the same subjects in one, by a rules file, as it was when it was made.

    Once computed, `document` are the canonical bytes of the whole and `sha256` is of them; what is
    changed after that takes them away, until it is published: then nothing changes any more.
    """

    id = peewee.AutoField()
    title = peewee.CharField(max_length=200)
    owner = peewee.ForeignKeyField(Unit, on_delete="RESTRICT")
    owner_id: int
    rules = JSONField()
    state = peewee.CharField(
        max_length=12,
        default="draft",
        constraints=[peewee.Check("state IN ('draft', 'computed', 'published')")],
    )
    computed_at = UTCField(null=True)
    published_at = UTCField(null=True)
    document = peewee.BlobField(null=True)
    sha256 = peewee.CharField(max_length=64, null=True)
    revision = peewee.IntegerField(default=0)

    class Meta:
        constraints = [
            peewee.Check("(state = 'draft') = (document IS NULL)"),
            peewee.Check("(document IS NULL) = (sha256 IS NULL)"),
            peewee.Check("(state = 'published') = (published_at IS NOT NULL)"),
        ]


class CompositeSource(BaseModel):
    """Where a part's values come from: a counted round, or another composite, published."""

    id = peewee.AutoField()
    composite = peewee.ForeignKeyField(Composite, on_delete="CASCADE")
    part = peewee.CharField(max_length=64)
    round = peewee.ForeignKeyField(Round, null=True, on_delete="RESTRICT")
    round_id: int | None
    other = peewee.ForeignKeyField(Composite, null=True, on_delete="RESTRICT")
    other_id: int | None

    class Meta:
        indexes = ((("composite", "part"), True),)
        constraints = [
            peewee.Check("(round_id IS NULL) != (other_id IS NULL)"),
            peewee.Check("other_id IS NULL OR other_id != composite_id"),
        ]

    @property
    def target(self) -> Round | Composite:
        """The round or the composite."""
        if self.round_id is not None:
            return cast(Round, self.round)
        return cast(Composite, self.other)


class CompositeSubject(BaseModel):
    """A unit or a person that a composite judges, under its name of that moment.

    `decided_grade` is the one that people decided on (组织评定), beside the suggested one; the
    reason may be empty where both are the same. It is no part of the document.
    """

    id = peewee.AutoField()
    composite = peewee.ForeignKeyField(Composite, on_delete="CASCADE")
    key = peewee.CharField(max_length=40)
    label = peewee.CharField(max_length=120)
    place_label = peewee.CharField(max_length=120)
    unit = peewee.ForeignKeyField(Unit, on_delete="RESTRICT")
    unit_id: int
    position = peewee.IntegerField()
    decided_grade = peewee.CharField(max_length=40, null=True)
    decided_reason = peewee.TextField(default="")
    decided_by = peewee.CharField(max_length=60, null=True)
    decided_at = UTCField(null=True)

    class Meta:
        indexes = ((("composite", "key"), True),)
        constraints = [peewee.Check("(decided_grade IS NULL) = (decided_at IS NULL)")]


class CompositeFigure(BaseModel):
    """A figure that somebody signs for: 0–100, or a numerator and a denominator; decimal texts."""

    id = peewee.AutoField()
    subject = peewee.ForeignKeyField(CompositeSubject, on_delete="CASCADE")
    subject_id: int
    part = peewee.CharField(max_length=64)
    value = peewee.CharField(max_length=40)
    denominator = peewee.CharField(max_length=40, null=True)
    signed_by = peewee.CharField(max_length=120)
    signed_on = peewee.CharField(max_length=10)
    entered_by = peewee.CharField(max_length=60)
    entered_at = UTCField()

    class Meta:
        indexes = ((("subject", "part"), True),)


class CompositeDeduction(BaseModel):
    """Points taken off a subject of a composite, with the reason."""

    id = peewee.AutoField()
    subject = peewee.ForeignKeyField(CompositeSubject, on_delete="CASCADE")
    subject_id: int
    points = peewee.CharField(max_length=40)
    reason = peewee.TextField()
    entered_by = peewee.CharField(max_length=60)
    entered_at = UTCField()
