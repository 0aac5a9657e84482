"""Signals of a counted round in words, for its organisers' eyes.

They are about the whole round, so all its score rows are read; as these never change after
counting, that is done once a process for each state of the decided grades.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask_babel import gettext as _

from site_app.results.lines import Line
from surveys.messages import N_
from surveys.models import Archive, Decision, Round, Score, Subject
from surveys.questionnaires import Quota, questionnaire
from surveys.scoring import signals
from surveys.scoring.signals import Signal

MOST_NAMES = 12

WORDS = {
    "too-good": N_(
        "每个单位的票几乎都收回来了，而且没有一张不满意：好得让人起疑，请了解一下是怎么填的。"
    ),
    "turnout": N_("收回的票没有超过发出的一半："),
    "excellent": N_("评定为最高等次的有 %(n)s 个，上限是 %(most)s 个："),
    "empty": N_("有的票类没有有效回答："),
    "joined": N_("人数少的票类已与别的票类合并："),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A signal in words, with the names of what it is about; `more` counts all where cut short."""

    words: str
    place: str
    names: list[str]
    more: int


def shown(round_: Round) -> list[Shown]:
    """What somebody should look at in a counted round."""
    found, names = _now(round_)
    return [_in_words(each, names) for each in found]


def over_cap(round_: Round, subject: Subject) -> str:
    """That a subject has the best grade where more have it than may; empty where that is not so."""
    found, names = _now(round_)
    over = (each for each in found if each.kind == "excellent" and subject.key in each.subjects)
    said = [_in_words(each, names) for each in over]
    return said[0].words + (said[0].place or "、".join(said[0].names)) if said else ""


def suggested(round_: Round, lines: Iterable[Line]) -> str:
    """For the meeting: that the votes suggest the best grade for more than a ballot may give it."""
    grades, best = [line.row.grade for line in lines], signals.best_grade(round_.rules)
    quota = _quota(round_)
    n, most = grades.count(best), quota.most(len(grades)) if quota else 0
    if quota is None or best is None or n <= most:
        return ""
    words = _(
        "建议%(grade)s %(n)s 人，上限 %(most)s 人：请会议研究确定。", grade=best, n=n, most=most
    )
    return str(words)


def _quota(round_: Round) -> Quota | None:
    """How many a ballot may give the best answer to the headline question."""
    form = questionnaire.of(round_)
    return next((each for each in form.quotas if each.question == form.headline), None)


def _now(round_: Round) -> tuple[tuple[Signal, ...], dict[str, str]]:
    sha256 = Archive.select(Archive.sha256).where(Archive.round == round_).scalar()
    rows = Decision.select(Decision.subject, Decision.grade).where(Decision.round == round_)
    found, names = _of(round_.id, str(sha256), frozenset(rows.tuples()))
    return found, dict(names)


def _in_words(signal: Signal, names: dict[str, str]) -> Shown:
    count = len(signal.subjects)
    words = _(WORDS[signal.kind], n=count, most=signal.most)
    # A branch's turnout is that of each of its members; of all subjects it goes without saying.
    if signal.kind == "too-good" or (signal.kind == "turnout" and signal.place):
        return Shown(words, signal.place, [], 0)
    few = [names[key] for key in signal.subjects[:MOST_NAMES]]
    return Shown(words, signal.place, few, count if count > len(few) else 0)


@lru_cache(maxsize=32)
def _of(
    round_id: int, _sha256: str, decided: frozenset[tuple[int, str]]
) -> tuple[tuple[Signal, ...], tuple[tuple[str, str], ...]]:
    """The signals of a round, kept by its archive and decided grades; the names that they need."""
    round_, grades = Round.get_by_id(round_id), dict(decided)
    rows = (
        Score.select(Score.details, Subject.id, Subject.key, Subject.label, Subject.place_label)
        .join(Subject)
        .where(Score.round == round_, Subject.rated | Score.details.is_null(False))
        .order_by(Score.position)
    )
    lines, names = [], {}
    for row in rows:
        about = row.subject
        branch = about.place_label if about.place_label != about.label else ""
        details, grade = row.details or {}, grades.get(about.id, "")
        lines.append(signals.Line(about.key, details.get("cells", {}), details, branch, grade))
        names[about.key] = about.label
    quota = _quota(round_)
    found = signals.found(lines, round_.rules, quota.most if quota else signals.a_third)
    named = {key for each in found for key in each.subjects[:MOST_NAMES]}
    return tuple(found), tuple((key, names[key]) for key in named)
