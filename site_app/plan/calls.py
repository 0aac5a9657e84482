"""What each item of a plan calls for: surveys, ballots, figures, checklists, promises, ledgers.

Pure: standard library only. Source: `calls.toml` beside this file, by number of item.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# survey, secret ballot, tracked figure, checklist, public commitment, ledger of problems
FORMS = ("SUR", "BAL", "TRK", "CHK", "COM", "LED")
AUDIENCES = "PMSO"  # public, the meeting or branch, the subject alone, organisers alone
LANGUAGES = ("zh", "en")

_SHIPPED = Path(__file__).with_name("calls.toml")


@dataclass(frozen=True, slots=True)
class Call:
    """One thing an item calls for. Texts are by language; `audience` is letters of AUDIENCES."""

    form: str
    text: dict[str, str]
    score: dict[str, str]
    audience: str
    raters: dict[str, str] | None = None
    questionnaire: str | None = None

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise ValueError(f"unknown form {self.form!r}")
        if not self.audience or not set(self.audience) <= set(AUDIENCES):
            raise ValueError(f"unknown audience {self.audience!r}")
        for texts in (self.text, self.score, self.raters):
            if texts is not None and not all(texts.get(language) for language in LANGUAGES):
                raise ValueError(f"needs a text in each of {LANGUAGES}: {texts!r}")

    def as_document(self) -> dict[str, Any]:
        """The call as it is stored with an item: plain values that JSON knows."""
        return asdict(self)


def load() -> dict[int, tuple[Call, ...]]:
    """The shipped table; `ValueError` or `TypeError` when it was edited into nonsense."""
    table = tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))
    calls: dict[int, tuple[Call, ...]] = {}
    for item in table["item"]:
        if item["number"] in calls:
            raise ValueError(f"item {item['number']} is there twice")
        calls[item["number"]] = tuple(Call(**call) for call in item["calls"])
    return calls
