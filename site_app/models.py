"""The site's own tables: accounts, sign-ins, the audit log and the plan."""

from __future__ import annotations

import peewee

from surveys.db import BaseModel, JSONField, UTCField, database
from surveys.models import Round, Unit

LARGEST_ID = 2**62
"""What an address may ask for: the database can hold no larger number."""


class Account(BaseModel):
    """An organiser who signs in; sees one unit and all below it."""

    id = peewee.AutoField()
    name = peewee.CharField(max_length=60, unique=True)
    unit = peewee.ForeignKeyField(Unit, on_delete="CASCADE")
    unit_id: int
    password_hash = peewee.TextField(null=True)


class SignIn(BaseModel):
    """A browser that is signed in; deleting the row signs it out."""

    digest = peewee.BlobField(primary_key=True)
    account = peewee.ForeignKeyField(Account, on_delete="CASCADE")
    expires_at = UTCField()


class SignInLink(BaseModel):
    """A link that signs in once; its row is deleted by its use."""

    digest = peewee.BlobField(primary_key=True)
    account = peewee.ForeignKeyField(Account, on_delete="CASCADE")
    expires_at = UTCField()


class FailedSignIn(BaseModel):
    """A wrong password on a device that its account signed in on, kept for a quarter of an hour."""

    name = peewee.CharField(max_length=60, index=True)
    at = UTCField()


class AuditEntry(BaseModel):
    """What an organiser did. Nothing of a voter is ever written here."""

    id = peewee.AutoField()
    at = UTCField()
    account_name = peewee.CharField(max_length=60)
    action = peewee.CharField(max_length=40)
    round = peewee.ForeignKeyField(Round, null=True, on_delete="SET NULL")
    unit = peewee.ForeignKeyField(Unit, null=True, on_delete="SET NULL")
    detail = peewee.TextField(default="")


class Plan(BaseModel):
    """A yearly work plan."""

    id = peewee.AutoField()
    year = peewee.IntegerField(unique=True)
    title = peewee.CharField(max_length=200)
    preamble = JSONField(default=list)


class PlanSection(BaseModel):
    """A section of a plan; `position` is its number, `preamble` what stands before its items."""

    id = peewee.AutoField()
    plan = peewee.ForeignKeyField(Plan, backref="sections", on_delete="CASCADE")
    position = peewee.IntegerField()
    heading = peewee.CharField(max_length=300)
    preamble = JSONField(default=list)


class PlanItem(BaseModel):
    """A numbered item; `paragraphs` is a JSON list of texts, `calls` says what it calls for.

    `calls` is a JSON list of `{"form", "text", "score", "audience", "raters", "questionnaire"}`
    (texts with zh and en; `plan_calls.Call`), `questionnaire` null where none serves it yet.
    """

    id = peewee.AutoField()
    plan = peewee.ForeignKeyField(Plan, backref="items", on_delete="CASCADE")
    section = peewee.ForeignKeyField(PlanSection, backref="items", on_delete="CASCADE")
    section_id: int
    number = peewee.IntegerField()
    title = peewee.TextField()
    paragraphs = JSONField(default=list)
    calls = JSONField(default=list)

    class Meta:
        indexes = ((("plan", "number"), True),)


class SiteFact(BaseModel):
    """A fact about the whole site, e.g. that the demonstration is loaded."""

    name = peewee.CharField(max_length=40, primary_key=True)
    value = peewee.TextField()


TABLES = (
    Account,
    SignIn,
    SignInLink,
    FailedSignIn,
    AuditEntry,
    Plan,
    PlanSection,
    PlanItem,
    SiteFact,
)


def is_demonstration() -> bool:
    """Whether the demonstration district is loaded. Every page asks: peewee builds nothing here."""
    asked = database.execute_sql("SELECT 1 FROM site_fact WHERE name = 'demonstration'")
    return asked.fetchone() is not None
