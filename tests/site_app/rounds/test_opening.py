"""From the draft to the open round: who is meant, who may vote, what the clock shows."""

from __future__ import annotations

import importlib
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, i18n
from site_app.accounts import sign_in as signing_in
from site_app.models import Plan
from site_app.plan import store
from site_app.rounds import draft_form
from surveys import ballots, inputs, rounds
from surveys.db import database
from surveys.models import Person, Round, Score, Subject, Unit
from surveys.questionnaires import questionnaire
from tests import factories
from tests.conftest import form_token, sign_in
from tests.factories import DURING, START, District
from tests.helpers.desk import SetClock, post, reloaded, text


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(START)
    monkeypatch.setattr(signing_in, "SIGNED_IN", timedelta(days=400))


def fields(round_: Round) -> list[str]:
    return [each.field for each in rounds.issues_before_opening(round_, START)]


def sentences(round_: Round) -> str:
    return " ".join(map(str, rounds.issues_before_opening(round_, START)))


def recommended(district: District, *names: str, chosen: list[Unit] | None = None) -> Round:
    return factories.draft(
        district.root, chosen or [district.first], "recommendation", listed=names
    )


# Whether results are summed up the tree


def test_a_team_appraised_by_classes_keeps_a_class_of_three(keys: Path, district: District) -> None:
    made = factories.draft(district.root, [district.first], "team-appraisal")
    given = {
        group.key: ballots.issue_codes(keys, made, district.first, group, count)
        for group, count in zip(rounds.groups_of(made), (3, 12, 20), strict=True)
    }
    made = factories.opened(keys, made)
    assert [each.parent_id for each in Subject.select().where(Subject.round == made)] == [None]
    for code in (code for some in given.values() for code in some):
        factories.vote(keys, code, {"c1": "good"})
    (score,) = Score.of(factories.closed(keys, made))
    assert score.disclosure == "full"
    assert (score.score, score.details["notes"]) == ("80.00", ["merged"])


def test_where_nothing_is_summed_a_unit_above_a_rated_one_is_no_parent(
    keys: Path, district: District
) -> None:
    chosen = [district.subdistrict, district.first]
    made = factories.draft(district.root, chosen, "team-appraisal")
    for unit in chosen:
        factories.codes(keys, made, unit, 5)
    factories.opened(keys, made)
    assert {each.key: each.parent_id for each in Subject.select()} == {"s1": None, "c1": None}


def test_a_survey_is_summed_up_the_tree_and_a_round_of_before_too(
    keys: Path, district: District
) -> None:
    made = factories.draft(district.root, [district.first, district.third])
    old = made.questionnaire
    del old["summed"]
    Round.update(questionnaire=old).where(Round.id == made.id).execute()
    factories.opened(keys, reloaded(made))
    above = {each.key: each.parent and each.parent.key for each in Subject.select()}
    assert above == {"d": None, "s1": "d", "c1": "s1", "s2": "d", "c3": "s2"}


def test_every_shipped_file_says_whether_results_are_summed() -> None:
    for form in questionnaire.library().values():
        assert isinstance(form.document["summed"], bool), form.id
        assert form.summed <= questionnaire.has_tree(form.document)


# Whom a line of a list means


@pytest.mark.parametrize("line", ["999999", "241", "２４１", "p99", "Z-1"])
def test_what_looks_like_a_code_and_is_none_is_no_name(line: str, district: District) -> None:
    made = recommended(district, "p1", line)
    assert "listed" in fields(made)
    assert f"“{line}”像编号" in sentences(made)


def test_what_has_the_shape_of_a_known_code_is_a_code(district: District) -> None:
    Person.update(code="党员001").where(Person.code == "p1").execute()
    assert "像编号" in sentences(recommended(district, "党员999"))
    assert "listed" not in fields(recommended(district, "党员001", "赵示例", "Ada Example"))


def test_a_name_that_one_person_bears_is_that_person(keys: Path, district: District) -> None:
    made = recommended(district, "示例党员3", "赵示例")
    factories.codes(keys, made, district.first, 8)
    factories.opened(keys, made)
    known = [(each.key, each.person_id) for each in Subject.select()]
    assert known == [("p3", district.members[2].id), ("no-2", None)]


def test_a_name_that_several_bear_needs_the_code(district: District) -> None:
    factories.person("p9", "示例党员3", district.branch)
    assert "编号 p3、p9" in sentences(recommended(district, "示例党员3"))
    assert "listed" not in fields(recommended(district, "p9"))


def test_two_lines_about_one_person_are_refused(district: District) -> None:
    assert "是同一个" in sentences(recommended(district, "示例党员3", "p3"))


def test_a_person_out_of_reach_is_none(district: District) -> None:
    made = factories.draft(district.third, [district.third], "recommendation", listed=["p1"])
    assert "“p1”像编号" in sentences(made)


def test_the_draft_says_whom_each_line_means(signed_in: FlaskClient, district: District) -> None:
    made = recommended(district, "p1", "赵示例")
    page = text(signed_in.get(f"/desk/rounds/{made.id}"))
    assert "p1 → 示例党员1（甲一示范社区第一支部）" in page
    assert "名册里没有" in page.split("赵示例")[1][:200]


# Namesakes


def test_namesakes_have_names_that_differ_wherever_they_stand(
    keys: Path, district: District
) -> None:
    factories.person("p80", "示例党员8", district.branch)
    second = factories.unit("b2", "甲二示范社区第一支部", "branch", district.second)
    for number in (1, 21, 22, 23, 24, 25):
        factories.person(f"n{number}", f"示例党员{number}", second)
    made = factories.draft(district.root, [district.branch, second], "member-appraisal")
    factories.codes(keys, made, district.branch, 9)
    factories.codes(keys, made, second, 6)
    factories.opened(keys, made)
    names = {each.key: each.label for each in Subject.select()}
    assert (names["p8"], names["p80"]) == ("示例党员8（p8）", "示例党员8（p80）")
    assert names["p1"] == f"示例党员1（{district.branch.name}）"
    assert names["n1"] == f"示例党员1（{second.name}）"
    assert names["p7"] == "示例党员7"


def test_units_of_one_name_are_told_apart_by_what_stands_above(
    keys: Path, district: District
) -> None:
    Unit.update(name="新示范社区").where(Unit.code.in_(["c1", "c3"])).execute()
    factories.opened(keys, factories.draft(district.root, [district.first, district.third]))
    rated = Subject.select().where(Subject.rated)
    assert {each.label for each in rated} == {"新示范社区（甲街道）", "新示范社区（乙街道）"}
    assert {each.place_label for each in rated} == {each.label for each in rated}


# Units that are gone


@pytest.mark.parametrize("how", ["moved", "left", "deleted"])
def test_a_unit_that_is_out_of_reach_keeps_a_round_from_opening(
    how: str, signed_in: FlaskClient, district: District
) -> None:
    made = factories.draft(district.subdistrict, [district.first, district.second])
    if how == "moved":
        Unit.update(parent=district.other_subdistrict).where(Unit.code == "c2").execute()
    elif how == "left":
        Unit.update(left_on="2026-03-01").where(Unit.code == "c2").execute()
    else:
        district.second.delete_instance()
    assert "chosen" in fields(made)
    for page in ("", "/posters", "/codes", "/edit"):
        text(signed_in.get(f"/desk/rounds/{made.id}{page}"))


def test_a_poster_of_an_open_round_outlives_a_move_of_its_unit(
    signed_in: FlaskClient, keys: Path, district: District
) -> None:
    made = factories.opened(keys, factories.draft(district.subdistrict, [district.first]))
    Unit.update(parent=district.other_subdistrict, name="改名").where(Unit.code == "c1").execute()
    assert "甲一示范社区" in text(signed_in.get(f"/desk/rounds/{made.id}/poster/c1"))
    text(signed_in.get(f"/s/{made.id}/c1"))


# Times


def test_midnight_is_the_end_of_a_day_as_typed_and_as_told(site: Flask) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for words in ("2026-12-31 24:00", "２０２６年12月31日 24时00分", "2027-01-01 00:00"):
        assert draft_form.instant(words, zone, "ends_at") == datetime(2027, 1, 1, tzinfo=zone)
    for words in ("2026-12-31 24:01", "2026-12-31 25:00"):
        with pytest.raises(inputs.BadSetting):
            draft_form.instant(words, zone, "ends_at")
    with site.test_request_context():
        assert i18n.end_time(datetime(2027, 1, 1, tzinfo=zone)) == "2026-12-31 24:00"
        assert i18n.end_time(datetime(2027, 1, 1, 0, 1, tzinfo=zone)) == "2027-01-01 00:01"


def test_an_hour_that_is_left_out_is_refused_and_one_that_comes_twice_is_the_first() -> None:
    zone = ZoneInfo("Europe/Berlin")
    with pytest.raises(inputs.BadSetting, match="不存在"):
        draft_form.instant("2026-03-29 02:30", zone, "ends_at")
    twice = draft_form.instant("2026-10-25 02:30", zone, "ends_at")
    assert twice is not None
    assert twice.utcoffset() == timedelta(hours=2)


def test_the_plan_of_a_day_is_that_of_its_year(site: Flask) -> None:
    assert store.of_day(date(2026, 11, 20)) is None
    for year in (2025, 2026, 2027):
        Plan.create(year=year, title=f"{year}年示范要点")
    years = {day.year: store.of_day(day) for day in (date(2026, 11, 20), date(2027, 1, 1))}
    assert {day: plan.year for day, plan in years.items() if plan} == {2026: 2026, 2027: 2027}
    first = store.of_day(date(2024, 1, 1))
    assert first is not None
    assert first.year == 2025


def test_next_years_plan_hides_nothing_that_runs(
    client: FlaskClient, signed_in: FlaskClient, keys: Path, district: District
) -> None:
    for year in (2026, 2027):
        Plan.create(year=year, title=f"{year}年示范要点")
    assert '<h1 lang="zh-CN">2026年示范要点' in text(client.get("/"))
    sent = {"questionnaire": "resident-satisfaction"}
    assert post(signed_in, "/desk/rounds/new", sent).status_code == 303
    assert Round.get().plan_year == 2026
    running = factories.open_survey(keys, district, title="跨年的示范调查")
    Round.update(plan_year=2027).where(Round.id == running.id).execute()
    assert "跨年的示范调查" in text(client.get("/"))


# The clock


@pytest.mark.parametrize(
    ("hours", "doubt"), [(-1, "behind"), (0, None), (24, None), (25, "ahead"), (-9000, "behind")]
)
def test_a_clock_is_doubted_before_the_newest_time_known_and_a_day_after_it(
    hours: int, doubt: str | None
) -> None:
    assert clock.doubt(START + timedelta(hours=hours), START) == doubt
    assert clock.doubt(START, None) is None


@pytest.mark.parametrize("off", [timedelta(days=2), timedelta(days=-2)])
def test_a_clock_that_is_off_opens_nothing_until_somebody_has_looked(
    off: timedelta, site: Flask, district: District, set_clock: SetClock
) -> None:
    made = factories.draft(district.root, [district.first], ends=START + timedelta(days=30))
    sign_in(site, district.community_organiser)
    set_clock(START + off)
    browser = sign_in(site, district.organiser)
    here = f"/desk/rounds/{made.id}"
    page = text(browser.get(here))
    assert "网站的时钟现在是" in page
    assert 'name="clock_is_right"' in page
    assert "对一下钟" in text(post(browser, f"{here}/open", form=here), 409)
    assert reloaded(made).state == "draft"
    sent = {"clock_is_right": "yes"}
    assert post(browser, f"{here}/open", sent, form=here).status_code == 303
    assert reloaded(made).state == "open"


def test_a_clock_that_is_right_is_shown_with_its_weekday_and_not_asked_about(
    site: Flask, district: District, set_clock: SetClock
) -> None:
    sign_in(site, district.community_organiser)
    set_clock(DURING)
    browser = sign_in(site, district.organiser)
    made = factories.draft(district.root, [district.first])
    page = text(browser.get(f"/desk/rounds/{made.id}"))
    assert "2026-03-02 10:00 星期一" in page
    assert 'name="clock_is_right"' not in page
    assert "Monday" in text(browser.get(f"/desk/rounds/{made.id}?lang=en"))


# Refused, and back


def test_whoever_edits_what_was_opened_meanwhile_is_told_so_and_keeps_the_words(
    signed_in: FlaskClient, keys: Path, district: District
) -> None:
    made = factories.draft(district.root, [district.first])
    here = f"/desk/rounds/{made.id}/edit"
    token = form_token(signed_in.get(here))
    factories.opened(keys, made)
    sent = {
        "csrf_token": token,
        "revision": str(made.revision),
        "title": "改过的示范名称",
        "chosen": [str(district.first.id)],
        "taking_part": "open",
        "minimum": "5",
        "weight-residents": "1",
    }
    for pressed in ({}, {}, {"keep": ""}, {"tick": "all"}, {"minimum": "1"}):
        page = text(signed_in.post(here, data={**sent, **pressed}), 409)
        assert "<button>保存</button>" not in page
        assert "已经不是草稿，设置锁定了" in page
        assert "以这一页为准" not in page
        assert "改过的示范名称" in page
        assert f'href="/desk/rounds/{made.id}"' in page


def test_every_address_of_the_desk_that_takes_forms_alone_leads_to_its_page(
    site: Flask, signed_in: FlaskClient
) -> None:
    values = {
        "round_id": 1,
        "composite_id": 1,
        "key": "c1",
        "year": 2026,
        "number": 1,
        "deduction_id": 1,
    }
    tried = 0
    adapter = site.url_map.bind("")
    for rule in site.url_map.iter_rules():
        if not rule.rule.startswith("/desk/") or "GET" in (rule.methods or ()):
            continue
        path = adapter.build(rule.endpoint, values, method="POST")
        answer = signed_in.get(path)
        assert answer.status_code == 303, path
        assert adapter.test(answer.location, "GET"), path
        assert path.startswith(answer.location.removesuffix("/codes")), path
        tried += 1
    assert tried >= 9
    assert signed_in.get("/desk/rounds/1/void").location == "/desk/rounds/1/codes"
    assert signed_in.get("/desk/rounds/1/open").location == "/desk/rounds/1"
    assert signed_in.get("/sign-out").status_code == 405


def test_namesakes_of_a_round_that_was_open_before_are_told_apart_by_the_upgrade(
    keys: Path, district: District
) -> None:
    factories.person("p80", "示例党员8", district.branch)
    made, _ = factories.open_appraisal(keys, district, 9)
    Subject.update(label="示例党员8").where(Subject.key.in_(["p8", "p80"])).execute()
    database.execute_sql('ALTER TABLE "round" DROP COLUMN "electorate"')
    importlib.import_module("site_app.migrations.0007_electorate").up(None, database)
    names = {each.key: each.label for each in Subject.select().where(Subject.round == made)}
    assert (names["p8"], names["p80"]) == ("示例党员8（p8）", "示例党员8（p80）")
    assert names["p7"] == "示例党员7"


def test_whoever_changes_rules_of_what_was_opened_meanwhile_keeps_them_on_the_page(
    signed_in: FlaskClient, keys: Path, district: District
) -> None:
    made = factories.draft(district.root, [district.first])
    here = f"/desk/rounds/{made.id}/rules"
    token = form_token(signed_in.get(here))
    factories.opened(keys, made)
    sent = {"csrf_token": token, "revision": str(made.revision), "rank_from": "77"}
    for more in ({}, {"keep": "1"}):
        page = text(signed_in.post(here, data=sent | more), 409)
        assert "已经不是草稿，设置锁定了" in page
        assert 'value="77"' in page
        assert ">保存</button>" not in page
