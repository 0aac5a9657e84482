"""Rules of composites: TOML files, read and checked; `library/` is what is shipped.

A file says its parts with weights and where each comes from, what a missing part means, the grades,
whom it judges and who may see the result. A mistake names the file and the place.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from surveys.archive import composite_file
from surveys.messages import N_, Refused
from surveys.models import UNIT_KINDS
from surveys.questionnaires import check_audience
from surveys.questionnaires.kinds.base import Text, text_of
from surveys.scoring import Rules

LIBRARY = Path(__file__).parent / "library"
SITE_KEYS = ("about", "kinds", "audience", "intro", "advice")
KEYS = {
    *("id", "version", "title", "missing", "withhold_from", "bands", "plan_items", "parts"),
    *SITE_KEYS,
}
ABOUT = ("units", "persons")


class RulesError(Refused):
    """A rules file that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rules of a composite for the site: `about` is units or persons; `labels` by part."""

    document: dict[str, Any]
    id: str
    title: Text
    intro: Text
    advice: Text
    about: str
    kinds: Sequence[str]
    audience: str
    plan_items: Sequence[int]
    rules: Rules
    labels: Mapping[str, Text]

    def for_document(self) -> dict[str, Any]:
        """The part `rules` of the composite's document."""
        return {key: value for key, value in self.document.items() if key not in SITE_KEYS}

    def parts_from(self, source: str) -> list[str]:
        """The ids of the parts that come from rounds, or of the signed figures."""
        return [part.id for part in self.rules.parts.values() if part.source == source]


def from_document(document: dict[str, Any]) -> Sheet:
    """Read and check rules; `RulesError` names what is wrong."""
    try:
        return _read(document)
    except KeyError as missing:
        reason = f"{missing.args[0]}: is missing"
    except (TypeError, AttributeError, ValueError) as wrong:
        reason = str(wrong)
    raise RulesError(
        N_("综合评定规则“%(name)s”不能使用：%(reason)s。请改正规则文件。"),
        name=str(document.get("id", "?")),
        reason=reason,
    )


def _read(document: dict[str, Any]) -> Sheet:
    unknown = sorted(set(document) - KEYS)
    if unknown:
        raise ValueError(f"{unknown[0]}: unknown key")
    about, audience = document["about"], document["audience"]
    if about not in ABOUT:
        raise ValueError("about: units or persons")
    check_audience(about, audience)
    if set(document["kinds"]) - set(UNIT_KINDS):
        raise ValueError(f"kinds: of {', '.join(UNIT_KINDS)}")
    rules = {key: value for key, value in document.items() if key not in SITE_KEYS}
    checked = composite_file.from_document(
        {
            "format": composite_file.FORMAT,
            "composite": {"id": "new"},
            "rules": rules,
            "subjects": [],
        }
    )
    return Sheet(
        document=document,
        id=document["id"],
        title=text_of(document["title"], "title"),
        intro=text_of(document["intro"], "intro"),
        advice=text_of(document["advice"], "advice") if "advice" in document else {},
        about=about,
        kinds=tuple(document["kinds"]),
        audience=audience,
        plan_items=tuple(document.get("plan_items", ())),
        rules=checked.rules,
        labels={
            part["id"]: text_of(part.get("label"), f"parts.{part['id']}.label")
            for part in document["parts"]
        },
    )


def read(path: Path) -> Sheet:
    """Read a rules file."""
    try:
        return from_document(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise RulesError(
            N_("综合评定规则“%(name)s”不能使用：%(reason)s。请改正规则文件。"),
            name=path.name,
            reason=str(wrong),
        ) from wrong


def library() -> dict[str, Sheet]:
    """The shipped rules by id."""
    found = (read(path) for path in sorted(LIBRARY.glob("*.toml")))
    return {sheet.id: sheet for sheet in found}


def of(document: Mapping[str, Any]) -> Sheet:
    """The rules that a composite keeps."""
    return _of_text(json.dumps(document, sort_keys=True))


@lru_cache(maxsize=64)
def _of_text(text: str) -> Sheet:
    return from_document(json.loads(text))
