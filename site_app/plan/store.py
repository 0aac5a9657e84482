"""A plan document into the tables, its items' texts corrected, questionnaires attached to them.

Knows the tables, not the browser: pages and commands call the same verbs. Rounds point to items by
year and number, so a plan can be replaced under them.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from site_app.models import Plan, PlanItem, PlanSection
from site_app.plan.calls import Call
from site_app.plan.document import PlanDocument
from surveys.db import writing
from surveys.inputs import BadSetting
from surveys.messages import N_, Refused
from surveys.questionnaires import Questionnaire, questionnaire

YEARS = range(1949, 2200)
LONGEST_TITLE = 300
LONGEST_TEXT = 100_000


class Exists(Refused):
    """That year has a plan already, and nobody asked to replace it."""


class Changed(Refused):
    """Somebody else changed the item in the meantime."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a document would change in the plan that its year has: numbers of items."""

    added: tuple[int, ...]
    changed: tuple[int, ...]
    same: tuple[int, ...]
    gone: tuple[int, ...]


def of_day(day: date) -> Plan | None:
    """The plan in force on a day: the newest that has begun, else the one that begins first."""
    plans = Plan.select()
    begun: Plan | None = plans.where(Plan.year <= day.year).order_by(Plan.year.desc()).first()
    first: Plan | None = plans.order_by(Plan.year).first()
    return begun or first


def check_year(year: int) -> None:
    """Refuse a year that no plan of ours can have."""
    if year not in YEARS:
        raise Refused(
            N_("年份“%(year)s”不对，须在 %(first)s 到 %(last)s 之间。"),
            year=year,
            first=YEARS[0],
            last=YEARS[-1],
        )


def check_free(document: PlanDocument, replace: bool) -> None:
    """Refuse a document whose year has a plan, unless it is to be replaced."""
    check_year(document.year)
    if not replace and Plan.get_or_none(Plan.year == document.year):
        raise Exists(
            N_(
                "%(year)s 年已经有一份工作要点了。要换成这一份，请选“替换原有的要点”"
                "（命令行加 --replace）。"
            ),
            year=document.year,
        )


def items_of(plan: Plan) -> list[PlanItem]:
    """The items of a plan in the order of their numbers."""
    return list(PlanItem.select().where(PlanItem.plan == plan).order_by(PlanItem.number))


def replacement(document: PlanDocument) -> Replacement | None:
    """What storing this document would change; none where its year has no plan."""
    plan = Plan.get_or_none(Plan.year == document.year)
    if plan is None:
        return None
    there = {item.number: (item.title, tuple(item.paragraphs)) for item in items_of(plan)}
    here = {item.number: (item.title, item.paragraphs) for item in document.items}
    both = sorted(here.keys() & there.keys())
    return Replacement(
        added=tuple(sorted(here.keys() - there.keys())),
        changed=tuple(number for number in both if here[number] != there[number]),
        same=tuple(number for number in both if here[number] == there[number]),
        gone=tuple(sorted(there.keys() - here.keys())),
    )


def store(
    document: PlanDocument, calls: Mapping[int, Sequence[Call]] | None, replace: bool
) -> Plan:
    """Write a document into the tables, all or nothing.

    `calls` says by number what the items call for. Without it a replaced item's calls stay with
    its number, so that the questionnaires attached to it are not lost.
    """
    with writing():
        check_free(document, replace)
        kept: dict[int, list[dict[str, Any]]] = {}
        old = Plan.get_or_none(Plan.year == document.year)
        if old is not None:
            kept = {item.number: item.calls for item in items_of(old)}
            old.delete_instance()
        if calls is not None:
            kept = {number: [each.as_document() for each in of] for number, of in calls.items()}
        plan = Plan.create(
            year=document.year, title=document.title, preamble=list(document.preamble)
        )
        for section in document.sections:
            row = PlanSection.create(
                plan=plan,
                position=section.number,
                heading=section.heading,
                preamble=list(section.preamble),
            )
            for item in section.items:
                PlanItem.create(
                    plan=plan,
                    section=row,
                    number=item.number,
                    title=item.title,
                    paragraphs=list(item.paragraphs),
                    calls=kept.get(item.number, []),
                )
    return plan


def fingerprint(item: PlanItem) -> str:
    """What an item says now, as a short text: tells whether it changed since a page was made."""
    says = json.dumps([item.number, item.title, item.paragraphs, item.calls], sort_keys=True)
    return hashlib.sha256(says.encode("utf-8")).hexdigest()[:20]


def attached(item: PlanItem) -> list[str]:
    """The ids of the questionnaires that serve an item."""
    return [call["questionnaire"] for call in item.calls if call["questionnaire"]]


def revise(
    item: PlanItem,
    title: str,
    text: str,
    questionnaire_ids: Collection[str],
    seen: str,
    library: Mapping[str, Questionnaire] | None = None,
) -> None:
    """Correct an item, unless it changed since its fingerprint was `seen`.

    `library` are the questionnaires to choose from, the shipped ones unless said. Each
    line of `text` with anything on it is a paragraph.
    """
    title = _clean(title)
    paragraphs = [line for line in map(_clean, text.splitlines()) if line]
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise BadSetting("title", N_("标题须为 1 到 %(most)s 个字。"), most=LONGEST_TITLE)
    if sum(map(len, paragraphs)) > LONGEST_TEXT:
        raise BadSetting("text", N_("正文超过 %(most)s 个字，请删短。"), most=LONGEST_TEXT)
    with writing():
        now = PlanItem.get_or_none(PlanItem.id == item.id)
        if now is None or fingerprint(now) != seen:
            raise Changed(
                N_("这一条刚被别人改动，您的改动还没有保存。请对照现在的内容，再保存一次。")
            )
        now.title = title
        now.paragraphs = paragraphs
        now.calls = _calls_with(now.calls, questionnaire_ids, library or questionnaire.library())
        now.save()


def _clean(line: str) -> str:
    """A line without what nobody types on purpose: control characters, space at the ends."""
    kept = (" " if each == "\t" else each for each in line)
    return "".join(each for each in kept if unicodedata.category(each) != "Cc").strip()


def _calls_with(
    calls: Sequence[dict[str, Any]],
    questionnaire_ids: Collection[str],
    library: Mapping[str, Questionnaire],
) -> list[dict[str, Any]]:
    """The calls, served by these questionnaires of the library and by no other of it.

    What was only there because a questionnaire was attached goes with it; a call of the shipped
    table stays, unserved.
    """
    unknown = sorted(set(questionnaire_ids) - set(library))
    if unknown:
        raise Refused(N_("没有“%(id)s”这份问卷。请刷新页面重新选。"), id=unknown[0][:40])
    made = {form.id: _call_of(form) for form in library.values()}
    found: list[dict[str, Any]] = []
    for call in calls:
        served_by = call["questionnaire"]
        if served_by not in library or served_by in questionnaire_ids:
            found.append(call)
        elif call != made[served_by]:
            found.append({**call, "questionnaire": None})
    serving = {call["questionnaire"] for call in found}
    return found + [
        made[each] for each in made if each in questionnaire_ids and each not in serving
    ]


def _call_of(form: Questionnaire) -> dict[str, Any]:
    """What an item calls for when nothing is known of it but the questionnaire attached."""
    persons = form.about == "persons"
    raters = [group["label"] for group in form.groups]
    return Call(
        form="BAL" if persons else "SUR",
        text=dict(form.title),
        score={"zh": "等次", "en": "grade"}
        if persons
        else {"zh": "满意率", "en": "share satisfied"},
        audience=form.audience,
        raters={
            "zh": "、".join(each["zh"] for each in raters),
            "en": ", ".join(each["en"] for each in raters),
        },
        questionnaire=form.id,
    ).as_document()
