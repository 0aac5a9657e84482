"""What of an archive may be kept and shown: small groups are hidden, and what would give them away.

What is hidden is not kept: `hide` makes the archive that is left. Standard library only.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from surveys.archive_types import Archive, Subject, children_of
from surveys.scoring import joined_subjects, score

Children = Mapping[str | None, list[Subject]]


def _by_itself(subject: Subject, minimum: int) -> str:
    """Whether a subject may be shown when nothing else is known: full, few or void."""
    if subject.hidden:
        return str(subject.disclosure)
    if subject.void:
        return "void"
    if subject.ballots < minimum or any(0 < cell.ballots < minimum for cell in subject.cells):
        return "few"
    return "full"


def _nearest_full(
    below: Iterable[Subject], children: Children, state: dict[str, str]
) -> list[Subject]:
    """The nearest `full` subjects among these and below; never any beneath a void one."""
    found, waiting = [], list(below)
    while waiting:
        each = waiting.pop()
        if state[each.id] == "full":
            found.append(each)
        elif state[each.id] != "void":
            waiting.extend(children.get(each.id, ()))
    return found


def _protect(parent: Subject, children: Children, state: dict[str, str], minimum: int) -> None:
    """No subtraction: hide neighbours until what the parent shows beyond them is nobody or k."""
    rest = {cell.key: cell.ballots for cell in parent.cells}
    shown: list[tuple[int, str, Subject]] = []

    def add(subjects: Iterable[Subject]) -> None:
        for each in _nearest_full(subjects, children, state):
            heapq.heappush(shown, (each.ballots, each.id, each))
            for cell in each.cells:
                rest[cell.key] = rest.get(cell.key, 0) - cell.ballots

    add(children.get(parent.id, ()))
    while shown and any(0 < left < minimum for left in rest.values()):
        _, _, smallest = heapq.heappop(shown)
        state[smallest.id] = "complement"
        for cell in smallest.cells:
            rest[cell.key] += cell.ballots
        add(children.get(smallest.id, ()))


def _states(subjects: Sequence[Subject], minimum: int) -> dict[str, str]:
    state = {subject.id: _by_itself(subject, minimum) for subject in subjects}
    children = children_of(subjects)
    waiting = list(children.get(None, ()))
    for subject in waiting:
        if state[subject.id] == "full":
            _protect(subject, children, state, minimum)
        waiting.extend(children.get(subject.id, ()))
    return state


def _kept(subject: Subject, state: str) -> Subject:
    """The subject with what may be kept of it."""
    if state != "full":
        subject = replace(subject, cells=(), population=None)
    return replace(subject, disclosure=state)


def disclosures(archive: Archive) -> dict[str, str]:
    """Subject id → `full`, `few`, `complement` or `void`; ballots alone decide, no tally does."""
    return _states(joined_subjects(archive), archive.rules.minimum)


def hide(archive: Archive) -> Archive:
    """The archive that may be kept, with its scores: what is hidden is in it no more.

    Hiding what is hidden already changes nothing.
    """
    subjects = joined_subjects(archive)
    state = _states(subjects, archive.rules.minimum)
    kept = replace(archive, subjects=tuple(_kept(each, state[each.id]) for each in subjects))
    return replace(kept, scores=[each.as_document() for each in score(kept)])
