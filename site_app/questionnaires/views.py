"""The library of questionnaires as organisers see it: a list, and how each looks when filled in."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from site_app.accounts import guards
from site_app.answers import forms, pages
from site_app.questionnaires import library
from surveys.messages import N_

blueprint = Blueprint("questionnaires", __name__)

ABOUT = {"units": N_("单位"), "persons": N_("人员"), "things": N_("名单上的事项")}


@blueprint.get("/desk/questionnaires")
@guards.organiser
def index() -> str:
    """All questionnaires that can be used, and the files that cannot."""
    return render_template("questionnaires/index.html", shelf=library.shelf())


@blueprint.get("/desk/questionnaires/<name>")
@guards.organiser
def show(name: str) -> str:
    """One questionnaire as it will be asked, and the rules by which it is counted."""
    form = library.library().get(name) or abort(404)
    asked = pages.drawn(form.questions if form.on_sheet else forms.in_order(form))
    return render_template("questionnaires/show.html", form=form, asked=asked)


@blueprint.app_context_processor
def words() -> dict[str, object]:
    """What a questionnaire may be about."""
    return {"ABOUT": ABOUT}
