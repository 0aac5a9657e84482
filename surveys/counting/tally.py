"""From ratings to tallies, by two ways that must agree: the only reader of Rating.

Ratings are read and unsealed in batches, so that memory stays flat however many there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from surveys import ballots
from surveys.ballots import comments, seal
from surveys.db import database
from surveys.messages import N_, Refused
from surveys.models import Round
from surveys.questionnaires import questionnaire

PAGE = 1000
"""Rows read at once: few enough to stay in the processor's cache until they are unsealed."""
BATCH = 50_000
"""Papers counted at once: enough that counting them outweighs adding up some hundred cells."""
READ = (
    "SELECT key, subject_id, group_id, sealed FROM rating"
    " WHERE round_id = ? AND key > ? ORDER BY key LIMIT ?"
)
READ_TEXTS = (
    "SELECT key, subject_id, sealed FROM comment"
    " WHERE round_id = ? AND key > ? AND sealed IS NOT NULL ORDER BY key LIMIT ?"
)

Cell = tuple[int, int]
"""Subject id and group id."""
Text = tuple[int, int, str]
"""Subject id, what it answers (a question's place from 1 on; 0 for a comment), and the text."""


class CountsDisagree(Refused):
    """The two ways of counting gave different numbers: nothing is counted."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of how many ratings have been counted."""

    done: int
    total: int


@dataclass(slots=True)
class Count:
    """Ballots of each cell, and of each cell and question how often each packed answer came."""

    ballots: Counter[Cell] = field(default_factory=Counter)
    answers: Counter[tuple[Cell, int, int]] = field(default_factory=Counter)


def unsealed(keys: Path, round_: Round) -> Iterator[list[tuple[Cell, bytes]]]:
    """The ratings of a round in batches: cell and packed answers."""
    cipher = seal.load(keys, round_.id, round_.key_check)
    round_id, last = round_.id, b""
    batch: list[tuple[Cell, bytes]] = []
    while rows := database.execute_sql(READ, (round_id, last, PAGE)).fetchall():
        last = rows[-1][0]
        cells = [(subject, group) for _, subject, group, _ in rows]
        papers = seal.unseal_all(
            cipher,
            (
                (sealed, ballots.around(round_id, key, subject, group))
                for key, subject, group, sealed in rows
            ),
        )
        batch += zip(cells, papers, strict=True)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def count_by_columns(count: Count, batch: list[tuple[Cell, bytes]], width: int) -> None:
    """One way: a cell's papers laid end to end; of each question, how often each answer stands."""
    strips: defaultdict[Cell, bytearray] = defaultdict(bytearray)
    for cell, packed in batch:
        strips[cell] += packed
    for cell, strip in strips.items():
        count.ballots[cell] += len(strip) // width
        for question in range(width):
            column = strip[question::width]
            for answer in set(column):
                count.answers[cell, question, answer] += column.count(answer)


def count_by_papers(count: Count, batch: list[tuple[Cell, bytes]], width: int) -> None:
    """The other way: paper after paper of a cell, a mark for each answer that stands on it."""
    count.ballots.update(cell for cell, _ in batch)
    piles: dict[Cell, list[bytes]] = {}
    for cell, packed in batch:
        piles.setdefault(cell, []).append(packed)
    for cell, papers in piles.items():
        marks = Counter(chain.from_iterable(map(enumerate, papers)))
        for (question, answer), times in marks.items():
            count.answers[cell, question, answer] += times


def counting(keys: Path, round_: Round) -> Iterator[Progress | Count]:
    """Count a round: yields progress, and last the count itself.

    Raises `CountsDisagree`, or `seal.KeyLost` when an answer cannot be read.
    """
    width = questionnaire.of(round_).width
    total = ballots.ratings(round_)
    first, second = Count(), Count()
    done = 0
    for batch in unsealed(keys, round_):
        if {len(packed) for _, packed in batch} != {width}:
            raise CountsDisagree(N_("有一份答卷的长度不对，计票已停止，什么也没有改动。"))
        count_by_columns(first, batch, width)
        count_by_papers(second, batch, width)
        done += len(batch)
        yield Progress(done, total)
    if done != total or first != second:
        raise CountsDisagree(
            N_("两种计票方法得出的数不一致，计票已停止，什么也没有改动。请联系技术人员。")
        )
    yield first


def turnout(round_: Round) -> Counter[Cell]:
    """How many ratings each cell holds; nothing is unsealed."""
    rows = database.execute_sql(
        "SELECT subject_id, group_id, count(*) FROM rating WHERE round_id = ?"
        " GROUP BY subject_id, group_id",
        (round_.id,),
    )
    return Counter({(subject, group): papers for subject, group, papers in rows})


def texts(keys: Path, round_: Round) -> Iterator[Text]:
    """What was written in a round, in the order of random keys; empty texts are left out."""
    cipher = seal.load(keys, round_.id, round_.key_check)
    last = b""
    while rows := database.execute_sql(READ_TEXTS, (round_.id, last, PAGE)).fetchall():
        last = rows[-1][0]
        pairs = (
            (sealed, ballots.around_comment(round_.id, key, subject))
            for key, subject, sealed in rows
        )
        for (_, subject, _), padded in zip(rows, seal.unseal_all(cipher, pairs), strict=True):
            if text := comments.unpad(padded):
                yield subject, comments.place_in(padded), text
