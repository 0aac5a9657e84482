"""Signals of a counted round in words, for its organisers' eyes.

They are about the whole round, so all its score rows are read; as these never change after
counting, that is done once a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from flask_babel import gettext as _

from surveys import signals
from surveys.messages import N_
from surveys.models import Archive, Round, Score, Subject
from surveys.signals import Signal

MOST_NAMES = 12

WORDS = {
    "too-good": N_(
        "每个单位的票几乎都收回来了，而且没有一张不满意：好得让人起疑，请了解一下是怎么填的。"
    ),
    "turnout": N_("收回的票没有超过发出的一半："),
    "excellent": N_("建议为最高等次的超过三分之一："),
    "empty": N_("有的票类没有有效答卷："),
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
    sha256 = Archive.select(Archive.sha256).where(Archive.round == round_).scalar()
    found, names = _of(round_.id, str(sha256))
    return [_in_words(each, dict(names)) for each in found]


def _in_words(signal: Signal, names: dict[str, str]) -> Shown:
    # A branch's turnout is that of each of its members; of all subjects it goes without saying.
    if signal.kind == "too-good" or (signal.kind == "turnout" and signal.place):
        return Shown(_(WORDS[signal.kind]), signal.place, [], 0)
    few = [names[key] for key in signal.subjects[:MOST_NAMES]]
    count = len(signal.subjects)
    return Shown(_(WORDS[signal.kind]), signal.place, few, count if count > len(few) else 0)


@lru_cache(maxsize=32)
def _of(round_id: int, _sha256: str) -> tuple[tuple[Signal, ...], tuple[tuple[str, str], ...]]:
    """The signals of a round, kept by what its archive is, and the names that they need."""
    round_ = Round.get_by_id(round_id)
    rows = (
        Score.select(Score.details, Subject.key, Subject.label, Subject.place_label)
        .join(Subject)
        .where(Score.round == round_, Score.details.is_null(False))
        .order_by(Score.position)
    )
    lines, names = [], {}
    for row in rows:
        about = row.subject
        branch = about.place_label if about.place_label != about.label else ""
        lines.append(signals.Line(about.key, row.details["cells"], row.details, branch))
        names[about.key] = about.label
    found = signals.found(lines, round_.rules)
    named = {key for each in found for key in each.subjects[:MOST_NAMES]}
    return tuple(found), tuple((key, names[key]) for key in named)
