"""Who may vote and how many codes there are: a vote of those entitled, reasons, cautions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from site_app.accounts import sign_in
from site_app.models import AuditEntry
from surveys import ballots, counting, inputs, rounds
from surveys.models import Round, Score
from surveys.rounds import readiness
from tests import factories
from tests.factories import AFTER, START, District
from tests.factories import group as first_group
from tests.helpers.desk import SetClock, post, reloaded, text


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(START)
    monkeypatch.setattr(sign_in, "SIGNED_IN", timedelta(days=400))


def fields(round_: Round) -> list[str]:
    return [each.field for each in rounds.issues_before_opening(round_, START)]


def vote_on(district: District, *names: str) -> Round:
    return factories.draft(district.root, [district.branch], "admission-vote", listed=names)


def test_a_vote_is_about_one_person(district: District) -> None:
    with pytest.raises(inputs.BadSetting, match="逐个讨论、逐个表决，一次一位"):
        vote_on(district, "赵示例", "钱示例")


@pytest.mark.parametrize(("yes", "passed"), [(4, False), (5, False), (6, True)])
def test_more_than_half_of_those_entitled_must_vote_yes(
    yes: int, passed: bool, keys: Path, district: District
) -> None:
    """Ten are entitled, six or more come."""
    for number in (9, 10):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    made = vote_on(district, "赵示例")
    given = factories.codes(keys, made, district.branch, 10)
    factories.opened(keys, made)
    for place, code in enumerate(given[: max(yes, 6)]):
        factories.vote(keys, code, {"no-1": "yes" if place < yes else "no"})
    (score,) = Score.of(factories.closed(keys, made))
    assert (score.details["flags"] == ["more-than-half"]) is passed


def test_fewer_codes_than_full_members_need_a_reason_that_stands_on_the_record(
    signed_in: FlaskClient, keys: Path, district: District, set_clock: SetClock
) -> None:
    factories.person("p9", "示例党员9", district.branch, "probationary")
    made = vote_on(district, "赵示例")
    given = factories.codes(keys, made, district.branch, 6)
    assert fields(made) == ["codes_reason"], "eight full members"
    here = f"/desk/rounds/{made.id}"
    refused = text(post(signed_in, f"{here}/open", {"codes_reason": " "}, form=here), 409)
    assert "应参加的有 8 人，测评码有 6 个" in refused
    assert reloaded(made).state == "draft"
    reason = "示例原因：两人出国"
    assert post(signed_in, f"{here}/open", {"codes_reason": reason}, form=here).status_code == 303
    for code in given[:5]:
        factories.vote(keys, code, {"no-1": "yes"})
    factories.closed(keys, reloaded(made))
    set_clock(AFTER)
    record = text(signed_in.get(f"{here}/protocol"))
    assert reason in record
    cells = re.findall(r'<td class="numeric"[^>]*>(\d+)</td>', record)
    assert cells[:3] == ["8", "6", "5"], "entitled, issued, returned"
    assert cells[-5:] == ["6", "5", "5", "0", "0"], "issued, returned, yes, no, abstained"
    assert "赞成占应到 5/6" in record
    entry = AuditEntry.get(AuditEntry.action == "open")
    assert entry.detail == reason


def test_more_codes_than_people_need_a_reason_while_open_too(
    signed_in: FlaskClient, keys: Path, district: District
) -> None:
    made, _ = factories.open_appraisal(keys, district)
    here = f"/desk/rounds/{made.id}/codes"
    row = f"n-{district.branch.id}-{first_group(made).id}"
    asked = text(post(signed_in, here, {"already": "8", row: "32"}), 409)
    assert "应参加的有 8 人，测评码会有 40 个" in asked
    assert 'name="reason"' in asked
    assert ballots.codes_ever(made) == 8
    sent = {"already": "8", row: "32", "reason": "示例：邻支部来列席"}
    assert post(signed_in, here, sent).status_code == 200
    assert reloaded(made).electorate == {"b1": {"entitled": 8, "reasons": [sent["reason"]]}}
    assert sent["reason"] in AuditEntry.get(AuditEntry.action == "codes").detail
    factories.closed(keys, reloaded(made))
    record = text(signed_in.get(f"/desk/rounds/{made.id}/protocol"))
    assert sent["reason"] in record
    assert "应参加" in record


def test_codes_as_many_as_the_members_need_no_reason(
    signed_in: FlaskClient, district: District
) -> None:
    factories.person("p9", "示例党员9", district.branch, "probationary")
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    row = f"n-{district.branch.id}-{first_group(made).id}"
    here = f"/desk/rounds/{made.id}/codes"
    assert f'name="{row}" form="typed" value="9"' in text(signed_in.get(here))
    assert post(signed_in, here, {"already": "0", row: "9"}).status_code == 200
    assert fields(made) == []


def test_the_same_asked_of_one_place_within_a_year_is_a_caution_and_no_refusal(
    keys: Path, district: District
) -> None:
    first, _ = factories.open_appraisal(keys, district)
    factories.closed(keys, first)
    again = factories.draft(district.root, [district.branch], "member-appraisal")
    factories.codes(keys, again, district.branch, 8)
    (caution,) = readiness.cautions(again, AFTER)
    assert district.branch.name in str(caution)
    assert readiness.cautions(again, AFTER + timedelta(days=367)) == []
    assert fields(again) == []


def test_codes_voided_while_a_vote_runs_do_not_make_fewer_people_entitled(
    signed_in: FlaskClient, keys: Path, district: District, set_clock: SetClock
) -> None:
    """Eleven are entitled, six come, four vote yes: lost, and so it stays."""
    for number in (9, 10, 11):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    made = vote_on(district, "赵示例")
    given = factories.codes(keys, made, district.branch, 11)
    factories.opened(keys, made)
    for place, code in enumerate(given[:6]):
        factories.vote(keys, code, {"no-1": "yes" if place < 4 else "no"})
    here = f"/desk/rounds/{made.id}"
    row = f"n-{district.branch.id}-{first_group(made).id}"
    assert "没有补发的，计票时仍算发出" in text(signed_in.get(f"{here}/codes"))
    assert post(signed_in, f"{here}/void", {"row": row}, form=here).status_code == 303
    (score,) = Score.of(factories.closed(keys, reloaded(made)))
    assert score.details["flags"] == []
    set_clock(AFTER)
    record = text(signed_in.get(f"{here}/protocol"))
    cells = re.findall(r'<td class="numeric"[^>]*>(\d+)</td>', record)
    assert cells[:3] == ["11", "11", "6"], "entitled, issued, returned"
    assert "赞成占应到 4/11" in record


def test_lost_slips_are_replaced_and_counted_once(keys: Path, district: District) -> None:
    made, given = factories.open_appraisal(keys, district)
    factories.vote(keys, given[0], {})
    group = first_group(made)
    ballots.void_codes(made, district.branch, group)
    assert [row["issued"] for row in counting.turnout(reloaded(made))] == [8]
    factories.codes(keys, made, district.branch, 7)
    assert [row["issued"] for row in counting.turnout(reloaded(made))] == [8]


def test_the_fewer_codes_that_a_reason_stands_for_stay_as_many(
    keys: Path, district: District
) -> None:
    made = vote_on(district, "赵示例")
    factories.codes(keys, made, district.branch, 8)
    ballots.void_codes(made, district.branch, first_group(made))
    factories.codes(keys, made, district.branch, 6)
    rounds.open_round(keys, made, START, "示例原因：两人出国")
    ballots.void_codes(made, district.branch, first_group(made))
    assert [row["issued"] for row in counting.turnout(reloaded(made))] == [6]


@pytest.mark.parametrize("when", [START, AFTER])
def test_the_same_asked_of_one_place_at_the_same_time_is_a_caution_too(
    when: datetime, keys: Path, district: District
) -> None:
    """While the other is open, and while it has ended and waits to be counted."""
    first, _ = factories.open_appraisal(keys, district, title="示例甲次")
    again = factories.draft(district.root, [district.branch], "member-appraisal")
    (caution,) = readiness.cautions(again, when)
    assert "示例甲次" in str(caution)
    assert "还没有计票" in str(caution)
    rounds.abandon(keys, first, "示例原因")
    assert readiness.cautions(again, when) == []


@pytest.mark.parametrize("mark", "、，,；;")
def test_two_persons_on_one_line_are_not_one(mark: str, district: District) -> None:
    with pytest.raises(inputs.BadSetting, match="一行只写一位"):
        vote_on(district, f"赵示例{mark}钱示例")


def test_a_mark_in_brackets_parts_no_names(district: District) -> None:
    assert vote_on(district, "赵示例（示例甲组，示例乙岗）").listed


def test_the_sheets_of_a_vote_say_who_came_and_whether_more_than_half_were_for_it(
    signed_in: FlaskClient, keys: Path, district: District, set_clock: SetClock
) -> None:
    """Five of eleven come and all say yes; abstaining is an answer here, and no page denies it."""
    for number in (9, 10, 11):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    made = vote_on(district, "赵示例")
    given = factories.codes(keys, made, district.branch, 11)
    factories.opened(keys, made)
    for code in given[:5]:
        factories.vote(keys, code, {"no-1": "yes"})
    factories.published(keys, reloaded(made))
    set_clock(AFTER)
    here = f"/desk/rounds/{made.id}"
    for path in ("protocol", "meeting", "persons", "persons/no-1"):
        sheet = text(signed_in.get(f"{here}/{path}"))
        assert "实到 5，没有超过应到 11 的一半" in sheet, path
        assert "赞成占应到 5/11" in sheet, path
        assert "没有超过 1/2" in sheet, path
        assert "应到（发出）" in sheet, path
        assert "肯定率" not in sheet, path
    for path in ("results", "results/no-1/how"):
        page = text(signed_in.get(f"{here}/{path}"))
        assert "弃权”不算" not in page, path
        assert "弃权的不算" not in page, path
        assert "弃权和空着的没有分值" not in page, path


def test_options_without_a_value_are_named_where_there_are_some(
    signed_in: FlaskClient, keys: Path, district: District, set_clock: SetClock
) -> None:
    made, given = factories.open_appraisal(keys, district)
    for code in given:
        factories.vote(keys, code, {"p1": "qualified"})
    factories.published(keys, reloaded(made))
    set_clock(AFTER)
    here = f"/desk/rounds/{made.id}"
    assert "弃权”不算有效回答" in text(signed_in.get(f"{here}/results"))
    assert "弃权”没有分值，不算" in text(signed_in.get(f"{here}/results/p1/how"))
    assert "应到（发出）" not in text(signed_in.get(f"{here}/meeting"))
