"""Results on the desk: scores, comments and grades for the organisers of a round."""

from __future__ import annotations

from itertools import groupby

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from site_app import clock
from site_app.accounts import audit, guards
from site_app.i18n import said, sentence_marked
from site_app.results import lines as result_lines
from site_app.results import score_table, signals, unscored
from site_app.results.loading import download, frame, how_page, load_counted, load_subject
from site_app.results.public import blueprint
from site_app.ui.paging import A_PAGE, page_of
from surveys import rounds, spreadsheet
from surveys.ballots import comments
from surveys.messages import N_, Refused
from surveys.models import Round, Score, Subject
from surveys.questionnaires import questionnaire

COMMENTS_A_PAGE = 100


@blueprint.route("/desk/rounds/<int:round_id>/results", methods=["GET", "POST"])
@guards.organiser
def desk(round_id: int) -> str | AnyResponse:
    """All that is kept of a counted round, for its organisers, and what was typed."""
    round_ = guards.load_round(round_id)
    if round_.state not in ("closed", "published"):
        flash(_("计票之后才有结果。"))
        return redirect(url_for("rounds.show", round_id=round_id), 303)
    return desk_page(round_)


def desk_page(round_: Round) -> str:
    """The page of a counted round, with what was typed on it."""
    here = "results.desk"
    rows = result_lines.rows(round_)
    page = page_of(Score.select().where(Score.round == round_).count(), endpoint=here)
    said = comments.shown(round_)
    comment_page = page_of(said.count(), COMMENTS_A_PAGE, "comments", here)
    return render_template(
        "results/desk.html",
        lines=result_lines.lines(round_, page.of(rows, A_PAGE)),
        page=page,
        typed=request.form,
        signals=signals.shown(round_),
        comments=[
            (subject.label, [str(each.text) for each in some])
            for subject, some in groupby(
                comment_page.of(said, COMMENTS_A_PAGE), key=lambda each: each.subject
            )
        ],
        comment_page=comment_page,
        **unscored.written(round_, questionnaire.of(round_)),
        **frame(round_),
    )


@blueprint.get("/desk/rounds/<int:round_id>/results/<key>/how")
@guards.organiser
def desk_how(round_id: int, key: str) -> str:
    """How a number came about, for organisers, and to print for whom it is about."""
    return how_page(load_counted(round_id), key, public=False)


@blueprint.get("/desk/rounds/<int:round_id>/results/archive.json")
@guards.organiser
def desk_archive(round_id: int) -> Response:
    """The kept archive, for the round's organisers."""
    return download(load_counted(round_id))


@blueprint.get("/desk/rounds/<int:round_id>/results/scores.csv")
@guards.organiser
def csv(round_id: int) -> Response:
    """The scores as a table for spreadsheets."""
    round_ = load_counted(round_id)
    lines = result_lines.lines(round_, result_lines.rows(round_))
    form = questionnaire.of(round_)
    rows = (score_table.cells(form, each) for each in lines)
    table = spreadsheet.to_csv(score_table.headings(), rows)
    headers = {"Content-Disposition": f'attachment; filename="scores-{round_.id}.csv"'}
    return Response(table, mimetype="text/csv", headers=headers)


@blueprint.post("/desk/rounds/<int:round_id>/results/<key>/grade")
@guards.organiser
def decide(round_id: int, key: str) -> AnyResponse | tuple[str, int]:
    """Record the grade that people decided on for a subject."""
    round_ = load_counted(round_id)
    subject = load_subject(round_, key)
    grade, reason = (request.form.get(f"{each}-{subject.id}", "") for each in ("grade", "reason"))
    try:
        by = guards.signed_in().name
        rounds.decide(round_, subject, grade, reason, clock.now(), by)
    except Refused as refused:
        why = sentence_marked(refused)
        flash(said(N_("%(name)s：%(refused)s"), name=subject.label, refused=why))
        return desk_page(round_), 409
    audit.record("decide", round_, subject.place, f"{subject.key}: {grade}")
    flash(said(N_("已记下 %(name)s 的等次：%(grade)s。"), name=subject.label, grade=grade))
    over = signals.over_cap(round_, subject)
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
