"""How this number came about: a subject's steps from counts to grade, written out for people.

Worked out from the `Score` row of the subject alone: a round of thousands is never opened for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import peewee
from flask_babel import gettext as _

from site_app.i18n import say
from site_app.results import lines as result_lines
from surveys import archive, rounds, scoring
from surveys.messages import N_
from surveys.models import Archive, Round, Score, Subject
from surveys.questionnaires import Question, Questionnaire, questionnaire
from surveys.scoring import explanation
from surveys.scoring.explanation import (
    Answered,
    Explanation,
    FlagSteps,
    GroupSteps,
    QuestionSteps,
    equals,
)
from surveys.scoring.explanation import text as number

WHY_HIDDEN = {
    "few": N_(
        "答了的人太少：全部或其中一类，答了的不足 %(k)s 人（空着的票不算）。人这么少，"
        "写出任何一个数都可能认出谁填了什么，所以不算、不显示，计票时也没有保留。"
    ),
    "complement": N_(
        "旁边有答了的不足 %(k)s 人的单位没有显示。要是显示这一个，用上一级的数减去各单位的数，"
        "就能算出那个小单位的人填了什么；所以这一个也不显示，计票时也没有保留。"
    ),
    "void": N_("有一类收回的票多于发出的票：分不出哪些票是多出来的，所以整个作废，不算得分。"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A line of working: what it is about, and its numbers as one would write them down."""

    about: str
    working: str
    result: str


@dataclass(frozen=True, slots=True)
class FlagWorking:
    """A flag: the words of its options, and the comparison that raises it or not."""

    options: str
    steps: FlagSteps
    working: str


@dataclass(frozen=True, slots=True)
class QuestionWorking:
    """A question's line: what was answered how often, and how that comes to a mean."""

    text: Mapping[str, str]
    counts: list[str]
    steps: QuestionSteps
    mean: str


@dataclass(frozen=True, slots=True)
class GroupWorking:
    """The working of one group: a line for each question, the group's score."""

    name: str
    steps: GroupSteps
    questions: list[QuestionWorking]
    working: str


def explained(round_: Round, row: Score) -> Explanation:
    """The steps behind a score row."""
    subject: dict[str, Any] = {"id": row.subject.key, "disclosure": row.disclosure}
    if row.disclosure == "full":
        subject |= {"groups": (row.details or {}).get("cells", {}), "disclosure": "full"}
        if row.subject.population is not None:
            subject["population"] = row.subject.population
    document = {
        "format": Archive.format_of(round_),
        "questionnaire": questionnaire.of(round_).for_archive(),
        "rules": rounds.rules_document(round_),
        "subjects": [subject],
    }
    read = archive.from_document(document)
    return explanation.explain(read, read.subjects[0])


def _over(terms: Sequence[str], total: Fraction, parts: Fraction, result: Fraction) -> str:
    """`(a × b + c × d) ÷ n = m`, with the sum between where there is more than one term."""
    above = " + ".join(terms)
    if len(terms) > 1:
        above = f"({above})"
    middle = f" = {number(total)} ÷ {number(parts)}" if len(terms) > 1 else ""
    return f"{above} ÷ {number(parts)}{middle} {equals(result)} {number(result)}"


def mean_working(steps: QuestionSteps) -> str:
    """Rule 3 in numbers: how often each value was given, over how many."""
    if steps.mean is None:
        return "—"
    terms = [
        f"{each.counted} × {number(each.value)}"
        for each in steps.answers
        if each.value is not None and each.counted
    ]
    return _over(terms, steps.total, Fraction(steps.counted), steps.mean)


def group_working(steps: GroupSteps) -> str:
    """Rule 4 in numbers: the questions' means by their weights."""
    if steps.score is None:
        return "—"
    terms = [
        f"{number(each.weight)} × {number(each.mean)}"
        for each in steps.questions
        if each.enters and each.mean is not None
    ]
    return _over(terms, steps.total, steps.weights, steps.score)


def score_working(found: Explanation) -> str:
    """Rule 5 in numbers: the groups' scores by their weights."""
    if found.before_withholding is None:
        return "—"
    terms = [
        f"{number(group.weight)} × {number(group.score)}"
        for group in found.groups
        if group.score is not None
    ]
    return _over(terms, found.total, found.weights, found.before_withholding)


def rate_steps(found: Explanation) -> list[Step]:
    """Rule 6 in numbers: each group's share of positive answers, all together, and weighted."""
    if found.rate is None or found.pooled_rate is None:
        return []
    rated = [group for group in found.groups if group.valid]
    shares = [Fraction(group.positive, group.valid) for group in rated]
    weights = sum((group.weight for group in rated), Fraction(0))
    terms = [
        f"{number(group.weight)} × {number(share)}"
        for group, share in zip(rated, shares, strict=True)
    ]
    steps = [
        Step(group.key, _over([str(group.positive)], share, Fraction(group.valid), share), "")
        for group, share in zip(rated, shares, strict=True)
    ]
    total = found.rate * weights
    return [
        *steps,
        Step("=weighted", _over(terms, total, weights, found.rate), f"{percent(found.rate)}%"),
        Step(
            "=pooled",
            _over([str(found.positive)], found.rate, Fraction(found.valid), found.pooled_rate),
            f"{percent(found.pooled_rate)}%",
        ),
    ]


def interval_steps(found: Explanation) -> list[Step]:
    """Rule 7 in numbers: effective size, the finite population, Wilson's two ends."""
    steps, rate = found.interval, found.rate
    if steps is None or rate is None:
        return []
    size, n = steps.size, steps.corrected
    valid = sum(each for _share, each in steps.shares)
    squares = " + ".join(f"{number(share)}² ÷ {each}" for share, each in steps.shares)
    lines = [
        Step(_("折合的人数 n"), f"1 ÷ ({squares}) {equals(size)} {number(size)}", number(size))
    ]
    if n is None:
        return [
            *lines,
            Step(_("总人数 N"), _("有效回答 %(v)s 不少于总人数，没有误差", v=valid), ""),
        ]
    if steps.population is not None:
        above, below = steps.population - 1, steps.population - valid
        working = f"{number(size)} × {above} ÷ {below} {equals(n)} {number(n)}"
        lines.append(Step(_("按总人数修正后的 n"), working, number(n)))
    z, p, shown = number(scoring.Z), number(rate), number(n)
    middle, reach, scale = number(steps.middle), number(steps.reach), number(steps.scale)
    root = f"√({p} × (1 − {p}) ÷ {shown} + {z}² ÷ (4 × {shown}²))"
    lines += [
        Step(_("中点"), f"{p} + {z}² ÷ (2 × {shown}) ≈ {middle}", middle),
        Step(_("半宽"), f"{z} × {root} ≈ {reach}", reach),
        Step(_("分母"), f"1 + {z}² ÷ {shown} ≈ {scale}", scale),
    ]
    for name, sign, end in ((_("下限"), "−", steps.low), (_("上限"), "+", steps.high)):
        working = f"({middle} {sign} {reach}) ÷ {scale} ≈ {number(end)}"
        lines.append(Step(name, working, f"{percent(end)}%"))
    return lines


def percent(share: Fraction) -> str:
    """A share of 0–1 as it is shown: × 100, half-up to two decimals."""
    return str(scoring.shown(share, 100))


def groups(form: Questionnaire, found: Explanation) -> list[GroupWorking]:
    """The working of each group of raters."""
    questions = {each.id: each for each in form.questions}
    return [
        GroupWorking(
            result_lines.group_said(form, group.key),
            group,
            [_question(questions[each.question], each) for each in group.questions],
            group_working(group),
        )
        for group in found.groups
    ]


def _question(asked: Question, steps: QuestionSteps) -> QuestionWorking:
    words = {option.id: say(option.label) for option in asked.options}
    counts = [_answered(words.get(each.key), each) for each in steps.answers]
    return QuestionWorking(asked.text, counts, steps, mean_working(steps))


def _answered(words: str | None, answer: Answered) -> str:
    """How often an answer was given; `words` are its option's, none on a scale of points."""
    if answer.value is None:
        return str(_("%(option)s：%(n)s", option=words, n=answer.times))
    value = number(answer.value)
    if words is None:
        return str(_("%(value)s 分：%(n)s", value=value, n=answer.times))
    return str(_("%(option)s（%(value)s 分）：%(n)s", option=words, value=value, n=answer.times))


def flags(form: Questionnaire, found: Explanation) -> list[FlagWorking]:
    """The working of each flag: whole numbers side by side."""
    return [
        FlagWorking(
            result_lines.options_said(form, each.options),
            each,
            f"{each.share.denominator} × {each.count} = {each.left} {_sign(each)} "
            f"{each.right} = {each.share.numerator} × {each.base}",
        )
        for each in found.flags
    ]


def _sign(steps: FlagSteps) -> str:
    if steps.left == steps.right:
        return "="
    return ">" if steps.left > steps.right else "<"


def how_many_ranked(round_: Round) -> int:
    """How many of a round's subjects take part in its ranking."""
    ranked = peewee.fn.json_extract(Score.details, "$.rank").is_null(False)
    return int(Score.select().where(Score.round == round_, ranked).count())


def working(round_: Round, subject: Subject) -> dict[str, Any]:
    """What the page about one subject shows."""
    row = result_lines.rows(round_).where(Score.subject == subject).get()
    form = questionnaire.of(round_)
    (line,) = result_lines.lines(round_, [row])
    found = explained(round_, row)
    rank = line.details.get("rank")
    why = WHY_HIDDEN.get(found.disclosure)
    return {
        "line": line,
        "found": found,
        "groups": groups(form, found),
        "flags": flags(form, found),
        "headline": result_lines.headline(form),
        "score_working": score_working(found),
        "rates": rate_steps(found),
        "interval": interval_steps(found),
        "rank": rank,
        "ranked": how_many_ranked(round_) if rank else 0,
        "why": _(why, k=round_.rules.get("minimum", 5)) if why else "",
        "number": number,
        "shown": scoring.shown,
    }
