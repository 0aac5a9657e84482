"""What of an archive may be kept and shown: small groups are hidden, and what would give them away.

Small is counted in people who answered: a blank paper hides nobody. What is hidden is not kept:
`hide` makes the archive that is left. Standard library only.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from surveys.archive import Archive, Cell, Subject, children_of
from surveys.scoring.round_scores import joined_subjects, score

Children = Mapping[str | None, list[Subject]]


def _by_itself(subject: Subject, archive: Archive) -> str:
    """Whether a subject may be shown when nothing else is known: full, few or void."""
    if subject.hidden:
        return str(subject.disclosure)
    if subject.void:
        return "void"
    groups = [cell.answered(archive.questions) for cell in subject.cells]
    if sum(groups) < archive.least or any(0 < group < archive.least for group in groups):
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


def _protect(parent: Subject, children: Children, state: dict[str, str], archive: Archive) -> None:
    """No subtraction: hide neighbours until beyond them nobody, or k people, answered.

    The difference is taken question by question, as anyone can; of a group the largest is left.
    """
    questions = archive.questions
    left = {cell.key: Counter(cell.answers(questions)) for cell in parent.cells}
    shown: list[tuple[int, str, Subject]] = []

    def add(subjects: Iterable[Subject]) -> None:
        for each in _nearest_full(subjects, children, state):
            heapq.heappush(shown, (each.answered(questions), each.id, each))
            for cell in each.cells:
                left.setdefault(cell.key, Counter()).subtract(cell.answers(questions))

    def singles_out(group: Mapping[str, int]) -> bool:
        return 0 < max(group.values(), default=0) < archive.least

    add(children.get(parent.id, ()))
    while shown and any(map(singles_out, left.values())):
        _, _, smallest = heapq.heappop(shown)
        state[smallest.id] = "complement"
        for cell in smallest.cells:
            left[cell.key].update(cell.answers(questions))
        add(children.get(smallest.id, ()))


def _states(subjects: Sequence[Subject], archive: Archive) -> dict[str, str]:
    state = {subject.id: _by_itself(subject, archive) for subject in subjects}
    children = children_of(subjects)
    waiting = list(children.get(None, ()))
    for subject in waiting:
        if state[subject.id] == "full":
            _protect(subject, children, state, archive)
        waiting.extend(children.get(subject.id, ()))
    return state


def _kept(subject: Subject, state: str) -> Subject:
    """The subject with what may be kept of it."""
    if state != "full":
        subject = replace(subject, cells=(), population=None)
    return replace(subject, disclosure=state)


def disclosures(archive: Archive) -> dict[str, str]:
    """Subject id → `full`, `few`, `complement` or `void`; how many answered decides, not what."""
    return _states(joined_subjects(archive), archive)


def at_most(archive: Archive) -> dict[str, str]:
    """The disclosures if every ballot held an answer: what is known before counting.

    Then only papers are known, and no tally. Those that turn out blank protect nobody, so that
    counting may hide more than is said here.
    """

    def filled(cell: Cell) -> Cell:
        return replace(cell, tallies={archive.headline: {"answered": cell.ballots}})

    subjects = archive.subjects
    full = (replace(each, cells=tuple(map(filled, each.cells))) for each in subjects)
    return disclosures(replace(archive, subjects=tuple(full)))


def hide(archive: Archive) -> Archive:
    """The archive that may be kept, with its scores: what is hidden is in it no more.

    Hiding what is hidden already changes nothing.
    """
    subjects = joined_subjects(archive)
    state = _states(subjects, archive)
    kept = replace(archive, subjects=tuple(_kept(each, state[each.id]) for each in subjects))
    return replace(kept, scores=[each.as_document() for each in score(kept)])
