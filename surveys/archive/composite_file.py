"""The document of a composite, format `surveys-composite/1`: read and checked, and written.

As with a round's archive, everything a score is computed from is in this one JSON document, and
every mistake names its place. A value taken from a round is its exact fraction, beside the round's
number and the SHA-256 of the archive that it was taken from. Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from surveys.archive import round_file
from surveys.archive.checks import (
    bands,
    choice,
    decimal,
    entries,
    identifier,
    label_text,
    new_identifier,
    own_scores,
    plain_text,
    record,
    whole_number,
)
from surveys.archive.types import ArchiveError
from surveys.archive.writing import as_json, exact
from surveys.scoring import Composite, Deduction, Part, Rules, Subject, composite_scores

FORMAT = "surveys-composite/1"
KINDS = ("round", "composite")
MOST_PARTS = 20
LONGEST_REASON = 500
FRACTION = re.compile(r"[0-9]{1,1000}(/[1-9][0-9]{0,999})?")
DIGEST = re.compile(r"[0-9a-f]{64}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(data: bytes | str) -> Composite:
    """Read a composite; `ArchiveError` names the place of the first mistake."""
    return from_parsed(round_file.parsed(data))


def from_document(document: Mapping[str, Any]) -> Composite:
    """Read a composite from a JSON object in memory."""
    return read(json.dumps(document, ensure_ascii=False))


def from_parsed(document: Any) -> Composite:
    """Check a parsed document completely."""
    record(document, "", ("format", "composite", "rules", "subjects"), ("sources", "scores"))
    if document["format"] != FORMAT:
        raise ArchiveError("format", f'must be "{FORMAT}"')
    about = record(document["composite"], "composite", ("id",), ("title", "computed_on"))
    identifier(about["id"], "composite.id")
    plain_text(about.get("title", ""), "composite.title")
    if "computed_on" in about:
        _day(about["computed_on"], "composite.computed_on")
    rules = _rules(document["rules"])
    sources = _sources(document.get("sources", []), rules, about["id"])
    subjects: dict[str, Subject] = {}
    for each, at in entries(document["subjects"], "subjects"):
        read_one = _subject(each, at, rules, sources)
        new_identifier(each["id"], f"{at}.id", subjects)
        subjects[read_one.id] = read_one
    keys = ("parts", "before", "deducted", "score", "grade", "notes")
    scores = own_scores(document.get("scores", []), keys)
    frame = {key: value for key, value in document.items() if key != "scores"}
    return Composite(frame, rules, list(subjects.values()), scores)


def _day(value: Any, place: str) -> str:
    try:
        if DATE.fullmatch(plain_text(value, place)):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise ArchiveError(place, "must be a date such as 2026-12-31")


def _filled(value: Any, place: str) -> str:
    if not plain_text(value, place).strip():
        raise ArchiveError(place, "must not be empty")
    if len(value) > LONGEST_REASON:
        raise ArchiveError(place, f"longer than {LONGEST_REASON} characters")
    return str(value)


def _rules(value: Any) -> Rules:
    optional = ("title", "missing", "withhold_from", "bands", "plan_items")
    record(value, "rules", ("id", "version", "parts"), optional)
    identifier(value["id"], "rules.id")
    whole_number(value["version"], "rules.version")
    label_text(value.get("title", ""), "rules.title")
    for each, at in entries(value.get("plan_items", []), "rules.plan_items"):
        whole_number(each, at)
    parts: dict[str, Part] = {}
    for each, at in entries(value["parts"], "rules.parts"):
        record(each, at, ("id", "weight", "from"), ("measure", "label"))
        label_text(each.get("label", ""), f"{at}.label")
        key = new_identifier(each["id"], f"{at}.id", parts)
        weight = decimal(each["weight"], f"{at}.weight")
        if weight == 0:
            raise ArchiveError(f"{at}.weight", "must be more than 0")
        source = choice(each["from"], f"{at}.from", composite_scores.SOURCES)
        if source == "figure" and "measure" in each:
            raise ArchiveError(f"{at}.measure", "a signed figure has none")
        measure = choice(each.get("measure", "score"), f"{at}.measure", composite_scores.MEASURES)
        parts[key] = Part(key, weight, source, measure)
    if not 1 <= len(parts) <= MOST_PARTS:
        raise ArchiveError("rules.parts", f"1 to {MOST_PARTS} are possible")
    missing = choice(
        value.get("missing", "renormalise"), "rules.missing", ("renormalise", "withhold")
    )
    graded = bands(value.get("bands", []), "rules.bands")
    for place, (grade, _) in enumerate(graded):
        _filled(grade, f"rules.bands[{place}].grade")
    share = None
    if "withhold_from" in value:
        share = fraction(value["withhold_from"], "rules.withhold_from")
        if not 0 < share <= 1:
            raise ArchiveError("rules.withhold_from", "must be over 0 and at most 1")
    return Rules(parts, missing == "withhold", graded, share)


def _sources(value: Any, rules: Rules, own: str) -> set[str]:
    """The parts that have a source; a source is closed, and is never this composite itself."""
    found: set[str] = set()
    for each, at in entries(value, "sources"):
        record(each, at, ("part", "kind", "id", "sha256", "closed_on"), ("title",))
        part = rules.parts.get(plain_text(each["part"], f"{at}.part"))
        if part is None or part.source != "round":
            raise ArchiveError(f"{at}.part", f'no part from a round: "{each["part"][:40]}"')
        if part.id in found:
            raise ArchiveError(f"{at}.part", f'part "{part.id}" stands twice')
        kind = choice(each["kind"], f"{at}.kind", KINDS)
        if identifier(each["id"], f"{at}.id") == own and kind == "composite":
            raise ArchiveError(at, "the composite refers to itself")
        if kind == "composite" and part.measure == "rate":
            raise ArchiveError(at, "a composite has a score and no rate")
        if not DIGEST.fullmatch(plain_text(each["sha256"], f"{at}.sha256")):
            raise ArchiveError(f"{at}.sha256", "must be a SHA-256: 64 of 0–9 a–f")
        plain_text(each.get("title", ""), f"{at}.title")
        _day(each["closed_on"], f"{at}.closed_on")
        found.add(part.id)
    return found


def _subject(value: Any, place: str, rules: Rules, sources: set[str]) -> Subject:
    record(value, place, ("id",), ("label", "parts", "deductions"))
    identifier(value["id"], f"{place}.id")
    label_text(value.get("label", ""), f"{place}.label")
    values: dict[str, Fraction] = {}
    given = value.get("parts", {})
    if not isinstance(given, dict):
        raise ArchiveError(f"{place}.parts", "must be an object")
    for key, each in given.items():
        at = f"{place}.parts.{key[:60]}"
        if key not in rules.parts:
            raise ArchiveError(at, "unknown part")
        if rules.parts[key].source == "figure":
            values[key] = _figure(each, at)
            continue
        if key not in sources:
            raise ArchiveError(at, "stands in no source")
        record(each, at, ("value",), ("subject",))
        identifier(each.get("subject", value["id"]), f"{at}.subject")
        values[key] = fraction(each["value"], f"{at}.value")
    deductions = []
    for each, at in entries(value.get("deductions", []), f"{place}.deductions"):
        record(each, at, ("points", "reason"))
        points = decimal(each["points"], f"{at}.points", 0, 100)
        if points == 0:
            raise ArchiveError(f"{at}.points", "must be more than 0")
        deductions.append(Deduction(points, _filled(each["reason"], f"{at}.reason")))
    return Subject(value["id"], values, deductions)


def fraction(value: Any, place: str) -> Fraction:
    """An exact value of 0 to 100, as text: `"85"`, `"1540/19"`."""
    if not FRACTION.fullmatch(plain_text(value, place)):
        raise ArchiveError(place, 'must be text such as "85" or "1540/19"')
    number = Fraction(value)
    if number > 100:
        raise ArchiveError(place, "is over 100")
    return number


def _figure(value: Any, place: str) -> Fraction:
    """A signed figure: a value of 0–100, or a numerator and its denominator, × 100."""
    record(value, place, ("signed_by", "signed_on"), ("value", "numerator", "denominator"))
    _filled(value["signed_by"], f"{place}.signed_by")
    _day(value["signed_on"], f"{place}.signed_on")
    if set(value) - {"signed_by", "signed_on"} not in ({"value"}, {"numerator", "denominator"}):
        raise ArchiveError(place, "needs a value, or a numerator and a denominator")
    if "value" in value:
        return decimal(value["value"], f"{place}.value", 0, 100)
    below = decimal(value["denominator"], f"{place}.denominator")
    if below == 0:
        raise ArchiveError(f"{place}.denominator", "must be more than 0")
    above = decimal(value["numerator"], f"{place}.numerator")
    if above > below:
        raise ArchiveError(f"{place}.numerator", "is over its denominator")
    return 100 * above / below


ORDER = (
    *("format", "id", "version", "title", "computed_on", "label", "part", "kind", "closed_on"),
    *("sha256", "weight", "from", "measure", "subject", "value", "numerator", "denominator"),
    *("signed_by", "signed_on", "points", "reason", "grade", "min", "composite", "rules"),
    *("sources", "subjects", "parts", "deductions", "missing", "withhold_from", "bands"),
    *("plan_items", "zh", "en"),
)
PLACES = {key: place for place, key in enumerate(ORDER)}


def as_document(made: Composite) -> dict[str, Any]:
    """The composite as a JSON object: defaults written out, parts in the order of the rules."""
    document = dict(made.document)
    rules = {"missing": "renormalise", **document["rules"]}
    rules["parts"] = [
        {"measure": "score", **each} if each["from"] == "round" else each for each in rules["parts"]
    ]
    if "withhold_from" in rules:
        rules["withhold_from"] = str(Fraction(rules["withhold_from"]))
    document["rules"] = {key: value for key, value in rules.items() if value != []}
    order = list(made.rules.parts)
    document["sources"] = sorted(
        document.get("sources", []), key=lambda each: order.index(each["part"])
    )
    plain = exact(document, PLACES)
    plain["subjects"] = [_subject_document(each, order) for each in plain["subjects"]]
    return {**plain, "scores": [dict(each) for each in made.scores]}


def _subject_document(subject: Mapping[str, Any], order: list[str]) -> dict[str, Any]:
    document = {key: value for key, value in subject.items() if value not in ([], {})}
    if "parts" in document:
        parts = {key: document["parts"][key] for key in order if key in document["parts"]}
        document["parts"] = {
            key: each
            if "signed_by" in each
            else {"subject": subject["id"], **each, "value": str(Fraction(each["value"]))}
            for key, each in parts.items()
        }
    return document


def to_bytes(made: Composite) -> bytes:
    """The composite's bytes, a function of its values alone: what the SHA-256 is of."""
    return f"{as_json(as_document(made))}\n".encode()


def computed(made: Composite) -> Composite:
    """The composite with its scores, as it is kept."""
    return replace(made, scores=[each.as_document() for each in composite_scores.score(made)])
