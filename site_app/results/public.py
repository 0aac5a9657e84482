"""Results: what everybody may see, what organisers see, sheets for the meeting and for each person.

Pages read `Score` rows and the archive's metadata, a page at a time; the archive itself is only
handed out, never opened here.
"""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, abort, render_template

from site_app.i18n import local
from site_app.results import comparison, lines, public_rounds, unscored
from site_app.results.loading import download, frame, how_page, load_published, plan_items, pledges
from site_app.ui import bar_charts
from site_app.ui.diverging_bars import diverging
from site_app.ui.paging import A_PAGE, page_of
from site_app.ui.sorting import order_asked
from site_app.ui.stacked_tables import stacking
from surveys import rounds
from surveys.models import Round, Score
from surveys.questionnaires import questionnaire

blueprint = Blueprint("results", __name__)
blueprint.add_app_template_global(lines.group_said, "group_said")
blueprint.add_app_template_global(comparison.caution, "caution_said")
blueprint.add_app_template_global(bar_charts.answers_to, "answers_to")
blueprint.add_app_template_global(diverging, "diverging")
blueprint.add_app_template_filter(stacking, "stacking")
blueprint.app_context_processor(lambda: {"unscored_questions": unscored})


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
    rows = order.of(lines.rows(round_))
    page = page_of(Score.select().where(Score.round == round_).count())
    return render_template(
        "results/show.html",
        title=title,
        order=order,
        lines=lines.lines(round_, page.of(rows, A_PAGE)),
        page=page,
        groups=rounds.groups_of(round_),
        headline=lines.headline(form),
        items=plan_items(round_),
        pledges=pledges(round_),
        **frame(round_),
    )


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
