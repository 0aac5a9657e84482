"""Composites, as organisers make them and as everybody reads them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.models import AuditEntry
from site_app.plan import document as plan_document
from site_app.plan import store
from surveys import composites as composing
from surveys import rounds
from surveys.composites import library, sources
from surveys.messages import Refused
from surveys.models import Archive, Composite, CompositeFigure, CompositeSubject, Round
from tests import factories
from tests.conftest import sign_in
from tests.factories import AFTER, District
from tests.helpers import composites
from tests.helpers.composites import DAY, choose, compute, desk, made, publish, sign
from tests.helpers.desk import post, text
from tests.helpers.results import answered_survey, row_of, voted_appraisal

ROOT = Path(__file__).parents[3]
Fetch = Callable[..., str]


@pytest.fixture(autouse=True)
def clock_stands(set_clock: Callable[[Any], None]) -> None:
    set_clock(DAY)


@pytest.fixture
def survey(keys: Path, district: District) -> Round:
    """20 answers about c1 (75 % good), 8 about c2 (hidden), 3 about c3 (too few); published."""
    return factories.published(keys, answered_survey(keys, district, title="示范满意度调查"))


@pytest.fixture
def stars(signed_in: FlaskClient, survey: Round) -> Composite:
    return composites.stars(signed_in, survey)


def test_an_organiser_makes_stars_of_communities_from_draft_to_public(
    signed_in: FlaskClient, page: Fetch, stars: Composite, survey: Round
) -> None:
    draft = page(desk(stars), client=signed_in)
    assert row_of(draft, "甲一示范社区") == "甲一示范社区 75.00 缺 95.00 90.00"
    assert row_of(draft, "甲二示范社区") == "甲二示范社区 缺 缺 缺 80.00"
    assert "群众满意率：2 个对象没有" in draft
    assert "共建单位评价：3 个对象没有" in draft
    page("/composites", client=signed_in)
    assert "示范星级评定" not in page("/composites")

    whole = compute(signed_in, stars)
    counted = page(desk(stars), client=signed_in)
    # (50 × 75 + 15 × 95 + 15 × 90) ÷ 80 = 81.5625
    assert row_of(counted, "甲一示范社区") == (
        "甲一示范社区 有缺，其余重新折算 81.56 四星 75.00 缺 95.00 90.00"
    )
    assert (
        row_of(counted, "乙一示范社区") == "乙一示范社区 暂不评定，缺：群众满意率、共建单位评价、"
        "“三室两栏”等阵地（签名）、问题清单办结率（签名） — — 缺 缺 缺 缺"
    )
    page(f"/composites/{stars.id}", status=404)
    assert publish(signed_in, whole).status_code == 303

    assert "示范星级评定" in page("/composites")
    public = page(f"/composites/{stars.id}")
    assert "81.56 四星" in row_of(public, "甲一示范社区")
    how = page(f"/composites/{stars.id}/subjects/c1")
    for words in (
        "45 ÷ 50 × 100",
        "示例考核人",
        "示范满意度调查",
        "3750.00",
        "6525.00 ÷ 80 = 81.56",
        "得分：81.56",
    ):
        assert words in how
    assert "缺的部分不算，只除以有得分的各部分的权重" in how
    assert [each.action for each in AuditEntry.select() if "composite" in each.action] == [
        *("composite-create", "composite-edit", "composite-figures", "composite-figures"),
        *("composite-compute", "composite-publish"),
    ]


def test_the_download_verifies_in_a_bare_python_and_names_its_sources(
    signed_in: FlaskClient, client: FlaskClient, stars: Composite, survey: Round, tmp_path: Path
) -> None:
    whole = compute(signed_in, stars)
    publish(signed_in, whole)
    response = client.get(f"/composites/{stars.id}/composite.json")
    assert f"composite-{stars.id}.json" in response.headers["Content-Disposition"]
    assert response.data == signed_in.get(f"{desk(stars)}/composite.json").data
    file = tmp_path / "composite.json"
    file.write_bytes(response.data)
    command = [sys.executable, "-S", "-m", "surveys", "verify", str(file)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    document = json.loads(response.data)
    (source,) = document["sources"]
    assert source["id"] == str(survey.id)
    assert source["sha256"] == Archive.get(Archive.round == survey).sha256
    hidden = next(each for each in document["subjects"] if each["id"] == "c3")
    assert "parts" not in hidden


def test_the_table_for_spreadsheets(signed_in: FlaskClient, stars: Composite) -> None:
    assert signed_in.get(f"{desk(stars)}/scores.csv").status_code == 404
    compute(signed_in, stars)
    data = signed_in.get(f"{desk(stars)}/scores.csv").get_data().decode("utf-8-sig")
    rows = {row["编号"]: row for row in csv.DictReader(io.StringIO(data))}
    assert rows["c1"]["得分"] == "81.56"
    assert rows["c1"]["问题清单办结率（签名）"] == "90.00"
    assert rows["c3"]["得分"] == ""


def test_points_are_taken_off_with_a_reason_and_given_back(
    signed_in: FlaskClient, page: Fetch, stars: Composite
) -> None:
    here = f"{desk(stars)}/subjects/c1"
    data = {"points": "2.5", "reason": "示例：公开栏没有更新"}
    refused = post(signed_in, f"{here}/deductions", {**data, "reason": " "}, form=here)
    assert 'id="reason-error">请写明扣分的理由' in text(refused, 422)
    refused = post(signed_in, f"{here}/deductions", {**data, "points": "-1"}, form=here)
    assert 'id="points-error">“-1”不是数字' in text(refused, 422)
    assert "示例：公开栏没有更新" in text(refused, 422)
    assert post(signed_in, f"{here}/deductions", data, form=here).status_code == 303
    compute(signed_in, stars)
    assert "81.56 − 2.50 = 79.06" in page(here, client=signed_in)
    row = row_of(page(desk(stars), client=signed_in), "甲一示范社区")
    assert row == "甲一示范社区 有缺，其余重新折算 79.06 三星 75.00 缺 95.00 90.00 2.50"
    (remove,) = re.findall(r'action="([^"]*/remove)"', page(here, client=signed_in))
    assert post(signed_in, remove, form=here).status_code == 303
    assert Composite.get_by_id(stars.id).state == "draft", "what was computed no longer holds"
    assert "79.06" not in page(here, client=signed_in)


def test_a_report_of_secretaries_takes_the_satisfaction_of_their_community(
    signed_in: FlaskClient, page: Fetch, keys: Path, district: District, survey: Round
) -> None:
    """The branch of p1 lies in c1; the vote is about persons, the survey about communities."""
    vote = factories.published(keys, voted_appraisal(keys, district))
    whole = made(signed_in, "secretary-report", "示范述职评议")
    choose(signed_in, whole, {"meeting": vote, "residents": survey}, ["p1", "p3"])
    for part in ("superiors", "daily"):
        sign(signed_in, whole, part, {"p1": "90"})
    compute(signed_in, whole)
    shown = page(desk(whole), client=signed_in)
    # 50 × 80 + 20 × 75 + 30 × 90
    assert row_of(shown, "示例党员1") == (
        "示例党员1 甲一示范社区第一支部 82.00 较好 80.00 75.00 90.00 90.00"
    )
    assert "暂不评定，缺：上级党组织评价（签名）、平时考核（签名）" in row_of(shown, "示例党员3")
    assert "不公开" in shown
    publish(signed_in, whole)
    sheet = page(f"{desk(whole)}/subjects/p1", client=signed_in)
    assert "取自“<span" in sheet
    for path in ("", "/subjects/p1", "/composite.json"):
        page(f"/composites/{whole.id}{path}", status=404)
    assert "示范述职评议" not in page("/composites")


def test_a_composite_is_seen_by_no_more_than_its_rounds_allow(
    district: District, keys: Path, survey: Round
) -> None:
    whole = composing.create(library()["unit-score"], district.root, "示范")
    composing.choose_sources(whole, {"residents": ("round", survey.id)})
    assert composing.audience(whole) == "P"
    form = {**survey.questionnaire, "audience": "O"}
    Round.update(questionnaire=form).where(Round.id == survey.id).execute()
    assert composing.audience(whole) == "O"


def test_an_open_round_and_one_from_elsewhere_are_no_sources(
    signed_in: FlaskClient, site: Flask, district: District, keys: Path, stars: Composite
) -> None:
    later = factories.open_survey(
        keys,
        district,
        title="还开着的调查",
        opens=DAY - timedelta(days=1),
        ends=DAY + timedelta(days=9),
    )
    page = text(signed_in.get(f"{desk(stars)}/edit"))
    assert "还开着的调查" not in page
    refused = text(choose(signed_in, stars, {"residents": later}), 422)
    assert "还没有计票" in refused
    hers = sign_in(site, district.community_organiser)
    own = made(hers, "community-stars", "社区自己的")
    survey = Round.get(Round.title == "示范满意度调查")
    assert "还没有计票，或者不在您的范围之内" in text(choose(hers, own, {"residents": survey}), 422)
    assert hers.get(desk(stars)).status_code == 404


def test_a_composite_can_be_part_of_another_but_never_of_itself(
    signed_in: FlaskClient, stars: Composite
) -> None:
    scores = made(signed_in, "unit-score", "示范量化考核")
    path = f"{desk(scores)}/edit"
    itself = {"source-residents": f"composite-{scores.id}", "who": "sources"}
    assert "不能拿自己当一部分" in text(post(signed_in, path, itself), 422)
    for number in ("9" * 5000, "²", ""):
        endless = {"source-residents": f"round-{number}", "who": "sources"}
        assert post(signed_in, path, endless).status_code in (303, 422)
    other = {"source-residents": f"composite-{stars.id}", "who": "sources"}
    assert "还没有计票" in text(post(signed_in, path, other), 422), "not published yet"
    publish(signed_in, compute(signed_in, stars))
    assert post(signed_in, path, other).status_code == 303
    sign(signed_in, scores, "indicators", {"c1": "90"})
    sign(signed_in, scores, "evidence", {"c1": "90"})
    document = json.loads(compute(signed_in, scores).document)
    assert document["sources"][0]["kind"] == "composite"
    assert document["sources"][0]["sha256"] == Composite.get_by_id(stars.id).sha256
    first = document["scores"][0]
    # 80 × 90 ÷ 100 + 20 × 81.5625 ÷ 100
    assert (first["parts"]["residents"], first["score"]) == ("81.56", "88.31")


def test_codes_that_are_nobody_are_named(signed_in: FlaskClient, stars: Composite) -> None:
    refused = text(choose(signed_in, stars, {}, ["c1", "nobody", "b1"]), 422)
    assert "这些编号找不到，或者不适用这份规则：nobody、b1" in refused
    assert "nobody" in refused.split("<textarea", 1)[1]
    assert choose(signed_in, stars, {}, ["c2", "c1", "c2"]).status_code == 303
    assert [each.key for each in sources.subjects_of(stars)] == ["c2", "c1"]
    assert CompositeFigure.select().count() == 3, "figures of those that stay are kept"


def test_what_was_published_stands(signed_in: FlaskClient, stars: Composite) -> None:
    whole = compute(signed_in, stars)
    assert "请重新计算，看过再公布" in text(publish(signed_in, whole, "0" * 64), 409)
    publish(signed_in, whole)
    kept = bytes(Composite.get_by_id(stars.id).document)
    assert "已经公布，不能再改" in text(sign(signed_in, stars, "rooms", {"c1": "1"}), 422)
    with pytest.raises(Refused, match="已经公布"):
        composing.compute(Composite.get_by_id(stars.id), DAY, DAY.date())
    subject = CompositeSubject.get(CompositeSubject.key == "c1")
    with pytest.raises(Refused, match="已经公布"):
        composing.deduct(whole, subject, "1", "示例", "示例", DAY)
    with pytest.raises(Refused, match="已经公布"):
        composing.choose_subjects(whole, [])
    assert bytes(Composite.get_by_id(stars.id).document) == kept
    assert signed_in.get(f"{desk(stars)}/edit").status_code == 303


def test_what_changed_while_it_was_computed_is_not_kept_as_computed(
    signed_in: FlaskClient, stars: Composite
) -> None:
    seen = Composite.get_by_id(stars.id)
    sign(signed_in, stars, "rooms", {"c1": "50"})
    with pytest.raises(Refused, match="有人改了"):
        composing.compute(seen, DAY, DAY.date())
    assert Composite.get_by_id(stars.id).document is None


def test_an_item_of_the_plan_leads_to_what_serves_it_and_everybody_may_see(
    signed_in: FlaskClient, page: Fetch, stars: Composite, survey: Round
) -> None:
    """Item 10 of the year that its round belongs to, which is not the year of publication."""
    for year in (2025, 2026):
        lines = "\n".join(f"{number}.示范条目{number}。示范内容。" for number in range(1, 11))
        store.store(
            plan_document.parse(f"{year}年示范区组织工作要点\n\n一、示范工作\n\n{lines}\n"),
            None,
            replace=False,
        )
    Round.update(plan_year=2025).where(Round.id == survey.id).execute()
    link = f'href="/composites/{stars.id}"'
    compute(signed_in, stars)
    assert link not in page("/plan/2025/10", client=signed_in), "not published yet"
    publish(signed_in, stars)
    assert link in page("/plan/2025/10")
    assert f"Composite, published {DAY:%Y-%m-%d}" in page("/plan/2025/10?lang=en")
    assert link not in page("/plan/2025/9")
    this, last = page("/plan/2026/10?lang=zh").split("上一年（2025 年）")
    assert link in last
    assert link not in this
    for_organisers = {**survey.questionnaire, "audience": "O"}
    Round.update(questionnaire=for_organisers).where(Round.id == survey.id).execute()
    assert link not in page("/plan/2025/10", client=signed_in)


def test_no_score_is_out_before_its_round_is_published(
    signed_in: FlaskClient, keys: Path, district: District, page: Fetch
) -> None:
    counted = factories.closed(keys, answered_survey(keys, district, title="示范未公布调查"))
    whole = made(signed_in, "community-stars")
    choose(signed_in, whole, {"residents": counted})
    compute(signed_in, whole)
    assert "“示范未公布调查”还没有公布" in text(publish(signed_in, whole), 409)
    page(f"/composites/{whole.id}", status=404)
    rounds.publish(counted, "示例。", AFTER)
    assert publish(signed_in, whole).status_code == 303
    page(f"/composites/{whole.id}")


def test_one_that_is_not_wanted_is_deleted_until_it_is_published(
    signed_in: FlaskClient, stars: Composite
) -> None:
    other = made(signed_in, "community-stars", "不要的")
    post(signed_in, f"{desk(other)}/discard", form=desk(other))
    assert (
        "不要的" not in text(signed_in.get("/desk/composites")).split("</main>")[0].split("<ul")[1]
    )
    publish(signed_in, compute(signed_in, stars))
    refused = post(signed_in, f"{desk(stars)}/discard", form=desk(stars))
    assert "已经公布，不能再改" in text(refused, 422)
    assert [each.title for each in Composite.select()] == ["示范星级评定"]


def test_the_decided_grade_stands_beside_the_suggested_one_with_its_reason(
    signed_in: FlaskClient, page: Fetch, stars: Composite
) -> None:
    here = f"{desk(stars)}/subjects/c1"
    early = post(signed_in, f"{here}/grade", {"grade": "五星", "why": "示例"}, form=here)
    assert "请先计算，再评定等次" in text(early, 422)
    compute(signed_in, stars)
    refused = post(signed_in, f"{here}/grade", {"grade": "五星"}, form=here)
    assert "请写明理由" in text(refused, 422)
    assert "<option selected>五星" in text(refused, 422)
    unknown = post(signed_in, f"{here}/grade", {"grade": "六星", "why": "示例"}, form=here)
    assert "等次只能是" in text(unknown, 422)
    assert post(signed_in, f"{here}/grade", {"grade": "四星"}, form=here).status_code == 303
    sign(signed_in, stars, "rooms", {"c1": "20"})
    compute(signed_in, stars)
    assert "与现在的得分不同，还没有写理由" in text(publish(signed_in, stars), 409)
    why = {"grade": "四星", "why": "示例：阵地改造"}
    assert post(signed_in, f"{here}/grade", why, form=here).status_code == 303
    kept = bytes(Composite.get_by_id(stars.id).document)
    assert "阵地改造" not in kept.decode()
    publish(signed_in, stars)
    public = page(f"/composites/{stars.id}")
    assert "67.50 二星 四星" in row_of(public, "甲一示范社区")
    assert "示例：阵地改造" in page(f"/composites/{stars.id}/subjects/c1")
    data = signed_in.get(f"{desk(stars)}/scores.csv").get_data().decode("utf-8-sig")
    (row,) = (each for each in csv.DictReader(io.StringIO(data)) if each["编号"] == "c1")
    assert (row["建议等次"], row["组织评定等次"]) == ("二星", "四星")
    assert row["不同的理由"] == "示例：阵地改造"
    late = post(signed_in, f"{here}/grade", {"grade": "二星"}, form="/desk/composites/new")
    assert "已经公布，不能再改" in text(late, 422)


def test_nothing_to_judge_is_said(signed_in: FlaskClient, page: Fetch) -> None:
    whole = made(signed_in, "community-stars")
    assert "还没有评定对象" in page(desk(whole), client=signed_in)
    with pytest.raises(Refused, match="还没有选评定对象"):
        composing.compute(whole, DAY, DAY.date())
    nameless = {"rules": "community-stars", "title-community-stars": " "}
    refused = post(signed_in, "/desk/composites/new", nameless)
    assert "请起一个名称" in text(refused, 422)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_a_good_page(
    signed_in: FlaskClient, page: Fetch, stars: Composite, language: str
) -> None:
    publish(signed_in, compute(signed_in, stars))
    for path in ("/desk/composites", "/desk/composites/new", desk(stars)):
        page(f"{path}?lang={language}", client=signed_in)
    for path in (f"{desk(stars)}/figures/rooms", f"{desk(stars)}/subjects/c1"):
        page(f"{path}?lang={language}", client=signed_in)
    for path in ("/composites", f"/composites/{stars.id}", f"/composites/{stars.id}/subjects/c1"):
        page(f"{path}?lang={language}")


def test_a_community_without_its_residents_is_not_graded_and_it_is_said_why(
    signed_in: FlaskClient, page: Fetch, stars: Composite
) -> None:
    """Residents are half of the stars: without them the other half gives none."""
    for part in ("rooms", "problems"):
        sign(signed_in, stars, part, {"c2": "100"})
    publish(signed_in, compute(signed_in, stars))
    why = "暂不评定，缺：群众满意率、共建单位评价"
    assert why in row_of(page(f"/composites/{stars.id}"), "甲二示范社区")
    assert f"{why} — — 缺 缺" in row_of(page(f"/composites/{stars.id}"), "甲二示范社区")
    assert f"{why}。补齐之后才有得分和等次。" in page(f"/composites/{stars.id}/subjects/c2")
    assert why in page("/units/c2")
    data = signed_in.get(f"{desk(stars)}/scores.csv").get_data().decode("utf-8-sig")
    (row,) = (each for each in csv.DictReader(io.StringIO(data)) if each["编号"] == "c2")
    assert (row["得分"], row["建议等次"], row["说明"]) == ("", "", why)
    assert "占到全部权重的 1/2，就暂不评定" in page(f"/composites/{stars.id}")
