"""The subjects of a round, made when it is opened: the tree and the names of that moment.

Later moves, merges and new names change nothing in a round.
"""

from __future__ import annotations

from collections.abc import Sequence

from surveys import listing, questionnaire
from surveys.models import Person, Round, Subject, Unit, path_to_root, reach


def members(unit: Unit) -> list[Person]:
    """Who is rated in a branch: its full members. Probationary ones take part and get no grade."""
    return list(
        Person.select()
        .where(Person.unit == unit, Person.membership == "full", Person.left_on.is_null())
        .order_by(Person.name, Person.code)
    )


def make(round_: Round) -> None:
    """Make the subjects of a round that is being opened."""
    chosen = list(Unit.select().where(Unit.id.in_(round_.chosen)).order_by(Unit.code))
    form = questionnaire.of(round_)
    if form.listed:
        listing.make(round_, form.about, chosen)
    elif form.about == "persons":
        _make_people(round_, chosen)
    else:
        _make_units(round_, chosen)


def _make_people(round_: Round, branches: Sequence[Unit]) -> None:
    rows = [(person, branch) for branch in branches for person in members(branch)]
    for position, (person, branch) in enumerate(rows):
        Subject.create(
            round=round_,
            key=person.code,
            label=person.name,
            place_label=branch.name,
            person=person,
            place=branch,
            position=position,
        )


def _make_units(round_: Round, chosen: Sequence[Unit]) -> None:
    """The chosen units, and those above them within the owner's reach, which are not rated."""
    made: dict[int, Subject] = {}
    every = {unit.id: unit for unit in Unit.select()}
    within = reach(round_.owner)
    paths = [list(reversed(path_to_root(unit, every))) for unit in chosen]
    for path in sorted(paths, key=lambda path: [each.code for each in path]):
        for each in path:
            if each.id in within and each.id not in made:
                rated = each.id in round_.chosen
                made[each.id] = Subject.create(
                    round=round_,
                    key=each.code,
                    label=each.name,
                    place_label=each.name,
                    parent=made.get(each.parent_id or 0),
                    unit=each,
                    place=each if rated else None,
                    rated=rated,
                    position=len(made),
                )
