"""A survey and an appraisal with answers, and a line of their results as it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surveys.models import Round
from tests import factories
from tests.factories import District

GOOD, SO_SO, BAD = ({"overall": each} for each in ("satisfied", "mostly", "dissatisfied"))

Fetch = Callable[..., str]


def answered_survey(keys: Path, district: District, **how: Any) -> Round:
    """20 answers about c1, 8 about c2, and 3 about c3, which are too few to be shown."""
    round_ = factories.open_survey(keys, district, **how)
    factories.answer(keys, round_, "c1", GOOD, 15, comment="示例意见：路灯坏了")
    factories.answer(keys, round_, "c1", BAD, 5)
    factories.answer(keys, round_, "c2", GOOD, 8)
    factories.answer(keys, round_, "c3", BAD, 3, comment="示例意见：不该留下")
    return round_


def voted_appraisal(keys: Path, district: District, **how: Any) -> Round:
    """Eight members vote; p3 does badly."""
    round_, codes = factories.open_appraisal(keys, district, **how)
    grades = {f"p{n}": "qualified" for n in range(1, 9)} | {"p3": "unqualified"}
    for code in codes:
        factories.vote(keys, code, grades)
    return round_


def row_of(page: str, name: str) -> str:
    """The row of a table whose heading names a subject, as plain text."""
    rows = re.findall(r"<tr\b.*?</tr>", page, re.DOTALL)
    (row,) = (each for each in rows if re.search(rf'scope="row"[^>]*>(<a[^>]*>)?{name}\s*<', each))
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())
