"""Results: what everybody may see, what organisers see, sheets for the meeting and for each person.

Pages read `Score` rows and the archive's metadata, a page at a time; the archive itself is only
handed out, never opened here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import peewee
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from site_app import (
    auth,
    charts,
    clock,
    explanation,
    public_rounds,
    result_lines,
    result_signals,
    result_table,
    unit_composites,
    unit_scores,
    unscored,
    votes,
)
from site_app.diverging import diverging
from site_app.i18n import local, said, sentence_marked
from site_app.models import Plan, PlanItem
from site_app.paging import A_PAGE, page_of
from site_app.public_rounds import rounds_of_item, rounds_of_plan
from site_app.sorting import order_asked
from site_app.stacking import stacking
from surveys import export, questionnaire, rounds
from surveys.messages import N_, Refused
from surveys.models import Archive, Comment, Pledge, Round, Score, Subject, Unit

__all__ = ["blueprint", "rounds_of_item", "rounds_of_plan"]

COMMENTS_A_PAGE = 100

blueprint = Blueprint("results", __name__)
blueprint.add_app_template_global(result_lines.group_said, "group_said")
blueprint.add_app_template_global(result_lines.caution, "caution_said")
blueprint.add_app_template_global(charts.answers_to, "answers_to")
blueprint.add_app_template_global(diverging, "diverging")
blueprint.add_app_template_filter(stacking, "stacking")
blueprint.app_context_processor(lambda: {"unscored_questions": unscored})


def load_published(round_id: int) -> Round:
    """A published round, or 404."""
    found = Round.get_or_none(Round.id == round_id, Round.state == "published")
    return found or abort(404)


def load_counted(round_id: int) -> Round:
    """A counted round within the organiser's reach, or 404."""
    found = auth.load_round(round_id)
    if found.state not in ("closed", "published"):
        abort(404)
    return found


def load_subject(round_: Round, key: str) -> Subject:
    """A subject of a round, or 404."""
    found = Subject.get_or_none(Subject.round == round_, Subject.key == key)
    return found or abort(404)


def pledges(round_: Round) -> list[Pledge]:
    """What was promised under a result, in the order in which it was added."""
    return list(Pledge.select().where(Pledge.round == round_).order_by(Pledge.added_at))


def kept(round_: Round) -> Archive:
    """The archive's digest and papers, without its document."""
    return Archive.select(Archive.sha256, Archive.counts).where(Archive.round == round_).get()


def frame(round_: Round) -> dict[str, Any]:
    """What each page about a counted round needs to name it."""
    form, papers = questionnaire.of(round_), kept(round_)
    return {
        "round_": round_,
        "form": form,
        "columns": result_lines.columns(round_),
        "positive": result_lines.positive_said(form),
        "unvalued": result_lines.unvalued_said(form),
        "sha256": papers.sha256,
        "turnout": public_rounds.turnout(papers.counts),
    }


@blueprint.get("/results")
def index() -> str:
    """The published rounds, newest first, by year."""
    which = public_rounds.published()
    page = page_of(Round.select().where(which).count())
    found = [public_rounds.as_held(row) for row in page.of(public_rounds.held(which), A_PAGE)]
    years = groupby(found, key=lambda each: each.closed_at and local(each.closed_at).year)
    by_year = [(year, list(some)) for year, some in years]
    return render_template("results/index.html", by_year=by_year, page=page)


@blueprint.get("/results/<int:round_id>")
def show(round_id: int) -> str:
    """A published result; of a round about persons only that it was held."""
    round_ = load_published(round_id)
    form = questionnaire.of(round_)
    title = public_rounds.title(round_, form)
    if not public_rounds.is_open(form.audience):
        return render_template("results/held.html", title=title, **frame(round_))
    order = order_asked()
    rows = order.of(result_lines.rows(round_))
    page = page_of(Score.select().where(Score.round == round_).count())
    return render_template(
        "results/show.html",
        title=title,
        order=order,
        lines=result_lines.lines(round_, page.of(rows, A_PAGE)),
        page=page,
        groups=rounds.groups_of(round_),
        headline=result_lines.headline(form),
        items=plan_items(round_),
        pledges=pledges(round_),
        **frame(round_),
    )


def plan_items(round_: Round) -> list[PlanItem]:
    """The items of the plan that a round belongs to, as far as that plan is there."""
    belongs = (Plan.year == round_.plan_year) & PlanItem.number.in_(round_.plan_items)
    return list(PlanItem.select().join(Plan).where(belongs).order_by(PlanItem.number))


def download(round_: Round) -> Response:
    """The bytes of the kept archive, as they were kept."""
    document = Archive.get(Archive.round == round_).document
    name = f'attachment; filename="round-{round_.id}.json"'
    headers = {"Content-Disposition": name}
    return Response(bytes(document), mimetype="application/json", headers=headers)


@blueprint.get("/results/<int:round_id>/archive.json")
def archive(round_id: int) -> Response:
    """The kept archive of a result that everybody may see."""
    round_ = load_published(round_id)
    if not public_rounds.is_open(questionnaire.of(round_).audience):
        abort(404)
    return download(round_)


@blueprint.get("/results/<int:round_id>/<key>/how")
def how(round_id: int, key: str) -> str:
    """How a number that everybody may see came about."""
    round_ = load_published(round_id)
    if not public_rounds.is_open(questionnaire.of(round_).audience):
        abort(404)
    return how_page(round_, key, public=True)


def how_page(round_: Round, key: str, *, public: bool) -> str:
    """The page of the working behind one subject's numbers."""
    shown = explanation.working(round_, load_subject(round_, key))
    return render_template("results/how.html", public=public, **shown, **frame(round_))


@blueprint.get("/units/<code>")
def unit(code: str) -> str:
    """A unit's published scores and composites over the years."""
    found = Unit.get_or_none(Unit.code == code) or abort(404)
    histories, judged = unit_scores.histories(found), unit_composites.of_unit(found)
    if not histories and not judged:
        abort(404)
    return render_template(
        "results/unit.html",
        unit=found,
        above=[
            (url_for("results.unit", code=each.code), each.name)
            for each in unit_scores.ancestors(found)
        ],
        histories=histories,
        judged=judged,
    )


@blueprint.route("/desk/rounds/<int:round_id>/results", methods=["GET", "POST"])
@auth.organiser
def desk(round_id: int) -> str | AnyResponse:
    """All that is kept of a counted round, for its organisers, and what was typed."""
    round_ = auth.load_round(round_id)
    if round_.state not in ("closed", "published"):
        flash(_("计票之后才有结果。"))
        return redirect(url_for("rounds.show", round_id=round_id), 303)
    return desk_page(round_)


def desk_page(round_: Round) -> str:
    """The page of a counted round, with what was typed on it."""
    here = "results.desk"
    rows = result_lines.rows(round_)
    page = page_of(Score.select().where(Score.round == round_).count(), endpoint=here)
    said = comments(round_)
    comment_page = page_of(said.count(), COMMENTS_A_PAGE, "comments", here)
    return render_template(
        "results/desk.html",
        lines=result_lines.lines(round_, page.of(rows, A_PAGE)),
        page=page,
        typed=request.form,
        signals=result_signals.shown(round_),
        comments=by_subject(comment_page.of(said, COMMENTS_A_PAGE)),
        comment_page=comment_page,
        **unscored.written(round_, questionnaire.of(round_)),
        **frame(round_),
    )


def comments(round_: Round) -> peewee.ModelSelect[Comment]:
    """The comments about shown subjects; their keys are random, and so is their order."""
    return (
        Comment.select(Comment, Subject)
        .join(Subject)
        .where(Comment.round == round_, Comment.text.is_null(False))
        .order_by(Subject.position, Comment.key)
    )


def by_subject(said: peewee.ModelSelect[Comment]) -> Iterator[tuple[str, list[str]]]:
    """Comments as the names of subjects with the texts about them."""
    for subject, some in groupby(said, key=lambda each: each.subject):
        yield subject.label, [str(each.text) for each in some]


@blueprint.get("/desk/rounds/<int:round_id>/results/<key>/how")
@auth.organiser
def desk_how(round_id: int, key: str) -> str:
    """How a number came about, for organisers, and to print for whom it is about."""
    return how_page(load_counted(round_id), key, public=False)


@blueprint.get("/desk/rounds/<int:round_id>/results/archive.json")
@auth.organiser
def desk_archive(round_id: int) -> Response:
    """The kept archive, for the round's organisers."""
    return download(load_counted(round_id))


@blueprint.get("/desk/rounds/<int:round_id>/results/scores.csv")
@auth.organiser
def csv(round_id: int) -> Response:
    """The scores as a table for spreadsheets."""
    round_ = load_counted(round_id)
    lines = result_lines.lines(round_, result_lines.rows(round_))
    form = questionnaire.of(round_)
    rows = (result_table.cells(form, each) for each in lines)
    table = export.to_csv(result_table.headings(), rows)
    headers = {"Content-Disposition": f'attachment; filename="scores-{round_.id}.csv"'}
    return Response(table, mimetype="text/csv", headers=headers)


@blueprint.post("/desk/rounds/<int:round_id>/results/<key>/grade")
@auth.organiser
def decide(round_id: int, key: str) -> AnyResponse | tuple[str, int]:
    """Record the grade that people decided on for a subject."""
    round_ = load_counted(round_id)
    subject = load_subject(round_, key)
    grade, reason = (request.form.get(f"{each}-{subject.id}", "") for each in ("grade", "reason"))
    try:
        by = auth.signed_in().name
        rounds.decide(round_, subject, grade, reason, clock.now(), by)
    except Refused as refused:
        why = sentence_marked(refused)
        flash(said(N_("%(name)s：%(refused)s"), name=subject.label, refused=why))
        return desk_page(round_), 409
    auth.record("decide", round_, subject.place, f"{subject.key}: {grade}")
    flash(said(N_("已记下 %(name)s 的等次：%(grade)s。"), name=subject.label, grade=grade))
    over = result_signals.over_cap(round_, subject)
    if over:
        flash(over)
    return redirect(back_to(round_, subject), 303)


def back_to(round_: Round, subject: Subject) -> str:
    """The place on the desk's pages where a subject stands."""
    row = Score.get(Score.round == round_, Score.subject == subject)
    return url_for(
        "results.desk",
        round_id=round_.id,
        page=row.position // A_PAGE + 1,
        _anchor=f"subject-{subject.id}",
    )


def load_for_sheets(round_id: int, audience: str) -> Round:
    """A counted round about persons whose result this audience may see, or 404."""
    found = load_counted(round_id)
    form = questionnaire.of(found)
    if form.about != "persons" or audience not in form.audience:
        abort(404)
    return found


def not_yet(round_: Round) -> AnyResponse:
    """Back to the desk: sheets are printed of what was published."""
    flash(_("公布之后才能打印会议用表和个人结果单。"))
    return redirect(url_for("results.desk", round_id=round_.id), 303)


def branches(round_: Round) -> list[Subject]:
    """The branches of a round about persons in their order, each as its first subject."""
    return list(
        Subject.select(Subject.place, Subject.place_label, peewee.fn.MIN(Subject.position))
        .where(Subject.round == round_)
        .group_by(Subject.place, Subject.place_label)
        .order_by(peewee.fn.MIN(Subject.position))
    )


def sheets(round_: Round, template: str) -> str | AnyResponse:
    """Sheets of one branch, chosen by page: no meeting needs another's."""
    if round_.state != "published":
        return not_yet(round_)
    places = branches(round_)
    page = page_of(len(places), 1)
    place = places[page.number - 1]
    chosen = result_lines.rows(round_).where(
        Subject.place.is_null() if place.place_id is None else Subject.place == place.place_id,
        Subject.place_label == place.place_label,
    )
    lines = result_lines.lines(round_, chosen)
    return render_template(
        template,
        places=places,
        page=page,
        place=place.place_label,
        lines=lines,
        too_many=result_signals.suggested(round_, lines),
        pledges=pledges(round_),
        votes_of=lambda line: votes.of(round_, {line.subject.key}),
        votes=votes.of(round_, {line.subject.key for line in lines}),
        place_turnout=public_rounds.turnout(
            line for line in kept(round_).counts if place.place and line["code"] == place.place.code
        ),
        **frame(round_),
    )


@blueprint.get("/desk/rounds/<int:round_id>/meeting")
@auth.organiser
def meeting(round_id: int) -> str | AnyResponse:
    """The sheet for the meeting of a branch."""
    return sheets(load_for_sheets(round_id, "M"), "results/meeting.html")


@blueprint.get("/desk/rounds/<int:round_id>/persons")
@auth.organiser
def persons(round_id: int) -> str | AnyResponse:
    """The sheets for each person of a branch, to be printed at once and handed out singly."""
    return sheets(load_for_sheets(round_id, "S"), "results/persons.html")


@blueprint.get("/desk/rounds/<int:round_id>/persons/<key>")
@auth.organiser
def person(round_id: int, key: str) -> str | AnyResponse:
    """The sheet for one person: their own result and nobody else's."""
    round_ = load_for_sheets(round_id, "S")
    if round_.state != "published":
        return not_yet(round_)
    subject = load_subject(round_, key)
    chosen = result_lines.rows(round_).where(Score.subject == subject)
    (line,) = result_lines.lines(round_, chosen)
    return render_template(
        "results/person.html", line=line, votes=votes.of(round_, {key}), **frame(round_)
    )
