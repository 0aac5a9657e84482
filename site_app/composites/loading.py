"""What the pages of composites share: finding one, naming it, its table, files of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _

from site_app import clock
from site_app.accounts import guards
from site_app.composites import lines as composite_lines
from site_app.i18n import local, say, sentence_marked
from site_app.ui.paging import A_PAGE, page_of
from site_app.words import AUDIENCE
from surveys import composites
from surveys.composites import Sheet, sources
from surveys.messages import N_, Refused
from surveys.models import Composite, CompositeDeduction, CompositeSubject, Unit, reach

STATE = {"draft": N_("还没有计算"), "computed": N_("已计算，待公布"), "published": N_("已公布")}
WITHHOLD = N_("缺一部分就暂不评定，补齐再算。")
RENORMALISE = N_("缺的部分不算，其余按权重重新折算。")
WITHHOLD_FROM = N_(
    "缺的部分不算，其余按权重重新折算；缺的合计占到全部权重的 %(share)s，就暂不评定。"
)


def load(composite_id: int) -> Composite:
    """A composite within the organiser's reach, or 404."""
    found = Composite.get_or_none(Composite.id == composite_id)
    if found is None or found.owner_id not in reach(guards.signed_in().unit):
        abort(404)
    return found


def load_computed(composite_id: int) -> Composite:
    """A computed composite within the organiser's reach, or 404."""
    found = load(composite_id)
    return found if found.document is not None else abort(404)


def load_public(composite_id: int) -> Composite:
    """A published composite that everybody may see, or 404."""
    found = Composite.get_or_none(Composite.id == composite_id, Composite.state == "published")
    if found is None or "P" not in composites.audience(found):
        abort(404)
    return found


def for_everybody() -> list[Composite]:
    """The published composites that everybody may see, newest first."""
    published = (
        Composite.select(Composite, Unit)
        .join(Unit)
        .where(Composite.state == "published")
        .order_by(Composite.published_at.desc(), Composite.id.desc())
    )
    return [each for each in published if "P" in composites.audience(each)]


def serving(year: int, number: int) -> list[Composite]:
    """Those of them that serve an item of a year's plan: of the year of their rounds.

    One of signed figures alone is of the year in which it was published.
    """
    return [
        each
        for each in for_everybody()
        if number in sources.rules_of(each).plan_items
        and year in (composites.plan_years(each) or {local(each.published_at).year})
    ]


def load_subject(whole: Composite, key: str) -> CompositeSubject:
    """A subject of a composite, or 404."""
    found = CompositeSubject.get_or_none(
        CompositeSubject.composite == whole, CompositeSubject.key == key
    )
    return found or abort(404)


def load_part(sheet: Sheet, part: str) -> str:
    """A part that is a signed figure, or 404."""
    return part if part in sheet.parts_from("figure") else abort(404)


def missing_rule(sheet: Sheet) -> str:
    """What a missing part means, in words."""
    rules = sheet.rules
    if rules.withhold or rules.withhold_from is None:
        return str(_(WITHHOLD if rules.withhold else RENORMALISE))
    return str(_(WITHHOLD_FROM, share=rules.withhold_from))


def frame(whole: Composite) -> dict[str, Any]:
    """What each page about a composite needs to name it."""
    sheet = sources.rules_of(whole)
    return {
        "whole": whole,
        "sheet": sheet,
        "state": _(STATE[whole.state]),
        "audience": composites.audience(whole),
        "AUDIENCE": AUDIENCE,
        "missing_rule": missing_rule(sheet),
    }


def table(whole: Composite) -> dict[str, Any]:
    """A page of a composite's subjects."""
    subjects = sources.in_order(whole)
    page = page_of(subjects.count())
    some = list(page.of(subjects, A_PAGE))
    return {"page": page, "rows": composite_lines.rows(whole, sources.rules_of(whole), some)}


def working_page(
    whole: Composite, judged: CompositeSubject, template: str, refused: Refused | None = None
) -> str:
    """How one subject's number came about: of what was kept, else of what is at hand."""
    sheet = sources.rules_of(whole)
    read = (
        sources.assembled(whole, local(clock.now()).date(), judged)
        if whole.document is None
        else composite_lines.of_one(whole, judged.key)
    )
    return render_template(
        template,
        refused=refused,
        typed=request.form,
        judged=judged,
        working=composite_lines.working(read, sheet),
        deductions=CompositeDeduction.select()
        .where(CompositeDeduction.subject == judged)
        .order_by(CompositeDeduction.id),
        **frame(whole),
    )


def file(data: bytes, mimetype: str, name: str) -> Response:
    """A file to be saved under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype=mimetype, headers=headers)


def download(whole: Composite) -> Response:
    """The kept document, its bytes as they were kept."""
    return file(bytes(whole.document or b""), "application/json", f"composite-{whole.id}.json")


def refusals(wrong: Sequence[Refused | None]) -> list[tuple[str, str]]:
    """What was refused, for the summary above a form."""
    return [(sentence_marked(each), str(getattr(each, "field", ""))) for each in wrong if each]


def score_table(whole: Composite) -> tuple[list[str], Iterator[Sequence[object]]]:
    """The headings and lines of the table of scores for spreadsheets."""
    sheet = sources.rules_of(whole)
    subjects = sources.subjects_of(whole)
    reasons = {
        each["id"]: "；".join(f"{one['points']} {one['reason']}" for one in each["deductions"])
        for each in composite_lines.document(whole)["subjects"]
        if "deductions" in each
    }
    headings = [_("编号"), _("评定对象"), _("所属")]
    headings += [say(label) for label in sheet.labels.values()]
    headings += [_("扣分前"), _("扣分"), _("扣分理由"), _("得分"), _("建议等次")]
    headings += [_("组织评定等次"), _("不同的理由"), _("说明")]
    lines = (
        [
            *(each.subject.key, each.subject.label, each.subject.place_label),
            *each.parts,
            *(each.before, each.deducted, reasons.get(each.subject.key), each.score, each.grade),
            *(each.subject.decided_grade, each.subject.decided_reason),
            "；".join(each.notes),
        ]
        for each in composite_lines.rows(whole, sheet, subjects)
    )
    return headings, lines
