"""Questions that are not scored, as result pages show them: shares, mean ranks, words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import peewee

from site_app.i18n import say
from site_app.results.lines import Line
from site_app.ui import bar_charts
from site_app.ui.paging import page_of
from surveys import scoring
from surveys.models import Round, Subject, TextAnswer
from surveys.questionnaires import Question, Questionnaire
from surveys.questionnaires.kinds.unscored import Ranking, Several
from surveys.scoring import unscored

TEXTS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question: how many answered, and a row for each option, the first one first.

    A row is label, figure and count: of several picks the share (%) and the picks, of a ranking
    the mean rank and how many put the option first.
    """

    question: Question
    people: int
    rows: list[tuple[str, str, int]]


def counted(form: Questionnaire) -> list[Question]:
    """The questions that have tallies and no score."""
    return [each for each in form.questions if isinstance(each.answers, Several | Ranking)]


def outcome(question: Question, cells: Mapping[str, Any]) -> Outcome:
    """What came of a question over all groups of a subject's cells."""
    tally = bar_charts.summed(cells, question.id)
    labels = {option.id: say(option.label) for option in question.options}
    if isinstance(question.answers, Ranking):
        places = unscored.standings(list(labels), question.answers.most, tally)
        rows = [(labels[each.option], scoring.shown(each.mean), each.first) for each in places]
        return Outcome(question, unscored.ranked_by(tally), [(a, b or "", c) for a, b, c in rows])
    picks = unscored.shares(list(labels), tally)
    rows = [(labels[each.option], scoring.shown(each.share, 100), each.picks) for each in picks]
    return Outcome(question, unscored.picked_by(tally), [(a, b or "", c) for a, b, c in rows])


def figures(question: Question, cells: Mapping[str, Any]) -> list[str]:
    """The figures of a question's options in their order; empty where nobody answered."""
    found = {label: figure for label, figure, _count in outcome(question, cells).rows}
    return [found.get(say(option.label), "") for option in question.options]


def whole(lines: list[Line]) -> Line | None:
    """The line that stands for all: the top of a tree, or the only one; none among equals."""
    first = next(iter(lines), None)
    if first is None or first.row.position or first.row.disclosure != "full":
        return None
    equals = len(lines) > 1 and lines[1].subject.parent_id is None
    return None if equals else first


def outcomes(form: Questionnaire, cells: Mapping[str, Any]) -> list[Outcome]:
    """What came of each question that has tallies and no score."""
    return [outcome(question, cells) for question in counted(form)]


def _texts(round_: Round, questions: list[str]) -> peewee.ModelSelect[TextAnswer]:
    """What was written, by question and subject; the keys are random, and so is the order."""
    place = peewee.Case(TextAnswer.question, [(key, n) for n, key in enumerate(questions)], 0)
    return (
        TextAnswer.select(TextAnswer, Subject)
        .join(Subject)
        .where(TextAnswer.round == round_)
        .order_by(place, Subject.position, TextAnswer.key)
    )


def written(round_: Round, form: Questionnaire) -> dict[str, Any]:
    """For the organisers' page: what was written, a page of it, by question and subject."""
    asked = {each.id: each for each in form.questions if each.kind == "text"}
    if not asked:
        return {"asked_in_words": [], "texts": [], "text_page": None}
    found = _texts(round_, list(asked))
    page = page_of(found.count(), TEXTS_A_PAGE, "texts", "results.desk")
    return {
        "asked_in_words": list(asked.values()),
        "texts": list(_by_question(page.of(found, TEXTS_A_PAGE), asked)),
        "text_page": page,
    }


def _by_question(
    rows: peewee.ModelSelect[TextAnswer], asked: Mapping[str, Question]
) -> Iterator[tuple[Question, list[tuple[str, list[str]]]]]:
    for key, answers in groupby(rows, key=lambda each: str(each.question)):
        subjects = groupby(answers, key=lambda each: each.subject)
        yield asked[key], [(about.label, [str(e.text) for e in some]) for about, some in subjects]
