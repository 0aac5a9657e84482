"""Composites hold up to questions: worked examples, properties, a naive rewrite, bad input."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys import archive
from surveys.archive import composite_file
from surveys.scoring import composite_scores
from tests.helpers.composite_example import EXAMPLE, SHA, changed, scores

ROOT = Path(__file__).parents[3]
DIGEST_OF_THE_EXAMPLE = "0fbc4dd600c7f5fd0546a9e8d0ddb53644e0a08692b07bcf97670c75bfb3079d"


def test_a_worked_example() -> None:
    first, second, third = scores(EXAMPLE)
    # 50 % of 8700/95, 20 % of 85, 30 % of 90: 45.789… + 17 + 27; less 1.5.
    assert first["parts"] == {"residents": "91.58", "partners": "85.00", "rooms": "90.00"}
    assert (first["before"], first["deducted"], first["score"]) == ("89.79", "1.50", "88.29")
    assert (first["grade"], first["notes"]) == ("四星", ["deducted"])
    # Partners missing: (50 × 80 + 30 × 95.5) ÷ 80.
    assert (second["score"], second["grade"]) == ("85.81", "四星")
    assert (second["parts"]["partners"], second["notes"]) == (None, ["renormalised"])
    assert (third["score"], third["grade"], third["notes"]) == (None, None, [])


def test_a_missing_part_withholds_score_and_grade_where_the_rules_say_so() -> None:
    document = changed(lambda d: d["rules"].update(missing="withhold"))
    first, second, _third = scores(document)
    assert first == scores(EXAMPLE)[0]
    assert (second["score"], second["before"], second["grade"]) == (None, None, None)
    assert second["notes"] == ["withheld"]


def test_deductions_stop_at_nought_and_say_so() -> None:
    more = [{"points": 60, "reason": "示例"}, {"points": 50, "reason": "示例"}]
    first = scores(changed(lambda d: d["subjects"][0].update(deductions=more)))[0]
    assert (first["before"], first["deducted"], first["score"]) == ("89.79", "110.00", "0.00")
    assert first["notes"] == ["deducted", "floored"]


def test_a_grade_is_of_the_unrounded_score() -> None:
    """89.999 shows as 90.00 and is not 90."""
    near = {"residents": {"value": "89999/1000"}}
    line = scores(changed(lambda d: d["subjects"][0].update(parts=near, deductions=[])))[0]
    assert (line["score"], line["grade"]) == ("90.00", "四星")


def test_the_steps_add_up_to_the_score() -> None:
    read = composite_file.from_document(EXAMPLE)
    steps = composite_scores.steps(read.subjects[1], read.rules)
    assert [step.share for step in steps] == [Fraction(5, 8), None, Fraction(3, 8)]
    score = composite_scores.score(read)[1].score
    assert sum(step.points or 0 for step in steps) == score


def test_half_of_the_weight_missing_leaves_no_score_where_the_rules_say_so() -> None:
    """50 residents, 20 partners, 30 rooms: without residents, or without the two others."""

    def with_parts(*keys: str, **rules: str) -> dict[str, Any]:
        parts = {key: EXAMPLE["subjects"][0]["parts"][key] for key in keys}
        document = changed(lambda d: d["subjects"][0].update(parts=parts, deductions=[]))
        document["rules"].update(rules)
        return scores(document)[0]

    half = {"withhold_from": "1/2"}
    for keys in (("partners", "rooms"), ("residents",), ()):
        line = with_parts(*keys, **half)
        assert (line["before"], line["score"], line["grade"]) == (None, None, None)
        assert line["notes"] == ["withheld"]
    # Half of them missing is half; 30 of 100 is less: (50 × 8700/95 + 20 × 85) ÷ 70 = 89.70.
    line = with_parts("residents", "partners", **half)
    assert (line["score"], line["notes"]) == ("89.70", ["renormalised"])
    assert with_parts("residents", withhold_from="51/100")["score"] == "91.58"
    # Without the key all is as before: (20 × 85 + 30 × 90) ÷ 50 = 88.
    line = with_parts("partners", "rooms")
    assert (line["score"], line["notes"]) == ("88.00", ["renormalised"])


def test_what_was_kept_before_there_was_such_a_rule_keeps_its_bytes_and_verifies() -> None:
    kept = composite_file.to_bytes(composite_file.computed(composite_file.from_document(EXAMPLE)))
    assert archive.digest(kept) == DIGEST_OF_THE_EXAMPLE
    for document, code in (
        (kept, 0),
        (kept.replace(b'"bands"', b'"withhold_from":"1/5","bands"'), 1),
    ):
        done = subprocess.run(
            [sys.executable, "-S", "-m", "surveys", "verify", "-"],
            cwd=ROOT,
            input=document,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code
    assert b'c2.score: file "85.81", computed null' in done.stdout


values = st.fractions(min_value=0, max_value=100, max_denominator=400)


@st.composite
def composites(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(1, 5))
    parts = [
        {"id": f"p{place}", "weight": draw(st.integers(1, 90)), "from": "round"}
        for place in range(size)
    ]
    subjects = []
    for place in range(draw(st.integers(1, 4))):
        there = {
            part["id"]: {"value": str(draw(values))} for part in parts if draw(st.integers(0, 3))
        }
        lost = draw(st.lists(st.integers(1, 30), max_size=2))
        deductions = [{"points": points, "reason": "示例"} for points in lost]
        subjects.append({"id": f"s{place}", "parts": there, "deductions": deductions})
    return {
        "format": "surveys-composite/1",
        "composite": {"id": "1"},
        "rules": {
            "id": "r",
            "version": 1,
            "parts": parts,
            "missing": draw(st.sampled_from(["renormalise", "withhold"])),
            "bands": [{"grade": "好", "min": 80}, {"grade": "中", "min": 50}],
        },
        "sources": [
            {"part": p["id"], "kind": "round", "id": "9", "sha256": SHA, "closed_on": "2026-01-01"}
            for p in parts
        ],
        "subjects": subjects,
    }


@given(document=composites(), times=st.integers(2, 1000))
def test_scaling_all_weights_changes_nothing(document: dict[str, Any], times: int) -> None:
    scaled = copy.deepcopy(document)
    for part in scaled["rules"]["parts"]:
        part["weight"] *= times
    assert scores(scaled) == scores(document)


@given(document=composites(), seed=st.integers(0, 99))
def test_the_order_of_parts_sources_subjects_and_deductions_changes_nothing(
    document: dict[str, Any], seed: int
) -> None:
    mixed, chance = copy.deepcopy(document), random.Random(seed)
    for some in (mixed["rules"]["parts"], mixed["sources"], mixed["subjects"]):
        chance.shuffle(some)
    for subject in mixed["subjects"]:
        chance.shuffle(subject["deductions"])

    def by_subject(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {each["subject"]: each for each in found}

    assert by_subject(scores(mixed)) == by_subject(scores(document))


@given(document=composites(), better=values, data=st.data())
def test_a_better_part_never_lowers_score_or_grade(
    document: dict[str, Any], better: Fraction, data: st.DataObject
) -> None:
    parts = document["subjects"][0]["parts"]
    assume(parts)
    part = data.draw(st.sampled_from(sorted(parts)))
    assume(Fraction(parts[part]["value"]) <= better)
    improved = copy.deepcopy(document)
    improved["subjects"][0]["parts"][part]["value"] = str(better)
    before = composite_scores.score(composite_file.from_document(document))[0]
    after = composite_scores.score(composite_file.from_document(improved))[0]
    if before.score is None:
        assert after.score is None
        return
    assert after.score is not None
    assert after.score >= before.score
    grades = [None, "中", "好"]
    assert grades.index(after.grade) >= grades.index(before.grade)


@given(document=composites())
def test_renormalising_and_withholding_agree_where_nothing_or_all_is_missing(
    document: dict[str, Any],
) -> None:
    other = copy.deepcopy(document)
    one, two = ("renormalise", "withhold")
    other["rules"]["missing"] = two if document["rules"]["missing"] == one else one
    for subject, mine, theirs in zip(
        document["subjects"], scores(document), scores(other), strict=True
    ):
        if len(subject["parts"]) in (0, len(document["rules"]["parts"])):
            assert mine == theirs
        else:
            assert {mine["score"] is None, theirs["score"] is None} == {True, False}


@given(document=composites())
def test_a_naive_rewrite_in_floats_agrees(document: dict[str, Any]) -> None:
    weights = {part["id"]: part["weight"] for part in document["rules"]["parts"]}
    read = composite_file.from_document(document)
    for subject, score in zip(document["subjects"], composite_scores.score(read), strict=True):
        there = {key: float(Fraction(each["value"])) for key, each in subject["parts"].items()}
        gaps = document["rules"]["missing"] == "withhold" and len(there) < len(weights)
        if not there or gaps:
            assert score.score is None
            continue
        mean = sum(weights[key] * value for key, value in there.items())
        mean /= sum(weights[key] for key in there)
        lost = sum(each["points"] for each in subject["deductions"])
        assert score.score is not None
        assert float(score.score) == pytest.approx(max(0, mean - lost))


@given(document=composites())
def test_kept_bytes_are_a_function_of_the_values_and_verify(document: dict[str, Any]) -> None:
    kept = composite_file.to_bytes(composite_file.computed(composite_file.from_document(document)))
    read = composite_file.read(kept)
    again = composite_file.to_bytes(composite_file.computed(read))
    assert again == kept
    mixed = copy.deepcopy(document)
    for subject in mixed["subjects"]:
        subject["parts"] = dict(reversed(subject["parts"].items()))
        if not subject["deductions"]:
            del subject["deductions"]
    mixed["sources"].reverse()
    made = composite_file.computed(composite_file.from_document(mixed))
    assert composite_file.to_bytes(made) == kept
