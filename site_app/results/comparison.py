"""Last year beside this year: the change of a rate with its interval, in words.

Exact scores are made again from the cells of the lines that stand on a page, not from numbers
rounded for showing; only of rounds whose raters were drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import peewee
from flask_babel import gettext as _

from surveys import archive, rounds, scoring
from surveys.messages import N_
from surveys.models import Archive, Round, Score, Subject
from surveys.questionnaires import Questionnaire, questionnaire
from surveys.scoring.change import Change, points
from surveys.scoring.change import change as change_between


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
    return change_between(mine[now.id], theirs[then.id])


def interval_said(found: Change) -> str:
    """A change with its interval."""
    low, high = found.interval
    return str(
        _(
            "相差 %(n)s 个百分点，95%% 的区间 %(low)s 至 %(high)s",
            n=points(found.difference),
            low=points(low),
            high=points(high),
        )
    )


FEW_ANSWERS = N_("有效回答不足 %(k)s 份")


@dataclass(frozen=True, slots=True)
class Before:
    """A unit's line in the last published round of the same questionnaire."""

    round_id: int
    title: str
    closed_at: datetime
    score: str | None
    rate: str | None
    score_change: str
    rate_change: str
    remark: str


def before_of(round_: Round, form: Questionnaire, found: list[Score]) -> dict[int, Before]:
    """Unit id → its line in the last published round of the same questionnaire."""
    now = {row.unit_id: row for row in found if row.unit_id is not None and row.details}
    same_id = peewee.fn.json_extract(Round.questionnaire, "$.id") == form.id
    held = {
        each.id: each for each in Round.select().where(Round.closed_at < round_.closed_at, same_id)
    }
    if not held:
        return {}
    earlier = (
        Score.published()
        .select(Score, Round.id)
        .where(Score.unit.in_(list(now)), Score.round.in_(list(held)), Score.details.is_null(False))
    )
    last: dict[int, Score] = {}
    for row in earlier:
        last.setdefault(row.unit_id or 0, row)
    mine = exact(round_, [now[unit] for unit in last])
    theirs: dict[int, scoring.Score] = {}
    for earlier_id in {row.round_id for row in last.values()}:
        some = [row for row in last.values() if row.round_id == earlier_id]
        theirs |= exact(held[earlier_id], some)
    return {
        unit: _beside(
            form,
            now[unit],
            held[row.round_id],
            row,
            change_between(mine[now[unit].id], theirs[row.id])
            if now[unit].id in mine and row.id in theirs
            else None,
        )
        for unit, row in last.items()
    }


def _beside(
    form: Questionnaire, now: Score, earlier: Round, then: Score, change: Change | None
) -> Before:
    same_form = questionnaire.of(earlier).for_archive() == form.for_archive()
    return Before(
        round_id=earlier.id,
        title=earlier.title,
        closed_at=earlier.closed_at,
        score=then.score,
        rate=then.rate,
        score_change=score_change(now.score, then.score),
        rate_change=rate_change(now.rate, then.rate, change),
        remark=_remark(change, same_form, caution(earlier.rules, then.details)),
    )


def score_change(now: str | None, then: str | None) -> str:
    """From one score to another, in words; empty where either is missing."""
    if now is None or then is None:
        return ""
    difference = Decimal(now) - Decimal(then)
    if difference > 0:
        return str(_("上升 %(n)s 分", n=difference))
    return str(_("下降 %(n)s 分", n=-difference) if difference else _("持平"))


def rate_change(now: str | None, then: str | None, change: Change | None = None) -> str:
    """From one rate to another, in words; empty where either is missing.

    `change` is there where both were drawn: one whose interval holds 0 is no clear change.
    """
    if now is None or then is None:
        return ""
    if change is not None and not change.clear:
        return str(_("没有明显变化"))
    difference = Decimal(now) - Decimal(then)
    if difference > 0:
        return str(_("上升 %(n)s 个百分点", n=difference))
    return str(_("下降 %(n)s 个百分点", n=-difference) if difference else _("持平"))


def _remark(change: Change | None, same_form: bool, few: str) -> str:
    said = [_("上次%(caution)s", caution=few)] if few else []
    said += [interval_said(change)] if change else []
    if not same_form:
        said.append(str(_("两次的题目或分值不同，只供参考")))
    return str(_("；")).join(said)


def caution(rules: Mapping[str, Any], details: Mapping[str, Any] | None) -> str:
    """What must stand beside a number that rests on few answers; empty where it does not."""
    if "few-answers" not in (details or {}).get("notes", ()):
        return ""
    return str(_(FEW_ANSWERS, k=rules.get("minimum", 5)))
