"""The plan: public pages to read and search it; organisers import a document and correct items."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from site_app import clock
from site_app.accounts import audit, guards
from site_app.composites import loading
from site_app.i18n import local, sentence, sentence_marked, switched
from site_app.models import Plan, PlanItem, PlanSection
from site_app.plan import search, store
from site_app.plan import text as plan_text
from site_app.plan.document import PlanDocument, parse
from site_app.questionnaires import library
from site_app.results import public_rounds
from site_app.words import FORM, SEEN_BY
from surveys.messages import N_, Refused

MOST_REPOSTED = 1_500_000  # bytes: the decoded text rides in the form from preview to confirm

blueprint = Blueprint("plan", __name__)


def load_plan(year: int) -> Plan:
    """The plan of a year, or 404."""
    found = Plan.get_or_none(Plan.year == year)
    return found or abort(404)


def load_item(year: int, number: int) -> PlanItem:
    """An item of a plan with its plan and its section, or 404."""
    found: PlanItem | None = (
        PlanItem.select(PlanItem, Plan, PlanSection)
        .join(Plan)
        .join_from(PlanItem, PlanSection)
        .where(Plan.year == year, PlanItem.number == number)
        .first()
    )
    return found or abort(404)


def may_edit() -> bool:
    """Whether the reader is an organiser of the whole district."""
    account = guards.account()
    return account is not None and account.unit.parent_id is None


def chinese(number: int) -> str:
    """A section's number as plans write it: 一 … 九十九."""
    digits = "〇一二三四五六七八九"
    tens, units = divmod(number, 10)
    if not 0 < number < 100:
        return str(number)
    return ("" if tens < 2 else digits[tens]) + "十" * (tens > 0) + (digits[units] if units else "")


def summary(document: PlanDocument) -> str:
    """How much was found: “8 个部分，22 个条目”."""
    sections, items = document.summary
    parts = {
        "sections": ngettext("%(num)s 个部分", "%(num)s 个部分", sections),
        "items": ngettext("%(num)s 个条目", "%(num)s 个条目", items),
    }
    return str(_("%(sections)s，%(items)s", **parts))


def remarks(document: PlanDocument, said: Callable[[Refused], str] = sentence) -> list[str]:
    """What an organiser should look at before importing, a sentence each."""
    found = [said(Refused(each.message, **each.params)) for each in document.findings]
    if document.summary.items == 1:
        found.append(_("只找到一个条目。请看看文件是不是完整，编号是不是每条单独成行。"))
    return found


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """What the plan's templates need everywhere."""
    return {"FORM": FORM, "SEEN_BY": SEEN_BY}


blueprint.add_app_template_filter(chinese, "chinese")
blueprint.add_app_template_filter(search.pieces, "pieces")
blueprint.add_app_template_filter(search.excerpts, "excerpts")


@blueprint.get("/")
def home() -> str:
    """This year's plan, and what runs under others; without any, what to do next."""
    current = store.of_day(local(clock.now()).date())
    if current is None:
        return render_template("plan/none.html", may_edit=may_edit())
    others = [plan.year for plan in Plan.select(Plan.year).where(Plan.id != current.id)]
    held = public_rounds.rounds_of_years(*others).values()
    running = {each.id: each for some in held for each in some if each.phase == "open"}
    return _document(current, list(running.values()))


@blueprint.get("/plan/<int(max=9999):year>")
def year(year: int) -> str:
    """The plan of a year."""
    return _document(load_plan(year))


def _document(plan: Plan, running: Sequence[public_rounds.Held] = ()) -> str:
    query = request.args.get("q", "").strip()[: search.LONGEST_QUERY]
    wanted = search.words(query)
    items = list(PlanItem.select().where(PlanItem.plan == plan).order_by(PlanItem.number))
    found = [item for item in items if search.found_in([item.title, *item.paragraphs], wanted)]
    by_section: dict[int, list[PlanItem]] = {}
    for item in found:
        by_section.setdefault(item.section_id, []).append(item)
    return render_template(
        "plan/found.html" if wanted else "plan/year.html",
        plan=plan,
        years=[each.year for each in Plan.select().order_by(Plan.year.desc())],
        sections=PlanSection.select()
        .where(PlanSection.plan == plan)
        .order_by(PlanSection.position),
        items=by_section,
        rounds=public_rounds.rounds_of_plan(plan.year),
        running=running,
        count=len(found),
        query=query,
        wanted=wanted,
        may_edit=may_edit(),
    )


@blueprint.get("/plan/<int(max=9999):year>/<int(max=9999):number>")
def item(year: int, number: int) -> str:
    """One item: its text, what it calls for, what was held, last year beside this one."""
    found = load_item(year, number)
    headings = PlanItem.select(PlanItem.number, PlanItem.title)
    others = headings.where(PlanItem.plan == found.plan)
    before = others.where(PlanItem.number < number).order_by(PlanItem.number.desc()).first()
    after = others.where(PlanItem.number > number).order_by(PlanItem.number).first()
    last = headings.join(Plan).where(Plan.year == year - 1, PlanItem.number == number)
    held = public_rounds.rounds_of_years(year, year - 1)
    return render_template(
        "plan/item.html",
        item=found,
        plan=found.plan,
        before=before,
        after=after,
        last=last.first(),
        rounds=held.get((year, number), []),
        composites=loading.serving(year, number),
        last_composites=loading.serving(year - 1, number),
        last_rounds=held.get((year - 1, number), []),
        library=library.library(),
        may_edit=may_edit(),
    )


@blueprint.route("/desk/plan/import", methods=["GET", "POST"])
@guards.district_organiser
def upload() -> Response | str | tuple[str, int]:
    """Import a plan in the browser: a file, a preview of what was found in it, a yes."""
    if request.method == "GET" or (switched() and "text" not in request.form):
        return _upload_page()
    try:
        text = _uploaded_text()
        document = parse(text, _typed_year())
        store.check_year(document.year)
        if "confirm" not in request.form or switched():
            return _preview_page(document, text)
    except Refused as refused:
        return _upload_page(refused), 422
    replace = "replace" in request.form
    try:
        store.store(document, None, replace)
    except Refused as refused:
        return _preview_page(document, text, refused), 409
    audit.record("plan-import", detail=f"{document.year}: {document.summary}")
    flash(
        _(
            "%(year)s 年的工作要点已导入：%(summary)s。",
            year=document.year,
            summary=summary(document),
        )
    )
    return redirect(url_for("plan.year", year=document.year), 303)


def _uploaded_text() -> str:
    """The text of the file just sent, or the one that came back from the preview."""
    if "text" in request.form or "confirm" in request.form:
        return plan_text.decode(request.form.get("text", "").encode("utf-8"))
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused(N_("还没有选文件。请选一个 .txt 或 .md 文件。"))
    with file.stream as stream:
        text = plan_text.decode(stream.read(plan_text.MAX_BYTES + 1))
    if len(text.encode("utf-8")) > MOST_REPOSTED:
        raise Refused(N_("这份文件太长，不像工作要点。如果确实是，请用命令行导入：plan import。"))
    return text


def _typed_year() -> int | None:
    typed = request.form.get("year", "").strip()
    if not typed:
        return None
    if not typed.isdecimal() or len(typed) != 4:
        raise Refused(
            N_("年份“%(year)s”不对，请写成四位数字，例如 2026；或者空着。"), year=typed[:20]
        )
    return int(typed)


def _upload_page(refused: Refused | None = None) -> str:
    return render_template(
        "plan/upload.html", refused=refused, year=request.form.get("year", "")[:20]
    )


def _preview_page(document: PlanDocument, text: str, refused: Refused | None = None) -> str:
    return render_template(
        "plan/preview.html",
        refused=refused,
        document=document,
        text=text,
        summary=summary(document),
        remarks=remarks(document, sentence_marked),
        replacement=store.replacement(document),
        replace="replace" in request.form,
    )


@blueprint.route("/desk/plan/<int(max=9999):year>/<int(max=9999):number>", methods=["GET", "POST"])
@guards.district_organiser
def edit(year: int, number: int) -> Response | str | tuple[str, int]:
    """Correct an item's text; say which questionnaires serve it."""
    found = load_item(year, number)
    if request.method == "GET":
        typed = {"title": found.title, "text": "\n\n".join(found.paragraphs)}
        return _edit_page(found, typed, store.attached(found), store.fingerprint(found))
    typed = {key: request.form.get(key, "").replace("\r\n", "\n") for key in ("title", "text")}
    chosen, seen = request.form.getlist("questionnaires"), request.form.get("seen", "")
    if switched():
        return _edit_page(found, typed, chosen, seen)
    try:
        store.revise(found, **typed, questionnaire_ids=chosen, seen=seen, library=library.library())
    except Refused as refused:
        newer = load_item(year, number)
        return _edit_page(newer, typed, chosen, store.fingerprint(newer), refused), 409
    audit.record("plan-edit", detail=f"{year}/{number}")
    flash(_("第 %(number)s 条已保存。", number=number))
    return redirect(url_for("plan.item", year=year, number=number), 303)


def _edit_page(
    item: PlanItem,
    typed: dict[str, str],
    chosen: list[str],
    seen: str,
    refused: Refused | None = None,
) -> str:
    return render_template(
        "plan/edit.html",
        item=item,
        year=item.plan.year,
        typed=typed,
        chosen=chosen,
        seen=seen,
        refused=refused,
        changed=isinstance(refused, store.Changed),
        library=library.library(),
    )
