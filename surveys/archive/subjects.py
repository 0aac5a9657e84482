"""The subjects of an archive: their cells, and their tree, in which no parent has too little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surveys.archive.checks import (
    choice,
    entries,
    identifier,
    label_text,
    new_identifier,
    record,
    whole_number,
)
from surveys.archive.types import (
    DISCLOSURES,
    ArchiveError,
    Cell,
    Number,
    Rules,
    Subject,
    children_of,
)


def _cell(value: Any, place: str, groups: tuple[str, ...], questions: Any) -> Cell:
    record(value, place, ("returned",), ("issued", "spoilt", "tallies"))
    returned = whole_number(value["returned"], f"{place}.returned")
    spoilt = whole_number(value.get("spoilt", Number("0")), f"{place}.spoilt")
    if spoilt > returned:
        raise ArchiveError(f"{place}.spoilt", "more than returned")
    issued = whole_number(value["issued"], f"{place}.issued") if "issued" in value else None
    tallies: dict[str, dict[str, int]] = {}
    given = value.get("tallies", {})
    if not isinstance(given, dict):
        raise ArchiveError(f"{place}.tallies", "must be an object")
    for question, tally in given.items():
        at = f"{place}.tallies.{question[:60]}"
        if question not in questions:
            raise ArchiveError(at, f'unknown question "{question[:40]}"')
        if not isinstance(tally, dict):
            raise ArchiveError(at, "must be an object")
        for answer in tally:
            if questions[question].scale.answer(answer) is None:
                raise ArchiveError(at, f'unknown option "{answer[:40]}"')
        tallies[question] = {
            answer: whole_number(times, f"{at}.{answer}") for answer, times in tally.items()
        }
        fault = questions[question].scale.fault(tallies[question], returned - spoilt)
        if fault:
            raise ArchiveError(at, fault)
    return Cell(groups, issued, returned, spoilt, tallies)


def _cells(value: Any, place: str, rules: Rules, questions: Any) -> tuple[Cell, ...]:
    if not isinstance(value, dict):
        raise ArchiveError(place, "must be an object")
    order = {group: index for index, group in enumerate(rules.weights)}
    cells: list[Cell] = []
    seen: set[str] = set()
    for key, each in value.items():
        at = f"{place}.{key[:60]}"
        groups = tuple(key.split("+"))
        if any(group not in order for group in groups):
            raise ArchiveError(at, f'unknown group "{key[:40]}"')
        if list(groups) != sorted(set(groups), key=order.__getitem__):
            raise ArchiveError(at, "joined groups must be in the order of the rules")
        if seen & set(groups):
            raise ArchiveError(at, "a group is in two cells")
        seen.update(groups)
        cells.append(_cell(each, at, groups, questions))
    return tuple(sorted(cells, key=lambda cell: order[cell.groups[0]]))


def read_subjects(value: Any, rules: Rules, questions: Any) -> tuple[Subject, ...]:
    """The subjects with their cells, checked one by one and as a tree."""
    subjects: dict[str, Subject] = {}
    places: dict[str, str] = {}
    optional = ("label", "parent", "population", "groups", "disclosure")
    for each, at in entries(value, "subjects"):
        record(each, at, ("id",), optional)
        key = new_identifier(each["id"], f"{at}.id", subjects)
        disclosure = None
        if "disclosure" in each:
            disclosure = choice(each["disclosure"], f"{at}.disclosure", DISCLOSURES)
        cells = _cells(each.get("groups", {}), f"{at}.groups", rules, questions)
        if cells and disclosure not in (None, "full"):
            raise ArchiveError(f"{at}.groups", "a hidden subject has no groups")
        population = None
        if "population" in each:
            population = whole_number(each["population"], f"{at}.population")
        parent = identifier(each["parent"], f"{at}.parent") if "parent" in each else None
        label = label_text(each["label"], f"{at}.label") if "label" in each else None
        subjects[key] = Subject(key, label, parent, population, cells, disclosure)
        places[key] = at
    for subject in subjects.values():
        if subject.parent is not None and subject.parent not in subjects:
            at = f"{places[subject.id]}.parent"
            raise ArchiveError(at, f'unknown subject "{subject.parent}"')
    _check_circles(subjects, places)
    if any(subject.parent is not None for subject in subjects.values()):
        _check_tree(subjects, places, questions)
    return tuple(subjects.values())


def _check_circles(subjects: Mapping[str, Subject], places: Mapping[str, str]) -> None:
    """Refuse parents that lead back to where they began."""
    safe: set[str] = set()
    for start in subjects:
        path: list[str] = []
        on_path: set[str] = set()
        key: str | None = start
        while key is not None and key not in safe:
            if key in on_path:
                raise ArchiveError(f"{places[key]}.parent", "a circle of parents")
            path.append(key)
            on_path.add(key)
            key = subjects[key].parent
        safe.update(path)


def _check_tree(subjects: Mapping[str, Subject], places: Mapping[str, str], questions: Any) -> None:
    """A parent holds at least the sum of the nearest below it that have groups."""
    children = children_of(list(subjects.values()))
    for subject in subjects.values():
        at = f"{places[subject.id]}.groups"
        for cell in subject.cells:
            if len(cell.groups) > 1:
                raise ArchiveError(
                    f"{at}.{cell.key}", "groups are joined, and subjects have parents"
                )
        if not subject.cells or subject.void:
            continue
        below, waiting = [], list(children.get(subject.id, ()))
        while waiting:
            each = waiting.pop()
            if each.cells and not each.void:
                below.append(each)
            elif not each.void:
                waiting.extend(children.get(each.id, ()))
        _check_sums(subject, below, at, questions)


def _check_sums(subject: Subject, below: Sequence[Subject], place: str, questions: Any) -> None:
    rest = {cell.key: cell.ballots for cell in subject.cells}
    left = {
        (cell.key, question): dict(tally)
        for cell in subject.cells
        for question, tally in cell.tallies.items()
    }
    for each in below:
        for cell in each.cells:
            at = f"{place}.{cell.key}"
            rest[cell.key] = rest.get(cell.key, 0) - cell.ballots
            if rest[cell.key] < 0:
                raise ArchiveError(at, "fewer ballots than the subjects below it")
            for question, tally in cell.tallies.items():
                own = left.setdefault((cell.key, question), {})
                for answer, times in tally.items():
                    own[answer] = own.get(answer, 0) - times
                    if own[answer] < 0:
                        at = f"{at}.tallies.{question}.{answer}"
                        raise ArchiveError(at, "fewer than in the subjects below it")
    for (key, question), own in left.items():
        fault = questions[question].scale.fault(own, rest.get(key, 0))
        if fault:
            at = f"{place}.{key}.tallies.{question}"
            raise ArchiveError(at, f"{fault} beyond the subjects below it")
