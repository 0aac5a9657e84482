"""Who leaves the roster: deleted where no result names them, else kept, and on no new ballot."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.models import Account, AuditEntry
from site_app.rounds.codes import code_rows
from surveys import composites, roster, rounds
from surveys.messages import Refused
from surveys.models import Archive, Person, Subject, Unit
from surveys.roster import leaving
from surveys.rounds import subjects
from tests import factories
from tests.conftest import form_token, sign_in
from tests.factories import START, District
from tests.surveys.roster.conftest import Run, a_composite_of_people

Page = Callable[..., str]
TODAY = date(2026, 5, 6)


def person(code: str) -> Person | None:
    return Person.get_or_none(Person.code == code)


def address(code: str) -> str:
    return f"/desk/people/{Person.get(Person.code == code).id}"


def unit(code: str) -> Unit | None:
    return Unit.get_or_none(Unit.code == code)


def post(browser: FlaskClient, path: str, **fields: str) -> int:
    token = form_token(browser.get(path))
    return browser.post(path, data={"csrf_token": token, **fields}).status_code


# Deleted, or left


def test_somebody_of_whom_nothing_speaks_is_deleted(district: District) -> None:
    assert leaving.remove(district.members[0], TODAY)
    assert person("p1") is None


def test_somebody_on_a_ballot_leaves_and_is_on_no_new_one(district: District, keys: Path) -> None:
    appraisal, _ = factories.open_appraisal(keys, district)
    assert not leaving.remove(district.members[0], TODAY)
    assert Person.get(Person.code == "p1").left_on == "2026-05-06"
    assert factories.subject(appraisal, "p1").person_id == district.members[0].id
    assert "p1" not in {each.code for each in subjects.members(district.branch)}
    draft = factories.draft(district.root, [district.branch], "member-appraisal")
    (row,) = code_rows(draft, {}, suggest=True)
    assert (row.people, row.wanted) == (7, "7")
    factories.codes(keys, draft, district.branch, 8)
    later = factories.opened(keys, draft)
    assert Subject.select().where(Subject.round == later, Subject.key == "p1").count() == 0


def test_nor_is_a_listed_code_of_somebody_who_left_taken_for_them(
    district: District, keys: Path
) -> None:
    leaver = district.members[0]
    Person.update(left_on="2026-01-01").where(Person.id == leaver.id).execute()
    draft = factories.draft(district.root, [district.first], "cadre-appraisal", listed=["p1", "p2"])
    factories.codes(keys, draft, district.first, 20)
    with suppress(Refused):
        factories.opened(keys, draft)
    assert not Subject.select().where(Subject.person == leaver).exists()


def test_somebody_whom_a_composite_judges_leaves(district: District) -> None:
    composites.choose_subjects(made := a_composite_of_people(district, "甲"), [])
    assert not leaving.is_spoken_of(district.members[0])
    composites.choose_subjects(made, composites.named(made, ["p1"]))
    assert not leaving.remove(district.members[0], TODAY)
    Person.create(code="c1", name="甲", unit=district.branch, membership="none")
    factories.composite(district, None)
    assert leaving.remove(Person.get(Person.code == "c1"), TODAY), "a unit's code is no person's"


def test_a_unit_of_which_nothing_speaks_is_deleted(district: District) -> None:
    assert leaving.remove(district.second, TODAY)
    assert unit("c2") is None


@pytest.mark.parametrize("named", ["subject", "place", "owner", "draft", "code", "somebody left"])
def test_a_unit_that_something_names_leaves(district: District, keys: Path, named: str) -> None:
    gone = {"subject": district.first, "draft": district.second}.get(named, district.third)
    if named == "subject":
        factories.open_survey(keys, district)
        Person.delete().execute()
        district.branch.delete_instance()
        Account.delete().where(Account.unit == gone).execute()
    elif named == "draft":
        factories.draft(district.root, [gone])
    elif named == "owner":
        factories.draft(gone, [gone])
    elif named == "somebody left":
        Person.create(code="q", name="甲", unit=gone, membership="full", left_on="2026-01-01")
    elif named == "code":
        draft = factories.draft(district.root, [gone], needs_codes=True)
        factories.codes(keys, draft, gone, 5)
    else:
        factories.open_survey(keys, district)
    assert not leaving.remove(gone, TODAY)
    assert Unit.get_by_id(gone.id).left_on == "2026-05-06"


def test_a_unit_with_people_units_or_accounts_stays(district: District) -> None:
    for gone, said in (
        (district.branch, "“甲一示范社区第一支部”下面还有 0 个单位、8 人"),
        (district.subdistrict, "“甲街道”下面还有 2 个单位、0 人"),
        (district.root, "“示范区”是最上一级"),
    ):
        with pytest.raises(Refused, match=said):
            leaving.remove(gone, TODAY)
    Account.create(name="second", unit=district.second)
    with pytest.raises(Refused, match="“甲二示范社区”还有账号"):
        leaving.remove(district.second, TODAY)
    assert Unit.select().count() == 7


def test_a_unit_that_left_can_be_chosen_no_more_and_a_draft_says_so(district: District) -> None:
    draft = factories.draft(district.root, [district.second, district.third])
    leaving.remove(district.second, TODAY)
    assert "c2" not in {each.code for each in rounds.candidates(draft)}
    said = [str(each) for each in rounds.issues_before_opening(draft, START)]
    assert said == [
        "甲二示范社区已离开名册，或已不在您的范围之内。请修改对象，保存一次，就去掉了。"
    ]


def test_who_left_stays_in_the_results(
    signed_in: FlaskClient, district: District, keys: Path, page: Page
) -> None:
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c2", {"overall": "satisfied"}, 8)
    factories.published(keys, survey)
    kept = bytes(Archive.get(Archive.round == survey).document)
    leaving.remove(district.second, TODAY)
    assert "甲二示范社区" in page(f"/results/{survey.id}")
    assert bytes(Archive.get(Archive.round == survey).document) == kept


def test_and_can_come_back_unless_the_unit_is_gone(district: District) -> None:
    first, branch = district.members[0], district.branch
    Person.update(left_on="2026-01-01").where(Person.unit == branch).execute()
    leaving.remove(branch, TODAY)
    with pytest.raises(Refused, match="“甲一示范社区第一支部”也已离开名册"):
        leaving.come_back(Person.get_by_id(first.id))
    leaving.come_back(Unit.get_by_id(branch.id))
    leaving.come_back(Person.get_by_id(first.id))
    assert [each.code for each in subjects.members(branch)] == ["p1"]


# Files


def test_a_file_brings_back_who_is_in_it_and_keeps_the_day_that_it_names(
    district: District,
) -> None:
    assert b"\xe7\xa6\xbb\xe5\xbc\x80" not in roster.PEOPLE.csv(), "no column where nobody left"
    Person.update(left_on="2026-01-02").where(Person.code << ["p1", "p2"]).execute()
    exported = roster.PEOPLE.csv()
    assert "离开日期" in exported.decode()
    assert roster.PEOPLE.preview(exported).same == 8
    excel = exported.decode().replace("2026-01-02", "2026/1/2").encode()
    assert roster.PEOPLE.preview(excel).same == 8
    head = "编号,姓名,所在单位编号,党员身份,流动\n"
    preview = roster.PEOPLE.preview(f"{head}p1,示例党员1,b1,正式党员,否\n".encode())
    assert [(each.key, each.new) for each in preview.changed[0].fields] == [("left_on", "")]
    roster.apply(preview)
    assert (person("p1").left_on, person("p2").left_on) == (None, "2026-01-02")


def test_a_day_that_is_none_is_said(district: District) -> None:
    head = "编号,姓名,所在单位编号,党员身份,流动,离开日期\n"
    for day in ("去年", "2026-02-30"):
        (error,) = roster.PEOPLE.preview(f"{head}p1,甲,b1,正式党员,否,{day}\n".encode()).errors
        assert (error.column, error.value) == ("离开日期", day)
        assert str(error).startswith("应为 2026-12-31 这样的日期")


def test_nobody_is_put_into_a_unit_that_left(district: District) -> None:
    Unit.update(left_on="2026-01-01").where(Unit.code == "c2").execute()
    head = "编号,姓名,所在单位编号,党员身份,流动\n"
    (error,) = roster.PEOPLE.preview(f"{head}q1,甲,c2,正式党员,否\n".encode()).errors
    assert (error.column, str(error)[:9]) == ("所在单位编号", "这个单位已离开名册")
    head = "编号,名称,类型,上级编号\n"
    (error,) = roster.UNITS.preview(f"{head}b2,第二支部,支部,c2\n".encode()).errors
    assert (error.column, str(error)[:9]) == ("上级编号", "这个单位已离开名册")


def test_a_unit_leaves_by_no_file(district: District) -> None:
    head = "编号,名称,类型,上级编号,离开日期\n"
    text = f"{head}s1,甲街道,街道,d,2026-01-01\n"
    (error,) = roster.UNITS.preview(text.encode()).errors
    assert "单位离开，请在“单位”页上办" in str(error)


def test_a_whole_roster_with_those_who_left_goes_into_an_empty_site(district: District) -> None:
    Person.update(left_on="2026-01-02").where(Person.unit == district.branch).execute()
    Unit.update(left_on="2026-01-02").where(Unit.code == "b1").execute()
    units, people = roster.UNITS.csv(), roster.PEOPLE.csv()
    Account.delete().execute()
    Person.delete().execute()
    Unit.update(parent=None).execute()
    Unit.delete().execute()
    roster.apply(roster.UNITS.preview(units))
    roster.apply(roster.PEOPLE.preview(people))
    assert (roster.UNITS.csv(), roster.PEOPLE.csv()) == (units, people)


# In the browser


def test_an_organiser_removes_somebody_after_a_question(
    signed_in: FlaskClient, district: District, page: Page
) -> None:
    question = page(address("p1"), client=signed_in)
    assert "没有哪次测评或综合评定提到" in question
    assert person("p1"), "asking changes nothing"
    assert post(signed_in, address("p1")) == 303
    assert person("p1") is None
    assert "“示例党员1”已从名册删去" in page("/desk/people", client=signed_in)
    entry = AuditEntry.get(AuditEntry.action == "roster-delete")
    assert (entry.unit.code, entry.detail) == ("b1", "示例党员1")


def test_who_left_is_shown_as_such_and_can_be_brought_back(
    signed_in: FlaskClient, district: District, keys: Path, page: Page
) -> None:
    factories.open_appraisal(keys, district)
    assert "只记为今天离开" in page(address("p1"), client=signed_in)
    assert post(signed_in, address("p1")) == 303
    day = Person.get(Person.code == "p1").left_on
    assert f"已离开 {day}" in page("/desk/people", client=signed_in)
    assert f"已离开 {day}" in page(address("p1"), client=signed_in)
    assert post(signed_in, address("p1"), back="1") == 303
    assert Person.get(Person.code == "p1").left_on is None
    actions = [each.action for each in AuditEntry.select() if each.action.startswith("roster")]
    assert actions == ["roster-leave", "roster-back"]


def test_a_unit_goes_likewise_or_it_is_said_why_not(
    signed_in: FlaskClient, district: District, page: Page
) -> None:
    assert post(signed_in, "/desk/units/c2") == 303
    assert unit("c2") is None
    assert post(signed_in, "/desk/units/b1") == 409
    Unit.update(left_on="2026-01-02").where(Unit.code == "c3").execute()
    assert "已离开 2026-01-02" in page("/desk/units", client=signed_in)
    page("/desk/units/c3", client=signed_in)


def test_only_within_reach(site: Flask, district: District) -> None:
    browser = sign_in(site, district.community_organiser)
    Person.create(code="z", name="甲", unit=district.third, membership="full")
    for path in (address("z"), "/desk/units/c2", "/desk/people/999", "/desk/units/none"):
        assert browser.get(path).status_code == 404
        token = form_token(browser.get("/desk/people"))
        assert browser.post(path, data={"csrf_token": token}).status_code == 404
    assert person("z")
    assert unit("c2")
    assert post(browser, "/desk/units/c1") == 409


# By command


def test_people_and_units_go_by_command(run: Run, district: District) -> None:
    assert run("people", "remove", "p1") == (0, "“示例党员1”已从名册删去。\n", "")
    assert run("units", "remove", "c2")[0] == 0
    assert (person("p1"), unit("c2")) == (None, None)
    code, _, said = run("units", "remove", "b1")
    assert (code, said.count("\n")) == (2, 1)
    assert run("people", "remove", "nobody")[2] == "名册里没有编号“nobody”。\n"
