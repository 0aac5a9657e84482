"""Codes: issued, voided, counted, recognised."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from surveys.ballots import code_symbols, seal, urn
from surveys.db import database, writing
from surveys.messages import N_, Refused
from surveys.models import Group, Round, Subject, Unit
from surveys.models.ballots import AccessCode

MOST_CODES = 2000
ROUND = "SELECT * FROM round WHERE id = ?"
LOOK = "SELECT round_id, unit_id, group_id, state FROM access_code WHERE digest = ?"


class Closed(Refused):
    """The round takes no answers at this moment."""


class NotACode(Refused):
    """No code of an open round."""

    field = "code"


class Spent(Refused):
    """The code, or the page's number, was used before; that submission counts."""

    field = "code"


@dataclass(frozen=True, slots=True)
class Right:
    """The right to submit one sheet: of a code, looked up and unspent a moment ago."""

    digest: bytes
    round: Round
    unit: Unit
    group: Group


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many codes for a unit and group."""

    unit: Unit
    group: Group
    count: int


@dataclass(frozen=True, slots=True)
class CodeCount:
    """Codes of one unit and group; issued = spent + unspent, and void ones stand beside them."""

    unit_id: int
    group_id: int
    issued: int
    spent: int
    void: int


def issue_codes(keys: Path, round_: Round, unit: Unit, group: Group, count: int) -> list[str]:
    """Make codes for one unit and group: `issue_sets`."""
    return issue_sets(keys, round_, [Wanted(unit, group, count)])[0]


def issue_sets(
    keys: Path, round_: Round, wanted: Sequence[Wanted], already: int | None = None
) -> list[list[str]]:
    """Make codes, all or none, and give them back once, each set in an order without meaning.

    Possible in a draft and while the round is open. With `already`, only while the round has had
    so many codes: a page that is sent twice makes one set.
    """
    if any(each.count < 1 for each in wanted) or sum(each.count for each in wanted) > MOST_CODES:
        raise Refused(N_("测评码的数量须为 1 到 %(most)s。"), most=MOST_CODES)
    key = _code_key(keys)
    made = [sorted(code_symbols.make() for _ in range(each.count)) for each in wanted]
    rows: list[urn.Row] = [
        (
            code_symbols.digest(code_symbols.normalise(code), key),
            round_.id,
            each.unit.id,
            each.group.id,
        )
        for each, codes_of_set in zip(wanted, made, strict=True)
        for code in codes_of_set
    ]
    with writing():
        round_ = Round.get_by_id(round_.id)
        if round_.state not in ("draft", "open"):
            raise Closed(N_("这次测评已经结束，不能再发测评码。"))
        for each in wanted:
            if each.unit.id not in round_.chosen:
                raise Refused(N_("“%(unit)s”不在这次测评的范围之内。"), unit=each.unit.name)
        if already is not None and codes_ever(round_) != already:
            raise Refused(
                N_("您打开这一页之后，这次测评又发过测评码。请看一眼现在的数目，要补再补。")
            )
        urn.put(urn.CODE, rows)
    return made


def _code_key(keys: Path) -> bytes:
    """The key of the codes: made with the first, and never anew while any waits to be used."""
    waiting = AccessCode.select().where(AccessCode.state == "unspent")
    if not seal.has_code_key(keys) and waiting.exists():
        raise seal.KeyLost(
            N_(
                "测评码的密钥文件 codes.key 不在了，发出去的测评码都认不出来。"
                "请从密钥文件夹的原位置找回；找不回来的，把没用的码都作废，重新发一套。"
            )
        )
    return seal.code_key(keys)


def codes_ever(round_: Round) -> int:
    """How many codes a round has had, void ones among them."""
    return int(AccessCode.select().where(AccessCode.round == round_).count())


def unspent(round_: Round | None = None) -> int:
    """How many codes wait to be used: of a round, or of all rounds."""
    waiting = AccessCode.select().where(AccessCode.state == "unspent")
    return (waiting.where(AccessCode.round == round_) if round_ else waiting).count()


def withdraw_codes(round_: Round, kept: Collection[int]) -> None:
    """Delete the codes of a draft, save those for the units whose ids are kept."""
    AccessCode.delete().where(
        AccessCode.round == round_, AccessCode.unit.not_in(list(kept))
    ).execute()


def void_codes(round_: Round, unit: Unit, group: Group) -> int:
    """Void the unspent codes of a unit and group; how many these were."""
    with writing():
        return int(
            AccessCode.update(state="void")
            .where(
                AccessCode.round == round_,
                AccessCode.unit == unit,
                AccessCode.group == group,
                AccessCode.state == "unspent",
            )
            .execute()
        )


def code_counts(round_: Round) -> list[CodeCount]:
    """Issued, spent and void codes of each unit and group of a round."""
    rows = database.execute_sql(
        "SELECT unit_id, group_id, sum(state != 'void'), sum(state = 'spent'), sum(state = 'void')"
        " FROM access_code WHERE round_id = ? GROUP BY unit_id, group_id",
        (round_.id,),
    )
    return [CodeCount(*row) for row in rows]


def recognise(keys: Path, typed: str) -> Right:
    """The right behind a typed code, be its round open or not: what a late sheet is drawn by.

    Raises a `Refused` with a sentence of its own for each of: not a code, unknown, void
    (`codes.BadCode`, `NotACode`) and spent (`Spent`).
    """
    digest = code_symbols.digest(code_symbols.normalise(typed), _code_key(keys))
    found = database.execute_sql(LOOK, (digest,)).fetchone()
    if found is None:
        raise NotACode(
            N_("这个测评码现在不能用。请对照纸条再输一次；测评结束以后，测评码一律失效。")
        )
    round_id, unit_id, group_id, state = found
    if state == "void":
        raise NotACode(N_("这个测评码已经作废。请向发放人员领取新的测评码。"))
    if state == "spent":
        raise Spent(N_("这个测评码已经用过一次，那次提交的有效。同一个码不会重复计票。"))
    (round_,) = Round.raw(ROUND, round_id)
    unit, group = _names(round_id, round_.key_check or b"", unit_id, group_id)
    return Right(digest, round_, unit, group)


# What opening has fixed is read once and kept by the check of the round's key, which no two
# openings share; a draft has none. Reading it for each ballot took longer than storing the ballot.


@lru_cache(maxsize=1000)
def _names(round_id: int, key_check: bytes, unit_id: int, group_id: int) -> tuple[Unit, Group]:
    return Unit.get_by_id(unit_id), Group.get_by_id(group_id)


def subjects_of(right: Right) -> list[Subject]:
    """The subjects on the sheet of a right, in their order."""
    return list(
        Subject.select()
        .where(Subject.round == right.round, Subject.place == right.unit, Subject.rated)
        .order_by(Subject.position)
    )
