"""Rounds: what is asked about whom, who may answer, and what was promised afterwards."""

from __future__ import annotations

import peewee

from surveys.db import BaseModel, JSONField, UTCField, one_of
from surveys.models.units import Person, Unit

STATES = ("draft", "open", "closed", "published", "abandoned")


class Round(BaseModel):
    """A questionnaire put to raters about subjects, for a time.

    `questionnaire` is the file's document as it was when the round was made; `rules` are those of
    the archive, less their groups; `chosen` are the ids of the units picked while it is a draft;
    `listed` are the names of its subjects, where an organiser types them. `electorate`, by the code
    of a branch: `{"entitled": n, "reasons": […], "codes": {…}}`, fixed at opening, reasons why
    codes are not n, codes by the id of their group where they are fewer, or n is not known.
    `state` is what people did; whether an open round has ended is the clock's to say
    (`surveys.rounds.phase`).
    """

    id = peewee.AutoField()
    title = peewee.CharField(max_length=200)
    owner = peewee.ForeignKeyField(Unit, on_delete="RESTRICT")
    owner_id: int
    questionnaire = JSONField()
    rules = JSONField()
    plan_year = peewee.IntegerField(null=True)
    plan_items = JSONField(default=list)
    chosen = JSONField(default=list)
    needs_codes = peewee.BooleanField()
    state = peewee.CharField(max_length=12, default="draft", constraints=one_of("state", STATES))
    opens_at = UTCField(null=True)
    ends_at = UTCField(null=True)
    closed_at = UTCField(null=True)
    published_at = UTCField(null=True)
    abandoned_reason = peewee.TextField(null=True)
    key_check = peewee.BlobField(null=True)
    revision = peewee.IntegerField(default=0)
    listed = JSONField(null=True)
    electorate = JSONField(null=True)

    class Meta:
        constraints = [
            peewee.Check("opens_at IS NULL OR ends_at IS NULL OR opens_at < ends_at"),
            peewee.Check("state IN ('draft', 'abandoned') OR key_check IS NOT NULL"),
            peewee.Check("state != 'abandoned' OR abandoned_reason IS NOT NULL"),
        ]


class Delay(BaseModel):
    """A later end that an organiser gave an open round, with the reason."""

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    old_end = UTCField()
    new_end = UTCField()
    reason = peewee.TextField()


class Pledge(BaseModel):
    """What we will do, and by when: a paragraph under a published result."""

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    text = peewee.TextField()
    added_at = UTCField()


class Group(BaseModel):
    """A class of raters in a round, with its weight as the decimal text that was typed."""

    id = peewee.AutoField()
    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    key = peewee.CharField(max_length=40)
    label = JSONField()
    weight = peewee.CharField(max_length=30)
    position = peewee.IntegerField()

    class Meta:
        indexes = ((("round", "key"), True),)


class Subject(BaseModel):
    """What is rated in a round, under the name it had when the round was opened.

    `place` is the unit whose raters rate it: the community itself, or the branch of a member.
    A subject that is not `rated` is a parent whose cells are the sums of those below it.
    """

    id = peewee.AutoField()
    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    round_id: int
    key = peewee.CharField(max_length=40)
    label = peewee.CharField(max_length=120)
    place_label = peewee.CharField(max_length=120)
    parent = peewee.ForeignKeyField("self", null=True, on_delete="CASCADE")
    parent_id: int | None
    unit = peewee.ForeignKeyField(Unit, null=True, on_delete="SET NULL")
    unit_id: int | None
    person = peewee.ForeignKeyField(Person, null=True, on_delete="SET NULL")
    person_id: int | None
    place = peewee.ForeignKeyField(Unit, null=True, on_delete="SET NULL")
    place_id: int | None
    population = peewee.IntegerField(null=True)
    rated = peewee.BooleanField(default=True)
    position = peewee.IntegerField()

    class Meta:
        indexes = ((("round", "key"), True),)
