"""Questionnaires: what is asked, on which scales, of whom, and who may see what comes of it.

Each is a TOML file; the shipped library lies in `questionnaires/`. A round keeps the document as it
was when the round was made, so that changing a file never touches a round.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from surveys import archive
from surveys.archive import ID
from surveys.messages import N_, Refused
from surveys.models import Round
from surveys.questionnaires import kinds
from surveys.questionnaires.kinds.base import Answer, Option, Text, text_of

LIBRARY = Path(__file__).parent / "library"
AUDIENCES = {"P", "M", "S", "O"}
ABOUT = ("units", "persons", "things")
MOST_QUESTIONS = 100

Answers = Mapping[str, Answer]


class QuestionnaireError(Refused):
    """A questionnaire that cannot be used; names the file and the place."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most so many of the subjects on one sheet may get this option of this question.

    A share below 1 is of the sheet's subjects; any other is the number itself.
    """

    question: str
    option: str
    share: Fraction

    def most(self, subjects: int) -> int:
        """How many of so many subjects that is, rounded down."""
        return int(self.share * subjects if self.share < 1 else self.share)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its text, and its kind with all that is particular to that (`answers`)."""

    id: str
    text: Text
    help: Text
    weight: str
    scale: str
    answers: kinds.AnyKind

    @property
    def kind(self) -> str:
        """The name of its kind: a key of `kinds.KINDS`."""
        return self.answers.name

    @property
    def scored(self) -> bool:
        """Whether it has a scale, and so a mean; only such a question can be the headline."""
        return self.answers.scored

    @property
    def options(self) -> tuple[Option, ...]:
        """Its options; none where it asks for points or words."""
        return self.answers.options

    @property
    def blank(self) -> Option | None:
        """The option that is meant where nothing is chosen; none where that is no answer."""
        key = self.answers.blank if isinstance(self.answers, kinds.Choice) else None
        return next((option for option in self.options if option.id == key), None)

    def pack(self, answer: Answer) -> bytes:
        """An answer as bytes, as many as the question takes; `ValueError` for one that is none."""
        try:
            return self.answers.pack(answer)
        except ValueError as wrong:
            raise ValueError(f"{self.id}: {wrong}") from None


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire as read and checked; `document` is what it was read from."""

    document: dict[str, Any]
    id: str
    version: int
    title: Text
    intro: Text
    audience: str
    about: str
    kinds: tuple[str, ...]
    listed: bool
    most_listed: int | None
    summed: bool
    needs_codes: bool
    peers: bool
    comment: bool
    headline: str
    questions: tuple[Question, ...]
    quotas: tuple[Quota, ...]
    plan_items: tuple[int, ...]
    groups: tuple[dict[str, Any], ...]
    rules: dict[str, Any]

    @property
    def on_sheet(self) -> bool:
        """Whether a sheet behind a code asks about all subjects of a place, not of one alone."""
        return is_on_sheet(self.document)

    @property
    def words(self) -> Mapping[str, Text]:
        """What its `rate` and its `score` are called, where they have names of their own."""
        words: Mapping[str, Text] = self.document.get("words", {})
        return words

    def pack(self, answers: Answers) -> bytes:
        """A rating as bytes, `width` of them: all ratings of a round have one length."""
        unknown = set(answers) - {question.id for question in self.questions}
        if unknown:
            raise ValueError(f"not on the form: {', '.join(sorted(unknown))}")
        return b"".join(question.pack(answers.get(question.id)) for question in self.questions)

    @property
    def width(self) -> int:
        """How many bytes a rating has."""
        return sum(question.answers.width for question in self.questions)

    def columns(self) -> list[tuple[Question, int]]:
        """For each byte of a rating the question that it belongs to, and which of its bytes."""
        return [
            (question, column)
            for question in self.questions
            for column in range(question.answers.width)
        ]

    def texts(self, answers: Answers) -> list[tuple[int, str]]:
        """What was written, empty where nothing was: places of questions from 1 on, and texts."""
        return [
            (place, str(answers.get(question.id) or ""))
            for place, question in enumerate(self.questions, start=1)
            if question.kind == kinds.Writing.name
        ]

    def text(self, question: str) -> Text:
        """What a question asks."""
        return next(each.text for each in self.questions if each.id == question)

    def label(self, question: str, option: str) -> Text:
        """The label of an option of a question."""
        options = next(each.options for each in self.questions if each.id == question)
        return next(each.label for each in options if each.id == option)

    def for_archive(self) -> dict[str, Any]:
        """The archive's part `questionnaire`."""
        return _archive_part(self.document)


KEYS = {
    "id",
    "version",
    "title",
    "intro",
    "audience",
    "about",
    "kinds",
    "listed",
    "most_listed",
    "summed",
    "advice",
    "needs_codes",
    "peers",
    "comment",
    "headline",
    "scales",
    "questions",
    "quotas",
    "plan_items",
    "words",
    "groups",
    "rules",
}


def _archive_part(document: Mapping[str, Any]) -> dict[str, Any]:
    scales: dict[str, Any] = {}
    for name, scale in document["scales"].items():
        if "points" in scale:
            scales[name] = {"points": dict(scale["points"])}
        else:
            scales[name] = {
                "options": [
                    {
                        key: option[key]
                        for key in ("id", "value", "positive", "label")
                        if key in option
                    }
                    for option in scale["options"]
                ]
            }
    return {
        "id": document["id"],
        "version": document["version"],
        "headline": document["headline"],
        "scales": scales,
        "questions": [
            part
            for question in document["questions"]
            if (part := kinds.kind_of(question, document["scales"]).in_archive(question))
        ],
    }


def _question(question: Mapping[str, Any], scales: Mapping[str, Any]) -> Question:
    kind = kinds.kind_of(question, scales)
    place = f"questions.{question['id']}"
    return Question(
        question["id"],
        text_of(question["text"], f"{place}.text"),
        text_of(question["help"], f"{place}.help") if "help" in question else {},
        str(question.get("weight", 1 if kind.scored else 0)),
        question.get("scale", ""),
        kind.read(question, scales.get(question.get("scale", ""), {}), place),
    )


def _check_kinds(document: Mapping[str, Any]) -> None:
    """What the archive's check cannot see: questions that never stand in it, and the headline."""
    seen: set[str] = set()
    for question in document["questions"]:
        key, kind = question["id"], kinds.kind_of(question, document["scales"])
        if not isinstance(key, str) or not ID.fullmatch(key) or key in seen:
            raise ValueError(f"questions: {key!r} is no id, or stands twice")
        seen.add(key)
        if key == document["headline"] and not kind.scored:
            raise ValueError("headline: must be a question of kind choice or points")
        if not kind.scored:
            kind.read(question, {}, f"questions.{key}")
        if not kind.scored and is_on_sheet(document):
            reason = f"{kind.name} cannot be asked on a sheet about many"
            raise ValueError(f"questions.{key}.kind: {reason}")


def _check_scores(questions: tuple[Question, ...], headline: str) -> None:
    """Something must weigh, and something be positive where a rate is asked."""
    if not any(Fraction(question.weight) for question in questions):
        raise ValueError("questions: all weights are 0")
    options = next(question.options for question in questions if question.id == headline)
    if options and not any(option.positive for option in options):
        raise ValueError(f"questions.{headline}: no option is positive, and its rate is asked")


def _listed(document: Mapping[str, Any]) -> bool:
    """Whether an organiser names the subjects, one a line: things are in no roster."""
    return document["about"] == "things" or bool(document.get("listed", False))


def has_tree(document: Mapping[str, Any]) -> bool:
    """Whether its subjects are units of the roster, whose results could be summed up their tree."""
    return document["about"] == "units" and not _listed(document)


def is_by_codes(document: Mapping[str, Any]) -> bool:
    """Whether it is answered by codes alone; persons always are: they have no page of their own."""
    return document["about"] == "persons" or bool(document.get("needs_codes", False))


def is_on_sheet(document: Mapping[str, Any]) -> bool:
    """Whether one sheet is about many: about persons, or about a list behind a code."""
    return document["about"] == "persons" or (_listed(document) and is_by_codes(document))


def _share(quota: Mapping[str, Any]) -> Fraction:
    """A quota's `share` of the sheet (below 1), or its `most`, a whole number."""
    if ("share" in quota) == ("most" in quota):
        raise ValueError("quotas: needs share or most, and not both")
    amount = Fraction(quota["share"] if "share" in quota else quota["most"])
    if not (0 < amount < 1 if "share" in quota else amount >= 1 and amount.denominator == 1):
        raise ValueError("quotas: share lies between 0 and 1, most is 1 or more")
    return amount


def _quotas(document: Mapping[str, Any], questions: Sequence[Question]) -> tuple[Quota, ...]:
    """Its quotas, each of an option that is on a scored question."""
    scored = [question for question in questions if question.scored]
    offered = {(question.id, option.id) for question in scored for option in question.options}
    quotas = tuple(
        Quota(quota["question"], quota["option"], _share(quota))
        for quota in document.get("quotas", ())
    )
    for quota in quotas:
        if (quota.question, quota.option) not in offered:
            raise ValueError(f"quotas: {quota.question}/{quota.option} is on no question")
    return quotas


def check_audience(about: str, audience: str) -> None:
    """Refuse letters that are none, and a public result about persons: `ValueError`."""
    if not audience or set(audience) - AUDIENCES:
        raise ValueError("audience: letters of P, M, S, O")
    if about == "persons" and "P" in audience:
        raise ValueError("audience: a result about persons is never public")


def from_document(document: dict[str, Any]) -> Questionnaire:
    """Read and check a questionnaire's document; `QuestionnaireError` names what is wrong."""
    name = str(document.get("id", "?"))
    try:
        return _read(document)
    except KeyError as missing:
        reason = f"{missing.args[0]} is missing"
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as wrong:
        reason = str(wrong)
    raise QuestionnaireError(
        N_("问卷“%(name)s”不能使用：%(reason)s。请改正问卷文件。"), name=name, reason=reason
    )


def _read(document: dict[str, Any]) -> Questionnaire:
    unknown = set(document) - KEYS
    if unknown:
        raise ValueError(f"{sorted(unknown)[0]}: unknown key")
    if not 1 <= len(document["questions"]) <= MOST_QUESTIONS:
        raise ValueError(f"questions: 1 to {MOST_QUESTIONS} are possible")
    if document["about"] not in ABOUT:
        raise ValueError("about: units, persons or things")
    check_audience(document["about"], document["audience"])
    _check_kinds(document)
    part = _archive_part(document)
    groups, rules = document["groups"], document["rules"]
    by_issued = any(flag.get("of") == "issued" for flag in rules.get("flags", ()))
    if by_issued and not is_by_codes(document):
        raise ValueError("rules.flags: of the codes issued, and it is answered without codes")
    archive.from_document(
        {
            "format": archive.FORMAT,
            "questionnaire": part,
            "rules": {"groups": groups, **rules},
            "subjects": [],
        }
    )
    questions = tuple(_question(each, document["scales"]) for each in document["questions"])
    _check_scores(questions, document["headline"])
    return Questionnaire(
        document=document,
        id=document["id"],
        version=document["version"],
        title=text_of(document["title"], "title"),
        intro=text_of(document["intro"], "intro"),
        audience=document["audience"],
        about=document["about"],
        kinds=tuple(document["kinds"]),
        listed=_listed(document),
        most_listed=document.get("most_listed"),
        summed=bool(document.get("summed", has_tree(document))),
        needs_codes=is_by_codes(document),
        peers=bool(document.get("peers", False)),
        comment=bool(document.get("comment", False)) and not is_on_sheet(document),
        headline=document["headline"],
        questions=questions,
        quotas=_quotas(document, questions),
        plan_items=tuple(document.get("plan_items", ())),
        groups=tuple(groups),
        rules=dict(rules),
    )


def library() -> dict[str, Questionnaire]:
    """The shipped questionnaires by id."""
    texts = (path.read_text("utf-8") for path in sorted(LIBRARY.glob("*.toml")))
    found = (from_document(tomllib.loads(text)) for text in texts)
    return {questionnaire.id: questionnaire for questionnaire in found}


def of(round_: Round) -> Questionnaire:
    """The questionnaire of a round, as it was when the round was made."""
    return _of_text(json.dumps(round_.questionnaire, sort_keys=True))


@lru_cache(maxsize=64)
def _of_text(text: str) -> Questionnaire:
    return from_document(json.loads(text))
