"""The questions of an archive, read and checked: scored ones, several picks, rankings.

Picks and rankings stand beside the scored ones, with a `kind` and options of their own. Neither
carries a value, so that they touch no score, rate, flag, grade or rank. Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from surveys.archive.checks import (
    boolean,
    choice,
    decimal,
    entries,
    identifier,
    label_text,
    new_identifier,
    plain_text,
    record,
    whole_number,
)
from surveys.archive.types import ArchiveError, Number, Option, Question, Scale

ANSWERED = "#"


@dataclass(frozen=True, slots=True)
class Picks(Scale):
    """Several picks: how many picked each option, and `#`, how many answered at all."""

    least: int = 1
    most: int = 1

    def answer(self, key: str) -> Option | None:
        """An option without value, or `#`."""
        known = key == ANSWERED or key in self.options
        return Option(key, None, False) if known else None

    def order(self, tally: Mapping[str, int]) -> list[str]:
        """`#` first, then the options in their order."""
        return [key for key in (ANSWERED, *self.options) if key in tally]

    def people(self, tally: Mapping[str, int]) -> int:
        """Those who answered at all."""
        return tally.get(ANSWERED, 0)

    def fault(self, tally: Mapping[str, int], ballots: int) -> str | None:
        """What of a tally no ballots could have given."""
        people = self.people(tally)
        picks = [times for key, times in tally.items() if key != ANSWERED]
        if people > ballots:
            return "more answers than ballots"
        if any(times > people for times in picks):
            return f"more picks of an option than people who answered ({ANSWERED})"
        if not self.least * people <= sum(picks) <= self.most * people:
            return f"the picks are not {self.least} to {self.most} a person"
        return None


@dataclass(frozen=True, slots=True)
class Places(Scale):
    """A ranking: how many put each option in each of the first `most` places, `option#place`."""

    most: int = 1

    def answer(self, key: str) -> Option | None:
        """An option in a place, without value."""
        option, _, place = key.partition("#")
        if option in self.options and place in map(str, range(1, self.most + 1)):
            return Option(key, None, False)
        return None

    def order(self, tally: Mapping[str, int]) -> list[str]:
        """The options in their order, the places of each ascending."""
        keys = (f"{option}#{place}" for option in self.options for place in range(1, self.most + 1))
        return [key for key in keys if key in tally]

    def people(self, tally: Mapping[str, int]) -> int:
        """The first places: each person fills one."""
        return sum(tally.get(f"{option}#1", 0) for option in self.options)

    def fault(self, tally: Mapping[str, int], ballots: int) -> str | None:
        """What of a tally no ballots could have given: each person fills each place once."""
        places = dict.fromkeys(range(1, self.most + 1), 0)
        options = dict.fromkeys(self.options, 0)
        for key, times in tally.items():
            option, _, place = key.partition("#")
            places[int(place)] += times
            options[option] += times
        people = self.people(tally)
        if people > ballots:
            return "more answers than ballots"
        if any(times != people for times in places.values()):
            return "the places are not filled equally often"
        if any(times > people for times in options.values()):
            return "an option was placed more often than people answered"
        return None


def _unscored(value: Any, place: str, known: Any) -> Question:
    """A question with a `kind`: checked, and with weight 0, as something that has no mean."""
    kind = choice(value["kind"], f"{place}.kind", ("several", "ranking"))
    least = ("least",) if kind == "several" else ()
    record(value, place, ("id", "kind", "options", "most", *least), ("label",))
    label_text(value.get("label", ""), f"{place}.label")
    options: dict[str, Option] = {}
    for each, at in entries(value["options"], f"{place}.options"):
        record(each, at, ("id",), ("label",))
        label_text(each.get("label", ""), f"{at}.label")
        key = new_identifier(each["id"], f"{at}.id", options)
        options[key] = Option(key, None, False)
    most = whole_number(value["most"], f"{place}.most")
    if not 1 <= most <= len(options):
        raise ArchiveError(f"{place}.most", "lies between 1 and the number of options")
    scale: Scale = Places(options, most=most)
    if kind == "several":
        fewest = whole_number(value["least"], f"{place}.least")
        if not 1 <= fewest <= most:
            raise ArchiveError(f"{place}.least", "lies between 1 and most")
        scale = Picks(options, least=fewest, most=most)
    return Question(new_identifier(value["id"], f"{place}.id", known), scale, Fraction(0), False)


def _scale(value: Any, place: str) -> Scale:
    record(value, place, (), ("options", "points"))
    if len(value) != 1:
        raise ArchiveError(place, "needs options or points")
    if "points" in value:
        place = f"{place}.points"
        points = record(value["points"], place, ("min", "max"), ("positive_from",))
        low, high = (
            whole_number(points["min"], f"{place}.min"),
            whole_number(points["max"], f"{place}.max"),
        )
        if not low <= high <= 100:
            raise ArchiveError(place, "points lie within 0 and 100, min not over max")
        start = whole_number(points.get("positive_from", Number("60")), f"{place}.positive_from")
        return Scale({}, low, high, start)
    options: dict[str, Option] = {}
    for each, at in entries(value["options"], f"{place}.options"):
        record(each, at, ("id",), ("value", "positive", "label"))
        label_text(each.get("label", ""), f"{at}.label")
        key = new_identifier(each["id"], f"{at}.id", options)
        worth = decimal(each["value"], f"{at}.value", 0, 100) if "value" in each else None
        positive = boolean(each.get("positive", False), f"{at}.positive")
        options[key] = Option(key, worth, positive)
    return Scale(options)


def read_questionnaire(value: Any) -> tuple[str, dict[str, Question]]:
    """The headline's id, and the questions by id."""
    place = "questionnaire"
    record(value, place, ("id", "version", "headline", "scales", "questions"))
    identifier(value["id"], f"{place}.id")
    whole_number(value["version"], f"{place}.version")
    if not isinstance(value["scales"], dict):
        raise ArchiveError(f"{place}.scales", "must be an object")
    scales = {
        identifier(key, f"{place}.scales"): _scale(each, f"{place}.scales.{key}")
        for key, each in value["scales"].items()
    }
    questions: dict[str, Question] = {}
    for each, at in entries(value["questions"], f"{place}.questions"):
        if isinstance(each, dict) and "kind" in each:
            unscored = _unscored(each, at, questions)
            questions[unscored.id] = unscored
            continue
        record(each, at, ("id", "scale"), ("weight", "label"))
        label_text(each.get("label", ""), f"{at}.label")
        key = new_identifier(each["id"], f"{at}.id", questions)
        if plain_text(each["scale"], f"{at}.scale") not in scales:
            raise ArchiveError(f"{at}.scale", f'unknown scale "{each["scale"][:40]}"')
        weight = decimal(each.get("weight", Number("1")), f"{at}.weight")
        questions[key] = Question(key, scales[each["scale"]], weight)
    headline = questions.get(plain_text(value["headline"], f"{place}.headline"))
    if headline and not headline.scored:
        raise ArchiveError(f"{place}.headline", "must be a question with a scale")
    if headline is None:
        raise ArchiveError(f"{place}.headline", f'unknown question "{value["headline"][:40]}"')
    return value["headline"], questions
