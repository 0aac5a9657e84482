"""Codes are issued and sheets are cast here.

Spending the right to submit and writing what was said are one transaction, and nothing that was
written can be led back to the right that was spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys import codes, comments, questionnaire, seal, urn
from surveys.db import database, writing
from surveys.messages import N_, Refused
from surveys.models import AccessCode, Group, Rating, Round, Subject, Unit

MOST_CODES = 2000

Sheet = Mapping[int, questionnaire.Answers]
"""What one person says: subject id → answers by question id."""

SPEND = "UPDATE access_code SET state = 'spent' WHERE digest = ? AND state = 'unspent'"
ROUND = "SELECT * FROM round WHERE id = ?"
LOOK = "SELECT round_id, unit_id, group_id, state FROM access_code WHERE digest = ?"
EARLY = N_("这次测评还没有开始，请到时再来。")
EARLY_WITH_A_CODE = N_("这次测评还没有开始，请到时再来。您的测评码仍然有效。")
GIVEN_UP = N_("这次测评已经取消，现在交的不能计入，以前交的都已销毁。您填写的内容没有被保存。")
WINDOW = "SELECT state, opens_at, ends_at FROM round WHERE id = ?"


class Closed(Refused):
    """The round takes no answers at this moment."""


class NotACode(Refused):
    """No code of an open round."""

    field = "code"


class Spent(Refused):
    """The code, or the page's number, was used before; that submission counts."""

    field = "code"


class BadSheet(Refused):
    """What was said does not fit the form; names question or rule."""


class OverQuota(BadSheet):
    """More of a capped grade than its quota allows; the first subject that has it, the question."""

    def __init__(self, message: str, first: tuple[int, str], **params: object) -> None:
        super().__init__(message, **params)
        self.first = first


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
    made = [sorted(codes.make() for _ in range(each.count)) for each in wanted]
    rows: list[urn.Row] = [
        (codes.digest(codes.normalise(code), key), round_.id, each.unit.id, each.group.id)
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
    digest = codes.digest(codes.normalise(typed), _code_key(keys))
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


@lru_cache(maxsize=1000)
def _form(round_id: int, key_check: bytes) -> questionnaire.Questionnaire:
    return questionnaire.of(Round.get_by_id(round_id))


@lru_cache(maxsize=1000)
def _sheet(round_id: int, key_check: bytes, unit_id: int) -> frozenset[int]:
    rated = Subject.select(Subject.id).where(
        Subject.round == round_id, Subject.place == unit_id, Subject.rated
    )
    return frozenset(subject.id for subject in rated)


def find(keys: Path, typed: str, now: datetime) -> Right:
    """The right behind a typed code, usable now; `Closed` when it is early or late."""
    right = recognise(keys, typed)
    check_open(right, now)
    return right


def check_open(right: Right, now: datetime) -> None:
    """Refuse (`Closed`) when the round of a right takes no answers at this moment."""
    _check_window(right.round.id, now, EARLY_WITH_A_CODE)


def subjects_of(right: Right) -> list[Subject]:
    """The subjects on the sheet of a right, in their order."""
    return list(
        Subject.select()
        .where(Subject.round == right.round, Subject.place == right.unit, Subject.rated)
        .order_by(Subject.position)
    )


def _check_window(round_id: int, now: datetime, early: str = EARLY) -> None:
    state, opens_at, ends_at = database.execute_sql(WINDOW, (round_id,)).fetchone() or [""] * 3
    instant = str(Round.opens_at.db_value(now))
    if state == "draft" or (state == "open" and instant < str(opens_at)):
        raise Closed(early)
    if state == "abandoned":
        raise Closed(GIVEN_UP)
    if state != "open" or instant >= str(ends_at):
        raise Closed(N_("这次测评已经截止，现在交的不能计入。您填写的内容没有被保存。"))


def check_quotas(form: questionnaire.Questionnaire, sheet: Sheet) -> None:
    """Refuse a sheet with more of a capped grade than its quota allows."""
    for quota in form.quotas:
        given = [
            subject
            for subject, answers in sheet.items()
            if answers.get(quota.question) == quota.option
        ]
        most = quota.most(len(sheet))
        if len(given) > most:
            raise OverQuota(
                N_(
                    "%(question)s“%(option)s”最多 %(most)s 人，您选了 %(given)s 人。"
                    "请改到不超过 %(most)s 人。"
                ),
                (given[0], quota.question),
                question=form.text(quota.question),
                option=form.label(quota.question, quota.option),
                most=most,
                given=len(given),
            )


def around(round_id: int, key: bytes, subject_id: int, group_id: int) -> bytes:
    """What a sealed rating is bound to."""
    return _about(round_id, subject_id, group_id) + key


@lru_cache(maxsize=10_000)
def _about(round_id: int, subject_id: int, group_id: int) -> bytes:
    return b"rating %d %d %d " % (round_id, subject_id, group_id)


def around_comment(round_id: int, key: bytes, subject_id: int) -> bytes:
    """What a sealed comment is bound to."""
    return b"comment %d %d " % (round_id, subject_id) + key


def _rows(
    cipher: AESGCM, form: questionnaire.Questionnaire, round_id: int, group_id: int, sheet: Sheet
) -> list[urn.Row]:
    """A rating for every subject of the sheet, blank ones too."""
    rows: list[urn.Row] = []
    for subject_id, answers in sheet.items():
        try:
            plain = form.pack(answers)
        except ValueError as wrong:
            raise BadSheet(
                N_("有一个回答不在题目的选项之内（%(what)s）。请重新选择。"), what=str(wrong)
            ) from None
        key = urn.new_key()
        sealed = seal.seal(cipher, plain, around(round_id, key, subject_id, group_id))
        rows.append((key, round_id, subject_id, group_id, sealed))
    return rows


def _texts(
    cipher: AESGCM,
    form: questionnaire.Questionnaire,
    round_id: int,
    sheet: Sheet,
    texts: Mapping[int, str],
) -> list[urn.Row]:
    """A row for each comment and each text that answers a question, empty ones too.

    A row that stood only where somebody wrote would show in a copy that somebody did, and when.
    """
    said = [(subject_id, 0, texts.get(subject_id, "")) for subject_id in sheet if form.comment]
    for subject_id, answers in sheet.items():
        said += [(subject_id, place, text) for place, text in form.texts(answers)]
    rows: list[urn.Row] = []
    for subject_id, place, text in said:
        key = urn.new_key()
        padded = comments.pad(comments.clean(text), place)
        sealed = seal.seal(cipher, padded, around_comment(round_id, key, subject_id))
        rows.append((key, round_id, subject_id, sealed))
    return rows


def cast(keys: Path, right: Right, sheet: Sheet, texts: Mapping[int, str], now: datetime) -> None:
    """Submit the sheet of a code: exactly its subjects, once, while the round is open.

    `texts` are comments by subject id.
    """
    round_, check = right.round, right.round.key_check or b""
    if set(sheet) != _sheet(round_.id, check, right.unit.id):
        raise BadSheet(N_("答卷上的名单与测评不符。请重新打开测评页面。"))
    check_quotas(_form(round_.id, check), sheet)

    def spend() -> bool:
        return int(database.execute_sql(SPEND, (right.digest,)).rowcount) == 1

    _submit(keys, round_, right.group, spend, sheet, texts, now)


def cast_openly(
    keys: Path,
    round_: Round,
    number: bytes,
    group: Group,
    sheet: Sheet,
    texts: Mapping[int, str],
    now: datetime,
) -> None:
    """Submit a sheet without a code; `number` is the page's own, and is spent like a code."""
    if round_.needs_codes:
        raise BadSheet(N_("这次测评凭测评码参加。请输入测评码。"))

    def spend() -> bool:
        return urn.put(urn.NUMBER, [(number, round_.id)]) == 1

    _submit(keys, round_, group, spend, sheet, texts, now)


def _submit(
    keys: Path,
    round_: Round,
    group: Group,
    spend: Callable[[], bool],
    sheet: Sheet,
    texts: Mapping[int, str],
    now: datetime,
) -> None:
    """Seal a sheet; then spend the right to it and write it, or do neither."""
    form = _form(round_.id, round_.key_check or b"")
    _check_window(round_.id, now)  # before its key is asked for: that of an ended round is gone
    cipher = seal.load(keys, round_.id, round_.key_check)
    rows = _rows(cipher, form, round_.id, group.id, sheet)
    written = _texts(cipher, form, round_.id, sheet, texts)
    with writing():
        _check_window(round_.id, now)
        if not spend():
            raise Spent(N_("已经提交过一次，那一次算数，这一次没有重复计入。"))
        urn.put(urn.RATING, rows)
        urn.put(urn.COMMENT, written)


def ratings(round_: Round) -> int:
    """How many ratings a round holds."""
    return int(Rating.select().where(Rating.round == round_).count())
