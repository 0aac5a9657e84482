"""Counting: once, by two ways, final; what is hidden is not kept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import counting, rounds
from surveys.ballots import seal
from surveys.counting import tally
from surveys.db import database
from surveys.models import Archive, Round, Score, Unit
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import AFTER, DURING, District

ROOT = Path(__file__).parents[3]
GOOD, BAD = {"overall": "satisfied"}, {"overall": "dissatisfied"}


def survey_with_answers(keys: Path, district: District) -> Round:
    """20 answers about c1, 8 about c2, 3 about c3: too few."""
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", GOOD, 15, comment="示例意见一")
    factories.answer(keys, round_, "c1", BAD, 5)
    factories.answer(keys, round_, "c2", GOOD, 8)
    factories.answer(keys, round_, "c3", BAD, 3, comment="示例意见三")
    return round_


def kept(round_: Round) -> dict[str, dict[str, object]]:
    document = json.loads(bytes(Archive.get(Archive.round == round_).document))
    return {subject["id"]: subject for subject in document["subjects"]}


def test_a_round_is_summed_up_its_tree_and_small_groups_are_not_kept(
    district: District, keys: Path
) -> None:
    round_ = survey_with_answers(keys, district)
    foreseen = [(each.subjects, each.outcome) for each in counting.foreseen(round_)]
    done = factories.closed(keys, round_)
    subjects = kept(done)
    assert subjects["c3"]["disclosure"] == "few"
    assert foreseen == [([each["label"]], each["disclosure"]) for each in subjects.values()]
    assert "groups" not in subjects["c3"]
    assert subjects["c1"]["groups"]["residents"]["returned"] == 20
    scores = {row.subject.key: row for row in Score.of(done)}
    assert (scores["c1"].score, scores["c1"].rate, scores["c1"].valid) == ("75.00", "75.00", 20)
    assert scores["c3"].score is None


def test_after_counting_nothing_single_is_left(district: District, keys: Path) -> None:
    round_ = survey_with_answers(keys, district)
    factories.closed(keys, round_)
    for table in (Rating, Receipt, AccessCode):
        assert table.select().count() == 0
    assert round_.id not in seal.held(keys)
    assert {comment.text for comment in Comment.select()} == {"示例意见一"}
    assert not Comment.select().where(Comment.sealed.is_null(False)).exists()


def test_the_codes_totals_stay(district: District, keys: Path) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    for code in codes[:6]:
        factories.vote(keys, code, {"p1": "qualified"})
    done = factories.closed(keys, round_)
    (row,) = Archive.get(Archive.round == done).counts
    assert (row["issued"], row["returned"], row["void"]) == (8, 6, 0)


def verify(file: Path) -> int:
    """The exit code of `python -m surveys verify FILE`, without any installed package."""
    command = [sys.executable, "-S", "-m", "surveys", "verify", str(file)]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode


def test_the_downloaded_archive_verifies_in_a_bare_python(
    district: District, keys: Path, tmp_path: Path
) -> None:
    done = factories.closed(keys, survey_with_answers(keys, district))
    file = tmp_path / "archive.json"
    file.write_bytes(bytes(Archive.get(Archive.round == done).document))
    assert verify(file) == 0
    file.write_text(file.read_text("utf-8").replace('"75.00"', '"76.00"', 1), "utf-8")
    assert verify(file) == 1


def test_counting_waits_for_the_end_and_happens_once(district: District, keys: Path) -> None:
    round_ = survey_with_answers(keys, district)
    with pytest.raises(counting.NotNow, match="还没有截止"):
        counting.close(keys, round_, DURING)
    counting.close(keys, round_, AFTER)
    with pytest.raises(counting.NotNow, match="只有一次"):
        counting.close(keys, round_, AFTER)


def test_of_two_who_press_count_at_once_one_counts(district: District, keys: Path) -> None:
    round_ = survey_with_answers(keys, district)

    def press(_: int) -> bool:
        database.connect(reuse_if_open=True)
        try:
            counting.close(keys, round_, AFTER)
        except counting.NotNow:
            return False
        finally:
            database.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press, range(8))) == 1
    assert Archive.select().count() == 1


@pytest.mark.parametrize("way", ["count_by_columns", "count_by_papers"])
def test_when_the_two_ways_disagree_nothing_is_counted_or_changed(
    district: District, keys: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    round_ = survey_with_answers(keys, district)
    honest = getattr(tally, way)

    def sabotaged(count: tally.Count, batch: list[tuple[tally.Cell, bytes]], width: int) -> None:
        honest(count, batch[1:], width)

    monkeypatch.setattr(tally, way, sabotaged)
    with pytest.raises(tally.CountsDisagree, match="什么也没有改动"):
        counting.close(keys, round_, AFTER)
    assert Round.get_by_id(round_.id).state == "open"
    assert Rating.select().count() == 31
    assert Archive.select().count() == Score.select().count() == 0
    assert round_.id in seal.held(keys)


def test_a_rating_taken_away_behind_the_sites_back_stops_the_count(
    district: District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    for code in codes:
        factories.vote(keys, code, {})
    database.execute_sql("DELETE FROM rating WHERE key IN (SELECT key FROM rating LIMIT 1)")
    with pytest.raises(tally.CountsDisagree, match="不符"):
        counting.close(keys, round_, AFTER)


def test_a_rating_moved_to_another_subject_cannot_be_unsealed(
    district: District, keys: Path
) -> None:
    round_ = survey_with_answers(keys, district)
    first, second = factories.subject(round_, "c1"), factories.subject(round_, "c2")
    database.execute_sql(
        "UPDATE rating SET subject_id = ? WHERE subject_id = ?", (second.id, first.id)
    )
    with pytest.raises(seal.KeyLost, match="改动过"):
        counting.close(keys, round_, AFTER)


def test_a_missing_or_changed_key_is_said_and_nothing_counts_as_zero(
    district: District, keys: Path
) -> None:
    round_ = survey_with_answers(keys, district)
    file = keys / f"round-{round_.id}.key"
    good = file.read_bytes()
    file.write_bytes(bytes(32))
    with pytest.raises(seal.KeyLost, match="与开始时的不同"):
        counting.close(keys, round_, AFTER)
    file.unlink()
    with pytest.raises(seal.KeyLost, match="不在了"):
        counting.close(keys, round_, AFTER)
    assert Rating.select().count() == 31
    file.write_bytes(good)
    counting.close(keys, round_, AFTER)


@given(
    papers=st.lists(
        st.tuples(st.sampled_from([(1, 1), (1, 2), (2, 1)]), st.binary(min_size=3, max_size=3)),
        max_size=60,
    )
)
def test_both_ways_of_counting_agree_with_counting_by_hand(
    papers: list[tuple[tally.Cell, bytes]],
) -> None:
    by_hand = Counter(
        (cell, place, answer) for cell, packed in papers for place, answer in enumerate(packed)
    )
    for way in (tally.count_by_columns, tally.count_by_papers):
        count = tally.Count()
        way(count, papers[: len(papers) // 2], 3)
        way(count, papers[len(papers) // 2 :], 3)
        assert count.answers == by_hand
        assert count.ballots == Counter(cell for cell, _ in papers)


def test_a_community_knows_its_satisfaction_once_it_is_published(
    district: District, keys: Path
) -> None:
    round_ = survey_with_answers(keys, district)
    done = factories.closed(keys, round_)
    first = Unit.get(Unit.code == "c1")
    assert not Score.published().where(Score.unit == first)
    rounds.publish(done, "示例。", AFTER)
    assert [score.score for score in Score.published().where(Score.unit == first)] == ["75.00"]
