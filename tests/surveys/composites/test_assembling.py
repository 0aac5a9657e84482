"""What a composite is put together from: what its sources say of themselves."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from surveys import composites, rounds
from surveys.composites import library
from surveys.composites import sources as assembling
from surveys.models import Archive, Composite
from tests import factories
from tests.factories import District

EARLY = datetime(2026, 3, 10, 7, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def computed(whole: Composite) -> Composite:
    composites.compute(Composite.get_by_id(whole.id), EARLY, EARLY.date())
    return Composite.get_by_id(whole.id)


def sources(whole: Composite) -> list[dict[str, str]]:
    return json.loads(whole.document)["sources"]


def test_a_source_was_closed_on_the_day_that_its_own_document_says(
    keys: Path, district: District
) -> None:
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c1", {"overall": "satisfied"}, times=9)
    survey = factories.closed(keys, survey, EARLY)
    archive = json.loads(Archive.get(Archive.round == survey).document)
    assert archive["round"]["closed_on"] == "2026-03-10", "in Greenwich it was still the 9th"
    rounds.publish(survey, "六月底前整改。", EARLY)
    stars = computed(factories.composite(district, survey))
    assert [each["closed_on"] for each in sources(stars)] == ["2026-03-10"]
    composites.publish(stars, stars.sha256, EARLY)
    scores = composites.create(library()["unit-score"], district.root, "示范量化考核")
    composites.choose_sources(scores, {"residents": ("composite", stars.id)})
    composites.choose_subjects(scores, composites.named(scores, ["c1"]))
    assert [each["closed_on"] for each in sources(computed(scores))] == ["2026-03-10"]


def test_units_on_a_list_are_judged_themselves_not_the_place_that_rates_them(
    keys: Path, district: District
) -> None:
    made = factories.draft(
        district.root,
        [district.root],
        "talent-work",
        needs_codes=True,
        listed=[district.first.code, district.second.code],
    )
    codes = factories.codes(keys, made, district.root, 8)
    factories.opened(keys, made)
    for code in codes:
        factories.vote(keys, code, {district.first.code: "excellent"})
    rating = factories.closed(keys, made)
    whole = composites.create(library()["unit-score"], district.root, "示范量化考核")
    part = library()["unit-score"].parts_from("round")[0]
    composites.choose_sources(whole, {part: ("round", rating.id)})
    judged = composites.in_sources(whole)
    assert [each.unit for each in judged] == [district.first.id, district.second.id]
    composites.choose_subjects(whole, judged)
    assert assembling.at_hand(whole)[district.first.code], "its own score is there"
