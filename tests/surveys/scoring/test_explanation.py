"""How a number came about: the working ends in the number, step by step, on every example."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings

from site_app.results import how
from surveys import archive, scoring
from surveys.models import Archive, Round, Score, Subject
from surveys.questionnaires import questionnaire
from surveys.scoring import disclosure, explanation
from surveys.scoring.explanation import Explanation
from tests import factories
from tests.conftest import sign_in
from tests.factories import District
from tests.helpers import archives
from tests.helpers.results import Fetch, answered_survey, voted_appraisal

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))


def as_scored(document: dict[str, Any]) -> archive.Archive:
    """The archive as it may be kept: with groups joined, small ones hidden, and its scores."""
    return disclosure.hide(archive.from_document(document))


def in_pairs(kept: archive.Archive) -> list[tuple[Explanation, scoring.Score]]:
    """Each shown subject's working beside its score."""
    subjects = {each.id: each for each in kept.subjects}
    return [
        (explanation.explain(kept, subjects[score.subject]), score) for score in scoring.score(kept)
    ]


def check(kept: archive.Archive) -> None:
    """The working's last numbers are the score's, exactly; of what is hidden there is none."""
    for found, score in in_pairs(kept):
        assert found.disclosure == "full"
        assert found.score == score.score
        assert {group.key: group.score for group in found.groups} == dict(score.groups)
        assert (found.rate, found.pooled_rate) == (score.rate, score.pooled_rate)
        assert (found.valid, found.grade) == (score.valid, score.grade)
        assert {each.flag for each in found.flags if each.raised} == set(score.flags)
        few = any(each.few for group in found.groups for each in group.questions)
        assert few == ("few-answers" in score.notes)
        assert (found.interval is None) == (score.interval is None)
        if found.interval and score.interval:
            ends = (found.interval.low, found.interval.high)
            for end, right in zip(ends, score.interval, strict=True):
                assert abs(end - right) < Fraction(1, 10**40)
                assert scoring.shown(end, 100) == scoring.shown(right, 100)
    for subject in kept.subjects:
        if subject.disclosure != "full":
            hidden = explanation.explain(kept, subject)
            assert hidden == Explanation(subject.id, str(subject.disclosure))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_working_ends_in_the_score_of_every_example(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    check(as_scored(document["archive"]))


@settings(deadline=None)
@given(
    document=archives.flat(
        bands=[{"grade": "好", "min": 80}, {"grade": "中", "min": 50}],
        flags=[{"id": "poor", "options": ["poor"], "over": "1/3"}],
        sampling="drawn",
        trim={"over": 5, "each_end": 2},
    )
)
def test_the_working_ends_in_the_score_of_any_archive(document: dict[str, Any]) -> None:
    check(as_scored(document))


SUM = re.compile(r"(.+?) ÷ ([\d.]+)(?: = ([\d.]+) ÷ [\d.]+)? ([=≈]) ([\d.]+)")


def redone(working: str) -> Decimal:
    """A line of working typed into a pocket calculator, and checked against what it says."""
    found = SUM.fullmatch(working)
    assert found, working
    terms = found[1].strip("()").split(" + ")
    total = sum(
        (Decimal(a) * Decimal(b or 1) for a, _, b in (term.partition(" × ") for term in terms)),
        Decimal(0),
    )
    divided = total / Decimal(found[2])
    assert abs(divided - Decimal(found[5])) < Decimal("0.000005"), working
    return divided


def shown(number: Decimal) -> str:
    return str(number.quantize(Decimal("0.01"), ROUND_HALF_UP))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_pocket_calculator_comes_to_what_is_shown(path: Path) -> None:
    kept = as_scored(json.loads(path.read_text("utf-8"))["archive"])
    for found, score in in_pairs(kept):
        for group in found.groups:
            for each in group.questions:
                if each.mean is not None:
                    redone(how.mean_working(each))
            if group.score is not None:
                assert shown(redone(how.group_working(group))) == scoring.shown(group.score)
        if score.score is not None:
            assert shown(redone(how.score_working(found))) == scoring.shown(score.score)
        for step in how.rate_steps(found):
            rate = redone(step.working)
            if step.result:
                assert f"{shown(rate * 100)}%" == step.result


def test_the_three_classes_of_an_example_are_written_out() -> None:
    path = next(path for path in EXAMPLES if path.stem == "E7")
    ((found, _score), *_rest) = in_pairs(as_scored(json.loads(path.read_text("utf-8"))["archive"]))
    assert how.score_working(found) == (
        "(40 × 92 + 30 × 86.666667 + 30 × 80.5) ÷ 100 = 8695 ÷ 100 = 86.95"
    )
    assert how.group_working(found.groups[1]) == "1 × 86.666667 ÷ 1 ≈ 86.666667"
    (mean,) = found.groups[1].questions
    assert how.mean_working(mean) == ("(6 × 100 + 4 × 80 + 2 × 60) ÷ 12 = 1040 ÷ 12 ≈ 86.666667")


def test_numbers_of_steps_say_whether_they_were_rounded() -> None:
    for number, sign, text in (
        (Fraction(92), "=", "92"),
        (Fraction(161, 2), "=", "80.5"),
        (Fraction(260, 3), "≈", "86.666667"),
        (Fraction(1, 3), "≈", "0.333333"),
        (Fraction(0), "=", "0"),
    ):
        assert (explanation.equals(number), explanation.text(number)) == (sign, text)


@pytest.fixture
def survey(keys: Path, district: District) -> Round:
    return factories.published(keys, answered_survey(keys, district, title="示范满意度调查"))


def test_everybody_may_redo_what_everybody_may_see(survey: Round, page: Fetch) -> None:
    assert f'href="/results/{survey.id}/c1/how"' in page(f"/results/{survey.id}")
    assert f'href="/results/{survey.id}/c1/how"' in page("/units/c1")
    text = page(f"/results/{survey.id}/c1/how")
    assert "(15 × 100 + 5 × 0) ÷ 20 = 1500 ÷ 20 = 75" in text
    assert "15 ÷ 20 = 0.75" in text
    assert f'href="/results/{survey.id}/archive.json"' in text
    assert Archive.get(Archive.round == survey).sha256 in text
    assert f"python3 -m surveys verify round-{survey.id}.json" in text
    page(f"/results/{survey.id}/nowhere/how", status=404)


def test_what_is_hidden_says_why_and_no_number(survey: Round, page: Fetch) -> None:
    for key, why in (("c3", "人数太少，不显示"), ("c2", "为保护相邻小单位，不显示")):
        text = page(f"/results/{survey.id}/{key}/how")
        assert why in text
        assert "所以" in text
        main = re.sub(r"<[^>]*>", " ", text[text.index("<h1") : text.index('<h2 id="verify"')])
        numbers = set(re.findall(r"\d+", main))
        assert numbers <= {"5"}, "only k is said"
        assert "÷" not in main


def test_of_a_person_only_organisers_get_the_working_to_print(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient, site: Flask
) -> None:
    round_ = factories.published(keys, voted_appraisal(keys, district))
    page(f"/results/{round_.id}/p3/how", status=404)
    here = f"/desk/rounds/{round_.id}/results/p3/how"
    assert here in page(f"/desk/rounds/{round_.id}/results", client=signed_in)
    assert here in page(f"/desk/rounds/{round_.id}/persons/p3", client=signed_in)
    assert "how" in page(f"/desk/rounds/{round_.id}/meeting", client=signed_in)
    text = page(here, client=signed_in)
    assert "8 × 0 ÷ 8 = 0" in text
    assert "3 × 8 = 24 &gt; 8 = 1 × 8" in text
    assert "示例党员1" not in text
    page(here, client=sign_in(site, district.community_organiser), status=404)


def test_a_flag_of_the_codes_issued_is_worked_out_beside_them(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_ = factories.published(keys, voted_appraisal(keys, district))
    flag = {"id": "poor", "options": ["unqualified"], "over": "1/3", "of": "issued"}
    of_issued = {**round_.rules, "flags": [flag, {**flag, "id": "all", "over": "2/3"}]}
    Round.update(rules=of_issued).execute()
    (row,) = Score.select().join(Subject).where(Score.round == round_, Subject.key == "p3")
    cell = row.details["cells"]["members"]
    where = f"/desk/rounds/{round_.id}/results"
    Score.update(
        details={**row.details, "flags": ["poor"], "cells": {"members": {**cell, "issued": 11}}}
    ).where(Score.id == row.id).execute()
    text = page(f"{where}/p3/how", client=signed_in)
    assert "选“不合格”的有 8 票，发出测评码 11 个：" in text
    assert "3 × 8 = 24 &gt; 11 = 1 × 11" in text
    assert "3 × 8 = 24 &gt; 22 = 2 × 11" in text
    said = "选“不合格”的超过应到（发出的测评码）的 1/3，请核实情况"
    assert said in page(where, client=signed_in)
    unknown = {key: value for key, value in cell.items() if key != "issued"}
    Score.update(details={**row.details, "cells": {"members": unknown}}).where(
        Score.id == row.id
    ).execute()
    assert "没有可比的总数，这一条不作比较" in page(f"{where}/p3/how", client=signed_in)


def test_few_valid_answers_are_said_beside_the_mean_that_hangs_on_them(
    survey: Round, page: Fetch
) -> None:
    (row,) = Score.select().join(Subject).where(Score.round == survey, Subject.key == "c1")
    (cell,) = row.details["cells"].values()
    second = questionnaire.of(survey).questions[1]
    cell["tallies"][second.id] = {second.options[0].id: 1}
    Score.update(details=row.details).where(Score.id == row.id).execute()
    text = page(f"/results/{survey.id}/c1/how")
    assert text.count("有效回答不足 5 份") == 1
    assert "答了的 20" in text
    # What was kept in the format of before has no such note.
    kept = Archive.get(Archive.round == survey)
    before = kept.document.replace(b"surveys-archive/2", b"surveys-archive/1")
    Archive.update(document=before).where(Archive.round == survey).execute()
    assert "有效回答不足" not in page(f"/results/{survey.id}/c1/how")


def test_the_working_reads_the_score_and_never_opens_the_archive(
    survey: Round, page: Fetch
) -> None:
    Archive.update(document=b"not an archive").execute()
    assert "1500 ÷ 20" in page(f"/results/{survey.id}/c1/how")


def test_a_drawn_survey_shows_its_interval_step_by_step(
    keys: Path, district: District, page: Fetch, site: Flask
) -> None:
    round_ = factories.published(keys, answered_survey(keys, district))
    Round.update(rules={**round_.rules, "sampling": "drawn"}).execute()
    row = Score.get(Score.round == round_, Score.position == 2)
    with site.test_request_context():
        found = how.explained(Round.get_by_id(round_.id), row)
        steps = how.interval_steps(found)
    assert found.interval is not None
    assert [each.result for each in steps][-2:] == ["53.13%", "88.81%"]
    assert "折合" in page(f"/results/{round_.id}/c1/how")
