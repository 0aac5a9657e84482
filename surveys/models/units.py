"""The roster: units in a tree, and people in units."""

from __future__ import annotations

import peewee

from surveys.db import BaseModel, one_of

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


class Unit(BaseModel):
    """A node of the tree: district, subdistrict, community or village, branch; or an organ …

    `left_on` is the day it left the roster, 2026-12-31; what was counted about it still names it.
    """

    id = peewee.AutoField()
    code = peewee.CharField(max_length=40, unique=True)
    name = peewee.CharField(max_length=120)
    kind = peewee.CharField(max_length=12, constraints=one_of("kind", UNIT_KINDS))
    parent = peewee.ForeignKeyField("self", null=True, backref="children", on_delete="RESTRICT")
    parent_id: int | None
    left_on = peewee.CharField(max_length=10, null=True)


class Person(BaseModel):
    """Somebody who can be rated: a party member or cadre, in one unit; `left_on` as of a unit."""

    id = peewee.AutoField()
    code = peewee.CharField(max_length=40, unique=True)
    name = peewee.CharField(max_length=120)
    unit = peewee.ForeignKeyField(Unit, on_delete="RESTRICT")
    unit_id: int
    membership = peewee.CharField(max_length=12, constraints=one_of("membership", MEMBERSHIPS))
    floating = peewee.BooleanField(default=False)
    left_on = peewee.CharField(max_length=10, null=True)


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
