"""Slips and posters: shown once, never written down, refused without a public address."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.accounts import sign_in
from site_app.models import AuditEntry, SiteFact
from surveys import ballots
from surveys.models.ballots import AccessCode
from tests import factories
from tests.factories import AFTER, DURING, START, District
from tests.helpers.desk import SetClock, post, text

CODE = re.compile(r"\b[2-9A-Z]{4} [2-9A-Z]{4} [2-9A-Z]{4}\b")


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at the start; who is signed in stays so when a test moves it."""
    set_clock(START)
    monkeypatch.setattr(sign_in, "SIGNED_IN", timedelta(days=30))


def codes_in(page: str) -> list[str]:
    return CODE.findall(page)


def test_codes_are_made_for_the_members_shown_once_and_never_written_down(
    signed_in: FlaskClient, district: District, keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factories.person("p9", "示例预备党员", district.branch, "probationary")
    round_ = factories.draft(district.root, [district.branch], "member-appraisal")
    here = f"/desk/rounds/{round_.id}/codes"
    page = text(signed_in.get(here))
    (name, number) = re.findall(r'name="(n-\d+-\d+)"[^>]* value="(\d*)"', page)[0]
    assert number == "9"
    assert not codes_in(page)
    answer = post(signed_in, here, {"already": "0", name: number})
    slips = text(answer)
    made_codes = codes_in(slips)
    assert len(made_codes) == 9
    assert made_codes == sorted(made_codes)
    assert slips.count("<svg viewBox") == 9
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    for page in (text(signed_in.get(here)), text(signed_in.get("/desk/audit"))):
        assert not codes_in(page)
    told = " ".join(entry.detail for entry in AuditEntry.select()) + caplog.text
    for code in made_codes:
        assert not any(part in told for part in code.split())
    assert AuditEntry.select().where(AuditEntry.action == "codes").count() == 1
    factories.opened(keys, round_)
    assert ballots.find(keys, made_codes[0], DURING).unit == district.branch


def test_a_page_of_codes_sent_twice_makes_one_set(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = factories.draft(district.root, [district.branch], "member-appraisal")
    here = f"/desk/rounds/{round_.id}/codes"
    group = factories.group(round_)
    filled = {"already": "0", f"n-{district.branch.id}-{group.id}": "8"}
    assert len(codes_in(text(post(signed_in, here, filled)))) == 8
    page = text(post(signed_in, here, filled), 409)
    assert "又发过测评码" in page
    assert AccessCode.select().count() == 8


@pytest.mark.parametrize("number", ["-1", "2001", "NaN", "1e3", "八"])
def test_a_bad_number_of_codes_gets_a_sentence_and_makes_none(
    signed_in: FlaskClient, district: District, number: str
) -> None:
    round_ = factories.draft(district.root, [district.branch], "member-appraisal")
    name = f"n-{district.branch.id}-{factories.group(round_).id}"
    filled = {"already": "0", name: number}
    page = text(post(signed_in, f"/desk/rounds/{round_.id}/codes", filled), 409)
    assert f"要 {number} 个测评码？" in page
    assert f'value="{number}"' in page
    assert not AccessCode.select().exists()


def test_codes_for_a_unit_that_was_not_chosen_are_never_made(
    signed_in: FlaskClient, district: District
) -> None:
    round_ = factories.draft(district.root, [district.branch], "member-appraisal")
    other = factories.unit("b2", "乙一示范社区第一支部", "branch", district.third)
    group = factories.group(round_)
    filled = {"already": "0", f"n-{other.id}-{group.id}": "8"}
    page = text(post(signed_in, f"/desk/rounds/{round_.id}/codes", filled), 409)
    assert "请至少在一行填上" in page
    row = {"row": f"n-{other.id}-{group.id}"}
    here = f"/desk/rounds/{round_.id}"
    assert post(signed_in, f"{here}/void", row, form=here).status_code == 404
    assert not AccessCode.select().exists()


def test_void_and_fresh_codes_balance(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    factories.vote(keys, codes[0], {"p1": "qualified"})
    here = f"/desk/rounds/{round_.id}/codes"
    name = f"n-{district.branch.id}-{factories.group(round_).id}"
    answer = post(signed_in, f"/desk/rounds/{round_.id}/void", {"row": name}, form=here)
    page = text(signed_in.get(answer.headers["Location"]))
    assert "作废了 7 个" in page
    assert re.search(rf'name="{name}"[^>]* value="7"', page)
    fresh = codes_in(text(post(signed_in, here, {"already": "8", name: "7"})))
    (count,) = ballots.code_counts(round_)
    assert (count.issued, count.spent, count.void) == (8, 1, 7)
    factories.vote(keys, fresh[0], {"p1": "qualified"})
    with pytest.raises(ballots.NotACode, match="作废"):
        ballots.find(keys, codes[1], DURING)


def test_after_the_end_codes_are_neither_made_nor_voided(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    round_, _codes = factories.open_appraisal(keys, district)
    here = f"/desk/rounds/{round_.id}"
    name = f"n-{district.branch.id}-{factories.group(round_).id}"
    set_clock(AFTER)
    filled = {"already": "8", name: "8"}
    answer = post(signed_in, f"{here}/codes", filled, form=here)
    assert "已经截止" in text(answer, 409)
    answer = post(signed_in, f"{here}/void", {"row": name}, form=here)
    assert "已经截止" in text(answer, 409)
    (count,) = ballots.code_counts(round_)
    assert (count.issued, count.void) == (8, 0)


def without_address(site: Flask) -> None:
    config = site.config["SITE"]
    object.__setattr__(config, "public_url", "")


def test_slips_and_posters_are_refused_without_a_public_address_before_any_code_is_made(
    site: Flask, signed_in: FlaskClient, district: District
) -> None:
    without_address(site)
    round_ = factories.draft(district.root, [district.branch], "member-appraisal")
    name = f"n-{district.branch.id}-{factories.group(round_).id}"
    filled = {"already": "0", name: "8"}
    page = text(post(signed_in, f"/desk/rounds/{round_.id}/codes", filled), 409)
    assert "PUBLIC_URL" in page
    assert not AccessCode.select().exists()
    survey = factories.draft(district.root, [district.first])
    page = text(signed_in.get(f"/desk/rounds/{survey.id}/poster/c1"), 409)
    assert "PUBLIC_URL" in page


def test_the_demonstration_prints_this_machines_address(
    site: Flask, signed_in: FlaskClient, district: District
) -> None:
    without_address(site)
    SiteFact.create(name="demonstration", value="loaded")
    survey = factories.draft(district.root, [district.first])
    page = text(signed_in.get(f"/desk/rounds/{survey.id}/poster/c1"))
    assert f"127.0.0.1:8000/s/{survey.id}/c1" in page


def test_a_poster_carries_address_title_and_end_and_a_text_for_a_chat(
    signed_in: FlaskClient, district: District
) -> None:
    survey = factories.draft(district.root, [district.first])
    page = text(signed_in.get(f"/desk/rounds/{survey.id}/poster/c1"))
    assert f"surveys.example.org/s/{survey.id}/c1" in page
    assert "2026-03-09 09:00 截止" in page
    assert "【甲一示范社区】示范测评" in page
    assert 'class="qr"' in page
    assert signed_in.get(f"/desk/rounds/{survey.id}/poster/c2").status_code == 404


def test_the_posters_of_all_units_come_in_one_print(
    signed_in: FlaskClient, district: District
) -> None:
    survey = factories.draft(district.root, [district.first, district.second])
    page = text(signed_in.get(f"/desk/rounds/{survey.id}/posters"))
    assert page.count('class="qr"') == 2
    for code, name in (("c1", "甲一示范社区"), ("c2", "甲二示范社区")):
        assert f"surveys.example.org/s/{survey.id}/{code}" in page
        assert f"【{name}】示范测评" in page
    ballot = factories.draft(district.root, [district.branch], "member-appraisal")
    assert signed_in.get(f"/desk/rounds/{ballot.id}/posters").status_code == 404
