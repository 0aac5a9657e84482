"""Results on paper: sheets for the meeting and for each person."""

from __future__ import annotations

import peewee
from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from site_app.accounts import guards
from site_app.results import lines as result_lines
from site_app.results import public_rounds, signals, votes
from site_app.results.loading import frame, kept, load_counted, load_subject, pledges
from site_app.results.public import blueprint
from site_app.ui.paging import page_of
from surveys.models import Round, Score, Subject
from surveys.questionnaires import questionnaire


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
        too_many=signals.suggested(round_, lines),
        pledges=pledges(round_),
        votes_of=lambda line: votes.of(round_, {line.subject.key}),
        votes=votes.of(round_, {line.subject.key for line in lines}),
        place_turnout=public_rounds.turnout(
            line for line in kept(round_).counts if place.place and line["code"] == place.place.code
        ),
        **frame(round_),
    )


@blueprint.get("/desk/rounds/<int:round_id>/meeting")
@guards.organiser
def meeting(round_id: int) -> str | AnyResponse:
    """The sheet for the meeting of a branch."""
    return sheets(load_for_sheets(round_id, "M"), "results/meeting.html")


@blueprint.get("/desk/rounds/<int:round_id>/persons")
@guards.organiser
def persons(round_id: int) -> str | AnyResponse:
    """The sheets for each person of a branch, to be printed at once and handed out singly."""
    return sheets(load_for_sheets(round_id, "S"), "results/persons.html")


@blueprint.get("/desk/rounds/<int:round_id>/persons/<key>")
@guards.organiser
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
