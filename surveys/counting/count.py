"""Counting a round: once and final.

Before: what would be shown and hidden, from turnout alone. Then tallies are made by two ways and
summed up the tree, and small groups are hidden, while others still write. In one transaction
archive and scores are kept and everything single is deleted; then the key is destroyed. What is
hidden is not kept.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee import chunked

from surveys import archive, ballots, rounds
from surveys.ballots import seal, urn
from surveys.counting import tally
from surveys.db import writing
from surveys.messages import N_, Refused
from surveys.models import Archive, Group, Round, Score, Subject, Unit
from surveys.questionnaires import questionnaire
from surveys.rounds import electorate
from surveys.scoring import disclosure


class NotNow(Refused):
    """The round cannot be counted at this moment."""


class NothingLeft(Refused):
    """No subject would be shown, so that counting would destroy all answers and keep none."""

    field = "anyway"


NOTHING_LEFT = N_(
    "计票会什么结果也不留下：没有一个对象的作答人数够得上显示。计票停在这里，什么也没有改动。"
    "可以延期再请人来填；确实要这样结束的，"
    "请勾选“什么也不留下，仍然计票”再计一次（命令行加 --anyway）。"
)


def _subjects(round_: Round) -> list[Subject]:
    return list(Subject.select().where(Subject.round == round_).order_by(Subject.position))


def _cells(
    round_: Round, subjects: list[Subject], groups: list[Group], count: tally.Count
) -> dict[int, dict[str, dict[str, Any]]]:
    """Subject id → group key → the archive's cell; parents hold the sums of those below."""
    columns = questionnaire.of(round_).columns()
    issued = {(row.unit_id, row.group_id): row.issued for row in electorate.codes_to_count(round_)}
    tallies: dict[tuple[int, int], dict[str, dict[str, int]]] = {}
    for (cell, place, packed), times in count.answers.items():
        question, column = columns[place]
        key = question.answers.tally_key(column, packed)
        if key is not None:
            answers = tallies.setdefault(cell, {}).setdefault(question.id, {})
            answers[key] = answers.get(key, 0) + times
    found: dict[int, dict[str, dict[str, Any]]] = {subject.id: {} for subject in subjects}
    for subject in subjects:
        if not subject.rated:
            continue
        for group in groups:
            paper: dict[str, Any] = {
                "returned": count.ballots[subject.id, group.id],
                "tallies": tallies.get((subject.id, group.id), {}),
            }
            if round_.needs_codes:
                paper["issued"] = issued.get((subject.place_id or 0, group.id), 0)
            found[subject.id][group.key] = paper
    _sum_up(subjects, found)
    return found


def _sum_up(subjects: list[Subject], cells: dict[int, dict[str, dict[str, Any]]]) -> None:
    """Add each subject's cells to its parent's, from below."""
    for subject in reversed(subjects):
        if subject.parent_id is None:
            continue
        above = cells[subject.parent_id]
        for key, cell in cells[subject.id].items():
            total = above.setdefault(key, {"returned": 0, "tallies": {}})
            total["returned"] += cell["returned"]
            if "issued" in cell:
                total["issued"] = total.get("issued", 0) + cell["issued"]
            for question, answers in cell["tallies"].items():
                sums = total["tallies"].setdefault(question, {})
                for option, times in answers.items():
                    sums[option] = sums.get(option, 0) + times


def _document(round_: Round, closed_on: str | None, count: tally.Count) -> dict[str, Any]:
    """The archive of a round with everything in it, for `hide`: never to be kept."""
    subjects, groups = _subjects(round_), rounds.groups_of(round_)
    cells = _cells(round_, subjects, groups, count)
    keys = {subject.id: subject.key for subject in subjects}
    return {
        "format": archive.FORMAT,
        "round": {
            # The digest is told to everybody, of rounds about persons too. What is unguessable in
            # the archive keeps small tallies from being found by trying which have this digest.
            "id": f"{round_.id}-{secrets.token_hex(16)}",
            "title": round_.title,
            "closed_on": closed_on,
            "plan_items": round_.plan_items,
        },
        "questionnaire": questionnaire.of(round_).for_archive(),
        "rules": rounds.rules_document(round_),
        "subjects": [
            {
                "id": subject.key,
                "label": subject.label,
                "parent": keys.get(subject.parent_id or 0),
                "population": subject.population,
                "groups": cells[subject.id],
            }
            for subject in subjects
        ],
    }


def _papers(round_: Round) -> archive.Archive:
    """The archive of a round as far as it is known before unsealing: papers without answers."""
    count = tally.Count(ballots=tally.turnout(round_))
    return archive.from_document(_document(round_, None, count))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Subjects rated in one place, and what counting would make of them.

    `outcome` is a word of `disclosure`, or `empty` where nobody answered.
    """

    place: str
    outcome: str
    subjects: list[str]


def foreseen(round_: Round) -> list[Foreseen]:
    """What counting now would make of the subjects, by place, in their order: shown at most.

    Only papers are known; whether there is an answer on them is sealed.
    """
    papers = _papers(round_)
    outcomes = disclosure.at_most(papers)
    outcomes |= {
        each.id: "empty" for each in papers.subjects if not any(cell.ballots for cell in each.cells)
    }
    found: dict[tuple[str, str], list[str]] = {}
    for subject in _subjects(round_):
        outcome = outcomes[subject.key]
        found.setdefault((subject.place_label, outcome), []).append(subject.label)
    return [Foreseen(place, outcome, labels) for (place, outcome), labels in found.items()]


def shows_something(foreseen: Iterable[Foreseen]) -> bool:
    """Whether counting would leave the result of any subject."""
    return any(each.outcome == "full" for each in foreseen)


def check_something_is_left(foreseen: Iterable[Foreseen], anyway: bool) -> None:
    """Refuse to count what would leave nothing, unless that is wanted."""
    if not anyway and not shows_something(foreseen):
        raise NothingLeft(NOTHING_LEFT)


def turnout(round_: Round) -> list[dict[str, Any]]:
    """Papers of each place and group: `code`, `place`, `group`, `issued`, `returned`, `void`.

    `code` and `place` are the code and the name of the place, `group` is the label of the group.
    `issued` and `void` are null in a round without codes. Places are those where people answer.
    """
    labels = {group.id: group.label for group in rounds.groups_of(round_)}
    if round_.needs_codes:
        counts = electorate.codes_to_count(round_)
        units = {unit.id: unit for unit in Unit.select().where(Unit.id.in_(round_.chosen))}
        kept_names = {subject.place_id: subject.place_label for subject in _subjects(round_)}
        return [
            {
                "code": units[row.unit_id].code,
                "place": kept_names.get(row.unit_id, units[row.unit_id].name),
                "group": labels[row.group_id],
                "issued": row.issued,
                "returned": row.spent,
                "void": row.void,
            }
            for row in sorted(counts, key=lambda row: (units[row.unit_id].code, row.group_id))
        ]
    papers = tally.turnout(round_)
    return [
        {
            "code": subject.key,
            "place": subject.label,
            "group": label,
            "issued": None,
            "returned": papers[subject.id, group_id],
            "void": None,
        }
        for subject in _subjects(round_)
        if subject.rated
        for group_id, label in labels.items()
    ]


def check_can_be_counted(round_: Round, now: datetime) -> None:
    """Refuse to count what was counted or abandoned, or has not ended."""
    if round_.state in ("closed", "published"):
        raise NotNow(N_("这次测评已经计过票了，计票只有一次。"))
    if round_.state == "abandoned":
        raise NotNow(N_("这次测评已经终止，没有可以计的票。"))
    if rounds.phase(round_, now) != "ended":
        raise NotNow(N_("这次测评还没有截止，现在不能计票。"))


@dataclass(frozen=True, slots=True)
class _Counted:
    """What a count came to, ready to be written."""

    document: bytes
    counts: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    comments: list[urn.Row]
    texts: list[urn.Row]

    @property
    def shows_nothing(self) -> bool:
        """Whether every subject is hidden."""
        return all(row["disclosure"] != "full" for row in self.scores)


def closing(
    keys: Path, round_: Round, now: datetime, anyway: bool = False
) -> Generator[tally.Progress, None, None]:
    """Count an ended round and keep its archive; yields progress.

    `now` is in the site's time zone: its date is the archive's `closed_on`. Whoever comes second is
    told that it was counted. Raises `NotNow`, `NothingLeft` (unless `anyway`), `seal.KeyLost` or
    `tally.CountsDisagree`, and then nothing has changed.
    """
    counted = None
    while counted is None:
        round_ = Round.get_by_id(round_.id)
        check_can_be_counted(round_, now)
        basis = _basis(round_)
        try:
            made = yield from _counting(keys, round_, now)
        except (seal.KeyLost, tally.CountsDisagree):
            if _basis(Round.get_by_id(round_.id)) == basis:
                raise
            continue
        if made.shows_nothing and not anyway:
            raise NothingLeft(NOTHING_LEFT)
        with writing():
            if _basis(Round.get_by_id(round_.id)) == basis:
                _keep(round_, made, now)
                counted = made
    seal.destroy(keys, round_.id, round_.key_check)
    urn.sweep(round_.id)


def close(keys: Path, round_: Round, now: datetime) -> None:
    """Count an ended round, without watching, whatever is left; `now` as in `closing`."""
    for _ in closing(keys, round_, now, anyway=True):
        pass


def _basis(round_: Round) -> tuple[object, ...]:
    """What a count rests on: were any of it different a moment later, it is made anew."""
    return (
        round_.state,
        round_.ends_at,
        round_.revision,
        ballots.ratings(round_),
        ballots.code_counts(round_),
    )


def _counting(
    keys: Path, round_: Round, now: datetime
) -> Generator[tally.Progress, None, _Counted]:
    """Read, unseal and count, and hide what must be; nothing is written."""
    count = tally.Count()
    for step in tally.counting(keys, round_):
        if isinstance(step, tally.Count):
            count = step
        else:
            yield step
    _check_returned(round_, count)
    closed_on = now.date().isoformat()
    kept = disclosure.hide(archive.from_document(_document(round_, closed_on, count)))
    subjects = {subject.key: subject for subject in _subjects(round_)}
    full = {subjects[each.id].id for each in kept.subjects if not each.hidden}
    comments, texts = _texts(keys, round_, full)
    return _Counted(
        document=archive.to_bytes(kept),
        counts=turnout(round_),
        scores=_score_rows(round_, subjects, archive.as_document(kept)),
        comments=comments,
        texts=texts,
    )


def _check_returned(round_: Round, count: tally.Count) -> None:
    """Each subject must have as many ballots as codes were spent where it is rated."""
    if not round_.needs_codes:
        return
    spent: Counter[tuple[int, int]] = Counter()
    for row in ballots.code_counts(round_):
        spent[row.unit_id, row.group_id] = row.spent
    groups = rounds.groups_of(round_)
    for subject in _subjects(round_):
        for group in groups:
            if subject.rated and (
                count.ballots[subject.id, group.id] != spent[subject.place_id or 0, group.id]
            ):
                raise tally.CountsDisagree(
                    N_("%(subject)s 的答卷数与用掉的测评码数不符，计票已停止，什么也没有改动。"),
                    subject=subject.label,
                )


def _score_rows(
    round_: Round, subjects: dict[str, Subject], shown: dict[str, Any]
) -> list[dict[str, Any]]:
    """The rows of `Score` of a kept document, in the order of its subjects."""
    lines = {line["subject"]: line for line in shown["scores"]}
    rows = []
    for position, each in enumerate(shown["subjects"]):
        subject, line = subjects[each["id"]], lines.get(each["id"])
        details = None if line is None else {**line, "cells": each.get("groups", {})}
        rows.append(
            {
                "round": round_.id,
                "subject": subject.id,
                "unit": subject.unit_id,
                "position": position,
                "disclosure": each["disclosure"],
                "valid": line and line["valid"],
                "score": line and line["score"],
                "rate": line and line["rate"],
                "grade": line and line["grade"],
                "details": details,
            }
        )
    return rows


def _texts(keys: Path, round_: Round, full: set[int]) -> tuple[list[urn.Row], list[urn.Row]]:
    """Comments, and texts by question, about the subjects shown; each under another random key."""
    questions = questionnaire.of(round_).questions
    said: list[urn.Row] = []
    answers: list[urn.Row] = []
    for subject, place, text in tally.texts(keys, round_):
        row = (urn.new_key(), round_.id, subject, text)
        if subject in full and place == 0:
            said.append(row)
        elif subject in full:
            answers.append((*row, questions[place - 1].id))
    return said, answers


def _keep(round_: Round, counted: _Counted, now: datetime) -> None:
    """Inside the transaction that ends a round: write what is kept, and delete all that is not."""
    Archive.create(
        round=round_,
        document=counted.document,
        sha256=archive.digest(counted.document),
        counts=counted.counts,
    )
    for some in chunked(counted.scores, 50):
        Score.insert_many(some).execute()
    urn.put(urn.KEPT_COMMENT, counted.comments)
    urn.put(urn.KEPT_TEXT, counted.texts)
    urn.forget(round_)
    Round.update(state="closed", closed_at=now, revision=Round.revision + 1).where(
        Round.id == round_.id
    ).execute()
