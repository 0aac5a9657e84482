"""Results: nothing before publishing, the right things to the right people, and no more."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.models import AuditEntry, Plan, PlanItem, PlanSection
from surveys import archive, counting, rounds
from surveys.models import Archive, Decision, Round, Score, Subject
from tests import factories
from tests.conftest import form_token, sign_in
from tests.factories import AFTER, START, District
from tests.helpers.results import BAD, GOOD, SO_SO, Fetch, answered_survey, row_of, voted_appraisal

ROOT = Path(__file__).parents[3]


@pytest.fixture
def survey(keys: Path, district: District) -> Round:
    """The answered survey, published."""
    return factories.published(keys, answered_survey(keys, district, title="示范满意度调查"))


@pytest.fixture
def appraisal(keys: Path, district: District) -> Round:
    """The voted appraisal, published."""
    return factories.published(keys, voted_appraisal(keys, district, title="示例党员3述职测评"))


def test_nobody_sees_anything_before_publishing(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_ = answered_survey(keys, district, title="示范满意度调查")
    public = [f"/results/{round_.id}", f"/results/{round_.id}/archive.json", "/units/c1"]
    desk = f"/desk/rounds/{round_.id}"
    for path in public:
        page(path, status=404)
    assert signed_in.get(f"{desk}/results").headers["Location"] == desk
    for path in ("results/scores.csv", "results/archive.json"):
        assert signed_in.get(f"{desk}/{path}").status_code == 404
    factories.closed(keys, round_)
    for path in public:
        page(path, status=404)
    assert "示范满意度调查" not in page("/results")
    assert "75.00" in page(f"{desk}/results", client=signed_in)


def test_a_published_result_stands_for_everybody_with_its_promise(
    survey: Round, page: Fetch
) -> None:
    assert f'href="/results/{survey.id}"' in page("/results")
    text = page(f"/results/{survey.id}")
    assert row_of(text, "甲一示范社区").startswith("甲一示范社区 甲街道 75.00% 75.00 20")
    assert row_of(text, "示范区").startswith("示范区 74.19% 74.19 31")
    assert "六月底前整改。" in text
    assert Archive.get(Archive.round == survey).sha256 in text
    assert f"python3 -m surveys verify round-{survey.id}.json" in text
    assert "不能推算全体居民" in text


def test_a_paragraph_can_be_added_under_a_result(survey: Round, page: Fetch) -> None:
    rounds.add_pledge(survey, "七月：路灯已修好。", AFTER + timedelta(days=30))
    text = page(f"/results/{survey.id}")
    assert text.index("六月底前整改。") < text.index("七月：路灯已修好。")


def test_hidden_subjects_say_so_and_why_without_a_number(survey: Round, page: Fetch) -> None:
    text = page(f"/results/{survey.id}")
    assert row_of(text, "乙一示范社区") == "乙一示范社区 乙街道 人数太少，不显示"
    assert row_of(text, "甲二示范社区") == "甲二示范社区 甲街道 为保护相邻小单位，不显示"


def test_bars_say_in_words_what_they_draw(survey: Round, page: Fetch) -> None:
    text = page(f"/results/{survey.id}")
    first = factories.subject(survey, "c1")
    described = re.search(rf'<desc id="bar-{first.id}-d">(.*?)</desc>', text)
    assert described
    assert described[1] == "满意 15；基本满意 0；不满意 5；不了解 0"
    hidden = factories.subject(survey, "c3")
    assert f"bar-{hidden.id}" not in text


def test_comments_are_for_organisers_alone_and_only_about_shown_subjects(
    survey: Round, page: Fetch, signed_in: FlaskClient
) -> None:
    desk = page(f"/desk/rounds/{survey.id}/results", client=signed_in)
    assert desk.count("示例意见：路灯坏了") == 15
    assert "不该留下" not in desk
    for path in ("/results", f"/results/{survey.id}", "/units/c1"):
        assert "示例意见" not in page(path)


def test_the_last_round_stands_beside_this_one(keys: Path, district: District, page: Fetch) -> None:
    factories.published(keys, answered_survey(keys, district, title="上一次示范调查"))
    later = START + timedelta(days=30)
    now = factories.open_survey(
        keys, district, title="这一次示范调查", opens=later, ends=later + timedelta(days=7)
    )
    for answers, times in ((GOOD, 16), (SO_SO, 2), (BAD, 2)):
        factories.answer(keys, now, "c1", answers, times, now=later)
    counting.close(keys, now, later + timedelta(days=8))
    rounds.publish(Round.get_by_id(now.id), "示例。", later + timedelta(days=9))
    text = page(f"/results/{now.id}")
    before = text[text.index('<h2 id="before">') :]
    assert row_of(before, "甲一示范社区") == (
        "甲一示范社区 75.00% 上升 15.00 个百分点 75.00 上升 11.00 分"
    )
    named = before[: before.index("<table")]
    assert "上一次示范调查" in named, "named once, as it is the same for all"
    assert "甲二示范社区" not in before[: before.index("</table>")]
    unit = page("/units/c1")
    assert "上升 15.00 个百分点" in row_of(unit, '<span lang="zh-CN">这一次示范调查')


def test_the_downloaded_archive_is_what_was_kept_and_verifies_in_a_bare_python(
    survey: Round, client: FlaskClient, signed_in: FlaskClient, tmp_path: Path
) -> None:
    response = client.get(f"/results/{survey.id}/archive.json")
    assert f"round-{survey.id}.json" in response.headers["Content-Disposition"]
    assert archive.digest(response.data) == Archive.get(Archive.round == survey).sha256
    desk = signed_in.get(f"/desk/rounds/{survey.id}/results/archive.json")
    assert desk.data == response.data
    file = tmp_path / "round.json"
    file.write_bytes(response.data)
    command = [sys.executable, "-S", "-m", "surveys", "verify", str(file)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_of_a_round_about_persons_the_public_learns_only_that_it_was_held(
    appraisal: Round, page: Fetch, language: str
) -> None:
    plan = Plan.create(year=2026, title="示范要点")
    section = PlanSection.create(plan=plan, position=1, heading="示范部分")
    PlanItem.create(plan=plan, section=section, number=2, title="示范条目")
    index = page(f"/results?lang={language}")
    held = page(f"/results/{appraisal.id}?lang={language}")
    sha256 = Archive.get(Archive.round == appraisal).sha256
    assert "党员年度民主评议" in index
    for text in (index, held):
        assert sha256 in text
        assert "100.00%" in text  # the turnout: eight of eight
    public = index + held + page("/results") + page("/plan/2026/2")
    assert "党员年度民主评议" in page("/plan/2026/2")
    for kept_back in ("示例党员", "述职", "80.00", "87.50", "六月底", "archive.json", "第一支部"):
        assert kept_back not in public
    page(f"/results/{appraisal.id}/archive.json", status=404)
    page("/units/b1", status=404)


def test_the_meeting_and_each_person_get_their_sheets_after_publishing(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_ = factories.closed(keys, voted_appraisal(keys, district))
    desk = f"/desk/rounds/{round_.id}"
    for path in ("meeting", "persons", "persons/p3"):
        assert signed_in.get(f"{desk}/{path}").headers["Location"] == f"{desk}/results"
    rounds.publish(round_, "示例。", AFTER)
    meeting = page(f"{desk}/meeting", client=signed_in)
    assert row_of(meeting, "示例党员1").startswith("示例党员1 8 80.00 合格")
    assert row_of(meeting, "示例党员3").startswith("示例党员3 8 0.00 不合格")
    assert Archive.get(Archive.round == round_).sha256 in meeting
    own = page(f"{desk}/persons/p3", client=signed_in)
    assert "示例党员3" in own
    assert "示例党员1" not in own
    assert page(f"{desk}/persons", client=signed_in).count("的结果单</h2>") == 8
    page(f"{desk}/persons/nobody", client=signed_in, status=404)


def test_a_meeting_sees_its_own_branch_alone(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    second = factories.unit("b2", "甲一示范社区第二支部", "branch", district.first)
    for number in range(9, 15):
        factories.person(f"q{number}", f"示例乙{number}", second)
    draft = factories.draft(district.root, [district.branch, second], "member-appraisal")
    codes = factories.codes(keys, draft, district.branch, 8)
    codes += factories.codes(keys, draft, second, 6)
    round_ = factories.opened(keys, draft)
    for code in codes:
        factories.vote(keys, code, {})
    factories.published(keys, round_)
    first_page = page(f"/desk/rounds/{round_.id}/meeting", client=signed_in)
    second_page = page(f"/desk/rounds/{round_.id}/meeting?page=2", client=signed_in)
    assert "示例党员1" in first_page
    assert "示例乙9" not in first_page
    assert "示例乙9" in second_page
    assert "示例党员1" not in second_page
    assert "<dt>发出</dt><dd>6</dd>" in second_page


def test_a_survey_has_no_sheets_for_persons(
    survey: Round, page: Fetch, signed_in: FlaskClient
) -> None:
    for path in ("meeting", "persons", "persons/c1"):
        page(f"/desk/rounds/{survey.id}/{path}", client=signed_in, status=404)


def test_who_may_not_see_a_round_reads_nothing_of_it_in_the_log_either(
    site: Flask, signed_in: FlaskClient, appraisal: Round, district: District
) -> None:
    desk = f"/desk/rounds/{appraisal.id}/results"
    token = form_token(signed_in.get(desk))
    grade = f"grade-{factories.subject(appraisal, 'p1').id}"
    signed_in.post(f"{desk}/p1/grade", data={"csrf_token": token, grade: "合格"})
    assert "p1: 合格" in signed_in.get("/desk/audit").get_data(as_text=True)
    beneath = sign_in(site, district.community_organiser)
    assert beneath.get(desk).status_code == 404
    log = beneath.get("/desk/audit").get_data(as_text=True)
    assert "p1: 合格" not in log
    assert appraisal.title not in log


def test_the_decided_grade_stands_beside_the_suggested_one_with_its_reason(
    appraisal: Round, page: Fetch, signed_in: FlaskClient
) -> None:
    desk = f"/desk/rounds/{appraisal.id}/results"
    token = form_token(signed_in.get(desk))

    def decide(key: str, grade: str, reason: str = "") -> str:
        subject = factories.subject(appraisal, key)
        data = {f"grade-{subject.id}": grade, f"reason-{subject.id}": reason}
        data["csrf_token"] = token
        sent = signed_in.post(f"{desk}/{key}/grade", data=data)
        if sent.status_code == 409:
            return sent.get_data(as_text=True)
        assert sent.headers["Location"].endswith(f"#subject-{subject.id}")
        return page(desk, client=signed_in)

    assert "请写明理由" in decide("p3", "基本合格")
    refused = decide("p3", "示例", "示例理由，还没记下")
    assert "等次只能是" in refused
    assert 'value="示例理由，还没记下"' in refused
    assert Decision.select().count() == 0
    assert "示例理由" in decide("p3", "基本合格", "示例理由")
    decide("p1", "合格")
    assert Score.get(Score.round == appraisal, Score.position == 2).grade == "不合格"
    assert [row.detail for row in AuditEntry.select().where(AuditEntry.action == "decide")] == [
        "p3: 基本合格",
        "p1: 合格",
    ]
    table = read_csv(signed_in, f"{desk}/scores.csv")
    assert [table["p3"][name] for name in ("建议等次", "组织评定等次", "不同的理由")] == [
        "不合格",
        "基本合格",
        "示例理由",
    ]
    assert table["p3"]["评定记录人"] == "organiser"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", table["p3"]["评定时间"])
    assert '<dd lang="zh-CN">organiser</dd>' in page(desk, client=signed_in)
    own = page(f"/desk/rounds/{appraisal.id}/persons/p3", client=signed_in)
    assert "基本合格" in own


def test_the_desk_says_in_words_what_somebody_should_look_at(
    appraisal: Round, page: Fetch, signed_in: FlaskClient
) -> None:
    desk = page(f"/desk/rounds/{appraisal.id}/results", client=signed_in)
    assert "选“不合格”的超过有效回答的 1/3，请核实情况" in row_of(desk, "示例党员3")
    assert "请核实" not in row_of(desk, "示例党员1")
    assert "理想信念" in desk


def read_csv(client: FlaskClient, path: str) -> dict[str, dict[str, str]]:
    """A downloaded table by the codes of its subjects."""
    data = client.get(path).data
    assert data.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return {row["编号"]: row for row in rows}


def test_the_table_for_spreadsheets_runs_nothing_and_shows_no_hidden_number(
    keys: Path, district: District, signed_in: FlaskClient
) -> None:
    district.first.name = "＝HYPERLINK(1)示范社区"
    district.first.save()
    round_ = factories.closed(keys, answered_survey(keys, district))
    table = read_csv(signed_in, f"/desk/rounds/{round_.id}/results/scores.csv")
    assert table["c1"]["测评对象"] == "'＝HYPERLINK(1)示范社区"
    assert (table["c1"]["得分"], table["c1"]["有效回答"]) == ("75.00", "20")
    assert table["c3"]["显示情况"] == "人数太少，不显示"
    assert not any(re.search(r"\d", cell) for name, cell in table["c3"].items() if name != "编号")


def test_a_foreign_unit_has_no_such_round(
    site: Flask, district: District, survey: Round, appraisal: Round, page: Fetch
) -> None:
    foreign = sign_in(site, district.community_organiser)
    paths = [
        f"/desk/rounds/{survey.id}/results",
        f"/desk/rounds/{survey.id}/results/archive.json",
        f"/desk/rounds/{survey.id}/results/scores.csv",
        f"/desk/rounds/{appraisal.id}/meeting",
        f"/desk/rounds/{appraisal.id}/persons",
        f"/desk/rounds/{appraisal.id}/persons/p1",
    ]
    for path in paths:
        page(path, client=foreign, status=404)


def test_many_subjects_come_by_pages_of_a_bearable_size(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    for number in range(70):
        factories.unit(f"n{number:02}", f"示范{number:02}社区", "community", district.subdistrict)
    chosen = [district.first, *district.subdistrict.children]
    round_ = factories.opened(keys, factories.draft(district.root, chosen))
    for about in Subject.select().where(Subject.round == round_, Subject.rated):
        factories.answer(keys, round_, about.key, GOOD, 6)
    factories.published(keys, round_)
    first = page(f"/results/{round_.id}")
    assert len(first.encode()) < 300_000
    assert "示范69社区" not in first
    assert f'rel="next" href="/results/{round_.id}?page=2"' in first
    assert "示范69社区" in page(f"/results/{round_.id}?page=2")
    page(f"/results/{round_.id}?page=3", status=404)
    page(f"/results/{round_.id}?page=0", status=404)
    last = f"/desk/rounds/{round_.id}/results?page=2&endpoint=x&_external=1"
    assert "第 2 页" in page(last, client=signed_in)


def test_pages_read_the_scores_and_never_open_the_archive(
    survey: Round, page: Fetch, signed_in: FlaskClient
) -> None:
    Archive.update(document=b"not an archive").execute()
    for path in ("/results", f"/results/{survey.id}", "/units/c1"):
        assert "75.00" in page(path) or "74.19" in page(path)
    assert "75.00" in page(f"/desk/rounds/{survey.id}/results", client=signed_in)
