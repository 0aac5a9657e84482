"""A unit's published results over the years, and beside them those of what stands below it.

Read from the `Score` rows of published rounds that everybody may see; a hidden line stands there
without a number. What is below a unit is read from the tree that its newest round was opened with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from site_app.i18n import local
from site_app.models import Plan, PlanItem
from site_app.results import comparison
from site_app.ui.dot_charts import SMALL, TINY, Reading, Trend, over_time
from surveys.models import Round, Score, Subject, Unit
from surveys.questionnaires import Questionnaire, questionnaire

DRAWN = 5  # the newest rounds that a drawing shows; the table has all
COMPARED = 3  # and those that stand side by side for what is below
MOST_BELOW = 30

Above = Subject.alias("above")


@dataclass(frozen=True, slots=True)
class Below:
    """A unit below: its lines in the compared rounds, oldest first, and their drawing."""

    code: str
    name: str
    lines: list[Score | None]
    trend: Trend


@dataclass(frozen=True, slots=True)
class History:
    """What a unit reached in the rounds of one questionnaire.

    `lines` are newest first, each with how it changed since the one before, in words; `glance` is
    `trend` so small that it stands in a row of a table. `compared` are the rounds in which `below`
    are shown, oldest first; `more` tells that not all fit.
    """

    form: Questionnaire
    items: list[PlanItem]
    lines: list[tuple[Score, str]]
    trend: Trend
    glance: Trend
    compared: list[Round]
    below: list[Below]
    more: bool


def histories(unit: Unit) -> list[History]:
    """A unit's published results by questionnaire, the one held last coming first."""
    by_form: dict[str, list[Score]] = {}
    for row in Score.published().where(Score.unit == unit):
        by_form.setdefault(questionnaire.of(row.round).id, []).append(row)
    return [_history(unit, rows) for rows in by_form.values()]


def ancestors(unit: Unit) -> list[Unit]:
    """What stands above a unit and has a page of its own, the district first."""
    chain: list[Unit] = []
    above = unit.parent
    while above is not None:
        chain.insert(0, above)
        above = above.parent
    known = {row.unit_id for row in Score.published().where(Score.unit.in_(chain))}
    return [each for each in chain if each.id in known]


def _history(unit: Unit, newest_first: list[Score]) -> History:
    newest = newest_first[0].round
    by_rate = any(row.rate for row in newest_first)
    compared = [row.round for row in reversed(newest_first[:COMPARED])]
    below = _below(unit, compared, by_rate)
    readings = [_reading(row, by_rate) for row in reversed(newest_first[:DRAWN])]
    return History(
        form=questionnaire.of(newest),
        items=_items(row.round for row in newest_first),
        lines=with_changes(newest_first),
        trend=over_time(readings),
        glance=over_time(readings, TINY),
        compared=compared,
        below=below[:MOST_BELOW],
        more=len(below) > MOST_BELOW,
    )


def with_changes(newest_first: list[Score]) -> list[tuple[Score, str]]:
    """Scores of one questionnaire, each with how it changed since the one before."""
    found = []
    for row, then in zip(newest_first, [*newest_first[1:], None], strict=True):
        words = ""
        if then is not None:
            change = comparison.change(row, then)
            words = comparison.rate_change(row.rate, then.rate, change)
            words = words or comparison.score_change(row.score, then.score)
        found.append((row, words))
    return found


def _items(rounds: Iterable[Round]) -> list[PlanItem]:
    """The items of the plan that rounds belong to, newest year first, as far as they are there."""
    wanted = {(each.plan_year, number) for each in rounds for number in each.plan_items}
    years = {year for year, _number in wanted}
    found = (
        PlanItem.select(PlanItem, Plan)
        .join(Plan)
        .where(Plan.year.in_(list(years)))
        .order_by(Plan.year.desc(), PlanItem.number)
    )
    return [each for each in found if (each.plan.year, each.number) in wanted]


def _reading(row: Score, by_rate: bool) -> Reading:
    value = row.rate if by_rate else row.score
    interval = (row.details or {}).get("interval") if by_rate else None
    return Reading(f"{local(row.round.closed_at):%Y-%m}", value, interval)


def _below(unit: Unit, compared: list[Round], by_rate: bool) -> list[Below]:
    """The units right below in the newest of these rounds, one more than fit where there are."""
    newest = (
        Score.select(Score, Subject)
        .join(Subject)
        .join(Above, on=(Subject.parent == Above.id))
        .where(Score.round == compared[-1], Above.unit == unit, Score.unit.is_null(False))
        .order_by(Score.position)
        .limit(MOST_BELOW + 1)
    )
    subjects = {row.unit_id: row.subject for row in newest}
    rounds = {each.id: each for each in compared}
    rows = Score.select().where(Score.round.in_(compared), Score.unit.in_(list(subjects)))
    lines = {(row.unit_id, row.round_id): row for row in rows}
    for row in lines.values():
        row.round = rounds[row.round_id]
    found = []
    for unit_id, subject in subjects.items():
        held = [lines.get((unit_id, each.id)) for each in compared]
        drawn = over_time([_reading(row, by_rate) for row in held if row is not None], SMALL)
        found.append(Below(subject.key, subject.label, held, drawn))
    return found
