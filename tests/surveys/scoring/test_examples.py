"""Every worked example: its scores, what is kept of it, and that the kept file proves itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveys import archive, scoring
from surveys.__main__ import differences
from surveys.scoring import disclosure

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(request.param.read_text("utf-8"))
    return loaded


def test_the_scores_are_those_worked_out_by_hand(example: dict[str, Any]) -> None:
    scores = scoring.score(archive.from_document(example["archive"]))
    assert [each.as_document() for each in scores] == example["scores"]


def test_what_is_kept_is_what_may_be_kept(example: dict[str, Any]) -> None:
    kept = disclosure.hide(archive.from_document(example["archive"]))
    assert json.loads(archive.to_bytes(kept)) == example["kept"]


def test_a_kept_file_is_kept_as_it_is_and_verifies(example: dict[str, Any]) -> None:
    data = archive.to_bytes(disclosure.hide(archive.from_document(example["archive"])))
    again = archive.read(data)
    assert archive.to_bytes(disclosure.hide(again)) == data
    assert list(differences(again)) == []


def test_one_changed_digit_is_found(example: dict[str, Any]) -> None:
    document = json.loads(
        archive.to_bytes(disclosure.hide(archive.from_document(example["archive"])))
    )
    for score in document["scores"]:
        for key in ("score", "rate", "pooled_rate"):
            if score[key] is not None:
                right = score[key]
                score[key] = f"{right[:-1]}{(int(right[-1]) + 1) % 10}"
                (line,) = differences(archive.from_document(document))
                assert line == f'{score["subject"]}.{key}: file "{score[key]}", computed "{right}"'
                score[key] = right
