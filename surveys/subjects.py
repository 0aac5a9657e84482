"""The subjects of a round, made when it is opened: the tree and the names of that moment.

Later moves, merges and new names change nothing in a round.
"""

from __future__ import annotations

from collections import Counter
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
        made = listing.make(round_, form.about, chosen)
    elif form.about == "persons":
        made = _people(round_, chosen)
    else:
        made = _units(round_, chosen, form.summed)
    _tell_apart(made)
    for each in made:
        each.save()


def _people(round_: Round, branches: Sequence[Unit]) -> list[Subject]:
    rows = [(person, branch) for branch in branches for person in members(branch)]
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
    names = _apart([(unit.name, _above(unit), unit.code) for unit in places])
    place_names = dict(zip((unit.id for unit in places), names, strict=True))
    labels = _apart([(each.label, _home(each), each.key) for each in made])
    for each, label in zip(made, labels, strict=True):
        each.label = label
        each.place_label = place_names.get(each.place_id or 0, each.place_label)


def _apart(named: Sequence[tuple[str, str, str]]) -> list[str]:
    """Names, of which those borne twice have the home added, or the number where that is one."""
    names = Counter(name for name, _, _ in named)
    homes = Counter((name, home) for name, home, _ in named)
    found = []
    for name, home, key in named:
        mark = home if homes[name, home] == 1 else key
        room = listing.LONGEST_LABEL - 2 - len(mark)
        found.append(name if names[name] == 1 else f"{name[:room]}（{mark}）")
    return found


def _home(subject: Subject) -> str:
    """Where one belongs: the branch of a person, what stands above a unit."""
    if subject.person:
        return str(subject.person.unit.name)
    return _above(subject.unit) if subject.unit else subject.place_label


def _above(unit: Unit) -> str:
    return str(unit.parent.name) if unit.parent else ""
