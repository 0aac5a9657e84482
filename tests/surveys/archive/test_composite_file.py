"""The file of a composite: what is refused and where, its bytes, and the command that reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surveys import archive
from surveys.archive import ArchiveError, composite_file
from tests.helpers.composite_example import EXAMPLE, SHA, SIGNED, changed, scores

ROOT = Path(__file__).parents[3]


def set_part(value: object, part: str = "rooms") -> Callable[[dict[str, Any]], object]:
    return lambda d: d["subjects"][0]["parts"].update({part: value})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format="surveys-composite/2"), "format: must be"),
        (lambda d: d["rules"]["parts"].clear(), "rules.parts: 1 to 20"),
        (lambda d: d["rules"]["parts"][0].update(weight=0), "rules.parts[0].weight: must be more"),
        (lambda d: d["rules"]["parts"][0].update(weight=-1), "rules.parts[0].weight"),
        (lambda d: d["rules"]["parts"][1].update(id="rooms"), 'id "rooms" stands twice'),
        (lambda d: d["rules"]["bands"][1].update(min=90), "rules.bands[1].min: stands in two"),
        (lambda d: d["rules"].update(extra=1), "rules.extra: unknown key"),
        (lambda d: d["rules"].update(withhold_from="0"), "rules.withhold_from: must be over 0"),
        (lambda d: d["rules"].update(withhold_from="3/2"), "rules.withhold_from: must be over 0"),
        (lambda d: d["rules"].update(withhold_from=0.5), "rules.withhold_from"),
        (lambda d: d["sources"][0].update(part="nobody"), "sources[0].part: no part from a round"),
        (lambda d: d["sources"][0].update(part="rooms"), "sources[0].part: no part from a round"),
        (lambda d: d["sources"][1].update(part="residents"), "stands twice"),
        (
            lambda d: d["sources"][1].update(kind="composite", id="3"),
            "sources[1]: the composite refers to itself",
        ),
        (
            lambda d: d["sources"][0].update(kind="composite", id="4"),
            "sources[0]: a composite has a score and no rate",
        ),
        (lambda d: d["sources"][0].pop("closed_on"), "sources[0].closed_on: is missing"),
        (lambda d: d["sources"][0].update(sha256="abc"), "sources[0].sha256: must be"),
        (lambda d: d["subjects"][1].update(id="c1"), 'subjects[1].id: id "c1" stands twice'),
        (set_part({"value": 1, **SIGNED}, "unknown"), "parts.unknown: unknown part"),
        (set_part({"value": "100.5"}, "partners"), "partners.value: must be text such as"),
        (set_part({"value": "101"}, "partners"), "partners.value: is over 100"),
        (set_part({"value": "1/0"}, "partners"), "partners.value: must be text such as"),
        (set_part({"value": 85}, "partners"), "partners.value: must be text"),
        (set_part({"value": "NaN"}, "partners"), "partners.value"),
        (set_part({"value": 101, **SIGNED}), "rooms.value: 101 is out of range"),
        (set_part({"value": -1, **SIGNED}), "rooms.value: -1 is out of range"),
        (set_part({"value": float("nan"), **SIGNED}), "rooms.value: not a number"),
        (set_part({"numerator": 1, "denominator": 0, **SIGNED}), "rooms.denominator: must be more"),
        (set_part({"numerator": 11, "denominator": 10, **SIGNED}), "is over its denominator"),
        (set_part({"numerator": 1, **SIGNED}), "rooms: needs a value, or a numerator"),
        (
            set_part({"value": 1, "numerator": 1, "denominator": 2, **SIGNED}),
            "rooms: needs a value, or a numerator",
        ),
        (set_part({"value": 90}), "rooms.signed_by: is missing"),
        (set_part({"value": 90, "signed_by": " ", "signed_on": "2026-12-10"}), "must not be empty"),
        (
            set_part({"value": 90, "signed_by": "示例", "signed_on": "2026-02-30"}),
            "rooms.signed_on: must be a date",
        ),
        (
            lambda d: d["subjects"][0]["deductions"][0].update(reason=""),
            "deductions[0].reason: must not be empty",
        ),
        (
            lambda d: d["subjects"][0]["deductions"][0].update(points=0),
            "deductions[0].points: must be more than 0",
        ),
        (lambda d: d["sources"].clear(), "parts.residents: stands in no source"),
    ],
)
def test_bad_input_is_refused_with_its_place(
    change: Callable[[dict[str, Any]], object], says: str
) -> None:
    with pytest.raises(ArchiveError) as refused:
        composite_file.from_document(changed(change))
    assert says in str(refused.value)


def run(command: str, data: bytes) -> tuple[int, str, str]:
    words = [sys.executable, "-S", "-m", "surveys", command, "-"]
    done = subprocess.run(words, input=data, cwd=ROOT, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_the_command_knows_a_composite_by_its_format() -> None:
    read = composite_file.from_document(EXAMPLE)
    kept = composite_file.to_bytes(composite_file.computed(read))
    assert run("verify", kept) == (0, "", "")
    code, out, _ = run("score", kept)
    assert code == 0
    assert json.loads(out)["scores"] == scores(EXAMPLE)
    forged = kept.replace(b'"88.29"', b'"98.29"')
    assert run("verify", forged) == (1, 'c1.score: file "98.29", computed "88.29"\n', "")
    code, _, wrong = run("hide", kept)
    assert (code, wrong.count("\n")) == (2, 1)
    code, _, wrong = run("score", kept.replace(b'"denominator": 10', b'"denominator": 0'))
    assert (code, wrong) == (2, "subjects[0].parts.rooms.denominator: must be more than 0\n")


def test_its_digest_is_of_its_bytes() -> None:
    made = composite_file.computed(composite_file.from_document(EXAMPLE))
    kept = composite_file.to_bytes(made)
    assert archive.digest(kept) == archive.digest(composite_file.to_bytes(made))
    assert kept.startswith(b'{\n  "format": "surveys-composite/1",\n  "composite": {\n')
    assert b'"value": "1740/19"' in kept  # 8700/95 in its lowest terms


@pytest.mark.parametrize("paper", ["docs/composites.md", "docs/composites.zh.md"])
def test_the_example_in_the_papers_is_right(paper: str) -> None:
    """With what its dots leave out filled in; one part alone missing its round's real digest."""
    words = (ROOT / paper).read_text("utf-8")
    example = (
        words.split("```json\n")[1].split("```")[0].replace('"sha256": "…"', f'"sha256": "{SHA}"')
    )
    document = json.loads(example)
    assert scores(document) == document["scores"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"value": 95.5', '"value": 95.5, "value": 96', "rooms.value: given twice"),
        ('"value": 95.5', f'"value": {"9" * 10**6}', "a number of more than 30 digits"),
        ('"value": "85"', f'"value": "{"1" * 10**6}/{"1" * 10**6}"', 'must be text such as "85"'),
        ('"weight": 50', '"weight": 1e999', "rules.parts[0].weight: not a number"),
        ('"id": "c3"', '"id": ' + "[" * 10**5 + "]" * 10**5, "nested more than"),
        ('"id": "c3"', '"id": "c 3"', 'subjects[2].id: not an id: "c 3"'),
    ],
)
def test_a_hostile_file_ends_in_a_sentence(old: str, new: str, says: str) -> None:
    text = json.dumps(EXAMPLE).replace(old, new)
    with pytest.raises(ArchiveError) as refused:
        composite_file.read(text)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200
