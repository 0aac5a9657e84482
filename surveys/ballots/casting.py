"""Codes are issued and sheets are cast here.

Spending the right to submit and writing what was said are one transaction, and nothing that was
written can be led back to the right that was spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.ballots import comments, seal, urn
from surveys.ballots.codes import Closed, Right, Spent, recognise
from surveys.db import database, writing
from surveys.messages import N_, Refused
from surveys.models import Group, Round, Subject
from surveys.models.ballots import Rating
from surveys.questionnaires import questionnaire

Sheet = Mapping[int, questionnaire.Answers]
"""What one person says: subject id → answers by question id."""

SPEND = "UPDATE access_code SET state = 'spent' WHERE digest = ? AND state = 'unspent'"
EARLY = N_("这次测评还没有开始，请到时再来。")
EARLY_WITH_A_CODE = N_("这次测评还没有开始，请到时再来。您的测评码仍然有效。")
GIVEN_UP = N_("这次测评已经取消，现在交的不能计入，以前交的都已销毁。您填写的内容没有被保存。")
WINDOW = "SELECT state, opens_at, ends_at FROM round WHERE id = ?"


class BadSheet(Refused):
    """What was said does not fit the form; names question or rule."""


class OverQuota(BadSheet):
    """More of a capped grade than its quota allows; the first subject that has it, the question."""

    def __init__(self, message: str, first: tuple[int, str], **params: object) -> None:
        super().__init__(message, **params)
        self.first = first


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
