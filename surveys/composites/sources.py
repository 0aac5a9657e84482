"""What a composite is computed from, put together in its document: nothing else is kept of it.

Values come from counted rounds with the digests of their archives, exact; what is hidden in a round
is missing here. Signed figures and deductions stand beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from peewee import ModelSelect

from surveys import archive, scoring
from surveys.archive import Number, composite_file
from surveys.composites import rules
from surveys.composites.rules import Sheet
from surveys.messages import N_, Refused
from surveys.models import (
    Archive,
    Composite,
    CompositeDeduction,
    CompositeFigure,
    CompositeSource,
    CompositeSubject,
    Score,
    Subject,
    Unit,
)
from surveys.scoring import composite_scores

COUNTED = ("closed", "published")


@dataclass(frozen=True, slots=True)
class Values:
    """What a source says of its subjects: key → exact value; units that were rated: id → key.

    `day` is the one of its counting, as its own document has it: in the site's time zone.
    """

    by_key: Mapping[str, Fraction]
    rated: Mapping[int, str]
    day: str = ""


def rules_of(whole: Composite) -> Sheet:
    """The rules that a composite keeps."""
    return rules.of(whole.rules)


def in_order(whole: Composite) -> ModelSelect[CompositeSubject]:
    """The query behind `subjects_of`, for pages that show a part of them."""
    judged = CompositeSubject.select().where(CompositeSubject.composite == whole)
    return judged.order_by(CompositeSubject.position)


def subjects_of(whole: Composite) -> list[CompositeSubject]:
    """Whom a composite judges, in their order."""
    return list(in_order(whole))


def sources_of(whole: Composite) -> dict[str, CompositeSource]:
    """Part → where its values come from, for the parts that have a source."""
    found = CompositeSource.select().where(CompositeSource.composite == whole)
    return {each.part: each for each in found}


def values(source: CompositeSource, measure: str) -> Values:
    """The exact values of a source; what is hidden in it is not there."""
    target = source.target
    if isinstance(target, Composite):
        if target.state != "published" or target.document is None:
            raise Refused(N_("“%(title)s”还没有公布，不能用来综合。"), title=target.title)
        made = composite_file.read(bytes(target.document))
        by_key = {each.subject: each.score for each in composite_scores.score(made)}
        units = {} if rules_of(target).about == "persons" else subjects_of(target)
        return Values(
            {key: value for key, value in by_key.items() if value is not None},
            {each.unit_id: each.key for each in units},
            made.document["composite"]["computed_on"],
        )
    if target.state not in COUNTED:
        raise Refused(N_("“%(title)s”还没有计票，不能用来综合。"), title=target.title)
    kept = archive.read(bytes(Archive.get(Archive.round == target).document))
    found = {}
    for each in scoring.score(kept):
        rate = None if each.rate is None else each.rate * 100
        value = rate if measure == "rate" else each.score
        if value is not None:
            found[each.subject] = value
    rated = list(Subject.select().where(Subject.round == target, Subject.rated))
    known = {row.key for row in rated if row.unit_id is not None or row.person_id is not None}
    return Values(
        {key: value for key, value in found.items() if key in known},
        {row.unit_id: row.key for row in rated if row.unit_id is not None},
        kept.frame["round"]["closed_on"],
    )


def glance(source: CompositeSource, measure: str) -> Values:
    """The values of a source as pages show them, without opening its archive."""
    target = source.target
    if isinstance(target, Composite):
        return values(source, measure)
    rows = list(
        Score.select(Score, Subject)
        .join(Subject)
        .where(Score.round == target, Subject.rated)
        .order_by(Score.position)
    )
    rows = [row for row in rows if row.subject.unit_id or row.subject.person_id]
    numbers = {row.subject.key: row.rate if measure == "rate" else row.score for row in rows}
    return Values(
        {key: Fraction(number) for key, number in numbers.items() if number is not None},
        {row.unit_id: row.subject.key for row in rows if row.unit_id is not None},
    )


def parents() -> dict[int, int | None]:
    """Id of a unit → that of the one above."""
    return {row.id: row.parent_id for row in Unit.select(Unit.id, Unit.parent)}


def at_hand(whole: Composite) -> dict[str, dict[str, str]]:
    """Key of a subject → part → its number as shown: what is there before anything is computed."""
    sheet, above = rules_of(whole), parents()
    subjects = subjects_of(whole)
    found: dict[str, dict[str, str]] = {subject.key: {} for subject in subjects}
    for part, source in sources_of(whole).items():
        seen = glance(source, sheet.rules.parts[part].measure)
        for subject in subjects:
            value = seen.by_key.get(_key_in(subject, seen, above))
            if value is not None:
                found[subject.key][part] = str(scoring.shown(value))
    keys = {subject.id: subject.key for subject in subjects}
    for figures in _by_subject(CompositeFigure, whole).values():
        for each in figures:
            worth = Fraction(each.value)
            if each.denominator is not None:
                worth = 100 * worth / Fraction(each.denominator)
            found[keys[each.subject_id]][each.part] = str(scoring.shown(worth))
    return found


def _key_in(subject: CompositeSubject, found: Values, above: Mapping[int, int | None]) -> str:
    """The key under which a source knows a subject.

    One about people: its own. One about units: that of its unit, or of the nearest above that was
    rated, as a secretary's community. What is hidden there is missing, and nothing taken for it.
    """
    if not found.rated:
        return str(subject.key)
    unit: int | None = subject.unit_id
    while unit is not None and unit not in found.rated:
        unit = above.get(unit)
    return found.rated[unit] if unit is not None else ""


def _source_document(source: CompositeSource, day: str) -> dict[str, Any]:
    target = source.target
    if isinstance(target, Composite):
        kind, sha256 = "composite", target.sha256
    else:
        kept = Archive.select(Archive.sha256).where(Archive.round == target).get()
        kind, sha256 = "round", kept.sha256
    return {
        "part": source.part,
        "kind": kind,
        "id": str(target.id),
        "title": target.title,
        "sha256": sha256,
        "closed_on": day,
    }


def _figure_document(figure: CompositeFigure) -> dict[str, Any]:
    number = (
        {"value": Number(figure.value)}
        if figure.denominator is None
        else {"numerator": Number(figure.value), "denominator": Number(figure.denominator)}
    )
    return {**number, "signed_by": figure.signed_by, "signed_on": figure.signed_on}


def _taken_document(
    subject: CompositeSubject, taken: Mapping[str, Values], above: Mapping[int, int | None]
) -> dict[str, Any]:
    """Part → what its source has of a subject, for the parts whose source has anything."""
    keys = {part: _key_in(subject, found, above) for part, found in taken.items()}
    return {
        part: {"subject": key, "value": str(taken[part].by_key[key])}
        for part, key in keys.items()
        if key in taken[part].by_key
    }


def _by_subject(table: Any, whole: Composite) -> dict[int, list[Any]]:
    rows = (
        table.select()
        .join(CompositeSubject)
        .where(CompositeSubject.composite == whole)
        .order_by(table.id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.subject_id, []).append(row)
    return found


def assembled(
    whole: Composite, today: date, only: CompositeSubject | None = None
) -> composite_scores.Composite:
    """The composite as it stands, from sources, figures and deductions, with its scores.

    Of all its subjects, or of one alone.
    """
    sheet, sources = rules_of(whole), sources_of(whole)
    taken = {
        part: values(source, sheet.rules.parts[part].measure) for part, source in sources.items()
    }
    above = parents()
    signed = _by_subject(CompositeFigure, whole)
    deducted = _by_subject(CompositeDeduction, whole)
    subjects = [
        {
            "id": subject.key,
            "label": subject.label,
            "parts": {
                **{each.part: _figure_document(each) for each in signed.get(subject.id, ())},
                **_taken_document(subject, taken, above),
            },
            "deductions": [
                {"points": Number(each.points), "reason": each.reason}
                for each in deducted.get(subject.id, ())
            ],
        }
        for subject in ([only] if only else subjects_of(whole))
    ]
    return composite_file.computed(
        composite_file.from_parsed(
            {
                "format": composite_file.FORMAT,
                "composite": {
                    "id": str(whole.id),
                    "title": whole.title,
                    "computed_on": today.isoformat(),
                },
                "rules": archive.parsed(json.dumps(sheet.for_document(), ensure_ascii=False)),
                "sources": [
                    _source_document(each, taken[part].day) for part, each in sources.items()
                ],
                "subjects": subjects,
            }
        )
    )
