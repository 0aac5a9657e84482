"""What was kept and signed in the format of before stays right, to the last byte.

The files were kept by the closing of that time, which counted papers: a class of nine with two
answers stood alone, two were joined by their papers, a subject without any valid answer to the
headline had a grade, and of seven papers with three answers all was shown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from surveys import archive, scoring
from surveys.__main__ import main
from surveys.scoring import disclosure, explanation
from tests.helpers import archives

HERE = Path(__file__).parents[2] / "kept_before"
DIGESTS = {
    "classes": "3a2805bd72e2bece7d44df06ec4b20f81b07e3ec71d038674aa9f9e25551f27e",
    "tree": "d612fc461ea85df6b15cc6d61c8564bac07580a7c468e85d4ff2e1aeaa10d642",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_it_verifies_scores_as_ever_and_is_kept_as_it_is(
    name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    file = HERE / f"{name}.json"
    kept = file.read_bytes()
    assert archive.digest(kept) == DIGESTS[name]
    assert main(["verify", str(file)]) == 0
    assert capsysbinary.readouterr().out == b""
    assert main(["hide", str(file)]) == 0
    assert capsysbinary.readouterr().out == kept
    assert main(["score", str(file)]) == 0
    assert json.loads(capsysbinary.readouterr().out)["scores"] == json.loads(kept)["scores"]


@pytest.mark.parametrize("name", DIGESTS)
def test_its_working_ends_in_its_scores(name: str) -> None:
    kept = archive.read((HERE / f"{name}.json").read_bytes())
    subjects = {each.id: each for each in kept.subjects}
    for score in scoring.score(kept):
        found = explanation.explain(kept, subjects[score.subject])
        assert (found.score, found.grade) == (score.score, score.grade)
        assert not any(each.few for group in found.groups for each in group.questions)


def before(tallies: dict[str, dict[str, int]], **rules: Any) -> archive.Archive:
    """Nine papers in the format of before, not hidden yet."""
    subject = {"id": "s", "groups": {"all": {"returned": 9, "tallies": tallies}}}
    document = archives.document([subject], **rules)
    return archive.from_document({**document, "format": "surveys-archive/1"})


def test_what_was_never_kept_is_hidden_by_who_answered() -> None:
    kept = disclosure.hide(before({"q1": {"good": 4}}))
    assert [each.disclosure for each in kept.subjects] == ["few"]
    shown = disclosure.hide(before({"q1": {"good": 5}, "q2": {"poor": 1}}))
    assert archive.as_document(shown)["format"] == "surveys-archive/1"
    assert archive.as_document(shown)["scores"][0]["notes"] == ["non-probability"]


def test_a_grade_without_a_valid_answer_to_the_headline_is_of_that_format_alone() -> None:
    said = {"q1": {"unknown": 9}, "q2": {"good": 9}}
    (score,) = scoring.score(before(said, bands=[{"grade": "好", "min": 80}]))
    assert score.grade == "好"
    assert score.score == 100


def test_a_flag_of_the_codes_issued_is_not_of_that_format() -> None:
    flag = {"id": "f", "options": ["good"], "over": "1/2", "of": "valid"}
    with pytest.raises(archive.ArchiveError, match=r"rules\.flags\[0\]\.of: unknown key"):
        before({}, flags=[flag])
