"""Checked values written: keys in the order of a format, numbers exact. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from surveys.archive.types import Number


def exact(value: Any, places: Mapping[str, int]) -> Any:
    """A checked value for writing: keys by their `places` in the format, numbers shortest."""
    if isinstance(value, Number):
        number = Fraction(value)
        if number.denominator == 1:
            return int(number)
        return Decimal(format(Decimal(value), "f").rstrip("0"))
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda key: (places.get(key, len(places)), key))
        return {key: exact(value[key], places) for key in ordered}
    if isinstance(value, list):
        return [exact(each, places) for each in value]
    return value


def as_json(value: Any, indent: str = "") -> str:
    """JSON of two-space indent, as `json` writes it, but with decimal numbers as they are."""
    deeper = f"{indent}  "
    if isinstance(value, Decimal):
        return str(format(value, "f"))
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{json.dumps(k, ensure_ascii=False)}: " for k in value]
        whole = map("".join, zip(lines, (as_json(v, deeper) for v in value.values()), strict=True))
        return "{\n" + ",\n".join(whole) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(deeper + as_json(v, deeper) for v in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
