"""A number that rests on few answers carries that beside it, wherever it stands."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from site_app.plan import document, store
from surveys.models import Round, Score
from tests import factories
from tests.factories import District
from tests.helpers import composites
from tests.helpers.results import Fetch, row_of

FEW = "有效回答不足 5 份"


@pytest.fixture
def survey(keys: Path, district: District) -> Round:
    """Of c1 eight papers, seven of which cannot say; of c2 eight that are content."""
    lines = "\n".join(f"{number}.示范条目{number}。示范内容。" for number in range(1, 11))
    text = f"2026年示范区组织工作要点\n\n一、示范工作\n\n{lines}\n"
    store.store(document.parse(text), None, replace=False)
    round_ = factories.opened(
        keys, factories.draft(district.first, [district.first], plan_items=[10])
    )
    factories.answer(keys, round_, "c1", {"overall": "unknown"}, 7)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"})
    return factories.published(keys, round_)


def beside(page: str, number: str) -> str:
    """The line of a page that a number stands in, as plain text, to the end of its block."""
    at = page.index(number)
    return " ".join(re.sub(r"<[^>]*>", " ", page[at : at + 700]).split())[:160]


def test_a_rate_of_one_answer_says_so_in_its_own_line_on_every_public_page(
    page: Fetch, survey: Round
) -> None:
    here = f"/results/{survey.id}"
    row = row_of(page(here), "甲一示范社区")
    assert "100.00%" in row
    assert FEW in row
    for path in ("/units/c1", "/results", "/plan/2026/10", f"{here}/c1/how"):
        assert FEW in beside(page(path), "100.00"), path
    for path in (f"{here}?lang=en", "/units/c1?lang=en"):
        assert "Fewer than 5 valid answers" in page(path)


def test_the_table_for_spreadsheets_says_so_in_the_same_line(
    signed_in: FlaskClient, survey: Round
) -> None:
    data = signed_in.get(f"/desk/rounds/{survey.id}/results/scores.csv").get_data()
    (row,) = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    assert (row["肯定率（加权）"], row["有效回答"]) == ("100.00", "1")
    assert FEW in row["说明"]


def test_where_enough_answered_nothing_is_said(keys: Path, district: District, page: Fetch) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 5)
    factories.published(keys, round_)
    for path in (f"/results/{round_.id}", "/results", "/units/c1"):
        assert FEW not in page(path)


def test_the_sheets_of_the_meeting_and_of_the_person_say_so(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    """Eight vote about p1: seven abstain, one says qualified. The grade has a valid answer."""
    round_, codes = factories.open_appraisal(keys, district)
    for n, code in enumerate(codes):
        factories.vote(keys, code, {"p1": "abstain" if n else "qualified", "p2": "qualified"})
    factories.published(keys, Round.get_by_id(round_.id))
    desk = f"/desk/rounds/{round_.id}"
    assert f"1 {FEW} 80.00" in row_of(page(f"{desk}/meeting", client=signed_in), "示例党员1")
    assert FEW not in row_of(page(f"{desk}/meeting", client=signed_in), "示例党员2")
    assert FEW in page(f"{desk}/persons/p1", client=signed_in)
    assert FEW not in page(f"{desk}/persons/p2", client=signed_in)
    assert FEW in row_of(page(f"{desk}/results", client=signed_in), "示例党员1")


def test_without_a_valid_answer_overall_there_is_no_grade(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    """All answer in the other columns alone: the meeting's sheet has neither score nor grade."""
    round_, codes = factories.open_appraisal(keys, district)
    for code in codes:
        factories.vote_fully(keys, code, {"p1": {"conviction": "excellent", "duty": "excellent"}})
    factories.published(keys, Round.get_by_id(round_.id))
    row = Score.get(Score.round == round_, Score.subject == factories.subject(round_, "p1"))
    assert (row.disclosure, row.grade) == ("full", None)
    sheet = page(f"/desk/rounds/{round_.id}/meeting", client=signed_in)
    assert row_of(sheet, "示例党员1").startswith("示例党员1 0 — — —")


def test_a_composite_says_which_part_rests_on_few_answers(
    page: Fetch, survey: Round, signed_in: FlaskClient
) -> None:
    whole = composites.stars(signed_in, survey)
    composites.publish(signed_in, composites.compute(signed_in, whole))
    told = f"群众满意率：{FEW}"
    assert told in row_of(page(f"/composites/{whole.id}"), "甲一示范社区")
    assert told in page("/units/c1")
    data = signed_in.get(f"{composites.desk(whole)}/scores.csv").get_data()
    assert told in data.decode("utf-8-sig")
