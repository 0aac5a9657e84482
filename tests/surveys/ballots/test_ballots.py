"""Codes and sheets: once, complete, in time, and leaving nothing that leads back."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import ballots, rounds
from surveys.ballots import casting, code_symbols, comments, seal
from surveys.db import database
from surveys.messages import Refused
from surveys.models import Round
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import AFTER, DURING, END, START, District

GOOD = {"overall": "satisfied", "help": "mostly"}


def spend_fifty_times(keys: Path, right: ballots.Right) -> int:
    """Fifty threads submit with one right at once; how many were thanked."""
    sheet: ballots.Sheet = {subject.id: {} for subject in ballots.subjects_of(right)}

    def submit(_: int) -> bool:
        database.connect(reuse_if_open=True)
        try:
            ballots.cast(keys, right, sheet, {}, DURING)
        except ballots.Spent:
            return False
        finally:
            database.close()
        return True

    with ThreadPoolExecutor(50) as pool:
        return sum(pool.map(submit, range(50)))


def test_fifty_at_once_with_one_code_are_one_vote(district: District, keys: Path) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    thanked = spend_fifty_times(keys, ballots.find(keys, given_codes[0], DURING))
    assert thanked == 1
    assert Rating.select().count() == 8


def test_without_the_guard_fifty_at_once_would_be_many_votes(
    district: District, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    monkeypatch.setattr(casting, "SPEND", ballots.SPEND.replace(" AND state = 'unspent'", ""))
    thanked = spend_fifty_times(keys, ballots.find(keys, given_codes[0], DURING))
    assert thanked > 1, "the test above has no teeth"


def test_no_code_is_made_for_a_unit_that_was_taken_off_the_round_meanwhile(
    district: District, keys: Path
) -> None:
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    with pytest.raises(Refused, match="不在这次测评的范围之内"):
        factories.codes(keys, made, district.first, 3)
    assert not AccessCode.select().exists(), "with it the round could never be counted"


def test_a_sheet_that_comes_while_the_round_is_given_up_is_late_and_tells_of_no_lost_key(
    district: District, keys: Path
) -> None:
    round_, given_codes = factories.open_appraisal(keys, district)
    right = ballots.find(keys, given_codes[0], DURING)
    sheet: ballots.Sheet = {subject.id: {} for subject in ballots.subjects_of(right)}
    rounds.abandon(keys, round_, "示例原因")
    with pytest.raises(ballots.Closed):
        ballots.cast(keys, right, sheet, {}, DURING)


def test_a_sheet_about_eight_is_eight_ratings_blank_lines_too(
    district: District, keys: Path
) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    factories.vote(keys, given_codes[0], {"p2": "qualified"})
    rows = list(Rating.select())
    assert len(rows) == 8
    assert len({bytes(row.key) for row in rows}) == 8
    assert len({len(bytes(row.sealed)) for row in rows}) == 1


def test_each_refused_code_gets_its_own_sentence(district: District, keys: Path) -> None:
    round_, given_codes = factories.open_appraisal(
        keys, district, opens=START + timedelta(minutes=5)
    )
    spent, void, fresh = given_codes[:3]
    with pytest.raises(ballots.Closed, match="还没有开始"):
        ballots.find(keys, fresh, START)
    factories.vote(keys, spent, {})
    AccessCode.update(state="void").where(
        AccessCode.digest
        == code_symbols.digest(code_symbols.normalise(void), (keys / "codes.key").read_bytes())
    ).execute()
    with pytest.raises(ballots.Spent, match="用过一次"):
        ballots.find(keys, spent, DURING)
    with pytest.raises(ballots.NotACode, match="作废"):
        ballots.find(keys, void, DURING)
    with pytest.raises(ballots.NotACode, match="现在不能用"):
        ballots.find(keys, code_symbols.make(), DURING)
    with pytest.raises(ballots.Closed, match="截止"):
        ballots.find(keys, fresh, END)
    factories.closed(keys, round_)
    with pytest.raises(ballots.NotACode, match="现在不能用"):
        ballots.find(keys, fresh, AFTER)


def test_a_code_of_a_draft_is_early(district: District, keys: Path) -> None:
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    code = factories.codes(keys, made, district.branch, 8)[0]
    with pytest.raises(ballots.Closed, match="还没有开始"):
        ballots.find(keys, code, DURING)


def test_answers_are_taken_until_the_last_second_and_not_in_the_next(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, now=END - timedelta(seconds=1))
    with pytest.raises(ballots.Closed, match="截止"):
        factories.answer(keys, round_, "c1", GOOD, now=END)
    assert Rating.select().count() == 1


def test_the_number_of_a_page_counts_once(district: District, keys: Path) -> None:
    round_ = factories.open_survey(keys, district)
    about, number = factories.subject(round_, "c1"), secrets.token_bytes(16)
    group = factories.group(round_)
    ballots.cast_openly(keys, round_, number, group, {about.id: GOOD}, {}, DURING)
    with pytest.raises(ballots.Spent):
        ballots.cast_openly(keys, round_, number, group, {about.id: GOOD}, {}, DURING)
    assert Rating.select().count() == Receipt.select().count() == 1


def test_a_sheet_needs_exactly_the_subjects_of_its_branch(district: District, keys: Path) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    right = ballots.find(keys, given_codes[0], DURING)
    with pytest.raises(ballots.BadSheet, match="名单"):
        ballots.cast(keys, right, {ballots.subjects_of(right)[0].id: {}}, {}, DURING)
    assert AccessCode.select().where(AccessCode.state == "spent").count() == 0


@pytest.mark.parametrize("answers", [{"overall": "superb"}, {"no-question": "satisfied"}])
def test_an_answer_that_is_not_on_the_form_changes_nothing(
    district: District, keys: Path, answers: dict[str, str]
) -> None:
    round_ = factories.open_survey(keys, district)
    with pytest.raises(ballots.BadSheet):
        factories.answer(keys, round_, "c1", answers)
    assert Rating.select().count() == Receipt.select().count() == 0


def test_of_eight_members_two_may_be_excellent(district: District, keys: Path) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    with pytest.raises(ballots.BadSheet, match="最多 2 人"):
        factories.vote(keys, given_codes[0], dict.fromkeys(("p1", "p2", "p3"), "excellent"))
    factories.vote(keys, given_codes[0], dict.fromkeys(("p1", "p2"), "excellent"))


def test_codes_always_balance_when_unspent_ones_are_voided_and_made_anew(
    district: District, keys: Path
) -> None:
    round_, given_codes = factories.open_appraisal(keys, district, count=10)
    for code in given_codes[:3]:
        factories.vote(keys, code, {})
    group = factories.group(round_)
    assert ballots.void_codes(round_, district.branch, group) == 7
    factories.codes(keys, round_, district.branch, 7)
    (count,) = ballots.code_counts(round_)
    assert (count.issued, count.spent, count.void) == (10, 3, 7)


def test_rounds_about_persons_keep_no_comments(district: District, keys: Path) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    right = ballots.find(keys, given_codes[0], DURING)
    sheet: ballots.Sheet = {subject.id: {} for subject in ballots.subjects_of(right)}
    ballots.cast(keys, right, sheet, dict.fromkeys(sheet, "示例"), DURING)
    assert Comment.select().count() == 0


@given(text=st.text(max_size=comments.CHARACTERS))
def test_a_sealed_comment_has_one_length_and_comes_back_whole(text: str) -> None:
    plain = comments.clean(text.encode("utf-8", "ignore").decode("utf-8"))
    padded = comments.pad(plain)
    assert len(padded) == comments.BYTES
    assert comments.unpad(padded) == plain


def test_a_comment_loses_control_characters_and_refuses_a_megabyte() -> None:
    assert comments.clean("好\x00\x1b[31m<b>\n坏\r\n ") == "好[31m<b>\n坏"
    with pytest.raises(comments.TooLong, match="最多 500 字"):
        comments.clean("a" * 1_000_000)


def test_a_lost_key_of_the_codes_is_said_and_never_made_anew(
    district: District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    lost = keys / "codes.key"
    aside = lost.rename(keys.parent / "aside")
    for attempt in (
        lambda: ballots.recognise(keys, codes[0]),
        lambda: factories.codes(keys, round_, district.branch, 1),
    ):
        with pytest.raises(seal.KeyLost, match=r"codes\.key"):
            attempt()
    assert not lost.exists()
    aside.rename(lost)
    factories.vote(keys, codes[0], {"p1": "basic"})


def test_no_codes_after_the_end_of_a_round(district: District, keys: Path) -> None:
    round_, _ = factories.open_appraisal(keys, district)
    rounds.abandon(keys, round_, "示例原因")
    with pytest.raises(ballots.Closed):
        factories.codes(keys, Round.get_by_id(round_.id), district.branch, 1)


def test_a_sheet_on_its_way_while_its_round_is_given_up_is_told_so(
    district: District, keys: Path
) -> None:
    _, given_codes = factories.open_appraisal(keys, district)
    right = ballots.find(keys, given_codes[0], DURING)
    rounds.abandon(keys, right.round, "发错了问卷")
    for now in (DURING, AFTER):
        with pytest.raises(ballots.Closed, match="已经取消"):
            ballots.cast(keys, right, {each.id: {} for each in ballots.subjects_of(right)}, {}, now)
