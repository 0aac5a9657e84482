"""The organiser's desk: rounds prepared, opened, watched, counted and published; the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from site_app import clock, storage
from site_app.accounts import audit, clock_face, guards
from site_app.answers import doors
from site_app.i18n import local, switched
from site_app.plan import store
from site_app.questionnaires import library
from site_app.rounds import draft_form
from site_app.ui import paging
from site_app.ui.responses import Page
from surveys import counting, rounds
from surveys.messages import Refused
from surveys.models import Archive, Delay, Pledge, Round, Subject
from surveys.questionnaires import questionnaire
from surveys.rounds import listed_subjects, readiness

blueprint = Blueprint("rounds", __name__)
blueprint.add_app_template_filter(doors.qr, "qr")


def _to(round_: Round) -> AnyResponse:
    return redirect(url_for("rounds.show", round_id=round_.id), 303)


@blueprint.get("/desk")
@guards.organiser
def desk() -> str:
    """The rounds within reach: what wants doing first."""
    now = clock.now()
    within = rounds.visible_to(guards.signed_in().unit)
    page = paging.page_of(within.count())
    found = [_on_desk(each, now) for each in page.of(rounds.by_urgency(within, now))]
    open_ = within.where(Round.state == "open")
    tried = ((each, storage.lost_of(each)) for each in open_)
    lost = [each for each in tried if each[1]]
    return render_template("rounds/desk.html", rounds=found, lost=lost, page=page)


def _on_desk(round_: Round, now: datetime) -> dict[str, object]:
    phase = rounds.phase(round_, now)
    papers = counting.turnout(round_) if phase in ("open", "ended") else []
    return {
        "round": round_,
        "phase": phase,
        "issues": rounds.issues_before_opening(round_, now) if phase == "draft" else [],
        "returned": sum(row["returned"] for row in papers),
        "issued": sum(row["issued"] for row in papers) if round_.needs_codes else None,
    }


@blueprint.route("/desk/rounds/new", methods=["GET", "POST"])
@guards.organiser
def new() -> Page:
    """Choose a questionnaire: a draft, named after it and the year until a title is given."""
    if request.method == "GET":
        return _new_page()
    chosen = request.form.get("questionnaire")
    form = library.library().get(str(chosen)) or abort(404)
    title = request.form.get("title", f"{local(clock.now()).year}年{form.title['zh']}")
    plan = store.of_day(local(clock.now()).date())
    if switched():
        return _new_page(chosen, title)
    try:
        made = rounds.create(
            form, guards.signed_in().unit, title, plan_year=plan.year if plan else None
        )
    except Refused as refused:
        return _new_page(chosen, title, refused), 422
    audit.record("create", made, detail=made.title)
    return redirect(url_for("rounds.edit", round_id=made.id), 303)


def _new_page(chosen: str | None = None, title: str = "", refused: Refused | None = None) -> str:
    return render_template(
        "rounds/new.html", library=library.library(), chosen=chosen, title=title, refused=refused
    )


@blueprint.route("/desk/rounds/<int:round_id>/edit", methods=["GET", "POST"])
@guards.organiser
def edit(round_id: int) -> Page:
    """A draft's settings."""
    round_ = guards.load_round(round_id)
    if request.method == "GET":
        if round_.state != "draft":
            flash(_("这次测评已经不是草稿，设置不能再改。"))
            return _to(round_)
        return _edit_page(round_, draft_form.stored(round_))
    draft = draft_form.typed(request.form, round_)
    try:
        rounds.check_is_draft(round_)
        if "tick" in request.form:
            place = request.form["tick"]
            under = [u for u in rounds.candidates(round_) if place in ("all", str(u.parent_id))]
            return _edit_page(round_, draft_form.ticked(draft, under))
        if switched():
            return _edit_page(round_, draft)
        settings = draft_form.settings(draft, round_, current_app.config["SITE"].zone)
        rounds.revise(round_, settings, draft.revision)
    except rounds.Changed as refused:
        newer = draft_form.stored(Round.get_by_id(round_.id)).revision
        return _edit_page(round_, draft_form.at(draft, newer), refused), 409
    except Refused as refused:
        return _edit_page(round_, draft, refused), 422
    audit.record("edit", round_)
    flash(_("已保存。"))
    return _to(round_)


def _edit_page(round_: Round, draft: draft_form.Draft, refused: Refused | None = None) -> str:
    form = questionnaire.of(round_)
    return render_template(
        "rounds/edit.html",
        round=round_,
        form=form,
        draft=draft,
        changed=isinstance(refused, rounds.Changed),
        begun=isinstance(refused, rounds.Begun),
        refused=refused,
        groups=rounds.groups_of(round_),
        places=draft_form.places(round_),
        plans=draft_form.plans(),
        moment_type=draft_form.moment_type,
        taking_part=draft_form.taking_part(form),
    )


@blueprint.route("/desk/rounds/<int:round_id>", methods=["GET", "POST"])
@guards.organiser
def show(round_id: int) -> str:
    """A round: its state, what is missing, turnout, the verbs of its state, and what was typed."""
    return show_page(guards.load_round(round_id))


def show_page(round_: Round, refused: Refused | None = None) -> str:
    """The page of a round on the desk, with what was refused on it, if anything was."""
    now = clock.now()
    kept = Archive.get_or_none(Archive.round == round_)
    form, is_draft = questionnaire.of(round_), round_.state == "draft"
    papers = kept.counts if kept else counting.turnout(round_)
    with_posters = list(doors.doors(round_).items())
    units = readiness.chosen_units(round_)
    return render_template(
        "rounds/show.html",
        round=round_,
        form=form,
        phase=rounds.phase(round_, now),
        issues=rounds.issues_before_opening(round_, now) if is_draft else [],
        cautions=readiness.cautions(round_, now) if is_draft else [],
        face=clock_face.face() if is_draft else None,
        lines=listed_subjects.lines(round_, form.about, units) if is_draft and form.listed else [],
        names=list(Subject.select().where(Subject.round == round_).order_by(Subject.position)),
        refused=refused,
        typed=request.form,
        moment_type=draft_form.moment_type,
        groups=rounds.groups_of(round_),
        units=units,
        doors=with_posters,
        door_page=paging.page_of(len(with_posters), name="doors", endpoint="rounds.show"),
        papers=papers,
        paper_page=paging.page_of(len(papers), name="papers", endpoint="rounds.show"),
        kept=kept,
        lost=rounds.lost_key(storage.keys(), round_),
        codes_lost=round_.needs_codes and kept is None and storage.codes_are_lost(),
        delays=list(Delay.select().where(Delay.round == round_).order_by(Delay.new_end)),
        pledges=list(Pledge.select().where(Pledge.round == round_).order_by(Pledge.added_at)),
    )


def _do(
    round_: Round, action: str, verb: Callable[[], object], done: str, detail: str = ""
) -> Page:
    """Call a verb: back to the round with what was done, or its page with what was refused."""
    try:
        verb()
    except Refused as refused:
        return show_page(Round.get_by_id(round_.id), refused), 409
    audit.record(action, round_, detail=detail)
    flash(done)
    return _to(round_)


@blueprint.post("/desk/rounds/<int:round_id>/open")
@guards.organiser
def open_(round_id: int) -> Page:
    """Open a draft."""
    round_ = guards.load_round(round_id)
    reason = request.form.get("codes_reason", "")

    def verb() -> None:
        clock_face.check("clock_is_right" in request.form)
        rounds.open_round(storage.keys(), round_, clock.now(), reason)

    return _do(round_, "open", verb, _("测评已开始，从现在起内容不能再改。"), reason[:500])


@blueprint.post("/desk/rounds/<int:round_id>/delay")
@guards.organiser
def delay(round_id: int) -> Page:
    """Move the end of a round later, with a reason."""
    round_ = guards.load_round(round_id)
    new_end = request.form.get("new_end", "")
    reason = request.form.get("delay_reason", "")

    def verb() -> None:
        moment = draft_form.new_end(new_end, current_app.config["SITE"].zone)
        rounds.delay(round_, moment, reason, clock.now())

    return _do(round_, "delay", verb, _("截止时间已推后。"), f"{new_end} {reason}"[:500])


@blueprint.post("/desk/rounds/<int:round_id>/abandon")
@guards.organiser
def abandon(round_id: int) -> Page:
    """Give a round up before it is counted."""
    round_ = guards.load_round(round_id)
    reason = request.form.get("abandon_reason", "")
    return _do(
        round_,
        "abandon",
        lambda: rounds.abandon(storage.keys(), round_, reason),
        _("测评已终止，已交的答卷都销毁了。"),
        reason[:500],
    )


@blueprint.post("/desk/rounds/<int:round_id>/publish")
@guards.organiser
def publish(round_id: int) -> Page:
    """Publish a counted round with what we will do, and by when."""
    round_ = guards.load_round(round_id)
    text = request.form.get("pledge", "")
    return _do(
        round_, "publish", lambda: rounds.publish(round_, text, clock.now()), _("结果已公布。")
    )


@blueprint.post("/desk/rounds/<int:round_id>/pledge")
@guards.organiser
def pledge(round_id: int) -> Page:
    """Add a paragraph under a published result."""
    round_ = guards.load_round(round_id)
    text = request.form.get("pledge", "")
    return _do(
        round_, "pledge", lambda: rounds.add_pledge(round_, text, clock.now()), _("已补充。")
    )
