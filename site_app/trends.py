"""Last year beside this year: the change of a rate with its interval, in words.

Exact scores are made again from the cells of the lines that stand on a page, not from numbers
rounded for showing; only of rounds whose raters were drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from surveys import archive, questionnaire, rounds, scoring, trend
from surveys.models import Archive, Round, Score, Subject
from surveys.trend import Change


def exact(round_: Round, rows: Iterable[Score]) -> dict[int, scoring.Score]:
    """Id of a line of this round → its exact score; none at all where nobody was drawn."""
    shown = {str(row.id): row for row in rows if row.details}
    if round_.rules.get("sampling") != "drawn" or not shown:
        return {}
    about = [row.subject_id for row in shown.values()]
    people = {
        row.id: row.population
        for row in Subject.select(Subject.id, Subject.population).where(Subject.id.in_(about))
    }
    document = {
        "format": Archive.format_of(round_),
        "questionnaire": questionnaire.of(round_).for_archive(),
        "rules": rounds.rules_document(round_),
        "subjects": [
            {
                "id": key,
                "population": people[row.subject_id],
                "groups": row.details["cells"],
                "disclosure": "full",
            }
            for key, row in shown.items()
        ],
    }
    found = scoring.score(archive.from_document(document))
    return {shown[each.subject].id: each for each in found}


def change(now: Score, then: Score) -> Change | None:
    """The change from one line to a later one; none where either was not drawn."""
    mine, theirs = exact(now.round, [now]), exact(then.round, [then])
    if now.id not in mine or then.id not in theirs:
        return None
    return trend.change(mine[now.id], theirs[then.id])


def interval_said(found: Change) -> str:
    """A change with its interval."""
    low, high = found.interval
    return str(
        _(
            "相差 %(n)s 个百分点，95%% 的区间 %(low)s 至 %(high)s",
            n=trend.points(found.difference),
            low=trend.points(low),
            high=trend.points(high),
        )
    )
