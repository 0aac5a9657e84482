"""A process may die at any point: nothing is half-written, and no false thanks were given."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from site_app import storage
from surveys.ballots import seal
from surveys.counting import tally
from surveys.db import database
from surveys.models import Archive, Round, Score
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import District

ROOT = Path(__file__).parents[2]

CAST = """
import sys
from pathlib import Path
from surveys import ballots, db
from tests.factories import DURING
url, keys = sys.argv[1], Path(sys.argv[2])
db.bind(url)
for code in sys.argv[3:]:
    right = ballots.find(keys, code, DURING)
    ballots.cast(keys, right, {each.id: {} for each in ballots.subjects_of(right)}, {}, DURING)
    print("thanks", flush=True)
"""

COUNT = """
import os, signal, sys
from pathlib import Path
from surveys import counting, db
from surveys.ballots import seal, urn
from surveys.counting import tally
from surveys.models import Round, Score
from surveys.scoring import disclosure
from tests.factories import AFTER

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

url, keys, step = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
db.bind(url)
room, name = {
    "reading": (tally, "count_by_papers"),
    "hiding": (disclosure, "hide"),
    "writing the archive": (Score, "insert_many"),
    "deleting the ballots": (urn, "forget"),
    "closing the round": (Round, "update"),
    "destroying the key": (seal, "destroy"),
    "removing the key's file": (os, "fsync"),
    "sweeping, after the key's file": (urn, "sweep"),
}[step]
setattr(room, name, die)
counting.close(keys, Round.get(), AFTER)
"""


def run(script: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def url_of(site: Flask) -> str:
    return str(site.config["SITE"].database_url)


@pytest.mark.server
@pytest.mark.parametrize("patience", [0.02, 0.1, 0.3])
def test_killed_while_casting_the_spent_codes_are_the_stored_sheets(
    site: Flask, district: District, keys: Path, patience: float
) -> None:
    _, codes = factories.open_appraisal(keys, district, count=300)
    database.close()
    process = run(CAST, url_of(site), str(keys), *codes)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(patience)
    process.kill()
    thanked = 1 + process.stdout.read().count("thanks")
    process.wait()
    process.stdout.close()
    database.connect(reuse_if_open=True)
    spent = AccessCode.select().where(AccessCode.state == "spent").count()
    assert Rating.select().count() == 8 * spent
    assert 1 <= thanked <= spent < 300


@pytest.mark.server
@pytest.mark.parametrize(
    "step",
    [
        "reading",
        "hiding",
        "writing the archive",
        "deleting the ballots",
        "closing the round",
        "destroying the key",
        "removing the key's file",
        "sweeping, after the key's file",
    ],
)
def test_killed_while_counting_the_round_is_counted_and_the_key_gone_or_neither(
    site: Flask, district: District, keys: Path, step: str
) -> None:
    round_ = factories.open_survey(keys, district)
    factories.answer(keys, round_, "c1", {"overall": "satisfied"}, 10)
    database.close()
    process = run(COUNT, url_of(site), str(keys), step)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "the test did not reach its step"
    restarted = Flask("restarted")
    restarted.config["SITE"] = site.config["SITE"]
    storage.init_app(restarted)
    database.connect(reuse_if_open=True)
    counted = Round.get_by_id(round_.id).state == "closed"
    assert counted == step.endswith(("the key", "key's file"))
    if counted:
        assert round_.id not in seal.held(keys)
        assert Rating.select().count() == Receipt.select().count() == 0
        assert not Comment.select().where(Comment.sealed.is_null(False)).exists()
        assert Archive.select().count() == 1
    else:
        assert round_.id in seal.held(keys)
        assert sum(tally.turnout(round_).values()) == 10
        assert Archive.select().count() == Score.select().count() == 0
