"""What result pages say of each subject: its scores in words, and the last ones beside them.

Read from `Score` rows alone, a page of them at a time; numbers are shown as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import peewee
from flask_babel import gettext as _

from site_app import charts, trends
from site_app.i18n import say
from surveys import questionnaire, scoring, trend
from surveys.kinds import Points
from surveys.messages import N_
from surveys.models import Decision, Round, Score, Subject
from surveys.questionnaire import Question, Questionnaire

Above = Subject.alias("above")

FEW_ANSWERS = N_("有效回答不足 %(k)s 份")
NOTE = {
    "void": N_("收回的票多于发出的票，作废"),
    "merged": N_("人数少的票类已与别的票类合并计算"),
    "few-answers": FEW_ANSWERS,
    "renormalised": N_("有的票类没有有效回答，其余票类按权重重新折算"),
    "withheld": N_("有的票类没有有效回答，按规则不计得分"),
    "non-probability": N_("自愿参加，不是抽样，只代表参加的人"),
    "too-few-to-rank": N_("有效回答不足 %(n)s 份，不参加排名"),
}
OVER = N_("选“%(options)s”的超过有效回答的 %(share)s，请核实情况")
UNDER = N_("选“%(options)s”的不到有效回答的 %(share)s，请核实情况")
OVER_ISSUED = N_("选“%(options)s”的超过应到（发出的测评码）的 %(share)s，请核实情况")
UNDER_ISSUED = N_("选“%(options)s”的不到应到（发出的测评码）的 %(share)s，请核实情况")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns a round's table has, besides name, valid answers, score and rate."""

    interval: bool
    rank: bool
    grade: bool

    @property
    def hidden(self) -> int:
        """How many cells the words about a hidden subject stand for."""
        return 5 + self.interval + self.rank + self.grade


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


@dataclass(frozen=True, slots=True)
class Line:
    """A subject's result as pages show it; `details` is empty when it is hidden."""

    row: Score
    subject: Subject
    above: str
    bar: list[charts.Segment]
    notes: list[str]
    flags: list[str]
    before: Before | None
    decision: Decision | None

    @property
    def details(self) -> dict[str, Any]:
        """The line of the archive's scores, with the subject's cells."""
        found: dict[str, Any] = self.row.details or {}
        return found


def columns(round_: Round) -> Columns:
    """The columns that can hold anything under the round's rules."""
    rules = round_.rules
    drawn = rules.get("sampling") == "drawn"
    rank = rules.get("rank")
    return Columns(
        interval=drawn,
        rank=bool(rank) and (drawn or rank["by"] == "score"),
        grade=bool(rules.get("bands")),
    )


def rows(round_: Round) -> peewee.ModelSelect[Score]:
    """The score rows of a round with their subjects and what is above these, in their order."""
    return (
        Score.select(Score, Subject, Above)
        .join(Subject)
        .join(Above, peewee.JOIN.LEFT_OUTER, on=(Subject.parent == Above.id))
        .where(Score.round == round_)
        .order_by(Score.position)
    )


def lines(round_: Round, chosen: Iterable[Score]) -> list[Line]:
    """Score rows of one round as lines."""
    found = list(chosen)
    for row in found:
        row.round = round_
    form = questionnaire.of(round_)
    shown = columns(round_)
    before = _before(round_, form, found)
    subjects = [row.subject.id for row in found]
    decided = {
        each.subject_id: each
        for each in Decision.select().where(
            Decision.round == round_, Decision.subject.in_(subjects)
        )
    }
    return [
        Line(
            row=row,
            subject=row.subject,
            above=above(row.subject),
            bar=charts.answers_to(headline(form), (row.details or {}).get("cells", {})),
            notes=notes(round_, shown, row),
            flags=flags(round_, form, row),
            before=before.get(row.unit_id or 0),
            decision=decided.get(row.subject.id),
        )
        for row in found
    ]


def above(subject: Subject) -> str:
    """The name of what a subject belongs to: a member's branch, a community's subdistrict."""
    if subject.person_id is not None or subject.place_label != subject.label:
        return str(subject.place_label)
    return str(subject.parent.label) if subject.parent_id is not None else ""


def headline(form: Questionnaire) -> Question:
    """The question that stands for the whole questionnaire."""
    return next(each for each in form.questions if each.id == form.headline)


def notes(round_: Round, shown: Columns, row: Score) -> list[str]:
    """The notes of a line in words.

    That a round asked whoever came is said once for all above the table; where nobody is ranked,
    nobody is told that they are not.
    """
    left_out = {"non-probability"} | (set() if shown.rank else {"too-few-to-rank"})
    least = (round_.rules.get("rank") or {}).get("from", 30)
    k = round_.rules.get("minimum", 5)
    found = (row.details or {}).get("notes", ())
    return [_(NOTE[note], n=least, k=k) for note in found if note not in left_out]


def caution(rules: Mapping[str, Any], details: Mapping[str, Any] | None) -> str:
    """What must stand beside a number that rests on few answers; empty where it does not."""
    if "few-answers" not in (details or {}).get("notes", ()):
        return ""
    return str(_(FEW_ANSWERS, k=rules.get("minimum", 5)))


def flags(round_: Round, form: Questionnaire, row: Score) -> list[str]:
    """The flags of a line in words: what somebody should look at."""
    raised = set((row.details or {}).get("flags", ()))
    return [flag_said(form, flag) for flag in round_.rules.get("flags", ()) if flag["id"] in raised]


def flag_said(form: Questionnaire, flag: Mapping[str, Any]) -> str:
    """What a flag means."""
    share = flag.get("over", flag.get("under"))
    over, under = (OVER_ISSUED, UNDER_ISSUED) if flag.get("of") == "issued" else (OVER, UNDER)
    words = over if "over" in flag else under
    return str(_(words, options=options_said(form, flag["options"]), share=share))


def options_said(form: Questionnaire, ids: Iterable[str]) -> str:
    """Options of the headline question by their words."""
    words = {option.id: say(option.label) for option in headline(form).options}
    return str(_("、")).join(words.get(each, each) for each in ids)


def positive_said(form: Questionnaire) -> str:
    """What counts as a positive answer to the headline question, in words."""
    asked = headline(form)
    if isinstance(asked.answers, Points):
        return str(_("%(mark)s 分及以上", mark=asked.answers.positive_from))
    return options_said(form, [option.id for option in asked.options if option.positive])


def unvalued_said(form: Questionnaire) -> str:
    """The options of scored questions that have no value, in words; empty where all have one."""
    options = [option for each in form.questions if each.scored for option in each.options]
    labels = dict.fromkeys(say(option.label) for option in options if option.value is None)
    return str(_("、")).join(labels)


def group_said(form: Questionnaire, key: str) -> str:
    """A group of raters by its words; a joined one by those of its parts."""
    words: dict[str, str] = {group["id"]: say(group["label"]) for group in form.groups}
    return " + ".join(words.get(part, part) for part in key.split("+"))


def _before(round_: Round, form: Questionnaire, found: list[Score]) -> dict[int, Before]:
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
    mine = trends.exact(round_, [now[unit] for unit in last])
    theirs: dict[int, scoring.Score] = {}
    for earlier_id in {row.round_id for row in last.values()}:
        some = [row for row in last.values() if row.round_id == earlier_id]
        theirs |= trends.exact(held[earlier_id], some)
    return {
        unit: _beside(
            form,
            now[unit],
            held[row.round_id],
            row,
            trend.change(mine[now[unit].id], theirs[row.id])
            if now[unit].id in mine and row.id in theirs
            else None,
        )
        for unit, row in last.items()
    }


def _beside(
    form: Questionnaire, now: Score, earlier: Round, then: Score, change: trend.Change | None
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


def rate_change(now: str | None, then: str | None, change: trend.Change | None = None) -> str:
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


def _remark(change: trend.Change | None, same_form: bool, few: str) -> str:
    said = [_("上次%(caution)s", caution=few)] if few else []
    said += [trends.interval_said(change)] if change else []
    if not same_form:
        said.append(str(_("两次的题目或分值不同，只供参考")))
    return str(_("；")).join(said)
