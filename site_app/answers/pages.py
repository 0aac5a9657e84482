"""What the pages of residents and members are made of, cached: no opened round changes it."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from site_app.answers import doors, forms, tokens
from site_app.i18n import language, say
from site_app.results import public_rounds
from surveys import ballots, rounds
from surveys.models import Group, Round, Subject
from surveys.questionnaires import Question, Questionnaire, questionnaire


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """One community's page of a round: what cannot change once the round is open."""

    round: Round
    subject: Subject
    form: Questionnaire
    groups: tuple[Group, ...]
    questions: tuple[Question, ...]
    answers: type[forms.SurveyForm]
    on_poster: bool


@dataclass(frozen=True, eq=False, slots=True)
class Booth:
    """One branch's sheet: its people as (id, name), and their dots."""

    form: Questionnaire
    people: tuple[tuple[int, str], ...]
    dots: tuple[tuple[str, str, bool], ...]
    names: Mapping[int, str]
    questions: tuple[Question, ...]
    answers: type[forms.SheetForm]


@lru_cache(maxsize=1000)
def place_of(round_id: int, key_check: bytes, code: str) -> Place | None:
    """The page of a community in a round; none where the round does not ask about it.

    Kept by the check of the round's key: no two openings share it, and it outlives no round.
    """
    found = Round.get_by_id(round_id)
    form = questionnaire.of(found)
    subject = Subject.get_or_none(Subject.round == found, Subject.key == code, Subject.rated)
    if subject is None or form.on_sheet:
        return None
    groups = () if found.needs_codes else tuple(rounds.groups_of(found))
    made = forms.survey_form(form, [group.key for group in groups])
    shown = public_rounds.has_posters(found, form)
    return Place(found, subject, form, groups, tuple(forms.in_order(form)), made, shown)


def unknown(round_id: int, code: str) -> Response | tuple[str, int]:
    """Lead an address typed by hand to the one page it means; of a draft say that it has not begun.

    Phones and chats have it in capitals or full width, with a stroke, a stop or marks after it.
    """
    round_: Round = Round.get_or_none(Round.id == round_id) or abort(404)
    meant = [key for key in doors.doors(round_) if _bare(key) == _bare(code)]
    if len(meant) != 1 or (round_.key_check and meant == [code]):
        abort(404)
    if round_.key_check:
        return redirect(url_for("answers.survey", round_id=round_id, code=meant[0]))
    return render_template("answers/not_now.html", place=None, phase=round_.state), 200


def _bare(code: str) -> str:
    plain = re.split("[?&#;]", unicodedata.normalize("NFKC", code).casefold(), maxsplit=1)[0]
    return re.sub(r"[^\w-]", "", plain)


@lru_cache(maxsize=1000)
def booth_of(round_id: int, key_check: bytes, unit_id: int) -> Booth:
    """The sheet of a branch in a round; kept like a place."""
    form = questionnaire.of(Round.get_by_id(round_id))
    subjects = list(
        Subject.select()
        .where(Subject.round == round_id, Subject.place == unit_id, Subject.rated)
        .order_by(Subject.position)
    )
    people = tuple((each.id, each.label) for each in subjects)
    names = dict(people)
    dots = tuple((f"s{number}", label, True) for number, label in people)
    return Booth(form, people, dots, names, form.questions, forms.sheet_form(form))


@lru_cache(maxsize=1000)
def asked(page: Place | Booth, _language: str) -> list[dict[str, Any]]:
    """The questions of a page as a template draws them, in one language."""
    return drawn(page.questions)


def drawn(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """Questions as a template draws them, in the reader's language."""
    return [
        {
            "id": question.id,
            "kind": question.kind,
            "text": say(question.text),
            "help": say(question.help),
            "options": [(option.id, say(option.label)) for option in question.options],
            "points": question.answers,
            "answers": question.answers,
            "blank": say(question.blank.label) if question.blank else "",
        }
        for question in questions
    ]


@lru_cache(maxsize=1000)
def thanks(
    place: Place,
    ends_at: datetime,
    _language: str,
    _demonstration: bool,
    _query: bytes,
    _large: bool,
) -> str:
    """The page that thanks, drawn once for all who answer: nothing of an answer stands on it."""
    done = tokens.ending("thanks", place.round.id)
    return render_template("answers/thanks.html", place=place, ends_at=ends_at, done=done)


def quotas(booth: Booth, kept: Mapping[str, str]) -> list[dict[str, Any]]:
    """The quotas of a sheet as a template draws them, with the lines that were given the grade."""
    texts = {question.id: question for question in booth.questions}
    return [
        {
            "question": quota.question,
            "option": quota.option,
            "text": say(texts[quota.question].text),
            "label": say(booth.form.label(quota.question, quota.option)),
            "most": quota.most(len(booth.people)),
            "given": [
                f"s{person[0]}"
                for person in booth.people
                if kept.get(f"{forms.LINE}{person[0]}-{quota.question}") == quota.option
            ],
        }
        for quota in booth.form.quotas
    ]


def over(limits: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The lines that were given a grade more often than its quota allows."""
    return frozenset(
        line for limit in limits if len(limit["given"]) > limit["most"] for line in limit["given"]
    )


def review_page(
    right: ballots.Right, booth: Booth, sheet: ballots.Sheet, kept: Mapping[str, str]
) -> str:
    """The counts of a sheet by question and answer, and the names with lines left blank."""
    given = {
        question.id: Counter(answers.get(question.id) for answers in sheet.values())
        for question in booth.questions
    }
    questions = len(booth.questions)
    # Where an empty line says something, as on a sheet of nominations, it is not missing.
    lines = [] if all(question.blank for question in booth.questions) else booth.people
    return render_template(
        "answers/review.html",
        right=right,
        booth=booth,
        asked=asked(booth, language()),
        given=given,
        blank=[person for person in lines if not sheet[person[0]]],
        partly=[person for person in lines if 0 < len(sheet[person[0]]) < questions],
        kept=kept,
    )
