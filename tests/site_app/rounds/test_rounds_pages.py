"""The organiser's desk over HTTP: a round from draft to published, and what must be refused."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from site_app.accounts import sign_in as signing_in
from site_app.models import AuditEntry, Plan, PlanItem, PlanSection
from surveys import rounds
from surveys.ballots import seal
from surveys.models import Archive, Round, Unit
from surveys.models.ballots import Rating
from tests import factories
from tests.conftest import form_token, sign_in
from tests.factories import AFTER, DURING, END, START, District
from tests.helpers.desk import SetClock, post, reloaded, text

GOOD = {"overall": "satisfied"}


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the start; who is signed in stays so when a test moves it."""
    set_clock(START)
    monkeypatch.setattr(signing_in, "SIGNED_IN", timedelta(days=30))


@pytest.fixture
def plan(site: Flask) -> Plan:
    made = []
    for year in (2025, 2026):
        each = Plan.create(year=year, title=f"{year}年示范要点")
        section = PlanSection.create(plan=each, position=1, heading="示范")
        for number in (3, 10, 12):
            PlanItem.create(plan=each, section=section, number=number, title=f"示范条目{number}")
        made.append(each)
    return made[-1]


def settings(round_: Round, **changes: Any) -> dict[str, Any]:
    """The form of a draft as the browser sends it, with some fields changed."""
    return {
        "revision": round_.revision,
        "title": "示范调查",
        "items": ["2026-10", "2026-12"],
        "chosen": round_.chosen,
        "weight-residents": "1",
        "opens_at": "2026-03-02T09:00",
        "ends_at": "2026-03-09T09:00:00",
        "taking_part": "open",
        "minimum": "5",
        **changes,
    }


def edited(browser: FlaskClient, round_: Round, **changes: Any) -> TestResponse:
    return post(browser, f"/desk/rounds/{round_.id}/edit", settings(round_, **changes))


def made(browser: FlaskClient, title: str = "2026年示范") -> Round:
    """A draft of a residents' survey, made in the browser."""
    typed = {"questionnaire": "resident-satisfaction", "title": title}
    answer = post(browser, "/desk/rounds/new", typed)
    assert answer.status_code == 303
    return Round.select().order_by(Round.id.desc()).get()


def the_whole_life_ends_published(
    browser: FlaskClient, set_clock: SetClock, keys: Path, district: District
) -> Round:
    round_ = made(browser)
    answer = edited(browser, round_, chosen=[district.first.id, district.second.id])
    assert answer.status_code == 303
    here = f"/desk/rounds/{round_.id}"
    assert "都准备好了" in text(browser.get(here))
    assert post(browser, f"{here}/open", form=here).status_code == 303

    set_clock(DURING)
    round_ = reloaded(round_)
    factories.answer(keys, round_, "c1", GOOD, 8)
    factories.answer(keys, round_, "c2", GOOD, 3)
    watching = text(browser.get(here))
    assert "甲一示范社区：收回 8" in watching
    assert "100.00" not in watching
    assert "收回 11 份" in text(browser.get("/desk"))

    set_clock(AFTER)
    asking = text(browser.get(f"{here}/count"))
    hidden = asking[asking.index("人数太少，不显示") : asking.index(">参与情况")]
    assert "甲二示范社区" in hidden
    counted = text(post(browser, f"{here}/count"))
    assert "已计 11 / 11 份评分" in counted
    assert "计票完成" in counted

    answer = post(browser, f"{here}/publish", {"pledge": "六月底前修好楼道灯。"}, form=here)
    assert answer.status_code == 303
    answer = post(browser, f"{here}/pledge", {"pledge": "已修好。"}, form=here)
    assert answer.status_code == 303
    return reloaded(round_)


def test_a_round_lives_from_draft_to_published_in_the_browser(
    signed_in: FlaskClient, set_clock: SetClock, keys: Path, district: District, plan: Plan
) -> None:
    round_ = the_whole_life_ends_published(signed_in, set_clock, keys, district)
    assert (round_.state, round_.plan_year, round_.plan_items) == ("published", 2026, [10, 12])
    page = text(signed_in.get(f"/desk/rounds/{round_.id}"))
    assert "六月底前修好楼道灯。" in page
    assert "已修好。" in page
    sheet = text(signed_in.get(f"/desk/rounds/{round_.id}/protocol"))
    assert Archive.get(Archive.round == round_).sha256 in sheet
    assert "监票人" in sheet
    assert [entry.action for entry in AuditEntry.select().order_by(AuditEntry.id)] == [
        "sign-in",
        "create",
        "edit",
        "open",
        "count",
        "publish",
        "pledge",
    ]


def test_the_same_life_in_english(
    signed_in: FlaskClient, set_clock: SetClock, keys: Path, district: District
) -> None:
    signed_in.get("/?lang=en")
    round_ = made(signed_in)
    for path in ("", "/edit", "/codes"):
        assert 'lang="en"' in text(signed_in.get(f"/desk/rounds/{round_.id}{path}"))


def test_the_desk_shows_first_what_wants_doing(
    signed_in: FlaskClient, set_clock: SetClock, keys: Path, district: District
) -> None:
    titles = {"已公布": "", "进行中": "", "草稿": "", "待公布": "", "待计票": ""}
    factories.published(keys, factories.open_survey(keys, district, title="已公布"))
    factories.open_survey(keys, district, title="进行中", ends=END + timedelta(days=9))
    factories.draft(district.root, [district.first], title="草稿")
    factories.closed(keys, factories.open_survey(keys, district, title="待公布"))
    factories.open_survey(keys, district, title="待计票")
    set_clock(AFTER)
    page = text(signed_in.get("/desk"))
    order = sorted(titles, key=lambda title: page.index(f"{title}</span></a>"))
    assert order == ["待计票", "待公布", "草稿", "进行中", "已公布"]


def test_a_long_desk_is_paged(signed_in: FlaskClient, district: District) -> None:
    for number in range(51):
        factories.draft(district.root, [district.first], title=f"示范{number}")
    assert "示范0<" not in text(signed_in.get("/desk"))
    assert "示范0<" in text(signed_in.get("/desk?page=2"))


def test_a_draft_says_what_is_missing_and_where_to_mend_it(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = made(signed_in)
    here = f"/desk/rounds/{round_.id}"
    page = text(signed_in.get(here))
    assert "还没有选测评对象" in page
    assert f'{here}/edit#chosen"' in page
    assert 'id="chosen"' in text(signed_in.get(f"{here}/edit"))
    assert "开始这次测评" not in page
    refused = text(post(signed_in, f"{here}/open", form=here), 409)
    assert "还没有选测评对象" in refused
    assert reloaded(round_).state == "draft"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weight-residents": "-1"}, "权重“-1”不行"),
        ({"weight-residents": "NaN"}, "权重“NaN”不行"),
        ({"weight-residents": "1e9"}, "权重“1e9”不行"),
        ({"weight-residents": "1000000000"}, "权重“1000000000”不行"),
        ({"ends_at": "2026-03-01T09:00"}, "截止时间须晚于开始时间"),
        ({"ends_at": "2026-03-02T09:00"}, "截止时间须晚于开始时间"),
        ({"ends_at": "明天"}, "时间“明天”看不懂"),
        ({"opens_at": "2026-02-30T09:00"}, "时间“2026-02-30T09:00”看不懂"),
        ({"opens_at": "0001-01-01T00:00"}, "看不懂"),
        ({"title": " "}, "起一个名称"),
        ({"title": "长" * 101}, "最多 100 字"),
        ({"minimum": "2"}, "最少人数"),
        ({"minimum": "五"}, "最少人数"),
        ({"chosen": ["999999999999999999999"]}, "不在您的范围之内"),
        ({"taking_part": ""}, "请选择参加方式"),
        ({"items": ["2026-99"]}, "不在工作要点里"),
        ({"items": ["2026-10", "2025-10"]}, "同一年"),
        ({"revision": "99999999999999999999"}, "没有保存"),
    ],
)
def test_a_bad_setting_gets_one_sentence_keeps_what_was_typed_and_changes_nothing(
    signed_in: FlaskClient, district: District, plan: Plan, change: dict[str, Any], says: str
) -> None:
    round_ = factories.draft(district.root, [district.first])
    before = reloaded(round_).__data__
    answer = edited(signed_in, round_, **{"title": "改过的名称", **change})
    page = text(answer, 409 if "revision" in change else 422)
    assert says in page
    if "title" not in change:
        assert 'value="改过的名称"' in page
    typed = next((value for value in change.values() if isinstance(value, str)), "")
    assert typed.strip() in page or "revision" in change
    assert reloaded(round_).__data__ == before


def test_units_beyond_reach_are_refused_and_never_offered(site: Flask, district: District) -> None:
    browser = sign_in(site, district.community_organiser)
    round_ = made(browser)
    assert "乙一示范社区" not in text(browser.get(f"/desk/rounds/{round_.id}/edit"))
    page = text(edited(browser, round_, chosen=[district.third.id]), 422)
    assert "不在您的范围之内" in page
    assert reloaded(round_).chosen == []


def test_rounds_beyond_reach_do_not_exist(site: Flask, district: District, keys: Path) -> None:
    round_, _codes = factories.open_appraisal(keys, district)
    browser = sign_in(site, district.community_organiser)
    for path in ("", "/edit", "/count", "/codes", "/protocol", "/poster/c1"):
        assert browser.get(f"/desk/rounds/{round_.id}{path}").status_code == 404
    for verb in ("open", "delay", "abandon", "publish", "pledge", "count", "codes", "void"):
        answer = post(browser, f"/desk/rounds/{round_.id}/{verb}", form="/desk")
        assert answer.status_code == 404
    assert reloaded(round_).state == "open"


def test_full_width_digits_and_seconds_are_forgiven(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = factories.draft(district.root, [district.first])
    change = {
        "weight-residents": "４０",
        "minimum": "６",
        "ends_at": "２０２６－３－９ １８：３０：１５",
    }
    assert edited(signed_in, round_, **change).status_code == 303
    saved = reloaded(round_)
    assert saved.ends_at.isoformat() == "2026-03-09T10:30:15+00:00"
    assert saved.rules["minimum"] == 6
    assert rounds.groups_of(saved)[0].weight == "40"
    assert 'value="2026-03-09T18:30:15"' in text(signed_in.get(f"/desk/rounds/{round_.id}/edit"))


def test_all_units_under_a_parent_are_ticked_without_saving(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = factories.draft(district.root, [district.third])
    ticked = {"tick": str(district.subdistrict.id), "title": "还没保存"}
    page = text(edited(signed_in, round_, **ticked))
    for unit in (district.first, district.second, district.third):
        assert re.search(rf'name="chosen" value="{unit.id}" checked', page)
    assert 'value="还没保存"' in page
    assert reloaded(round_).chosen == [district.third.id]


def test_all_units_there_are_can_be_ticked_at_once(
    signed_in: FlaskClient, district: District
) -> None:
    other = factories.unit("s9", "示范街道", "subdistrict", district.root)
    far = factories.unit("c9", "示范远社区", "community", other)
    round_ = factories.draft(district.root, [])
    page = text(edited(signed_in, round_, tick="all"))
    for unit in (district.first, district.second, district.third, far):
        assert re.search(rf'name="chosen" value="{unit.id}" checked', page)


def test_a_new_round_is_named_after_its_questionnaire_until_it_gets_a_name(
    signed_in: FlaskClient, district: District
) -> None:
    answer = post(signed_in, "/desk/rounds/new", {"questionnaire": "resident-satisfaction"})
    round_ = Round.get()
    assert answer.location.endswith(f"/desk/rounds/{round_.id}/edit")
    assert round_.title == "2026年居民满意度调查"
    assert edited(signed_in, round_, title="我们的调查").status_code == 303
    assert reloaded(round_).title == "我们的调查"


def test_of_two_windows_the_second_is_told_and_keeps_what_it_typed(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = factories.draft(district.root, [district.first])
    assert edited(signed_in, round_, title="第一个窗口").status_code == 303
    page = text(edited(signed_in, round_, title="第二个窗口"), 409)
    assert "您的改动没有保存" in page
    assert 'value="第二个窗口"' in page
    assert reloaded(round_).title == "第一个窗口"
    again = edited(signed_in, reloaded(round_), title="第二个窗口")
    assert again.status_code == 303


def test_an_open_round_cannot_be_edited(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    draft = factories.draft(district.root, [district.first])
    page = signed_in.get(f"/desk/rounds/{draft.id}/edit")
    factories.opened(keys, draft)
    assert signed_in.get(f"/desk/rounds/{draft.id}/edit").status_code == 303
    data = {"csrf_token": form_token(page), **settings(draft, title="太晚")}
    answer = signed_in.post(f"/desk/rounds/{draft.id}/edit", data=data)
    assert "您的改动没有保存" in text(answer, 409)
    assert reloaded(draft).title == "示范测评"


def test_the_end_moves_later_with_a_reason_and_refusals_keep_what_was_typed(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    here = f"/desk/rounds/{round_.id}"
    for typed, says in (
        ({"new_end": "2026-03-08T09:00", "delay_reason": "示例原因"}, "不能提前"),
        ({"new_end": "2026-03-12T09:00", "delay_reason": " "}, "延期的原因"),
        ({"new_end": "后天", "delay_reason": "示例原因"}, "看不懂"),
        ({"new_end": "", "delay_reason": "示例原因"}, "请填新的截止时间"),
    ):
        page = text(post(signed_in, f"{here}/delay", typed, form=here), 409)
        assert says in page
        assert f'value="{typed["new_end"]}"' in page
        assert typed["delay_reason"] in page
    assert reloaded(round_).ends_at == END
    typed = {"new_end": "2026-03-12T09:00", "delay_reason": "示例原因"}
    assert post(signed_in, f"{here}/delay", typed, form=here).status_code == 303
    assert "示例原因" in text(signed_in.get(here))
    assert reloaded(round_).ends_at == END + timedelta(days=3)


def test_abandoning_needs_a_reason_and_destroys_the_answers(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 3)
    here = f"/desk/rounds/{round_.id}"
    assert "终止的原因" in text(post(signed_in, f"{here}/abandon", form=here), 409)
    assert Rating.select().count() == 3
    answer = post(signed_in, f"{here}/abandon", {"abandon_reason": "名单有误"}, form=here)
    assert answer.status_code == 303
    assert "名单有误" in text(signed_in.get(here))
    assert round_.id not in seal.held(keys)


def test_publishing_without_a_pledge_is_refused(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_ = factories.closed(keys, factories.open_survey(keys, district))
    here = f"/desk/rounds/{round_.id}"
    page = text(post(signed_in, f"{here}/publish", {"pledge": " "}, form=here), 409)
    assert "接下来要做什么" in page
    assert reloaded(round_).state == "closed"


def test_the_log_shows_what_lies_within_reach(
    site: Flask, signed_in: FlaskClient, district: District
) -> None:
    made(signed_in, title="区里的")
    browser = sign_in(site, district.community_organiser)
    made(browser, title="社区自己的")
    page = text(browser.get("/desk/audit"))
    assert "社区自己的" in page
    assert "区里的" not in page
    theirs = Round.get(Round.title == "区里的")
    assert browser.get(f"/desk/audit?round={theirs.id}").status_code == 404
    only = text(signed_in.get(f"/desk/audit?round={theirs.id}"))
    assert "区里的" in only
    assert "社区自己的" not in only
    everything = text(signed_in.get("/desk/audit"))
    assert "社区自己的" in everything
    assert "区里的" in everything


def test_an_unknown_questionnaire_is_no_page_and_a_bad_title_is_kept(
    signed_in: FlaskClient, district: District
) -> None:
    here = "/desk/rounds/new"
    assert post(signed_in, here, {"questionnaire": "nothing"}).status_code == 404
    long = "长" * 101
    typed = {"questionnaire": "resident-satisfaction", "title": long}
    page = text(post(signed_in, here, typed), 422)
    assert long in page
    assert not Round.select().exists()


def test_a_unit_whose_name_is_markup_is_shown_as_text(
    signed_in: FlaskClient, district: District
) -> None:
    Unit.update(name="<b>示范</b>").where(Unit.id == district.first.id).execute()
    round_ = factories.draft(district.root, [district.first], title="<i>示范</i>")
    for path in ("", "/edit", "/poster/c1"):
        page = text(signed_in.get(f"/desk/rounds/{round_.id}{path}"))
        assert "<b>示范" not in page
        assert "<i>示范" not in page
