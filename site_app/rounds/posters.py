"""Posters: a survey of each unit on paper, with its QR code and words to paste into a chat."""

from __future__ import annotations

from flask import abort, render_template

from site_app.accounts import guards
from site_app.answers.doors import doors, poster_of
from site_app.rounds.views import blueprint
from site_app.ui.paging import page_of


@blueprint.get("/desk/rounds/<int:round_id>/poster/<code>")
@guards.organiser
def poster(round_id: int, code: str) -> str:
    """A poster to print, and a text to paste into a chat."""
    round_ = guards.load_round(round_id)
    name = doors(round_).get(code) or abort(404)
    return render_template(
        "rounds/poster.html", round=round_, posters=[poster_of(round_, code, name)]
    )


@blueprint.get("/desk/rounds/<int:round_id>/posters")
@guards.organiser
def posters(round_id: int) -> str:
    """The posters of all units in one print, and the texts of all of them."""
    round_ = guards.load_round(round_id)
    places = list(doors(round_).items()) or abort(404)
    page = page_of(len(places), name="doors")
    return render_template(
        "rounds/poster.html",
        round=round_,
        posters=[poster_of(round_, code, name) for code, name in page.some(places)],
        page=page,
    )
