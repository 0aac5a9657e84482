"""What pages about results share: finding the round, naming it, handing out its archive."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, render_template

from site_app.accounts import guards
from site_app.models import Plan, PlanItem
from site_app.results import how, lines, public_rounds
from surveys.models import Archive, Pledge, Round, Subject
from surveys.questionnaires import questionnaire


def load_published(round_id: int) -> Round:
    """A published round, or 404."""
    found = Round.get_or_none(Round.id == round_id, Round.state == "published")
    return found or abort(404)


def load_counted(round_id: int) -> Round:
    """A counted round within the organiser's reach, or 404."""
    found = guards.load_round(round_id)
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
        "columns": lines.columns(round_),
        "positive": lines.positive_said(form),
        "unvalued": lines.unvalued_said(form),
        "sha256": papers.sha256,
        "turnout": public_rounds.turnout(papers.counts),
    }


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


def how_page(round_: Round, key: str, *, public: bool) -> str:
    """The page of the working behind one subject's numbers."""
    shown = how.working(round_, load_subject(round_, key))
    return render_template("results/how.html", public=public, **shown, **frame(round_))
