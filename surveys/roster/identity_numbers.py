"""New codes for people whose code is an identity number: codes stand on ballots and in archives."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import peewee

from surveys.db import writing
from surveys.models import Composite, CompositeSource, CompositeSubject, Person, Round, Subject
from surveys.roster.rows import folded, is_identity
from surveys.spreadsheet import to_csv


def rename_identities(tell: Callable[[bytes], None]) -> int:
    """Give everyone whose code is an identity number a short one; how many there were.

    Ballots not yet counted, lists of drafts and drafts of composites follow. A kept archive cannot,
    nor a composite that takes its values from one. `tell` gets old and new as CSV before any of it
    is final: what it raises undoes all.
    """
    with writing():
        people = list(Person.select().order_by(Person.id))
        known = {folded(each.code) for each in people}
        fresh = (code for code in map("p{}".format, itertools.count(1)) if code not in known)
        found = [each for each in people if is_identity(each.code)]
        new = {each.code: next(fresh) for each in found}
        for each in found:
            _rename_in_open_rounds(each, new[each.code])
            _rename_in_composites(each, new[each.code])
            Person.update(code=new[each.code]).where(Person.id == each.id).execute()
        for draft in Round.select().where(Round.state == "draft", Round.listed.is_null(False)):
            listed = [new.get(line, line) for line in draft.listed]
            if listed != draft.listed:
                _touch(Round.id == draft.id, listed=listed)
        rows = [(each.code, new[each.code], each.name) for each in found]
        tell(to_csv(["原编号", "新编号", "姓名"], rows))
    return len(new)


def _touch(which: peewee.Expression, **values: object) -> None:
    """Change rounds so that whoever had read them before notices."""
    Round.update(**values, revision=Round.revision + 1).where(which).execute()


def _rename_in_open_rounds(person: Person, code: str) -> None:
    still_open = Round.select(Round.id).where(Round.state == "open")
    about = (Subject.person == person) & Subject.round.in_(still_open)
    _touch(Round.id.in_(Subject.select(Subject.round).where(about)))
    fields = (Subject.key, Subject.label, Subject.place_label)
    Subject.update(_without(person.code, code, *fields)).where(about).execute()


def _without(old: str, new: str, *fields: peewee.Field) -> dict[peewee.Field, peewee.Function]:
    """The fields with the code replaced: it stands in the label of a namesake, too."""
    return {field: peewee.fn.replace(field, old, new) for field in fields}


def _rename_in_composites(person: Person, code: str) -> None:
    """The key where no source knows the old one; else its values would no longer be found."""
    source, old = CompositeSource, person.code
    every = Composite.select(Composite.id).where(Composite.state == "draft")
    labels = _without(old, code, CompositeSubject.label, CompositeSubject.place_label)
    CompositeSubject.update(labels).where(
        CompositeSubject.key == old, CompositeSubject.composite.in_(every)
    ).execute()
    knowing = source.select(source.composite).join(Subject, on=(Subject.round == source.round))
    also = source.select(source.composite).join(
        CompositeSubject, on=(CompositeSubject.composite == source.other)
    )
    drafts = Composite.select(Composite.id).where(
        Composite.state == "draft",
        Composite.id.not_in(knowing.where(Subject.key == old)),
        Composite.id.not_in(also.where(CompositeSubject.key == old)),
    )
    CompositeSubject.update(key=code).where(
        CompositeSubject.key == old, CompositeSubject.composite.in_(drafts)
    ).execute()
