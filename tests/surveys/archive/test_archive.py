"""An archive is checked completely: each mistake names its place, hostile files end in words."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from surveys import archive
from tests.helpers import archives

ROOT = Path(__file__).parents[3]
CELL = {"returned": 3, "tallies": {"q1": {"good": 2, "poor": 1}}}


def good() -> dict[str, Any]:
    cell, rest = copy.deepcopy(CELL), {"returned": 6, "tallies": {"q1": {"good": 4, "poor": 2}}}
    document = archives.document(
        [{"id": "p", "groups": {"all": rest}}, {"id": "c", "parent": "p", "groups": {"all": cell}}],
        flags=[{"id": "f", "options": ["poor"], "over": "1/3"}],
        trim={"over": 5, "each_end": 1},
        rank={"by": "rate", "from": 30},
        bands=[{"grade": "好", "min": 80}],
    )
    return copy.deepcopy(document)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    *parts, last = path.split("/")
    at: Any = document
    for part in parts:
        at = at[int(part)] if isinstance(at, list) else at[part]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value


MISTAKES = [
    ("format", "surveys-archive/3", "format: must be one of surveys-archive/2, surveys-arch"),
    ("surprise", 1, "surprise: unknown key"),
    ("rules/minimum", 2, "rules.minimum"),
    ("rules/groups/0/weight", 0, "rules.groups[0].weight"),
    ("rules/groups", [], "rules.groups"),
    ("rules/groups", [{"id": "all"}, {"id": "all"}], 'rules.groups[1].id: id "all" stands twice'),
    ("rules/flags/0/over", "4/3", "rules.flags[0].over"),
    ("rules/flags/0/over", "1/0", "rules.flags[0].over"),
    ("rules/flags/0/under", "1/3", "rules.flags[0]: needs over or under"),
    ("rules/flags/0/of", "everybody", "rules.flags[0].of: must be one of valid, issued"),
    ("rules/flags/0/options", ["unknown"], "rules.flags[0].options[0]"),
    ("rules/flags/0/options", ["superb"], "rules.flags[0].options[0]"),
    ("rules/trim/over", 1, "rules.trim.over"),
    ("rules/rank/from", 3, "rules.rank.from"),
    ("rules/bands", [{"grade": "a", "min": 1}, {"grade": "b", "min": 1.0}], "rules.bands[1].min"),
    ("rules/sampling", "magic", "rules.sampling"),
    ("questionnaire/headline", "q9", "questionnaire.headline"),
    ("questionnaire/questions/0/scale", "t", 'unknown scale "t"'),
    ("questionnaire/scales/s/options/0/value", 101, "options[0].value"),
    ("questionnaire/scales/s/options/0/id", "a b", "options[0].id: not an id"),
    ("subjects/1/parent", "c", "a circle of parents"),
    ("subjects/1/parent", "x", 'subjects[1].parent: unknown subject "x"'),
    ("subjects/1/groups/all/returned", -1, "subjects[1].groups.all.returned"),
    ("subjects/1/groups/all/returned", 3.5, "subjects[1].groups.all.returned"),
    ("subjects/1/groups/all/returned", 7, "fewer ballots than the subjects below it"),
    ("subjects/1/groups/all/spoilt", 4, "subjects[1].groups.all.spoilt"),
    ("subjects/1/groups/all/tallies/q1/x", 1, "subjects[1].groups.all.tallies.q1: unknown option"),
    ("subjects/1/groups/all/tallies/q7", {}, "subjects[1].groups.all.tallies.q7: unknown question"),
    ("subjects/1/groups/all/tallies/q1/good", 3, "more answers than ballots"),
    ("subjects/1/groups/other", {"returned": 0}, "subjects[1].groups.other: unknown group"),
    ("subjects/1/disclosure", "few", "a hidden subject has no groups"),
    ("subjects/1/population", "many", "subjects[1].population"),
    ("scores", {"p": 1}, "scores: must be a list"),
    ("scores", [{"subject": "p", "mean": 1}], "scores[0].mean: unknown key"),
]


@pytest.mark.parametrize(("path", "value", "place"), MISTAKES)
def test_a_mistake_is_named_with_its_place(path: str, value: Any, place: str) -> None:
    document = good()
    archive.from_document(document)
    put(document, path, value)
    with pytest.raises(archive.ArchiveError) as refused:
        archive.from_document(document)
    assert place in str(refused.value)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_circle_of_parents_is_named_with_its_place(length: int) -> None:
    circle = [
        {"id": f"s{place}", "parent": f"s{(place + 1) % length}", "groups": {"all": CELL}}
        for place in range(length)
    ]
    outside = {"id": "below", "parent": "s0", "groups": {"all": CELL}}
    with pytest.raises(archive.ArchiveError, match="a circle of parents") as refused:
        archive.from_document(archives.document([outside, *circle]))
    assert str(refused.value).startswith("subjects[1].parent: ")


HOSTILE = [
    ("", "not JSON"),
    ("[1]", "must be an object"),
    ('{"format": 1, "format": 2}', "format: given twice"),
    ('{"rules": NaN}', "rules: not a number that can be used"),
    ('{"rules": -Infinity}', "rules"),
    ('{"rules": 1' + "0" * 1_000_000 + "}", "more than 30 digits"),
    ('{"rules": 1e999999999}', "not a number that can be used"),
    ("[" * 100_000, "nested"),
    ('{"rules": ' + "[" * 50 + "]" * 50 + "}", "nested more than 20 deep"),
    ('{"format": "\\ud800"}', "half a character"),
]


@pytest.mark.parametrize(("text", "says"), HOSTILE)
def test_a_hostile_file_ends_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(archive.ArchiveError) as refused:
        archive.read(text)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200


def test_counts_with_a_point_or_exponent_are_refused() -> None:
    text = json.dumps(good())
    for number in ("3.0", "3e0", "-3"):
        with pytest.raises(archive.ArchiveError, match="returned"):
            archive.read(text.replace('"returned": 3', f'"returned": {number}'))


def test_not_utf8_and_too_large_are_said() -> None:
    with pytest.raises(archive.ArchiveError, match="not UTF-8"):
        archive.read(b"\xff\xfe\xfa")
    with pytest.raises(archive.ArchiveError, match="larger than 64 MB"):
        archive.read(b" " * (archive.MOST_BYTES + 1))


def run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-S", "-m", "surveys", *words],
        cwd=ROOT,
        input=given,
        capture_output=True,
        check=False,
    )


def test_the_command_scores_hides_and_verifies_in_a_bare_python(tmp_path: Path) -> None:
    text = json.dumps(good()).encode()
    assert json.loads(run("score", "-", given=text).stdout)["scores"][0]["subject"] == "p"
    kept = run("hide", "-", given=text)
    file = tmp_path / "kept.json"
    file.write_bytes(kept.stdout)
    assert run("verify", str(file)).returncode == 0
    file.write_bytes(kept.stdout.replace(b'"rate": "66.67"', b'"rate": "66.66"', 1))
    wrong = run("verify", str(file))
    assert wrong.returncode == 1
    assert wrong.stdout == b'p.rate: file "66.66", computed "66.67"\n'


def test_a_missing_and_an_added_subject_are_named(tmp_path: Path) -> None:
    document = json.loads(run("hide", "-", given=json.dumps(good()).encode()).stdout)
    document["scores"] = [{"subject": "ghost"}]
    lines = run("verify", "-", given=json.dumps(document).encode()).stdout.decode().splitlines()
    assert lines[0].startswith("p: file null, computed {")
    assert lines[-1].startswith("ghost: file {")
    assert lines[-1].endswith("computed null")


def test_bad_files_end_with_two_and_one_line() -> None:
    for words, given in ((("verify", "-"), b"{}"), (("hide", "no-such-file"), b""), ((), b"")):
        ended = run(*words, given=given)
        assert ended.returncode == 2
        assert len(ended.stderr.splitlines()) == 1
        assert not ended.stdout
