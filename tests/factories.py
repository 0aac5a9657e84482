"""Makes what a test needs, a thing at a time: a tree, people, rounds in any state, ballots."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from site_app.models import Account
from surveys import ballots, composites, counting, rounds
from surveys.composites import rules, signed_figures
from surveys.models import Composite, CompositeSubject, Group, Person, Round, Subject, Unit
from surveys.questionnaires import questionnaire

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DURING = START + timedelta(hours=1)
END = START + timedelta(days=7)
AFTER = END + timedelta(minutes=1)


class District:
    """示范区 with one subdistrict, two communities and a branch of eight members."""

    def __init__(self) -> None:
        self.root = Unit.create(code="d", name="示范区", kind="district")
        self.subdistrict = unit("s1", "甲街道", "subdistrict", self.root)
        self.other_subdistrict = unit("s2", "乙街道", "subdistrict", self.root)
        self.first = unit("c1", "甲一示范社区", "community", self.subdistrict)
        self.second = unit("c2", "甲二示范社区", "community", self.subdistrict)
        self.third = unit("c3", "乙一示范社区", "community", self.other_subdistrict)
        self.branch = unit("b1", "甲一示范社区第一支部", "branch", self.first)
        self.members = [
            person(f"p{number}", f"示例党员{number}", self.branch) for number in range(1, 9)
        ]
        self.organiser = Account.create(name="organiser", unit=self.root)
        self.community_organiser = Account.create(name="community", unit=self.first)


def unit(code: str, name: str, kind: str, parent: Unit | None) -> Unit:
    return Unit.create(code=code, name=name, kind=kind, parent=parent)


def person(code: str, name: str, branch: Unit, membership: str = "full") -> Person:
    return Person.create(code=code, name=name, unit=branch, membership=membership)


def draft(
    owner: Unit,
    chosen: Sequence[Unit],
    form: str = "resident-satisfaction",
    *,
    opens: datetime = START,
    ends: datetime = END,
    needs_codes: bool = False,
    title: str = "示范测评",
    plan_items: Sequence[int] = (),
    listed: Sequence[str] = (),
) -> Round:
    """A draft with everything but its codes."""
    made = rounds.create(questionnaire.library()[form], owner, title, needs_codes)
    rounds.revise(
        made,
        rounds.Settings(
            title=title,
            plan_year=2026,
            plan_items=plan_items or made.plan_items,
            chosen=[each.id for each in chosen],
            weights={},
            opens_at=opens,
            ends_at=ends,
            needs_codes=needs_codes,
            minimum=5,
            sampling=made.rules["sampling"],
            listed=listed,
        ),
        0,
    )
    return Round.get_by_id(made.id)


def codes(keys: Path, round_: Round, place: Unit, count: int) -> list[str]:
    return ballots.issue_codes(keys, round_, place, group(round_), count)


def opened(keys: Path, round_: Round, now: datetime = START) -> Round:
    # Why there are other numbers of codes than people, where there are.
    rounds.open_round(keys, round_, now, "示例原因")
    return Round.get_by_id(round_.id)


def group(round_: Round) -> Group:
    return Group.select().where(Group.round == round_).order_by(Group.position).get()


def subject(round_: Round, key: str) -> Subject:
    return Subject.get(Subject.round == round_, Subject.key == key)


def open_survey(keys: Path, district: District, **how: Any) -> Round:
    """A residents' survey about the three communities, open."""
    chosen = [district.first, district.second, district.third]
    return opened(keys, draft(district.root, chosen, **how))


def open_appraisal(
    keys: Path, district: District, count: int = 8, **how: Any
) -> tuple[Round, list[str]]:
    """An appraisal of the branch of eight, open, and its codes."""
    made = draft(district.root, [district.branch], "member-appraisal", **how)
    given = codes(keys, made, district.branch, count)
    return opened(keys, made), given


def answer(
    keys: Path,
    round_: Round,
    key: str,
    answers: Mapping[str, str | None],
    times: int = 1,
    comment: str = "",
    now: datetime = DURING,
) -> None:
    """So many residents answer alike about one community."""
    about = subject(round_, key)
    for _ in range(times):
        ballots.cast_openly(
            keys,
            round_,
            secrets.token_bytes(16),
            group(round_),
            {about.id: answers},
            {about.id: comment} if comment else {},
            now,
        )


def vote(keys: Path, code: str, grades: Mapping[str, str | None], now: datetime = DURING) -> None:
    """A member votes: person code → overall grade; the others' lines stay blank."""
    vote_fully(keys, code, {key: {"overall": grade} for key, grade in grades.items()}, now)


def vote_fully(
    keys: Path, code: str, lines: Mapping[str, Mapping[str, str | None]], now: datetime = DURING
) -> None:
    """A member votes in several columns: person code → question → grade."""
    right = ballots.find(keys, code, now)
    sheet = {each.id: dict(lines.get(each.key, {})) for each in ballots.subjects_of(right)}
    ballots.cast(keys, right, sheet, {}, now)


def closed(keys: Path, round_: Round, now: datetime = AFTER) -> Round:
    counting.close(keys, round_, now)
    return Round.get_by_id(round_.id)


def published(keys: Path, round_: Round, pledge: str = "六月底前整改。") -> Round:
    done = closed(keys, round_)
    rounds.publish(done, pledge, AFTER)
    return Round.get_by_id(done.id)


def composite(district: District, round_: Round | None, *, public: bool = False) -> Composite:
    """Stars of two communities: residents from a round, a signed figure, a deduction."""
    made = composites.create(rules.library()["community-stars"], district.root, "示范星级")
    if round_ is not None:
        composites.choose_sources(made, {"residents": ("round", round_.id)})
    composites.choose_subjects(made, composites.named(made, ["c1", "c2"]))
    signed = {"c1": signed_figures.Typed("45/50", "示例签字人", "2026-03-01")}
    composites.set_figures(made, "rooms", signed, "organiser", START, START.date())
    first = CompositeSubject.get(CompositeSubject.composite == made)
    composites.deduct(made, first, "1.5", "示例理由", "organiser", START)
    made = Composite.get_by_id(made.id)
    if public:
        composites.compute(made, START, START.date())
        made = Composite.get_by_id(made.id)
        composites.publish(made, made.sha256, START)
    return Composite.get_by_id(made.id)
