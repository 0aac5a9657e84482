"""What result pages say of each subject: its scores in words, and the last ones beside them.

Read from `Score` rows alone, a page of them at a time; numbers are shown as they are stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import peewee
from flask_babel import gettext as _

from site_app.i18n import say
from site_app.results.comparison import FEW_ANSWERS, Before, before_of
from site_app.ui import bar_charts
from surveys.messages import N_
from surveys.models import Decision, Round, Score, Subject
from surveys.questionnaires import Question, Questionnaire, questionnaire
from surveys.questionnaires.kinds.scored import Points

Above = Subject.alias("above")

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
class Line:
    """A subject's result as pages show it; `details` is empty when it is hidden."""

    row: Score
    subject: Subject
    above: str
    bar: list[bar_charts.Segment]
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
    before = before_of(round_, form, found)
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
            bar=bar_charts.answers_to(headline(form), (row.details or {}).get("cells", {})),
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
