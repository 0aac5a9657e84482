"""Whom a composite judges: people where they belong, and namesakes told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveys import composites as composing
from surveys.composites import library, sources
from surveys.models import Composite, Person, Round, Unit
from tests import factories
from tests.factories import District
from tests.helpers import composites


@pytest.fixture
def q1(district: District) -> Person:
    """The secretary of a branch of the second community."""
    branch = factories.unit("b2", "甲二示范社区第一支部", "branch", district.second)
    return factories.person("q1", "示例书记", branch)


def report(keys: Path, place: Unit, owner: Unit) -> Round:
    """The secretaries p1 and q1, of two communities, report at a meeting held in this place."""
    draft = factories.draft(owner, [place], "secretary-report", listed=["p1", "q1"])
    codes = factories.codes(keys, draft, place, 8)
    round_ = factories.opened(keys, draft)
    for code in codes:
        factories.vote(keys, code, {"p1": "good", "q1": "good"})
    return factories.closed(keys, round_)


def survey(keys: Path, district: District, *rated: Unit) -> Round:
    """c1 is 75 satisfied in 100, c2 50, and whatever else is rated 100."""
    chosen = [district.first, district.second, *rated]
    round_ = factories.opened(keys, factories.draft(district.root, chosen, "enterprise-survey"))
    good = {"c1": 15, "c2": 10}
    for unit in chosen:
        n = good.get(unit.code, 20)
        factories.answer(keys, round_, unit.code, {"overall": "satisfied"}, n)
        factories.answer(keys, round_, unit.code, {"overall": "dissatisfied"}, 20 - n)
    return factories.closed(keys, round_)


@pytest.mark.parametrize("codes", [(), ("p1", "q1")], ids=["from the sources", "typed"])
@pytest.mark.parametrize("is_rated", [False, True], ids=["a mere place", "itself rated"])
def test_secretaries_have_the_satisfaction_of_their_own_community_wherever_they_reported(
    keys: Path, district: District, q1: Person, codes: tuple[str, ...], is_rated: bool
) -> None:
    place = district.subdistrict
    meeting = report(keys, place, district.root)
    residents = survey(keys, district, *([place] if is_rated else []))
    whole = composing.create(library()["secretary-report"], district.root, "示范述职")
    chosen = {"meeting": ("round", meeting.id), "residents": ("round", residents.id)}
    composing.choose_sources(whole, chosen)
    judged = composing.named(whole, codes) if codes else composing.in_sources(whole)
    composing.choose_subjects(whole, judged)
    there = sources.at_hand(Composite.get_by_id(whole.id))
    assert there["p1"] == {"meeting": "100.00", "residents": "75.00"}
    assert there["q1"] == {"meeting": "100.00", "residents": "50.00"}
    places = {each.key: each.place_label for each in sources.subjects_of(whole)}
    assert places == {"p1": "甲一示范社区第一支部", "q1": "甲二示范社区第一支部"}


def stars_of_namesakes(district: District) -> Composite:
    """Two units named alike in two subdistricts, and one of another name."""
    factories.unit("x1", "示范里社区", "community", district.subdistrict)
    factories.unit("x2", "示范里社区", "community", district.other_subdistrict)
    whole = composing.create(library()["community-stars"], district.root, "示范星级")
    composing.choose_subjects(whole, composing.named(whole, ["x1", "x2", "c1"]))
    return whole


def labels(whole: Composite) -> list[str]:
    return [each.label for each in sources.subjects_of(whole)]


def test_namesakes_are_told_apart_by_where_they_belong_else_by_their_code(
    district: District, q1: Person
) -> None:
    other = factories.unit("b3", "乙一示范社区第一支部", "branch", district.third)
    for code, branch in (("n1", district.branch), ("n2", q1.unit), ("n3", other), ("n4", other)):
        factories.person(code, "示例重名", branch)
    whole = composing.create(library()["five-appraisals"], district.root, "示范五评议")
    composing.choose_subjects(whole, composing.named(whole, ["n1", "p1", "n3", "n4", "n2"]))
    assert labels(whole) == [
        *("示例重名（甲一示范社区第一支部）", "示例党员1", "示例重名（n3）", "示例重名（n4）"),
        "示例重名（甲二示范社区第一支部）",
    ]
    assert labels(stars_of_namesakes(district)) == [
        *("示范里社区（甲街道）", "示范里社区（乙街道）", "甲一示范社区"),
    ]


def test_namesakes_are_told_apart_in_the_page_the_table_and_the_document(
    district: District, signed_in: FlaskClient
) -> None:
    whole = composites.compute(signed_in, stars_of_namesakes(district))
    page = signed_in.get(composites.desk(whole)).get_data(as_text=True)
    table = signed_in.get(f"{composites.desk(whole)}/scores.csv").get_data(as_text=True)
    for text in (page, table, bytes(whole.document).decode()):
        assert "示范里社区（甲街道）" in text
        assert "示范里社区（乙街道）" in text
