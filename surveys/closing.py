"""Counting a round: once, final, in one transaction.

Before: what would be hidden, from turnout alone. At closing: tallies are made by two ways and
summed up the tree, small groups hidden, archive and scores kept, and everything single is deleted;
then the key is destroyed. What is hidden is not kept.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from peewee import chunked

from surveys import archive, ballots, disclosure, questionnaire, rounds, seal, tally
from surveys.db import writing
from surveys.messages import N_, Refused
from surveys.models import Archive, Comment, Group, Round, Score, Subject, TextAnswer, Unit


class NotNow(Refused):
    """The round cannot be counted at this moment."""


def _subjects(round_: Round) -> list[Subject]:
    return list(Subject.select().where(Subject.round == round_).order_by(Subject.position))


def _cells(
    round_: Round, subjects: list[Subject], groups: list[Group], count: tally.Count
) -> dict[int, dict[str, dict[str, Any]]]:
    """Subject id → group key → the archive's cell; parents hold the sums of those below."""
    columns = questionnaire.of(round_).columns()
    issued = {(row.unit_id, row.group_id): row.issued for row in ballots.code_counts(round_)}
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


def forecast(round_: Round) -> dict[str, str]:
    """Subject key → full, few, complement or void, at most, if counted now; from turnout alone."""
    count = tally.Count(ballots=tally.turnout(round_))
    return disclosure.at_most(archive.from_document(_document(round_, None, count)))


@dataclass(frozen=True, slots=True)
class Hidden:
    """Subjects rated in one place that would not be shown, and why: a word of `disclosure`."""

    place: str
    why: str
    subjects: list[str]


def hidden(round_: Round) -> list[Hidden]:
    """What counting the round now would hide, by place."""
    foreseen = forecast(round_)
    found: dict[tuple[str, str], list[str]] = {}
    for subject in _subjects(round_):
        why = foreseen[subject.key]
        if why != "full":
            found.setdefault((subject.place_label, why), []).append(subject.label)
    return [Hidden(place, why, labels) for (place, why), labels in found.items()]


def turnout(round_: Round) -> list[dict[str, Any]]:
    """Papers of each place and group: `code`, `place`, `group`, `issued`, `returned`, `void`.

    `code` and `place` are the code and the name of the place, `group` is the label of the group.
    `issued` and `void` are null in a round without codes. Places are those where people answer.
    """
    labels = {group.id: group.label for group in rounds.groups_of(round_)}
    if round_.needs_codes:
        counts = ballots.code_counts(round_)
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


def closing(keys: Path, round_: Round, now: datetime) -> Iterator[tally.Progress]:
    """Count an ended round and keep its archive; yields progress.

    `now` is in the site's time zone: its date is the archive's `closed_on`. One transaction;
    whoever comes second is told that it was counted. Raises `NotNow`, `seal.KeyLost` or
    `tally.CountsDisagree`, and then nothing has changed.
    """
    with writing():
        round_ = Round.get_by_id(round_.id)
        check_can_be_counted(round_, now)
        count = tally.Count()
        for step in tally.counting(keys, round_):
            if isinstance(step, tally.Count):
                count = step
            else:
                yield step
        _check_returned(round_, count)
        closed_on = now.date().isoformat()
        kept = disclosure.hide(archive.from_document(_document(round_, closed_on, count)))
        _keep(keys, round_, kept)
        ballots.forget(round_)
        Round.update(state="closed", closed_at=now, revision=Round.revision + 1).where(
            Round.id == round_.id
        ).execute()
    seal.destroy(keys, round_.id)


def close(keys: Path, round_: Round, now: datetime) -> None:
    """Count an ended round, without watching; `now` as in `closing`."""
    for _ in closing(keys, round_, now):
        pass


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


def _keep(keys: Path, round_: Round, kept: archive.Archive) -> None:
    document = archive.to_bytes(kept)
    Archive.create(
        round=round_,
        document=document,
        sha256=archive.digest(document),
        counts=turnout(round_),
    )
    subjects = {subject.key: subject for subject in _subjects(round_)}
    shown = archive.as_document(kept)
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
    for some in chunked(rows, 50):
        Score.insert_many(some).execute()
    full = {subjects[each["id"]].id for each in shown["subjects"] if each["disclosure"] == "full"}
    _keep_texts(keys, round_, full)


def _keep_texts(keys: Path, round_: Round, full: set[int]) -> None:
    """Comments, and texts by question, about the subjects shown; each under another random key."""
    questions = questionnaire.of(round_).questions
    comments, texts = [], []
    for subject, place, text in tally.unsealed_comments(keys, round_):
        row = {"round": round_.id, "key": secrets.token_bytes(16), "subject": subject, "text": text}
        if subject in full and place == 0:
            comments.append(row)
        elif subject in full:
            texts.append(row | {"question": questions[place - 1].id})
    for some in chunked(comments, 100):
        Comment.insert_many(some).execute()
    for some in chunked(texts, 100):
        TextAnswer.insert_many(some).execute()
