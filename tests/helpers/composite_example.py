"""The file of a composite: the worked example, and the same with something changed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from surveys.archive import composite_file
from surveys.scoring import composite_scores

SHA = "0" * 64
SIGNED = {"signed_by": "示例签字人", "signed_on": "2026-12-10"}

EXAMPLE: dict[str, Any] = {
    "format": "surveys-composite/1",
    "composite": {"id": "3", "title": "示范星级", "computed_on": "2026-12-20"},
    "rules": {
        "id": "example",
        "version": 1,
        "missing": "renormalise",
        "parts": [
            {"id": "residents", "weight": 50, "from": "round", "measure": "rate"},
            {"id": "partners", "weight": 20, "from": "round"},
            {"id": "rooms", "weight": 30, "from": "figure"},
        ],
        "bands": [{"grade": "五星", "min": 90}, {"grade": "四星", "min": 80}],
    },
    "sources": [
        {"part": p, "kind": "round", "id": n, "sha256": SHA, "closed_on": "2026-11-20"}
        for p, n in (("residents", "7"), ("partners", "8"))
    ],
    "subjects": [
        {
            "id": "c1",
            "label": "甲一示范社区",
            "parts": {
                "residents": {"value": "8700/95"},
                "partners": {"value": "85"},
                "rooms": {"numerator": 9, "denominator": 10, **SIGNED},
            },
            "deductions": [{"points": 1.5, "reason": "示例理由"}],
        },
        {"id": "c2", "parts": {"residents": {"value": "80"}, "rooms": {"value": 95.5, **SIGNED}}},
        {"id": "c3"},
    ],
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(EXAMPLE)
    change(document)
    return document


def scores(document: dict[str, Any]) -> list[dict[str, Any]]:
    read = composite_file.from_document(document)
    return [each.as_document() for each in composite_scores.score(read)]
