"""The life of a round: draft → open → ended → closed → published, or abandoned.

A person counts, a clock ends: at its end a round stops taking answers by itself; counting is an
organiser's act. The end of an open round may move later with a reason, never earlier.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import peewee

from surveys import ballots, inputs
from surveys.ballots import seal, urn
from surveys.db import writing
from surveys.messages import N_, Refused
from surveys.models import Decision, Delay, Group, Pledge, Round, Score, Subject, Unit, reach
from surveys.questionnaires import Questionnaire, questionnaire
from surveys.rounds import electorate, listed_subjects, readiness, subjects

candidates = readiness.candidates
groups_of = readiness.groups_of
issues_before_opening = readiness.issues_before_opening


class Changed(Refused):
    """Somebody else changed the round in the meantime."""


class Begun(Changed):
    """Somebody else opened it, or gave it up: its settings are locked."""


def phase(round_: Round, now: datetime) -> str:
    """draft, waiting (opened, not begun), open, ended, closed, published or abandoned."""
    if round_.state != "open":
        return str(round_.state)
    if now < round_.opens_at:
        return "waiting"
    return "open" if now < round_.ends_at else "ended"


def no_group(key: str, known: Iterable[str]) -> Refused:
    """That a round has no such group of raters, and which it has."""
    return Refused(
        N_("这次测评没有“%(group)s”这个票类。现有：%(known)s。"), group=key, known="、".join(known)
    )


def create(
    form: Questionnaire,
    owner: Unit,
    title: str,
    needs_codes: bool | None = None,
    plan_year: int | None = None,
) -> Round:
    """Make a draft from a questionnaire, with its groups and rules, owned by a unit."""
    title = inputs.title(title)
    with writing():
        round_ = Round.create(
            title=title,
            plan_year=plan_year,
            owner=owner,
            questionnaire=form.document,
            rules=form.rules,
            plan_items=list(form.plan_items),
            needs_codes=form.needs_codes or bool(needs_codes),
        )
        for position, group in enumerate(form.groups):
            Group.create(
                round=round_,
                key=group["id"],
                label=group["label"],
                weight=str(group["weight"]),
                position=position,
            )
    return round_


@dataclass(frozen=True, slots=True)
class Settings:
    """What an organiser decides about a draft; `chosen`: ids of units, `weights`: by group key.

    `listed` are the names of the subjects, where the questionnaire takes them from no roster.
    """

    title: str
    plan_year: int | None
    plan_items: Sequence[int]
    chosen: Sequence[int]
    weights: dict[str, str]
    opens_at: datetime | None
    ends_at: datetime | None
    needs_codes: bool
    minimum: int
    sampling: str
    listed: Sequence[str] = ()


def revise(round_: Round, settings: Settings, revision: int) -> None:
    """Change a draft, unless it was changed since `revision` or is a draft no more."""
    form = questionnaire.of(round_)
    title = inputs.title(settings.title)
    known = [group.key for group in groups_of(round_)]
    for key in settings.weights:
        if key not in known:
            raise no_group(key, known)
    weights = {key: inputs.weight(key, text) for key, text in settings.weights.items()}
    needs_codes = form.needs_codes or settings.needs_codes
    if not set(settings.chosen) <= {unit.id for unit in candidates(round_)}:
        raise inputs.BadSetting(
            "chosen", N_("所选单位中有的不在您的范围之内，或不适用这份问卷。请重新选择。")
        )
    listed_subjects.check(form, settings.needs_codes, settings.listed)
    _check(settings, needs_codes)
    with writing():
        update_draft(
            round_,
            revision,
            title=title,
            plan_year=settings.plan_year,
            plan_items=sorted(settings.plan_items),
            chosen=sorted(settings.chosen),
            opens_at=settings.opens_at,
            ends_at=settings.ends_at,
            needs_codes=needs_codes,
            rules=_rules(round_, settings),
            listed=list(settings.listed) if form.listed else None,
        )
        for key, weight in weights.items():
            Group.update(weight=weight).where(Group.round == round_, Group.key == key).execute()
        ballots.withdraw_codes(round_, settings.chosen if needs_codes else ())


def _check(settings: Settings, needs_codes: bool) -> None:
    """Refuse numbers, times and kinds of sampling that cannot be."""
    if not 3 <= settings.minimum <= 1000:
        raise inputs.BadSetting("minimum", N_("最少人数须为 3 到 1000，通常为 5。"))
    if settings.opens_at and settings.ends_at and settings.opens_at >= settings.ends_at:
        raise inputs.BadSetting("ends_at", N_("截止时间须晚于开始时间。请改正其中一个。"))
    if settings.sampling not in ("open", "drawn", "all"):
        raise inputs.BadSetting("sampling", N_("抽样方式不明。请重新选择。"))
    if settings.sampling != "open" and not needs_codes:
        raise inputs.BadSetting("sampling", N_("不用测评码的调查谁都能答，只能算自愿参加。"))


def check_is_draft(round_: Round) -> None:
    """Refuse to change the settings of a round that has begun, or was given up."""
    if round_.state != "draft":
        raise Begun(N_("这次测评已经不是草稿，设置锁定了，不能再改。您的改动没有保存。"))


def update_draft(round_: Round, revision: int, **values: Any) -> None:
    """Inside a transaction: give a draft these values, or refuse as `revise` does."""
    changed = (
        Round.update(**values, revision=Round.revision + 1)
        .where(Round.id == round_.id, Round.state == "draft", Round.revision == revision)
        .execute()
    )
    if not changed:
        check_is_draft(Round.get_by_id(round_.id))
        raise Changed(N_("这次测评刚被别人改动了，您的改动没有保存。请看一眼现在的内容再改。"))


def _rules(round_: Round, settings: Settings) -> dict[str, Any]:
    """The rules of the draft as an organiser set them; nobody is ranked who is not shown."""
    rules = {**round_.rules, "minimum": settings.minimum, "sampling": settings.sampling}
    if rules.get("rank"):
        least = max(rules["rank"].get("from", 30), settings.minimum)
        rules["rank"] = {**rules["rank"], "from": least}
    return rules


def open_round(keys: Path, round_: Round, now: datetime, reason: str = "") -> None:
    """Open a draft: make its key and its subjects, with tree and names of this moment.

    `reason` is why the codes of a branch are not as many as its people.
    """
    with ExitStack() as after, writing():
        round_ = Round.get_by_id(round_.id)
        if round_.state != "draft":
            raise Begun(N_("这次测评已经开始过了。"))
        issues = issues_before_opening(round_, now, reason)
        if issues:
            raise issues[0]
        chosen = readiness.chosen_units(round_)
        round_.electorate = electorate.fixed(round_, chosen, reason)
        subjects.make(round_, chosen)
        round_.key_check = check = seal.make(keys, round_.id)

        def take_back(failed: object, *_: object) -> None:
            if failed:
                seal.destroy(keys, round_.id, check)

        after.push(take_back)
        round_.state = "open"
        round_.opens_at = max(round_.opens_at, now.astimezone(UTC).replace(microsecond=0))
        round_.revision += 1
        round_.save()


def delay(round_: Round, new_end: datetime, reason: str, now: datetime) -> None:
    """Move the end of an open or ended round later, with the reason."""
    reason = inputs.paragraph(reason, N_("请写明延期的原因。"))
    with writing():
        round_ = Round.get_by_id(round_.id)
        if round_.state != "open":
            raise Changed(N_("这次测评现在不能延期。"))
        if new_end <= round_.ends_at or new_end <= now:
            raise Refused(N_("新的截止时间须晚于原定的和现在的时间；截止时间只能往后，不能提前。"))
        Delay.create(round=round_, old_end=round_.ends_at, new_end=new_end, reason=reason)
        Round.update(ends_at=new_end, revision=Round.revision + 1).where(
            Round.id == round_.id
        ).execute()


def publish(round_: Round, pledge: str, now: datetime) -> None:
    """Publish a closed round, with the paragraph *what we will do, and by when*."""
    pledge = inputs.paragraph(pledge, N_("请写明接下来要做什么、何时做完，再公布。"))
    with writing():
        changed = (
            Round.update(state="published", published_at=now, revision=Round.revision + 1)
            .where(Round.id == round_.id, Round.state == "closed")
            .execute()
        )
        if not changed:
            raise Changed(N_("只有计过票、还没有公布的测评才能公布。"))
        Pledge.create(round=round_, text=pledge, added_at=now)


def add_pledge(round_: Round, text: str, now: datetime) -> None:
    """Add a paragraph under a published result; what stands there stays."""
    text = inputs.paragraph(text, N_("请写下要补充的内容。"))
    with writing():
        if Round.get_by_id(round_.id).state != "published":
            raise Changed(N_("公布之后才能补充。"))
        Pledge.create(round=round_, text=text, added_at=now)


def abandon(keys: Path, round_: Round, reason: str) -> None:
    """Give a round up before it is counted: its answers are destroyed, the reason is kept."""
    reason = inputs.paragraph(reason, N_("请写明终止的原因。"))
    with writing():
        changed = (
            Round.update(state="abandoned", abandoned_reason=reason, revision=Round.revision + 1)
            .where(Round.id == round_.id, Round.state.in_(["draft", "open"]))
            .execute()
        )
        if not changed:
            raise Changed(N_("计过票的测评不能再终止。"))
        urn.forget(round_)
    seal.destroy(keys, round_.id, Round.get_by_id(round_.id).key_check)
    urn.sweep(round_.id)


def finish_destruction(keys: Path) -> list[int]:
    """Destroy each key whose round was counted or given up, and its sealed texts; the rounds' ids.

    Called on start, on a database that may be older than this program: a process may have died
    between the commit that ended a round and the destruction of its key. A key that this database
    does not know as its own is left alone.
    """
    held = Round.select(Round.id, Round.key_check).where(Round.id.in_(seal.held(keys)))
    ended = held.where(Round.state.in_(["closed", "published", "abandoned"]))
    destroyed = [each.id for each in ended if seal.destroy(keys, each.id, each.key_check)]
    urn.finish_sweeping()
    return destroyed


def lost_key(keys: Path, round_: Round) -> seal.KeyLost | None:
    """What is the matter with the key of an open round, if anything is."""
    try:
        if round_.state == "open":
            seal.load(keys, round_.id, round_.key_check)
    except seal.KeyLost as lost:
        return lost
    return None


def decide(
    round_: Round, subject: Subject, grade: str, reason: str, now: datetime, by: str | None = None
) -> None:
    """Record the grade that people decided on; a reason is due when it departs from the votes."""
    grades = [band["grade"] for band in round_.rules.get("bands", ())]
    if grade not in grades:
        raise Refused(N_("等次只能是：%(grades)s。"), grades="、".join(grades))
    row = Score.get(Score.round == round_, Score.subject == subject)
    if reason.strip() or row.grade != grade:
        reason = inputs.paragraph(reason, N_("决定的等次与票数建议的不同，请写明理由。"))
    with writing():
        Decision.insert(
            round=round_,
            subject=subject,
            grade=grade,
            reason=reason.strip(),
            decided_at=now,
            decided_by=by,
        ).on_conflict(
            conflict_target=[Decision.round, Decision.subject],
            preserve=[Decision.grade, Decision.reason, Decision.decided_at, Decision.decided_by],
        ).execute()


def rules_document(round_: Round) -> dict[str, Any]:
    """The archive's part `rules` of a round."""
    return {
        "groups": [
            {"id": group.key, "weight": json.loads(group.weight), "label": group.label}
            for group in groups_of(round_)
        ],
        **round_.rules,
    }


def visible_to(unit: Unit) -> peewee.ModelSelect[Round]:
    """The rounds owned within a unit's reach, newest first."""
    return Round.select().where(Round.owner.in_(reach(unit))).order_by(Round.id.desc())


def by_urgency(found: peewee.ModelSelect[Round], now: datetime) -> peewee.ModelSelect[Round]:
    """What wants doing first: counting, publishing, preparing; then what runs, then the rest."""
    urgency = peewee.Case(
        None,
        (
            ((Round.state == "open") & (Round.ends_at <= now), 0),
            (Round.state == "closed", 1),
            (Round.state == "draft", 2),
            (Round.state == "open", 3),
            (Round.state == "published", 4),
        ),
        5,
    )
    return found.order_by(urgency, Round.id.desc())


def check_codes_can_change(round_: Round, now: datetime) -> None:
    """Refuse to make or void codes where none are used, or after the end: turnout hangs on them."""
    if not round_.needs_codes:
        raise Refused(N_("这次测评不用测评码，谁扫海报上的二维码谁就能答。"))
    if phase(round_, now) not in ("draft", "waiting", "open"):
        raise Refused(N_("这次测评已经截止，不能再发或作废测评码，否则参与率就不准了。"))
