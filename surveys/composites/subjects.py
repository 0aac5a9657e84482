"""Whom a composite judges: those that its sources are about, or those whose codes were typed.

People are judged where they belong, wherever a meeting about them was held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from peewee import chunked

from surveys.composites.rules import Sheet
from surveys.composites.sources import rules_of, sources_of, subjects_of
from surveys.inputs import BadSetting
from surveys.messages import N_
from surveys.models import Composite, Person, Round, Subject, Unit, reach
from surveys.roster import namesakes


@dataclass(frozen=True, slots=True)
class Judged:
    """Somebody or something to be judged: key, name, the place it belongs to."""

    key: str
    label: str
    place: str
    unit: int


def in_sources(composite: Composite) -> list[Judged]:
    """Those that the chosen sources are about, as far as these rules judge their kind."""
    sheet = rules_of(composite)
    found: dict[str, Judged] = {}
    for source in sources_of(composite).values():
        target = source.target
        if isinstance(target, Composite):
            inside = _in_composite(target, sheet)
        else:
            inside = _in_round(target, sheet)
        for each in inside:
            found.setdefault(each.key, each)
    return list(found.values())


def _in_composite(source: Composite, sheet: Sheet) -> list[Judged]:
    if rules_of(source).about != sheet.about:
        return []
    subjects = subjects_of(source)
    known = _in_roster(sheet, "code", [each.key for each in subjects])
    kept = (Judged(each.key, each.label, each.place_label, each.unit_id) for each in subjects)
    return [known.get(each.key, each) for each in kept]


def _in_round(source: Round, sheet: Sheet) -> list[Judged]:
    rated = Subject.select().where(Subject.round == source, Subject.rated)
    persons = sheet.about == "persons"
    about = [
        (row.key, row.person_id if persons else row.unit_id)
        for row in rated.order_by(Subject.position)
    ]
    known = _in_roster(sheet, "id", [number for _key, number in about])
    return [replace(known[number], key=key) for key, number in about if number in known]


def _in_roster(sheet: Sheet, column: str, wanted: Sequence[Any]) -> dict[Any, Judged]:
    """Those of the roster that these rules judge, by the wanted values of a column."""
    found: dict[Any, Judged] = {}
    persons = sheet.about == "persons"
    rows: Any = Person.select(Person, Unit).join(Unit) if persons else Unit.select()
    field = getattr(Person if persons else Unit, column)
    for some in chunked(wanted, 500):
        for row in rows.where(field.in_(some)):
            home = row.unit if persons else row
            if persons or not sheet.kinds or row.kind in sheet.kinds:
                found[getattr(row, column)] = Judged(row.code, row.name, home.name, home.id)
    return found


def named(composite: Composite, codes: Sequence[str]) -> list[Judged]:
    """The units or people with these codes; `BadSetting` names those that are not to be found."""
    within = reach(composite.owner)
    wanted = list(dict.fromkeys(codes))
    known = _in_roster(rules_of(composite), "code", wanted)
    found = {code: each for code, each in known.items() if each.unit in within}
    unknown = [code for code in wanted if code not in found]
    if unknown:
        raise BadSetting(
            "codes",
            N_("这些编号找不到，或者不适用这份规则：%(codes)s。请对照单位、人员名册改正。"),
            codes="、".join(each[:40] for each in unknown[:10]),
        )
    return [found[code] for code in wanted]


def told_apart(judged: Sequence[Judged]) -> list[Judged]:
    """Namesakes get behind their name where they belong; where that is the same, their code."""
    labels = namesakes.told_apart([(each.label, each.key, each) for each in judged], _home)
    return [
        replace(each, label=label, place=label if each.place == each.label else each.place)
        for each, label in zip(judged, labels, strict=True)
    ]


def _home(each: Judged) -> str:
    of_unit = each.place == each.label
    return namesakes.home_of(Unit.get_by_id(each.unit)) if of_unit else each.place
