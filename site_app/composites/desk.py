"""Composites: organisers put several results together; what of them is for everybody."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from site_app import clock, uploads
from site_app.accounts import audit, guards
from site_app.composites import lines, loading
from site_app.composites.loading import (
    STATE,
    download,
    file,
    frame,
    load,
    load_computed,
    load_part,
    load_subject,
    table,
    working_page,
)
from site_app.i18n import language, local, say, switched
from site_app.ui.paging import A_PAGE, page_of
from surveys import composites, spreadsheet
from surveys.composites import rules, signed_figures, sources
from surveys.inputs import whole as whole_number
from surveys.messages import Refused
from surveys.models import Composite, CompositeDeduction

blueprint = Blueprint("composites", __name__)
blueprint.add_app_template_global(loading.refusals, "refusals")
blueprint.add_app_template_global(lines.plain, "weight_said")

Page = str | tuple[str, int] | AnyResponse


def _to(whole: Composite) -> AnyResponse:
    return redirect(url_for("composites.show", composite_id=whole.id), 303)


@blueprint.get("/desk/composites")
@guards.organiser
def index() -> str:
    """The composites within reach."""
    found = composites.visible_to(guards.signed_in().unit)
    return render_template("composites/index.html", composites=found, STATE=STATE)


@blueprint.route("/desk/composites/new", methods=["GET", "POST"])
@guards.organiser
def new() -> Page:
    """Choose rules and a title: a draft."""
    if request.method == "GET":
        return _new_page()
    if switched():
        return _new_page()
    chosen = request.form.get("rules")
    title = request.form.get(f"title-{chosen}", "")
    sheet = rules.library().get(str(chosen)) or abort(404)
    try:
        made = composites.create(sheet, guards.signed_in().unit, title)
    except Refused as refused:
        return _new_page(chosen, refused), 422
    audit.record("composite-create", unit=made.owner, detail=made.title)
    return redirect(url_for("composites.edit", composite_id=made.id), 303)


def _new_page(chosen: str | None = None, refused: Refused | None = None) -> str:
    return render_template(
        "composites/new.html",
        library=rules.library(),
        missing_rule=loading.missing_rule,
        chosen=chosen,
        typed=request.form,
        year=local(clock.now()).year,
        refused=refused,
    )


@blueprint.get("/desk/composites/<int:composite_id>")
@guards.organiser
def show(composite_id: int) -> str:
    """A composite: what is there, what is missing, what it came to."""
    whole = load(composite_id)
    return _show_page(whole)


def _show_page(whole: Composite, refused: Refused | None = None) -> str:
    sheet = sources.rules_of(whole)
    return render_template(
        "composites/show.html",
        refused=refused,
        missing=[] if whole.state == "published" else lines.missing(whole, sheet),
        sources=sources.sources_of(whole),
        **frame(whole),
        **table(whole),
    )


@blueprint.route("/desk/composites/<int:composite_id>/edit", methods=["GET", "POST"])
@guards.organiser
def edit(composite_id: int) -> Page:
    """Choose the rounds of the parts, and who is judged."""
    whole = load(composite_id)
    sheet = sources.rules_of(whole)
    if whole.state == "published":
        flash(_("这项综合评定已经公布，不能再改。"))
        return _to(whole)
    if request.method == "GET":
        chosen = {
            part: f"{'round' if each.round_id else 'composite'}-{each.target.id}"
            for part, each in sources.sources_of(whole).items()
        }
        codes = "\n".join(each.key for each in sources.subjects_of(whole))
        return _edit_page(whole, chosen, codes)
    chosen = {part: request.form.get(f"source-{part}", "") for part in sheet.parts_from("round")}
    codes = request.form.get("codes", "")
    if switched():
        return _edit_page(whole, chosen, codes)
    try:
        composites.choose_sources(whole, {part: _source(each) for part, each in chosen.items()})
        if request.form.get("who") == "listed":
            judged = composites.named(whole, codes.replace(",", " ").replace("，", " ").split())
        else:
            judged = composites.in_sources(whole)
        composites.choose_subjects(whole, judged)
    except Refused as refused:
        return _edit_page(whole, chosen, codes, refused), 422
    audit.record("composite-edit", unit=whole.owner, detail=whole.title)
    flash(_("已保存：评定对象 %(n)s 个。", n=len(judged)))
    return _to(whole)


def _source(typed: str) -> tuple[str, int] | None:
    kind, _dash, number = typed.partition("-")
    found = whole_number(number)
    return None if found is None else (kind, found)


def _edit_page(
    whole: Composite, chosen: dict[str, str], codes: str, refused: Refused | None = None
) -> str:
    listed = request.form.get("who") == "listed" if request.method == "POST" else bool(codes)
    return render_template(
        "composites/edit.html",
        refused=refused,
        rounds=composites.rounds_for(whole),
        others=composites.composites_for(whole),
        chosen=chosen,
        codes=codes,
        listed=listed,
        **frame(whole),
    )


@blueprint.route("/desk/composites/<int:composite_id>/figures/<part>", methods=["GET", "POST"])
@guards.organiser
def signed(composite_id: int, part: str) -> Page:
    """The signed figures of a part: typed in a table, pasted, or a file."""
    whole = load(composite_id)
    load_part(sources.rules_of(whole), part)
    if request.method == "GET" or switched():
        return _figures_page(whole, part)
    try:
        typed = _typed(whole)
        now = clock.now()
        done = composites.set_figures(
            whole, part, typed, guards.signed_in().name, now, local(now).date()
        )
    except Refused as refused:
        return _figures_page(whole, part, refused), 422
    if done:
        audit.record("composite-figures", unit=whole.owner, detail=f"{whole.title} {part}: {done}")
    flash(_("已保存：改了 %(n)s 个数。", n=done))
    number = request.args.get("page", 1, type=int)
    here = url_for("composites.signed", composite_id=whole.id, part=part, page=number)
    return redirect(here, 303)


def _typed(whole: Composite) -> dict[str, signed_figures.Typed]:
    """Key of a subject → what was typed about it, or stands in the file or the pasted text."""
    keys = [each.key for each in sources.subjects_of(whole)]
    how = request.form.get("how")
    if how == "file":
        return signed_figures.from_csv(uploads.received(), keys)
    if how == "paste":
        return signed_figures.from_csv(request.form.get("pasted", "").encode(), keys)
    everybody = request.form.get("signer", ""), request.form.get("day", "")
    found = {}
    for key in keys:
        figure = request.form.get(f"figure-{key}")
        if figure is not None:
            signer = request.form.get(f"signer-{key}", "").strip() or everybody[0]
            day = request.form.get(f"day-{key}", "").strip() or everybody[1]
            found[key] = signed_figures.Typed(figure.strip(), signer.strip(), day.strip())
    return found


def _figures_page(whole: Composite, part: str, refused: Refused | None = None) -> str:
    subjects = sources.in_order(whole)
    page = page_of(subjects.count())
    return render_template(
        "composites/figures.html",
        refused=refused,
        wrong=refused.each if isinstance(refused, signed_figures.WrongFigures) else [refused],
        part=part,
        part_label=say(sources.rules_of(whole).labels[part]),
        page=page,
        subjects=list(page.of(subjects, A_PAGE)),
        known=signed_figures.typed_in(whole, part),
        typed=request.form,
        today=local(clock.now()).date().isoformat(),
        **frame(whole),
    )


@blueprint.get("/desk/composites/<int:composite_id>/figures/<part>.csv")
@guards.organiser
def figures_csv(composite_id: int, part: str) -> Response:
    """The table of a part's figures, to be filled in and sent back."""
    whole = load(composite_id)
    load_part(sources.rules_of(whole), part)
    data = signed_figures.to_csv(
        sources.subjects_of(whole), signed_figures.typed_in(whole, part), language()
    )
    return file(data, "text/csv", f"figures-{whole.id}-{part}.csv")


@blueprint.route("/desk/composites/<int:composite_id>/subjects/<key>", methods=["GET", "POST"])
@guards.organiser
def subject(composite_id: int, key: str) -> str:
    """How one subject's number came about; its deductions, and what was typed."""
    whole = load(composite_id)
    return working_page(whole, load_subject(whole, key), "composites/subject.html")


@blueprint.post("/desk/composites/<int:composite_id>/subjects/<key>/deductions")
@guards.organiser
def deduct(composite_id: int, key: str) -> Page:
    """Take points off a subject, with the reason."""
    whole = load(composite_id)
    judged = load_subject(whole, key)
    points, reason = request.form.get("points", ""), request.form.get("reason", "")
    try:
        composites.deduct(whole, judged, points, reason, guards.signed_in().name, clock.now())
    except Refused as refused:
        return working_page(whole, judged, "composites/subject.html", refused), 422
    audit.record("composite-deduct", unit=whole.owner, detail=f"{whole.title} {key}: {points}")
    flash(_("已记下扣分。"))
    return redirect(url_for("composites.subject", composite_id=whole.id, key=key), 303)


@blueprint.post(
    "/desk/composites/<int:composite_id>/subjects/<key>/deductions/<int:deduction_id>/remove"
)
@guards.organiser
def undeduct(composite_id: int, key: str, deduction_id: int) -> Page:
    """Take a deduction back."""
    whole = load(composite_id)
    judged = load_subject(whole, key)
    found = CompositeDeduction.get_or_none(
        CompositeDeduction.id == deduction_id, CompositeDeduction.subject == judged
    )
    if found is None:
        abort(404)
    try:
        composites.undeduct(whole, found)
    except Refused as refused:
        return working_page(whole, judged, "composites/subject.html", refused), 422
    audit.record(
        "composite-undeduct", unit=whole.owner, detail=f"{whole.title} {key}: {found.points}"
    )
    flash(_("已取消这项扣分。"))
    return redirect(url_for("composites.subject", composite_id=whole.id, key=key), 303)


@blueprint.post("/desk/composites/<int:composite_id>/subjects/<key>/grade")
@guards.organiser
def decide(composite_id: int, key: str) -> Page:
    """Record the grade that people decided on for a subject."""
    whole = load(composite_id)
    judged = load_subject(whole, key)
    grade, reason = request.form.get("grade", ""), request.form.get("why", "")
    try:
        composites.decide(whole, judged, grade, reason, guards.signed_in().name, clock.now())
    except Refused as refused:
        return working_page(whole, judged, "composites/subject.html", refused), 422
    audit.record("decide", unit=whole.owner, detail=f"{whole.title} {key}: {grade}")
    flash(_("已记下等次。") if grade else _("已取消评定的等次。"))
    return redirect(url_for("composites.subject", composite_id=whole.id, key=key), 303)


@blueprint.post("/desk/composites/<int:composite_id>/compute")
@guards.organiser
def compute(composite_id: int) -> Page:
    """Compute the scores from what is there, and keep them."""
    whole = load(composite_id)
    now = clock.now()
    try:
        composites.compute(whole, now, local(now).date())
    except Refused as refused:
        return _show_page(whole, refused), 422
    audit.record("composite-compute", unit=whole.owner, detail=whole.title)
    flash(_("已计算。请核对，再公布。"))
    return _to(whole)


@blueprint.post("/desk/composites/<int:composite_id>/discard")
@guards.organiser
def discard(composite_id: int) -> Page:
    """Delete a composite that was not published."""
    whole = load(composite_id)
    try:
        composites.discard(whole)
    except Refused as refused:
        return _show_page(whole, refused), 422
    audit.record("composite-discard", unit=whole.owner, detail=whole.title)
    flash(_("已删去“%(title)s”。", title=whole.title))
    return redirect(url_for("composites.index"), 303)


@blueprint.post("/desk/composites/<int:composite_id>/publish")
@guards.organiser
def publish(composite_id: int) -> Page:
    """Publish what was computed, to whom the rules say."""
    whole = load(composite_id)
    try:
        composites.publish(whole, request.form.get("sha256", ""), clock.now())
    except Refused as refused:
        return _show_page(Composite.get_by_id(whole.id), refused), 409
    audit.record("composite-publish", unit=whole.owner, detail=whole.title)
    flash(_("已公布。"))
    return _to(whole)


@blueprint.get("/desk/composites/<int:composite_id>/composite.json")
@guards.organiser
def desk_json(composite_id: int) -> Response:
    """The kept document, for the composite's organisers."""
    return download(load_computed(composite_id))


@blueprint.get("/desk/composites/<int:composite_id>/scores.csv")
@guards.organiser
def csv(composite_id: int) -> Response:
    """The scores as a table for spreadsheets."""
    whole = load_computed(composite_id)
    data = spreadsheet.to_csv(*loading.score_table(whole))
    return file(data, "text/csv", f"composite-{whole.id}.csv")
