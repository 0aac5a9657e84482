"""No copy of the database tells in which order rows came that were written at once."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from surveys import ballots, rounds
from surveys.ballots import comments, seal, urn
from surveys.counting import tally
from surveys.db import database
from surveys.models import Round, TextAnswer
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import District
from tests.helpers import leaves

SHEETS = {"comment": 150, "text_answer": 40}
"""So many write: texts fit on one page, comments lie among sealed rows on many."""
MOST_BY_CHANCE = {"comment": 0.7, "text_answer": 0.85}
"""What share of neighbours may stand in the old order: one half, and four deviations and more."""


def copied(to: Path) -> Path:
    """A copy of the database by its pages, as a backup that knows nothing of the site makes it."""
    with sqlite3.connect(to) as copy:
        database.connection().backup(copy)
    copy.close()
    return to


def is_in_key_order(file: Path, table: str) -> bool:
    """Whether on each page what was written first has the smallest key."""
    found = [leaf for leaf in leaves.written(file, table) if len(leaf) > 1]
    assert found, f"nothing to compare in {table}"
    return all(leaf == sorted(leaf) for leaf in found)


def unsorted(statement: str, rows: Iterable[urn.Row]) -> int:
    """The urn without its one rule."""
    cursor = database.cursor()
    cursor.executemany(statement, list(rows))
    return int(cursor.rowcount)


@pytest.fixture(params=["sorted", "unsorted"])
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the urn keeps its rule: without it each of these tests must see an order."""
    if request.param == "unsorted":
        monkeypatch.setattr(urn, "put", unsorted)
    return bool(request.param == "sorted")


def test_codes_lie_in_the_order_of_their_digests_which_is_not_that_of_the_slips(
    district: District, keys: Path, tmp_path: Path, guard: bool
) -> None:
    made = factories.draft(district.root, [district.branch], "member-appraisal")
    slips = factories.codes(keys, made, district.branch, 200)
    assert is_in_key_order(copied(tmp_path / "copy"), "access_code") is guard
    digests = [ballots.recognise(keys, code).digest for code in slips]
    ascents = sum(first < second for first, second in pairwise(digests))
    assert 60 < ascents < 140


def test_the_lines_of_a_sheet_lie_in_the_order_of_their_keys(
    district: District, keys: Path, tmp_path: Path, guard: bool
) -> None:
    for number in range(9, 40):
        factories.person(f"p{number}", f"示例党员{number}", district.branch)
    _, codes = factories.open_appraisal(keys, district)
    factories.vote(keys, codes[0], {"p1": "qualified"})
    assert is_in_key_order(copied(tmp_path / "copy"), "rating") is guard


def open_feedback(keys: Path, district: District) -> Round:
    """A round about one course, with questions that are answered in words."""
    made = factories.draft(district.root, [district.root], "course-feedback", listed=["示例课程"])
    return factories.opened(keys, made)


def texts_of(table: str) -> dict[bytes, str]:
    """What is kept of what was written in words, by key."""
    model = Comment if table == "comment" else TextAnswer
    return {bytes(row.key): str(row.text) for row in model.select() if row.text}


@pytest.mark.parametrize("table", ["comment", "text_answer"])
def test_what_was_written_in_words_cannot_be_led_back_to_its_sealed_row(
    district: District,
    keys: Path,
    tmp_path: Path,
    guard: bool,
    table: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The attack: sealed rows by key before the count, texts in the order of writing after it."""
    if table == "comment":
        round_, about = factories.open_survey(keys, district), "c1"
    else:
        round_, about = open_feedback(keys, district), "no-1"
    for number in range(SHEETS[table]):
        answers = {} if table == "comment" else {"change": f"示例意见{number:03d}"}
        comment = f"示例意见{number:03d}" if table == "comment" else ""
        factories.answer(keys, round_, about, {"overall": None} | answers, comment=comment)
    factories.answer(keys, round_, about, {"overall": first_option(round_)}, 5)
    cipher = seal.load(keys, round_.id, round_.key_check)
    rows = [
        (
            bytes(row.sealed or b""),
            ballots.around_comment(round_.id, bytes(row.key), row.subject_id),
        )
        for row in Comment.select().order_by(Comment.key)
    ]
    sealed = list(map(comments.unpad, seal.unseal_all(cipher, rows)))
    place_before = {text: place for place, text in enumerate(filter(None, sealed))}
    sweep = urn.sweep

    def copied_before(round_id: int) -> None:
        copied(tmp_path / "copy")
        sweep(round_id)

    monkeypatch.setattr(urn, "sweep", copied_before)
    factories.closed(keys, round_)
    texts = texts_of(table)
    assert sorted(texts.values()) == sorted(place_before)
    pairs = [
        place_before[texts[first]] < place_before[texts[second]]
        for leaf in leaves.written(tmp_path / "copy", table)
        for first, second in pairwise(key for key in leaf if key in texts)
    ]
    in_old_order = sum(pairs) / len(pairs)
    assert (in_old_order < MOST_BY_CHANCE[table]) is guard, f"{in_old_order:.0%} of neighbours"


def first_option(round_: Round) -> str:
    """An answer to the first question."""
    scale = round_.questionnaire["questions"][0]["scale"]
    return str(round_.questionnaire["scales"][scale]["options"][0]["id"])


def test_who_wrote_nothing_leaves_the_same_rows_as_who_wrote(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    left = []
    for comment in ("", "示例意见", "示例" * 200, "  "):
        before = Comment.select().count(), Rating.select().count(), Receipt.select().count()
        factories.answer(keys, round_, "c1", {"overall": "satisfied"}, comment=comment)
        now = Comment.select().count(), Rating.select().count(), Receipt.select().count()
        left.append(tuple(new - old for new, old in zip(now, before, strict=True)))
    assert set(left) == {(1, 1, 1)}
    assert len({len(bytes(row.sealed or b"")) for row in Comment.select()}) == 1
    assert {text for _, _, text in tally.texts(keys, round_)} == {"示例" * 200, "示例意见"}


def test_each_question_in_words_has_a_row_on_every_sheet(district: District, keys: Path) -> None:
    round_ = open_feedback(keys, district)
    asked = [each for each in round_.questionnaire["questions"] if each.get("kind") == "text"]
    factories.answer(keys, round_, "no-1", {"overall": first_option(round_)}, 3)
    assert Comment.select().count() == 3 * len(asked) > 0
    assert list(tally.texts(keys, round_)) == []


def test_only_the_urn_writes_these_rows() -> None:
    """Read from the source: nobody else names these tables in a statement that writes."""
    tables = {each._meta.table_name for each in (AccessCode, Receipt, Rating, Comment, TextAnswer)}
    names = ("AccessCode", "Receipt", "Rating", "Comment", "TextAnswer")
    root = Path(__file__).parents[3]
    for file in [*root.glob("surveys/**/*.py"), *root.glob("site_app/**/*.py")]:
        if file.name == "urn.py" or file.parent.name == "migrations":
            continue
        source = " ".join(file.read_text("utf-8").split())
        for table in tables:
            assert f"INTO {table} " not in source, file.name
        for name in names:
            for verb in (".create(", ".insert(", ".insert_many(", ".insert_from(", "("):
                assert f" {name}{verb}" not in source.replace(f"class {name}(", ""), file.name


def test_a_large_round_is_swept_in_steps_that_leave_what_is_kept(
    district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 30, comment="示例意见")
    other = factories.open_survey(keys, district)
    factories.answer(keys, other, "c1", {"overall": "satisfied"}, 3)
    chance = random.Random(1)
    urn_rows = [
        (chance.randbytes(16), round_.id, factories.subject(round_, "c1").id, b"sealed")
        for _ in range(2500)
    ]
    urn.put(urn.COMMENT, urn_rows)
    rounds.abandon(keys, round_, "示例原因")
    assert Comment.select().where(Comment.round == round_).count() == 0
    assert Comment.select().where(Comment.round == other).count() == 3
