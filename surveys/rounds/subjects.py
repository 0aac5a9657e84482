"""The subjects of a round, made when it is opened: the tree and the names of that moment.

Later moves, merges and new names change nothing in a round.
"""

from __future__ import annotations

from collections.abc import Sequence

from surveys.models import Person, Round, Subject, Unit, path_to_root, reach
from surveys.questionnaires import questionnaire
from surveys.roster.namesakes import home_of, told_apart
from surveys.rounds import listed_subjects


def members(unit: Unit) -> list[Person]:
    """Who is rated in a branch: its full members. Probationary ones take part and get no grade."""
    return list(
        Person.select()
        .where(Person.unit == unit, Person.membership == "full", Person.left_on.is_null())
        .order_by(Person.name, Person.code)
    )


def make(round_: Round, chosen: Sequence[Unit]) -> None:
    """Make the subjects of a round that is being opened in these units."""
    form = questionnaire.of(round_)
    if form.listed:
        made = listed_subjects.make(round_, form.about, chosen)
    elif form.about == "persons":
        made = _people(round_, chosen)
    else:
        made = _units(round_, chosen, form.summed)
    _tell_apart(made)
    for each in made:
        each.save()


def _people(round_: Round, branches: Sequence[Unit]) -> list[Subject]:
    rows = ((person, branch) for branch in branches for person in members(branch))
    return [
        Subject(
            round=round_,
            key=person.code,
            label=person.name,
            place_label=branch.name,
            person=person,
            place=branch,
            position=position,
        )
        for position, (person, branch) in enumerate(rows)
    ]


def _units(round_: Round, chosen: Sequence[Unit], summed: bool) -> list[Subject]:
    """The chosen units; where results are summed up, those above them within the owner's reach.

    The latter are not rated. Where nothing is summed, no subject has a parent.
    """
    made: dict[int, Subject] = {}
    every = {unit.id: unit for unit in Unit.select()}
    within = reach(round_.owner)
    paths = [list(reversed(path_to_root(unit, every))) for unit in chosen]
    for path in sorted(paths, key=lambda path: [each.code for each in path]):
        for each in path:
            rated = each.id in round_.chosen
            if each.id in within and each.id not in made and (rated or summed):
                made[each.id] = Subject(
                    round=round_,
                    key=each.code,
                    label=each.name,
                    place_label=each.name,
                    parent=made.get(each.parent_id or 0) if summed else None,
                    unit=each,
                    place=each if rated else None,
                    rated=rated,
                    position=len(made),
                )
    return list(made.values())


def _tell_apart(made: Sequence[Subject]) -> None:
    """Give namesakes names that differ, so that they do wherever they are named; places too."""
    places = {each.place.id: each.place for each in made if each.place}.values()
    names = told_apart([(unit.name, unit.code, unit) for unit in places], home_of)
    place_names = dict(zip((unit.id for unit in places), names, strict=True))
    labels = told_apart([(each.label, each.key, each) for each in made], _home)
    for each, label in zip(made, labels, strict=True):
        each.label = label
        each.place_label = place_names.get(each.place_id or 0, each.place_label)


def _home(subject: Subject) -> str:
    known = subject.person or subject.unit
    return home_of(known) if known else subject.place_label
