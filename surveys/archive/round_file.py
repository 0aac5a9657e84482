"""The archive of a round, format `surveys-archive/2`: read and checked completely, and written.

Everything a score is computed from is in this one JSON document. Values are exact: decimal text
becomes fractions, counts are integers. A document that is not a valid archive is refused with the
place of its first mistake. What was kept as `surveys-archive/1` is read, and written, as it is.
Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from surveys.archive.checks import (
    DEEPEST,
    bands,
    choice,
    clean,
    decimal,
    entries,
    label_text,
    new_identifier,
    object_of,
    own_scores,
    plain_text,
    record,
    whole_number,
)
from surveys.archive.questions import read_questionnaire
from surveys.archive.subjects import read_subjects
from surveys.archive.types import (
    BEFORE,
    FORMAT,
    Archive,
    ArchiveError,
    Cell,
    Flag,
    Number,
    Question,
    Rules,
    Scale,
    Subject,
)
from surveys.archive.writing import as_json, exact

__all__ = [
    "FORMAT",
    "MOST_BYTES",
    "Archive",
    "ArchiveError",
    "as_document",
    "digest",
    "from_document",
    "from_parsed",
    "parsed",
    "read",
    "to_bytes",
]

MOST_BYTES = 64 * 1024 * 1024
SHARE = re.compile(r"[0-9]{1,9}/[0-9]{1,9}")


def read(data: bytes | str) -> Archive:
    """Read an archive; `ArchiveError` names the place of the first mistake."""
    return from_parsed(parsed(data))


def parsed(data: bytes | str) -> Any:
    """The JSON of a kept file, numbers as their text; `ArchiveError` where it cannot be used."""
    if len(data) > MOST_BYTES:
        raise ArchiveError("", f"the file is larger than {MOST_BYTES // 2**20} MB")
    try:
        plain = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document = json.loads(
            plain,
            object_pairs_hook=object_of,
            parse_int=Number,
            parse_float=Number,
            parse_constant=Number,
        )
    except UnicodeDecodeError as wrong:
        raise ArchiveError("", f"not UTF-8 at byte {wrong.start}") from None
    except json.JSONDecodeError as wrong:
        raise ArchiveError("", f"not JSON at line {wrong.lineno}: {wrong.msg}") from None
    except RecursionError:
        raise ArchiveError("", f"nested more than {DEEPEST} deep") from None
    return clean(document, "", 0)


def from_document(document: Mapping[str, Any]) -> Archive:
    """Read an archive from a JSON object in memory."""
    return read(json.dumps(document, ensure_ascii=False))


def _weights(value: Any) -> dict[str, Fraction]:
    weights: dict[str, Fraction] = {}
    for each, at in entries(value, "rules.groups"):
        record(each, at, ("id",), ("weight", "label"))
        label_text(each.get("label", ""), f"{at}.label")
        key = new_identifier(each["id"], f"{at}.id", weights)
        weights[key] = decimal(each.get("weight", Number("1")), f"{at}.weight")
        if weights[key] == 0:
            raise ArchiveError(f"{at}.weight", "must be more than 0")
    if not weights:
        raise ArchiveError("rules.groups", "needs one group at least")
    return weights


FLAG_KEYS = {BEFORE: ("over", "under"), FORMAT: ("over", "under", "of")}


def _flags(value: Any, headline: Scale, format_: str) -> list[Flag]:
    flags: dict[str, Flag] = {}
    for each, at in entries(value, "rules.flags"):
        record(each, at, ("id", "options"), FLAG_KEYS[format_])
        key = new_identifier(each["id"], f"{at}.id", flags)
        if ("over" in each) == ("under" in each):
            raise ArchiveError(at, "needs over or under, and not both")
        side = "over" if "over" in each else "under"
        if not SHARE.fullmatch(plain_text(each[side], f"{at}.{side}")) or each[side].endswith("/0"):
            raise ArchiveError(f"{at}.{side}", 'must be a fraction such as "1/3"')
        share = Fraction(each[side])
        if not 0 <= share <= 1:
            raise ArchiveError(f"{at}.{side}", "must lie between 0 and 1")
        options = []
        for option, spot in entries(each["options"], f"{at}.options"):
            known = headline.options.get(plain_text(option, spot))
            if known is None or known.value is None:
                raise ArchiveError(spot, f'"{option[:40]}" is no option with a value')
            options.append(option)
        of = choice(each.get("of", "valid"), f"{at}.of", ("valid", "issued"))
        flags[key] = Flag(key, frozenset(options), share, side == "over", of == "issued")
    return list(flags.values())


def _rules(value: Any, headline: Scale, format_: str) -> Rules:
    optional = ("minimum", "empty_group", "trim", "bands", "flags", "sampling", "rank")
    record(value, "rules", ("groups",), optional)
    minimum = whole_number(value.get("minimum", Number("5")), "rules.minimum")
    if minimum < 3:
        raise ArchiveError("rules.minimum", "must be 3 at least")
    trim = None
    if "trim" in value:
        given = record(value["trim"], "rules.trim", ("over", "each_end"))
        trim = (
            whole_number(given["over"], "rules.trim.over"),
            whole_number(given["each_end"], "rules.trim.each_end"),
        )
        if trim[0] < 2 * trim[1]:
            raise ArchiveError("rules.trim.over", "must be at least twice each_end")
    rank_by, rank_from = None, max(30, minimum)
    if "rank" in value:
        rank = record(value["rank"], "rules.rank", ("by",), ("from",))
        rank_by = choice(rank["by"], "rules.rank.by", ("rate", "score"))
        if "from" in rank:
            rank_from = whole_number(rank["from"], "rules.rank.from")
        if rank_from < minimum:
            raise ArchiveError("rules.rank.from", "must not be below minimum")
    empty = choice(
        value.get("empty_group", "renormalise"), "rules.empty_group", ("renormalise", "withhold")
    )
    return Rules(
        weights=_weights(value["groups"]),
        minimum=minimum,
        withhold=empty == "withhold",
        trim=trim,
        bands=bands(value.get("bands", []), "rules.bands"),
        flags=_flags(value.get("flags", []), headline, format_),
        sampling=choice(value.get("sampling", "open"), "rules.sampling", ("open", "drawn", "all")),
        rank_by=rank_by,
        rank_from=rank_from,
    )


SCORE_KEYS = (
    *("valid", "score", "groups", "rate", "pooled_rate", "interval", "rank", "grade"),
    *("flags", "notes"),
)


def from_parsed(document: Any) -> Archive:
    """Check a parsed document completely."""
    optional = ("round", "rules", "subjects", "scores")
    record(document, "", ("format", "questionnaire", "rules", "subjects"), optional)
    format_ = choice(document["format"], "format", (FORMAT, BEFORE))
    about = record(
        document.get("round", {}), "round", (), ("id", "title", "closed_on", "plan_items")
    )
    for key in ("id", "title", "closed_on"):
        plain_text(about.get(key, ""), f"round.{key}")
    for each, at in entries(about.get("plan_items", []), "round.plan_items"):
        whole_number(each, at)
    headline, questions = read_questionnaire(document["questionnaire"])
    rules = _rules(document["rules"], questions[headline].scale, format_)
    subjects = read_subjects(document["subjects"], rules, questions)
    frame = {key: document[key] for key in ("round", "questionnaire", "rules") if key in document}
    scores = own_scores(document.get("scores", []), SCORE_KEYS)
    kept_before = format_ == BEFORE and all(subject.disclosure for subject in subjects)
    least = 0 if kept_before else rules.minimum
    return Archive(format_, least, frame, headline, questions, rules, subjects, scores)


ORDER = (
    *("format", "id", "kind", "title", "closed_on", "plan_items", "version", "headline"),
    *("round", "questionnaire", "scales", "questions", "rules", "groups", "points", "options"),
    *("min", "max", "least", "most", "positive_from", "scale", "value", "positive", "weight"),
    *("grade", "over", "each_end", "under", "of", "by", "from", "label", "minimum", "empty_group"),
    *("trim", "bands", "flags", "sampling", "rank", "parent", "population", "zh", "en"),
)
PLACES = {key: place for place, key in enumerate(ORDER)}


def _scale_with_defaults(scale: Mapping[str, Any]) -> dict[str, Any]:
    """An option's value is written even where it is null: that it has none says something."""
    if "points" in scale:
        return {"points": {"positive_from": 60, **scale["points"]}}
    options = [
        {"value": None, **({"positive": False} if "value" in each else {}), **each}
        for each in scale["options"]
    ]
    return {"options": options}


def _frame_document(archive: Archive) -> dict[str, Any]:
    """Round, questionnaire and rules with their defaults written out: equal values, equal bytes."""
    questionnaire, rules = dict(archive.frame["questionnaire"]), dict(archive.frame["rules"])
    scales = questionnaire["scales"].items()
    questionnaire["scales"] = {key: _scale_with_defaults(scale) for key, scale in scales}
    questionnaire["questions"] = [
        each if "kind" in each else {"weight": 1, **each} for each in questionnaire["questions"]
    ]
    rules["groups"] = [{"weight": 1, **each} for each in rules["groups"]]
    rules |= {
        "minimum": archive.rules.minimum,
        "empty_group": "withhold" if archive.rules.withhold else "renormalise",
        "sampling": archive.rules.sampling,
    }
    if "rank" in rules:
        rules["rank"] = {**rules["rank"], "from": archive.rules.rank_from}
    about = {key: value for key, value in archive.frame.get("round", {}).items() if value != []}
    if "flags" in rules:
        usual = ("of", "valid")
        flags = [[pair for pair in flag.items() if pair != usual] for flag in rules["flags"]]
        rules["flags"] = [dict(flag) for flag in flags]
    empty = [key for key in ("bands", "flags") if rules.get(key) == []]
    rules = {key: value for key, value in rules.items() if key not in empty}
    parts = {"round": about, "questionnaire": questionnaire, "rules": rules}
    return {key: exact(part, PLACES) for key, part in parts.items() if part}


def _cell_document(cell: Cell, questions: Mapping[str, Question]) -> dict[str, Any]:
    document: dict[str, Any] = {} if cell.issued is None else {"issued": cell.issued}
    document |= {"returned": cell.returned, "spoilt": cell.spoilt}
    tallies = {}
    for question in questions.values():
        tally = cell.tallies.get(question.id, {})
        counts = {key: tally[key] for key in question.scale.order(tally) if tally[key]}
        if counts:
            tallies[question.id] = counts
    return {**document, "tallies": tallies}


def _subject_document(subject: Subject, questions: Mapping[str, Question]) -> dict[str, Any]:
    document: dict[str, Any] = {"id": subject.id}
    if subject.label is not None:
        document["label"] = exact(subject.label, PLACES)
    if subject.parent is not None:
        document["parent"] = subject.parent
    if subject.population is not None and not subject.hidden:
        document["population"] = subject.population
    if not subject.hidden:
        document["groups"] = {cell.key: _cell_document(cell, questions) for cell in subject.cells}
    if subject.disclosure is not None:
        document["disclosure"] = subject.disclosure
    return document


def as_document(archive: Archive) -> dict[str, Any]:
    """The archive as a JSON object, its keys in the order of the format."""
    return {
        "format": archive.format,
        **_frame_document(archive),
        "subjects": [_subject_document(subject, archive.questions) for subject in archive.subjects],
        "scores": [dict(score) for score in archive.scores],
    }


def to_bytes(archive: Archive) -> bytes:
    """The archive's bytes, a function of its values alone: what the SHA-256 is of."""
    return f"{as_json(as_document(archive))}\n".encode()


def digest(data: bytes) -> str:
    """The SHA-256 of an archive's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
