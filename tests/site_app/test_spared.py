"""Files that are there are never written over, and nothing is put beside the keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from surveys.ballots import seal
from surveys.db import database
from tests import factories
from tests.conftest import sign_in
from tests.factories import DURING, District
from tests.helpers.desk import SetClock, text
from tests.site_app.test_cli import run


@pytest.mark.parametrize(
    "words", [("round", "archive", "1"), ("people", "export"), ("units", "export")]
)
def test_no_command_writes_over_a_key_or_the_database(
    site: Flask, district: District, keys: Path, words: tuple[str, ...]
) -> None:
    survey = factories.open_survey(keys, district)
    factories.answer(keys, survey, "c1", {"overall": "satisfied"}, 6)
    factories.closed(keys, survey)
    other = factories.open_survey(keys, district)
    database.close()
    for file in (keys / f"round-{other.id}.key", Path(database.database)):
        before = file.read_bytes()
        run(site, *words, str(file), code=2)
        assert file.read_bytes() == before
    free = keys.parent / "new.file"
    run(site, *words, str(free))
    assert free.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_not_put_beside_the_keys(site: Flask, district: District, keys: Path) -> None:
    run(site, "backup", "create", str(keys / "b.sqlite"), code=2)
    run(site, "backup", "create", str(keys / "round-7.key"), code=2)
    assert not (keys / "b.sqlite").exists()
    assert not (keys / "round-7.key").exists()


def test_a_lost_key_of_the_codes_is_told_wherever_a_lost_key_of_a_round_is(
    site: Flask, district: District, keys: Path, set_clock: SetClock
) -> None:
    made, _ = factories.open_appraisal(keys, district)
    set_clock(DURING)
    signed_in = sign_in(site, district.organiser)
    assert "codes.key" not in text(signed_in.get("/desk"))
    (keys / "codes.key").write_bytes(bytes(seal.KEY_BYTES))
    assert "codes.key" in text(signed_in.get("/desk"))
    assert "codes.key" in run(site, "round", "list")
    assert "codes.key" in run(site, "round", "show", str(made.id))
