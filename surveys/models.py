"""The tables of the survey module.

What is secret is secret by what these tables cannot say: a rating knows neither code nor time nor
address, and its neighbours from the same sheet carry other random keys.
"""

from __future__ import annotations

import json
from typing import Any

import peewee

from surveys.archive_types import BEFORE, FORMAT
from surveys.db import BaseModel, UTCField

UNIT_KINDS = (
    "district",
    "subdistrict",
    "community",
    "village",
    "branch",
    "organ",
    "school",
    "enterprise",
    "social",
)
MEMBERSHIPS = ("full", "probationary", "none")
STATES = ("draft", "open", "closed", "published", "abandoned")


def _one_of(column: str, values: tuple[str, ...]) -> list[peewee.Node]:
    return [peewee.Check(f"{column} IN ({', '.join(repr(value) for value in values)})")]


class JSONField(peewee.TextField):
    """A JSON document, stored as text in the order in which it was given."""

    def db_value(self, value: Any) -> str | None:
        """Write the document without needless space."""
        return None if value is None else json.dumps(value, ensure_ascii=False)

    def python_value(self, value: str | None) -> Any:
        """Read it back."""
        return None if value is None else json.loads(value)


class Unit(BaseModel):
    """A node of the tree: district, subdistrict, community or village, branch; or an organ …

    `left_on` is the day it left the roster, 2026-12-31; what was counted about it still names it.
    """

    id = peewee.AutoField()
    code = peewee.CharField(max_length=40, unique=True)
    name = peewee.CharField(max_length=120)
    kind = peewee.CharField(max_length=12, constraints=_one_of("kind", UNIT_KINDS))
    parent = peewee.ForeignKeyField("self", null=True, backref="children", on_delete="RESTRICT")
    parent_id: int | None
    left_on = peewee.CharField(max_length=10, null=True)

    def satisfaction(self) -> list[Score]:
        """Its scores in published rounds that everybody may see, newest first."""
        return list(Score.published().where(Score.unit == self))


class Person(BaseModel):
    """Somebody who can be rated: a party member or cadre, in one unit; `left_on` as of a unit."""

    id = peewee.AutoField()
    code = peewee.CharField(max_length=40, unique=True)
    name = peewee.CharField(max_length=120)
    unit = peewee.ForeignKeyField(Unit, on_delete="RESTRICT")
    unit_id: int
    membership = peewee.CharField(max_length=12, constraints=_one_of("membership", MEMBERSHIPS))
    floating = peewee.BooleanField(default=False)
    left_on = peewee.CharField(max_length=10, null=True)


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
    state = peewee.CharField(max_length=12, default="draft", constraints=_one_of("state", STATES))
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

    def scores(self) -> list[Score]:
        """What the closed round came to, in the order of its subjects."""
        return list(Score.select().where(Score.round == self).order_by(Score.position))


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
        max_length=8, default="unspent", constraints=_one_of("state", ("unspent", "spent", "void"))
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


class TextAnswer(BaseModel):
    """What somebody wrote in answer to one question about one subject, tied to no rating.

    There are none before the round is closed: until then the text lies sealed among the comments,
    and which question it answers is sealed with it.
    """

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE", index=False)
    key = peewee.BlobField()
    subject = peewee.ForeignKeyField(Subject, on_delete="CASCADE", index=False)
    subject_id: int
    question = peewee.CharField(max_length=64)
    text = peewee.TextField()

    class Meta:
        primary_key = peewee.CompositeKey("round", "key")
        without_rowid = True


class Archive(BaseModel):
    """What is kept of a closed round: the canonical bytes of its archive and their SHA-256.

    `counts` are the papers at closing, a line for each place and group:
    `{"code", "place", "group", "issued", "returned", "void"}`, `issued` and `void` null where no
    codes were used.
    """

    round = peewee.ForeignKeyField(Round, primary_key=True, on_delete="CASCADE")
    document = peewee.BlobField()
    sha256 = peewee.CharField(max_length=64)
    counts = JSONField()

    @classmethod
    def format_of(cls, round_: Round) -> str:
        """The format of a round's archive, as its head says; today's where none is kept."""
        head = peewee.fn.substr(cls.document, 1, 64).converter(bytes)
        kept = cls.select(head).where(cls.round == round_).scalar()
        return BEFORE if kept and BEFORE.encode() in kept else FORMAT


class Score(BaseModel):
    """A subject's line of the archive's scores, for pages and trends. Numbers as they are shown."""

    id = peewee.AutoField()
    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    round_id: int
    subject = peewee.ForeignKeyField(Subject, on_delete="CASCADE")
    subject_id: int
    unit = peewee.ForeignKeyField(Unit, null=True, on_delete="SET NULL")
    unit_id: int | None
    position = peewee.IntegerField()
    disclosure = peewee.CharField(max_length=12)
    valid = peewee.IntegerField(null=True)
    score = peewee.CharField(max_length=8, null=True)
    rate = peewee.CharField(max_length=8, null=True)
    grade = peewee.CharField(max_length=40, null=True)
    details = JSONField(null=True)

    class Meta:
        indexes = ((("round", "subject"), True),)

    @classmethod
    def published(cls) -> peewee.ModelSelect[Score]:
        """The lines of published rounds whose result everybody may see, newest first."""
        return (
            cls.select(cls, Round)
            .join(Round)
            .where(
                Round.state == "published",
                peewee.fn.json_extract(Round.questionnaire, "$.audience").contains("P"),
            )
            .order_by(Round.closed_at.desc())
        )


class Decision(BaseModel):
    """The grade that people decided on (组织评定) beside the suggested one, with a reason.

    `decided_by` is the name of the account that recorded it.
    """

    round = peewee.ForeignKeyField(Round, on_delete="CASCADE")
    subject = peewee.ForeignKeyField(Subject, on_delete="CASCADE")
    subject_id: int
    grade = peewee.CharField(max_length=40)
    reason = peewee.TextField(default="")
    decided_at = UTCField()
    decided_by = peewee.CharField(max_length=60, null=True)

    class Meta:
        indexes = ((("round", "subject"), True),)


TABLES = (
    Unit,
    Person,
    Round,
    Delay,
    Pledge,
    Group,
    Subject,
    AccessCode,
    Receipt,
    Rating,
    Comment,
    TextAnswer,
    Archive,
    Score,
    Decision,
)


def path_to_root(unit: Unit, parents: dict[int, Unit]) -> list[Unit]:
    """The unit and all above it, from below; `parents` maps ids to units."""
    path = [unit]
    while path[-1].parent_id is not None:
        path.append(parents[path[-1].parent_id])
    return path


def reach(unit: Unit) -> set[int]:
    """The ids of a unit and of all below it."""
    below: dict[int | None, list[int]] = {}
    for row in Unit.select(Unit.id, Unit.parent):
        below.setdefault(row.parent_id, []).append(row.id)
    found = [unit.id]
    for each in found:
        found.extend(below.get(each, ()))
    return set(found)
