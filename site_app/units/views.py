"""A unit's page: its published results over the years."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, url_for

from site_app.units import composites, scores
from surveys.models import Unit

blueprint = Blueprint("units", __name__)


@blueprint.get("/units/<code>")
def show(code: str) -> str:
    """A unit's published scores and composites over the years."""
    found = Unit.get_or_none(Unit.code == code) or abort(404)
    histories, judged = scores.histories(found), composites.of_unit(found)
    if not histories and not judged:
        abort(404)
    return render_template(
        "units/show.html",
        unit=found,
        above=[
            (url_for("units.show", code=each.code), each.name) for each in scores.ancestors(found)
        ],
        histories=histories,
        judged=judged,
    )
