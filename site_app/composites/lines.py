"""What pages say of a composite: its subjects' scores, and how each number came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import peewee
from flask_babel import gettext as _

from site_app.i18n import say
from site_app.results import comparison
from surveys import archive
from surveys.archive import composite_file
from surveys.composites import Sheet
from surveys.composites.sources import at_hand, sources_of
from surveys.messages import N_
from surveys.models import Composite, CompositeSubject, Round, Score, Subject
from surveys.scoring import composite_scores, shown

NOTE = {
    "renormalised": N_("有缺，其余重新折算"),
    "withheld": N_("暂不评定，缺：%(parts)s"),
    "deducted": N_("有扣分"),
    "floored": N_("扣到 0 分为止"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A subject's line of the table; numbers as they are shown, none for what is missing."""

    subject: CompositeSubject
    parts: Sequence[str | None]
    before: str | None
    deducted: str | None
    score: str | None
    grade: str | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Part:
    """A part on the way to a subject's score.

    `source` is the round or composite that it comes from, `figure` what was signed; as they stand
    in the document. `product` is value × weight.
    """

    label: str
    weight: str
    value: str | None
    exact: str
    product: str | None
    source: Mapping[str, Any] | None
    measure: str
    figure: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Working:
    """How a subject's score came about."""

    parts: Sequence[Part]
    products: str | None
    weights: str
    before: str | None
    deductions: Sequence[Mapping[str, Any]]
    deducted: str
    score: str | None
    grade: str | None
    notes: Sequence[str]
    raw: Sequence[str]


def plain(number: Fraction) -> str:
    """A weight as it was written: no needless zeros."""
    return str(shown(number)).removesuffix("00").removesuffix(".")


def document(whole: Composite) -> dict[str, Any]:
    """The kept document, its numbers as their text."""
    found: dict[str, Any] = archive.parsed(bytes(whole.document or b""))
    return found


def notes_said(notes: Iterable[str], lacking: Iterable[str]) -> list[str]:
    """The notes of a score in words, with the names of the parts that it lacks."""
    parts = str(_("、")).join(lacking)
    return [str(_(NOTE[note], parts=parts)) for note in notes]


def rows(whole: Composite, sheet: Sheet, subjects: Sequence[CompositeSubject]) -> list[Row]:
    """The lines of these subjects: of the kept document, else what is at hand."""
    order = list(sheet.rules.parts)
    if whole.document is None:
        there = at_hand(whole)
        return [
            Row(each, [there[each.key].get(part) for part in order], None, None, None, None, ())
            for each in subjects
        ]
    kept, few = document(whole), _on_few_answers(whole)
    scores = {each["subject"]: each for each in kept["scores"]}
    taken = {each["id"]: each.get("parts", {}) for each in kept["subjects"]}
    found = []
    for each in subjects:
        cautions = [
            _("%(part)s：%(caution)s", part=say(sheet.labels[part]), caution=words)
            for part, value in taken[each.key].items()
            if (words := few.get((part, value.get("subject", ""))))
        ]
        line = scores[each.key]
        found.append(
            Row(
                subject=each,
                parts=[line["parts"].get(part) for part in order],
                before=line.get("before"),
                deducted=line["deducted"] if line["deducted"] != "0.00" else None,
                score=line.get("score"),
                grade=line.get("grade"),
                # What was deducted has a column.
                notes=notes_said(
                    (note for note in line["notes"] if note != "deducted"),
                    [say(sheet.labels[part]) for part in order if line["parts"].get(part) is None],
                )
                + cautions,
            )
        )
    return found


def _on_few_answers(whole: Composite) -> dict[tuple[str, str], str]:
    """Part and key in its round → the caution of a number that rests on few answers."""
    notes = peewee.fn.json_extract(Score.details, "$.notes")
    noted = Score.select(Score, Subject, Round).join(Subject).switch(Score).join(Round)
    return {
        (part, row.subject.key): comparison.caution(row.round.rules, row.details)
        for part, source in sources_of(whole).items()
        for row in noted.where(
            Score.round == source.round_id, peewee.fn.instr(notes, "few-answers") > 0
        )
    }


def missing(whole: Composite, sheet: Sheet) -> list[tuple[str, str, int]]:
    """Part → how many subjects lack it, for the parts that any lacks: id, words, number."""
    there = at_hand(whole)
    lacking = {
        part: sum(part not in found for found in there.values()) for part in sheet.rules.parts
    }
    return [(part, say(sheet.labels[part]), n) for part, n in lacking.items() if n]


def of_one(whole: Composite, key: str) -> composite_scores.Composite:
    """A kept composite cut down to one subject."""
    kept = document(whole)
    own = [each for each in kept["subjects"] if each["id"] == key]
    return composite_file.from_parsed({**kept, "subjects": own, "scores": []})


def working(read: composite_scores.Composite, sheet: Sheet) -> Working:
    """The steps of the only subject of a composite."""
    (subject,) = read.subjects
    score = composite_scores.score_subject(subject, read.rules)
    given = read.document["subjects"][0]
    sources = {each["part"]: each for each in read.document.get("sources", ())}
    parts = []
    for step in composite_scores.steps(subject, read.rules):
        rule = read.rules.parts[step.part]
        stands = given.get("parts", {}).get(step.part)
        figure = stands if rule.source == "figure" else None
        parts.append(
            Part(
                label=say(sheet.labels[step.part]),
                weight=plain(rule.weight),
                value=shown(step.value),
                exact="" if step.value is None or step.value.denominator == 1 else str(step.value),
                product=None if step.value is None else shown(step.value * rule.weight),
                source=sources.get(step.part),
                measure=rule.measure,
                figure=figure,
            )
        )
    there = [
        (step.value, read.rules.parts[step.part].weight)
        for step in composite_scores.steps(subject, read.rules)
        if step.value is not None
    ]
    products = sum((value * weight for value, weight in there), Fraction(0))
    return Working(
        parts=parts,
        products=shown(products),
        weights=plain(sum((weight for _value, weight in there), Fraction(0))),
        before=shown(score.before),
        deductions=given.get("deductions", ()),
        deducted=str(shown(score.deducted)),
        score=shown(score.score),
        grade=score.grade,
        notes=notes_said(score.notes, [part.label for part in parts if part.value is None]),
        raw=score.notes,
    )
