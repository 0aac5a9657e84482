"""Nobody can learn who said what: not from the schema, not from copies of the database."""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask

from surveys import ballots, models
from surveys.ballots import comments, seal
from surveys.db import database
from surveys.models import TABLES, Archive
from surveys.models import ballots as secret_tables
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import AFTER, DURING, District

ALLOWED = {
    "rating": {"round_id", "key", "subject_id", "group_id", "sealed"},
    "comment": {"round_id", "key", "subject_id", "sealed", "text"},
    "access_code": {"digest", "round_id", "unit_id", "group_id", "state"},
    "receipt": {"round_id", "number"},
}


@pytest.mark.parametrize("table", ALLOWED)
def test_the_tables_of_ballots_cannot_say_who_when_or_in_which_order(
    site: Flask, table: str
) -> None:
    columns = {row[1] for row in database.execute_sql(f"PRAGMA table_info({table})")}
    assert columns == ALLOWED[table]
    (sql,) = database.execute_sql(
        "SELECT sql FROM sqlite_master WHERE name = ?", (table,)
    ).fetchone()
    assert "WITHOUT ROWID" in sql


def test_who_neither_casts_nor_counts_cannot_name_the_secret_tables() -> None:
    """Beside the contract on imports: their names stand in no other source, by whatever way."""
    secret = {each.__name__ for each in TABLES if each.__module__ == secret_tables.__name__}
    assert secret == {"AccessCode", "Comment", "Rating", "Receipt"}
    assert not secret & set(vars(models))
    root = Path(__file__).parents[3]
    rooms = ("surveys/ballots/", "surveys/counting/", "surveys/models/", "site_app/migrations/")
    for file in [*root.glob("surveys/**/*.py"), *root.glob("site_app/**/*.py")]:
        place = file.relative_to(root).as_posix()
        if not place.startswith(rooms):
            for each in ast.walk(ast.parse(file.read_text("utf-8"))):
                assert getattr(each, "id", None) not in secret, place
                assert getattr(each, "attr", None) not in secret, place


def test_the_folders_are_for_their_owner_alone_and_keys_are_apart_from_data(
    site: Flask, district: District, keys: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    data = Path(database.database).parent
    assert keys not in data.parents
    assert data not in keys.parents
    assert [each.stat().st_mode & 0o777 for each in (data, keys)] == [0o700, 0o700]
    assert (keys / f"round-{round_.id}.key").stat().st_mode & 0o777 == 0o600


def test_rows_lie_in_the_order_of_random_keys_not_of_arrival(
    district: District, keys: Path
) -> None:
    """Two hundred sheets in a known order: neighbours in the table are as often early as late."""
    round_ = factories.open_survey(keys, district)
    arrival: dict[bytes, int] = {}
    for number in range(200):
        before = set(arrival)
        factories.answer(keys, round_, "c1", {"overall": "satisfied"})
        arrival.update(
            {bytes(row.key): number for row in Rating.select() if bytes(row.key) not in before}
        )
    stored = [arrival[bytes(row.key)] for row in Rating.select()]
    ascents = sum(first < second for first, second in pairwise(stored))
    assert 60 < ascents < 140


def test_all_sealed_answers_of_a_round_have_one_length(district: District, keys: Path) -> None:
    round_ = factories.open_survey(keys, district)
    full = dict.fromkeys(("overall", "help", "decisions", "service"), "satisfied")
    for answers, comment in ((full, "示例" * 200), ({}, ""), ({"help": "unknown"}, "好")):
        factories.answer(keys, round_, "c1", answers, comment=comment)
    assert len({len(bytes(row.sealed)) for row in Rating.select()}) == 1
    assert {len(bytes(row.sealed)) for row in Comment.select()} == {
        comments.BYTES + seal.NONCE_BYTES + 16
    }


def copy_of_database(site: Flask, to: Path) -> list[bytes]:
    """The bytes of database and journal as they lie on the disk at this moment."""
    file = Path(database.database)
    to.mkdir()
    for each in file.parent.glob(file.name + "*"):
        shutil.copy(each, to)
    return [each.read_bytes() for each in to.iterdir()]


def test_copies_before_during_and_after_say_nothing_once_the_key_is_destroyed(
    site: Flask, district: District, keys: Path, tmp_path: Path
) -> None:
    round_ = factories.open_survey(keys, district)
    number_secret = "极其特别的示例意见".encode()
    copies = [copy_of_database(site, tmp_path / "before")]
    for number in range(12):
        factories.answer(
            keys,
            round_,
            "c1",
            {"overall": "dissatisfied" if number == 7 else "satisfied"},
            comment=number_secret.decode() if number == 7 else "",
        )
        copies.append(copy_of_database(site, tmp_path / f"during-{number}"))
    for copy in copies:
        assert all(number_secret not in part for part in copy)
    factories.closed(keys, round_, AFTER)
    assert not any(keys.glob("round-*"))

    thief = sqlite3.connect(tmp_path / "during-11" / Path(database.database).name)
    rows = thief.execute("SELECT key, subject_id, group_id, sealed FROM rating").fetchall()
    thief.close()
    assert len(rows) == 12
    other = seal.make(keys, round_.id)
    cipher = seal.load(keys, round_.id, other)
    for key, subject, group, sealed in rows:
        with pytest.raises(seal.KeyLost):
            seal.unseal_all(cipher, [(sealed, ballots.around(round_.id, key, subject, group))])


def test_a_spent_code_and_its_ratings_share_no_value(district: District, keys: Path) -> None:
    _, codes = factories.open_appraisal(keys, district)
    factories.vote(keys, codes[0], {"p1": "qualified"}, DURING)
    spent = AccessCode.get(AccessCode.state == "spent")
    for row in Rating.select():
        assert bytes(spent.digest)[:8] not in bytes(row.key) + bytes(row.sealed)
        assert bytes(row.key) not in bytes(spent.digest)
    assert Receipt.select().count() == 0


def test_the_digest_that_everybody_sees_gives_no_small_tally_away(
    district: District, keys: Path
) -> None:
    """Who guesses all else right cannot find the votes by trying which have the public digest."""
    unguessable = set()
    for _ in range(2):
        appraisal, codes = factories.open_appraisal(keys, district)
        for code in codes:
            factories.vote(keys, code, {"p1": "excellent"})
        factories.closed(keys, appraisal)
        kept = json.loads(bytes(Archive.get(Archive.round == appraisal).document))
        number, _dash, random_part = kept["round"]["id"].partition("-")
        assert number == str(appraisal.id)
        unguessable.add(bytes.fromhex(random_part))
    assert [len(each) for each in unguessable] == [16, 16]
