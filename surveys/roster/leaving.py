"""Who leaves the roster: deleted where nothing speaks of them, else kept as *left*, with the day.

One who left stays in every result and is on no new ballot.
"""

from __future__ import annotations

from datetime import date

import peewee

from surveys.db import writing
from surveys.messages import N_, Refused
from surveys.models import Composite, CompositeSubject, Person, Round, Subject, Unit


def is_spoken_of(who: Person | Unit) -> bool:
    """Whether a round or a composite, or for a unit somebody who left, still needs to name them."""
    kept = [
        field
        for field, model in who._meta.backrefs.items()
        if field.on_delete == "RESTRICT" or model is Subject
    ]
    if any(field.model.select().where(field == who).exists() for field in kept):
        return True
    if isinstance(who, Unit):
        drafts = Round.select(Round.chosen).where(Round.state == "draft")
        return any(who.id in draft.chosen for draft in drafts)
    about = peewee.fn.json_extract(Composite.rules, "$.about")
    judged = CompositeSubject.select().join(Composite)
    return bool(judged.where(about == "persons", CompositeSubject.key == who.code).exists())


def remove(who: Person | Unit, today: date) -> bool:
    """Take somebody off the roster; whether they were deleted, else they left today.

    `Refused` for a unit that has people, units or accounts.
    """
    with writing():
        if isinstance(who, Unit):
            _check_empty(who)
        if not is_spoken_of(who):
            return bool(who.delete_instance())
        here = (type(who).id == who.id) & type(who).left_on.is_null()
        type(who).update(left_on=today.isoformat()).where(here).execute()
        return False


def come_back(who: Person | Unit) -> None:
    """Put somebody who left back on the roster; `Refused` where the unit above has left."""
    with writing():
        above = who.parent if isinstance(who, Unit) else who.unit
        if above and above.left_on:
            raise Refused(
                N_("“%(unit)s”也已离开名册。请先让它回来，或者导入时另写一个单位。"),
                unit=above.name,
            )
        type(who).update(left_on=None).where(type(who).id == who.id).execute()


def _check_empty(unit: Unit) -> None:
    if unit.parent_id is None:
        raise Refused(N_("“%(unit)s”是最上一级，不能移出名册。"), unit=unit.name)
    people = Person.select().where(Person.unit == unit, Person.left_on.is_null()).count()
    units = Unit.select().where(Unit.parent == unit, Unit.left_on.is_null()).count()
    if people or units:
        raise Refused(
            N_(
                "“%(unit)s”下面还有 %(units)s 个单位、%(people)s 人，不能移出名册。"
                "请先移走它们：导入时改上级，或者逐个移出。"
            ),
            unit=unit.name,
            units=units,
            people=people,
        )
    for field, model in unit._meta.backrefs.items():
        if field.on_delete == "CASCADE" and model.select().where(field == unit).exists():
            raise Refused(
                N_("“%(unit)s”还有账号，不能移出名册。请管理员先用 account remove 删去。"),
                unit=unit.name,
            )
