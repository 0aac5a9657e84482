"""One piece of counting in a process of its own, with nothing of the site: seconds and megabytes.

Started by the bench: `python -m tests.bench.bench_count loop|count|close INSTANCE ROUND`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from surveys import counting, db
from surveys.ballots import seal
from surveys.counting import tally
from surveys.db import database
from surveys.models import Round


def read_and_unseal(keys: Path, survey: Round) -> None:
    """The yardstick of counting: every rating read and unsealed, and nothing done with it."""
    cipher = seal.load(keys, survey.id, survey.key_check)
    rows = database.execute_sql(
        "SELECT key, subject_id, group_id, sealed FROM rating WHERE round_id = ?", (survey.id,)
    )
    for key, subject, group, sealed in rows:
        around = b"rating %d %d %d " % (survey.id, subject, group) + key
        cipher.decrypt(sealed[: seal.NONCE_BYTES], sealed[seal.NONCE_BYTES :], around)


def count(keys: Path, survey: Round) -> None:
    """Both ways of counting, without keeping anything."""
    for _ in tally.counting(keys, survey):
        pass


def close(keys: Path, survey: Round) -> None:
    """The whole closing: counting, archive, scores, deletion, destruction of the key."""
    counting.close(keys, survey, survey.ends_at + timedelta(minutes=1))


WORK: dict[str, Callable[[Path, Round], None]] = {
    "loop": read_and_unseal,
    "count": count,
    "close": close,
}


def peak() -> int:
    """The most memory that this process ever held, in kilobytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def main(work: str, folder: Path, round_id: int) -> None:
    """Do it, and print seconds and megabytes."""
    db.bind(f"sqlite:///{folder}/data/site.sqlite")
    survey = Round.get_by_id(round_id)
    start = time.perf_counter()
    WORK[work](folder / "keys", survey)
    print(json.dumps([time.perf_counter() - start, peak() / 1024]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
