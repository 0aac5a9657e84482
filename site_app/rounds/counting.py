"""Counting a round for good: what would be shown, the yes, the progress; and the signed record."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

from flask import Response, abort, render_template, request, stream_template

from site_app import clock, errors, storage
from site_app.accounts import audit, clock_face, guards
from site_app.i18n import local, switched
from site_app.results import votes
from site_app.rounds.views import blueprint, show_page
from site_app.ui import paging
from site_app.ui.responses import Page
from surveys import counting, db
from surveys.counting import tally
from surveys.messages import Refused
from surveys.models import Archive, Round, Score, Subject
from surveys.questionnaires import questionnaire


@blueprint.get("/desk/rounds/<int:round_id>/protocol")
@guards.organiser
def protocol(round_id: int) -> str:
    """The sheet that the scrutineers sign."""
    round_ = guards.load_round(round_id)
    kept = Archive.get_or_none(Archive.round == round_) or abort(404)
    return render_template(
        "rounds/protocol.html",
        round=round_,
        kept=kept,
        papers=_papers(round_, kept),
        votes=votes.of(round_),
    )


def _papers(round_: Round, kept: Archive) -> list[dict[str, Any]]:
    """The papers at closing, with `valid` and `spoilt`.

    The site takes no spoilt paper; where more came back than were issued, all of a place are void.
    """
    void_places = {
        row.subject.place_label
        for row in Score.select(Score, Subject)
        .join(Subject)
        .where(Score.round == round_, Score.disclosure == "void")
    }
    found = []
    for row in kept.counts:
        spoilt = row["returned"] if row["place"] in void_places else 0
        people = (round_.electorate or {}).get(row["code"], {})
        known = {"entitled": people.get("entitled"), "reasons": people.get("reasons", [])}
        found.append({**row, **known, "valid": row["returned"] - spoilt, "spoilt": spoilt})
    return found


@blueprint.route("/desk/rounds/<int:round_id>/count", methods=["GET", "POST"])
@guards.organiser
def count(round_id: int) -> Page:
    """Before counting: what would be shown and hidden. Then counting, watched as it goes on."""
    round_ = guards.load_round(round_id)
    now = local(clock.now())
    try:
        counting.check_can_be_counted(round_, now)
    except counting.NotNow as not_now:
        return show_page(round_, not_now), 409
    pressed = request.method == "POST" and not switched()
    foreseen = counting.foreseen(round_)
    anyway = "anyway" in request.form
    refused = None
    try:
        if pressed:
            clock_face.check("clock_is_right" in request.form)
            counting.check_something_is_left(foreseen, anyway)
    except Refused as wrong:
        refused = wrong
    if pressed and not refused:
        steps = _counting(round_, now, anyway)
        answer = Response(stream_template("rounds/counting.html", round=round_, steps=steps))
        answer.call_on_close(steps.close)
        return answer
    papers = counting.turnout(round_)
    page = render_template(
        "rounds/count.html",
        round=round_,
        form=questionnaire.of(round_),
        papers=papers,
        paper_page=paging.page_of(len(papers), name="papers"),
        foreseen=foreseen,
        nothing_left=not counting.shows_something(foreseen),
        face=clock_face.face(),
        refused=refused,
    )
    return page, 422 if refused else 200


def _counting(
    round_: Round, now: datetime, anyway: bool
) -> Generator[tally.Progress | Refused, None, None]:
    """The steps of counting, and last what it was refused for, if it was.

    The page is on its way already, so nothing else can say so. When the browser leaves, closing
    this ends the count before anything is written, and one may count again.
    """
    try:
        yield from counting.closing(storage.keys(), round_, now, anyway)
    except Refused as refused:
        yield refused
    except db.ERRORS as wrong:
        yield db.what_is_wrong(wrong) or Refused(errors.WORDS[503][1])
    else:
        audit.record("count", round_)
