"""Questionnaires: what is asked, on which scales, of whom, and who may see what comes of it.

Each is a TOML file; the shipped library lies in `questionnaires/`. A round keeps the document as it
was when the round was made, so that changing a file never touches a round.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from surveys import archive
from surveys.messages import N_, Refused
from surveys.models import Round

LIBRARY = Path(__file__).parent / "questionnaires"
AUDIENCES = {"P", "M", "S", "O"}
MOST_QUESTIONS = 100

Text = Mapping[str, str]
Answer = str | int | None
Answers = Mapping[str, Answer]


class QuestionnaireError(Refused):
    """A questionnaire that cannot be used; names the file and the place."""


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a scale; `value` 0–100 as decimal text, or none (不了解, 弃权)."""

    id: str
    label: Text
    value: str | None
    positive: bool


@dataclass(frozen=True, slots=True)
class Points:
    """Whole points from `low` to `high`; from `positive_from` on they count as positive."""

    low: int
    high: int
    positive_from: int


@dataclass(frozen=True, slots=True)
class Quota:
    """At most this share of the subjects on one sheet may get this option of this question."""

    question: str
    option: str
    share: Fraction

    def most(self, subjects: int) -> int:
        """How many of so many subjects that is, rounded down."""
        return int(self.share * subjects)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its text and its scale, options or points."""

    id: str
    text: Text
    help: Text
    weight: str
    scale: str
    answers: tuple[Option, ...] | Points

    @property
    def options(self) -> tuple[Option, ...]:
        """Its options; none where it asks for points."""
        return () if isinstance(self.answers, Points) else self.answers

    def pack(self, answer: Answer) -> int:
        """An answer as one byte: 0 for none, else 1 + the option's place or the points."""
        if answer is None:
            return 0
        if isinstance(self.answers, Points):
            if not isinstance(answer, int) or not self.answers.low <= answer <= self.answers.high:
                raise ValueError(f"{self.id}: {answer!r} is out of range")
            return 1 + answer
        return 1 + [option.id for option in self.answers].index(str(answer))

    def tally_key(self, packed: int) -> str | None:
        """The key of a packed answer in the archive's tallies; none for no answer."""
        if packed == 0:
            return None
        if isinstance(self.answers, Points):
            return str(packed - 1)
        return self.answers[packed - 1].id


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
    needs_codes: bool
    peers: bool
    comment: bool
    headline: str
    questions: tuple[Question, ...]
    quotas: tuple[Quota, ...]
    plan_items: tuple[int, ...]
    groups: tuple[dict[str, Any], ...]
    rules: dict[str, Any]

    def pack(self, answers: Answers) -> bytes:
        """A rating as bytes, one a question: all ratings of a round have one length."""
        unknown = set(answers) - {question.id for question in self.questions}
        if unknown:
            raise ValueError(f"not on the form: {', '.join(sorted(unknown))}")
        return bytes(question.pack(answers.get(question.id)) for question in self.questions)

    def label(self, question: str, option: str) -> Text:
        """The label of an option of a question."""
        options = next(each.options for each in self.questions if each.id == question)
        return next(each.label for each in options if each.id == option)

    def for_archive(self) -> dict[str, Any]:
        """The archive's part `questionnaire`."""
        return _archive_part(self.document)


def _text(value: Any, place: str) -> Text:
    """A text in both languages."""
    if (
        not isinstance(value, dict)
        or set(value) != {"zh", "en"}
        or not all(isinstance(each, str) and each.strip() for each in value.values())
    ):
        raise _Wrong(place, "a text needs zh and en")
    return value


class _Wrong(Exception):
    """What is wrong, and where in the file."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")


KEYS = {
    "id",
    "version",
    "title",
    "intro",
    "audience",
    "about",
    "kinds",
    "needs_codes",
    "peers",
    "comment",
    "headline",
    "scales",
    "questions",
    "quotas",
    "plan_items",
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
            {
                "id": question["id"],
                "scale": question["scale"],
                "weight": question.get("weight", 1),
                "label": question["text"],
            }
            for question in document["questions"]
        ],
    }


def _answers(scale: Mapping[str, Any], place: str) -> tuple[Option, ...] | Points:
    if "points" in scale:
        points = scale["points"]
        return Points(points["min"], points["max"], points.get("positive_from", 60))
    return tuple(
        Option(
            option["id"],
            _text(option.get("label"), f"{place}.options.{option['id']}.label"),
            None if option.get("value") is None else str(option["value"]),
            option.get("positive", False),
        )
        for option in scale["options"]
    )


def from_document(document: dict[str, Any]) -> Questionnaire:
    """Read and check a questionnaire's document; `QuestionnaireError` names what is wrong."""
    name = str(document.get("id", "?"))
    try:
        return _read(document)
    except KeyError as missing:
        reason = f"{missing.args[0]} is missing"
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as wrong:
        reason = str(wrong)
    except (_Wrong, archive.ArchiveError) as wrong:
        reason = str(wrong)
    raise QuestionnaireError(
        N_("问卷“%(name)s”不能使用：%(reason)s。请改正问卷文件。"), name=name, reason=reason
    )


def _read(document: dict[str, Any]) -> Questionnaire:
    unknown = set(document) - KEYS
    if unknown:
        raise _Wrong(sorted(unknown)[0], "unknown key")
    if not 1 <= len(document["questions"]) <= MOST_QUESTIONS:
        raise _Wrong("questions", f"1 to {MOST_QUESTIONS} are possible")
    audience = document["audience"]
    if not audience or set(audience) - AUDIENCES:
        raise _Wrong("audience", "letters of P, M, S, O")
    if document["about"] not in ("units", "persons"):
        raise _Wrong("about", "units or persons")
    if document["about"] == "persons" and "P" in audience:
        raise _Wrong("audience", "a result about persons is never public")
    part = _archive_part(document)
    groups, rules = document["groups"], document["rules"]
    archive.from_document(
        {
            "format": "surveys-archive/1",
            "questionnaire": part,
            "rules": {"groups": groups, **rules},
            "subjects": [],
        }
    )
    scales = {key: _answers(scale, f"scales.{key}") for key, scale in document["scales"].items()}
    questions = tuple(
        Question(
            question["id"],
            _text(question["text"], f"questions.{question['id']}.text"),
            question.get("help", {}),
            str(question.get("weight", 1)),
            question["scale"],
            scales[question["scale"]],
        )
        for question in document["questions"]
    )
    quotas = tuple(
        Quota(quota["question"], quota["option"], Fraction(quota["share"]))
        for quota in document.get("quotas", ())
    )
    offered = {(question.id, option.id) for question in questions for option in question.options}
    for quota in quotas:
        if (quota.question, quota.option) not in offered or not 0 < quota.share < 1:
            raise _Wrong("quotas", f"{quota.question}/{quota.option} with a share between 0 and 1")
    return Questionnaire(
        document=document,
        id=document["id"],
        version=document["version"],
        title=_text(document["title"], "title"),
        intro=_text(document["intro"], "intro"),
        audience=audience,
        about=document["about"],
        kinds=tuple(document["kinds"]),
        needs_codes=bool(document.get("needs_codes", False)),
        peers=bool(document.get("peers", False)),
        comment=bool(document.get("comment", False)) and document["about"] == "units",
        headline=document["headline"],
        questions=questions,
        quotas=quotas,
        plan_items=tuple(document.get("plan_items", ())),
        groups=tuple(groups),
        rules=dict(rules),
    )


def read(path: Path) -> Questionnaire:
    """Read a questionnaire's file."""
    try:
        return from_document(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise QuestionnaireError(
            N_("问卷“%(name)s”不能使用：%(reason)s。请改正问卷文件。"),
            name=path.name,
            reason=str(wrong),
        ) from wrong


def library() -> dict[str, Questionnaire]:
    """The shipped questionnaires by id."""
    found = (read(path) for path in sorted(LIBRARY.glob("*.toml")))
    return {questionnaire.id: questionnaire for questionnaire in found}


def of(round_: Round) -> Questionnaire:
    """The questionnaire of a round, as it was when the round was made."""
    return _of_text(json.dumps(round_.questionnaire, sort_keys=True))


@lru_cache(maxsize=64)
def _of_text(text: str) -> Questionnaire:
    return from_document(json.loads(text))
