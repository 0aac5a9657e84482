"""The manual: a page or two for each person, whole templates in each language; and the components.

A text of two pages cut into message ids would be read by nobody, so each language has templates of
its own. The names of buttons in them are the messages of the real pages all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, current_app, render_template
from flask_babel import gettext as _

from site_app.help import design
from site_app.i18n import language
from site_app.ui import paging
from surveys.messages import N_

TITLES = {
    "residents": N_("给居民的说明"),
    "members": N_("给党员的说明"),
    "organisers": N_("第一次测评，十步"),
    "scoring": N_("得分是怎样算出来的"),
    "closing": N_("计票、开会：一张清单"),
}
FOR_VOTERS = {"residents", "members"}
"""These pages are bare, as those they belong to: nothing in them reads an account or a session."""

blueprint = Blueprint("help", __name__)


@blueprint.get("/help")
def index() -> str:
    """Who reads what."""
    return render_template("help/index.html", titles=TITLES)


def _part(name: str) -> Callable[[], str]:
    def part() -> str:
        return render_template(
            f"help/{language()}/{name}.html", title=_(TITLES[name]), bare=name in FOR_VOTERS
        )

    return part


for part_name in TITLES:
    blueprint.add_url_rule(f"/help/{part_name}", part_name, _part(part_name))


@blueprint.get("/help/components")
def components() -> str:
    """Tokens and components side by side, while the site runs in debug mode; else there is none."""
    if not current_app.debug:
        abort(404)
    return render_template(
        "help/components.html", tokens=design.tokens(), pages=paging.page_of(150)
    )
