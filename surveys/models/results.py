"""What is kept of a counted round: its archive, its scores, texts and decisions."""

from __future__ import annotations

import peewee

from surveys.archive import BEFORE, FORMAT
from surveys.db import BaseModel, JSONField, UTCField
from surveys.models.rounds import Round, Subject
from surveys.models.units import Unit


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
    def of(cls, round_: Round) -> list[Score]:
        """What a counted round came to, in the order of its subjects."""
        return list(cls.select().where(cls.round == round_).order_by(cls.position))

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
