"""The demonstration: an obviously invented district whose answers went through the same `cast`."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask_babel import gettext as _

from site_app import clock, models
from site_app.i18n import local
from site_app.models import Account, SiteFact
from site_app.plan import calls, document, store
from surveys import ballots, composites, counting, rounds
from surveys.ballots import seal
from surveys.composites import rules, signed_figures
from surveys.db import database, writing
from surveys.messages import N_, Refused
from surveys.models import TABLES, Composite, Group, Person, Round, Subject, Unit
from surveys.questionnaires import Answers, Questionnaire, questionnaire

ORGANISER = "demo"
PLAN = Path(__file__).with_name("plan.md")
SUBDISTRICTS = "甲乙丙"
COMMUNITIES = "一二三四五六七八九十"
PLACES = 4  # communities and villages of a subdistrict
MORNING, EVENING = timedelta(hours=9), timedelta(hours=18)
PARTNERS = 8  # have a code for a community
SEED = 20260101

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Term:
    """When the rounds of a year are held; in some years `half` as many answer."""

    year: int
    opens: datetime
    ends: datetime
    half: bool

    @property
    def counted(self) -> datetime:
        """The morning after the end."""
        return self.ends - EVENING + timedelta(days=1) + MORNING


def was_wiped() -> bool:
    """Whether the demonstration was removed here: then it does not come back by itself."""
    return SiteFact.get_or_none(SiteFact.name == "wiped") is not None


def was_interrupted() -> bool:
    """Whether a process died while it loaded the demonstration."""
    fact = SiteFact.get_or_none(SiteFact.name == "demonstration")
    return fact is not None and fact.value == "loading"


def load(keys: Path, say: Say) -> None:
    """Fill an empty site; `Refused` when anything is there already."""
    if Unit.select().exists() or Round.select().exists() or models.Plan.select().exists():
        raise Refused(N_("网站里已有数据，不能再装演示数据。请用一个空的 INSTANCE_DIR。"))
    foreign = sorted(seal.held(keys))
    if foreign:
        raise Refused(
            N_(
                "密钥文件夹里有别的测评的密钥（%(files)s），不能装演示数据，什么也没有动。"
                "请弄清它们是哪来的，移到别处；或者换一个空的 INSTANCE_DIR。"
            ),
            files="、".join(f"round-{each}.key" for each in foreign),
        )
    today = local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    say(_("正在装入演示数据：单位、人员和工作要点……"))
    chance = random.Random(SEED)  # noqa: S311 - invented answers, nothing secret
    SiteFact.create(name="demonstration", value="loading")
    district = _units_and_people(chance)
    for year in (today.year - 1, today.year):
        _plan(year)
    moods = [chance.random() for _place in range(len(SUBDISTRICTS) * PLACES)]
    for ago in (2, 1, 0):
        term = _term(today, ago)
        say(_("正在装入 %(year)s 年的居民问卷……", year=term.year))
        survey = _survey(keys, chance, district, term, _moods(chance, moods, ago))
        if ago:
            _publish(keys, survey, term)
        if ago == 2:
            continue
        say(_("正在装入 %(year)s 年的党员评议……", year=term.year))
        appraisal = _appraisal(keys, chance, district, term)
        if ago:
            partners = _partners(keys, chance, district, term, moods)
            for round_ in (appraisal, partners):
                _publish(keys, round_, term)
            _stars(chance, district, {"residents": survey, "partners": partners}, term)
    SiteFact.update(value="loaded").where(SiteFact.name == "demonstration").execute()
    say(_("演示数据已装好。"))


def _term(today: datetime, ago: int) -> Term:
    start = today - timedelta(days=365 * ago)
    return Term(
        year=today.year - ago,
        opens=start - timedelta(days=10) + MORNING,
        ends=start + timedelta(days=20 if ago else 60) + EVENING,
        half=ago != 1,
    )


def _moods(chance: random.Random, usual: Sequence[float], ago: int) -> list[float]:
    """How the places fare in a year: nearly as ever, but the first rises from the lowest."""
    changed = [min(max(mood + chance.uniform(-0.1, 0.1), 0), 1) for mood in usual]
    return [0.4 * (2 - ago), *changed[1:]]


def _publish(keys: Path, round_: Round, term: Term) -> None:
    counting.close(keys, round_, term.counted)
    pledge = (
        f"{term.year + 1}年6月底前：满意率最低的两项各定一条整改措施，公布负责单位；"
        f"{term.year + 1}年12月底前：逐条公布办理结果。"
    )
    rounds.publish(round_, pledge, term.counted + timedelta(days=2))


def _stars(chance: random.Random, district: Unit, sources: Mapping[str, Round], term: Term) -> None:
    """The stars of a year: two surveys, and figures that are signed."""
    sheet = rules.library()["community-stars"]
    whole = composites.create(sheet, district, f"{term.year}年社区党组织星级评定")
    composites.choose_sources(whole, {part: ("round", each.id) for part, each in sources.items()})
    judged = composites.in_sources(whole)
    composites.choose_subjects(whole, judged)
    when = term.counted + timedelta(days=5)
    day = when.date()
    for part in sheet.parts_from("figure"):
        signed = {
            each.key: signed_figures.Typed(
                f"{chance.randint(32, 40)}/40", "示例考核人", day.isoformat()
            )
            for each in judged
        }
        composites.set_figures(whole, part, signed, ORGANISER, when, day)
    composites.compute(Composite.get_by_id(whole.id), when, day)
    composites.publish(whole, str(Composite.get_by_id(whole.id).sha256), when + timedelta(days=1))


def _units_and_people(chance: random.Random) -> Unit:
    """3 subdistricts, 12 communities and villages, 24 branches, about 400 members."""
    number = 0
    with writing():
        district = Unit.create(code="d", name="示范区", kind="district")
        Account.create(name=ORGANISER, unit=district)
        for s, stem in enumerate(SUBDISTRICTS, start=1):
            subdistrict = Unit.create(
                code=f"s{s}", name=f"{stem}街道", kind="subdistrict", parent=district
            )
            for c, numeral in enumerate(COMMUNITIES[:PLACES], start=1):
                village = c == PLACES
                community = Unit.create(
                    code=f"s{s}c{c}",
                    name=f"{stem}{numeral}示范{'村' if village else '社区'}",
                    kind="village" if village else "community",
                    parent=subdistrict,
                )
                for b in (1, 2):
                    branch = Unit.create(
                        code=f"s{s}c{c}b{b}",
                        name=f"{community.name}第{COMMUNITIES[b - 1]}支部",
                        kind="branch",
                        parent=community,
                    )
                    for _each in range(chance.randint(14, 19)):
                        number += 1
                        Person.create(
                            code=f"m{number:03d}",
                            name=f"示例党员{number:03d}",
                            unit=branch,
                            membership="probationary" if number % 12 == 0 else "full",
                            floating=number % 17 == 0,
                        )
        for code, name, kind in (
            ("o1", "示范区示例局", "organ"),
            ("x1", "示范小学", "school"),
            ("e1", "示范企业", "enterprise"),
            ("n1", "示范社会组织", "social"),
        ):
            Unit.create(code=code, name=name, kind=kind, parent=district)
    return district


def _plan(year: int) -> None:
    text = PLAN.read_text("utf-8").replace("{year}", str(year))
    store.store(document.parse(text, year), calls.load(), replace=False)


def _prepare(
    form: Questionnaire, district: Unit, title: str, kinds: tuple[str, ...], term: Term
) -> Round:
    round_ = rounds.create(form, district, title)
    rounds.revise(
        round_,
        rounds.Settings(
            title=title,
            plan_year=term.year,
            plan_items=form.plan_items,
            chosen=[unit.id for unit in Unit.select().where(Unit.kind.in_(kinds))],
            weights={},
            opens_at=term.opens,
            ends_at=term.ends,
            needs_codes=form.needs_codes,
            minimum=5,
            sampling=form.rules["sampling"],
        ),
        0,
    )
    return Round.get_by_id(round_.id)


def _answers(chance: random.Random, form: Questionnaire, mood: float) -> dict[str, str | None]:
    """Invented answers: the better the mood (0–1), the better; some questions are left."""
    answers: dict[str, str | None] = {}
    for question in (each for each in form.questions if each.kind == "choice"):
        valued = [option.id for option in question.options if option.value is not None]
        rest = [option.id for option in question.options if option.value is None]
        draw = chance.random()
        if draw < 0.03:
            answers[question.id] = None
        elif draw < 0.08:
            answers[question.id] = rest[0]
        else:
            place = min(int(chance.expovariate(1.2 + 3 * mood) * 2), len(valued) - 1)
            answers[question.id] = valued[place]
    return answers


COMMENTS = (
    "示例意见：楼道灯坏了，希望早点修好。",
    "示例意见：办事窗口态度很好。",
    "示例意见：希望晚上也能办事。",
    "示例意见：公开栏的字太小，老人看不清。",
)


def _survey(
    keys: Path, chance: random.Random, district: Unit, term: Term, moods: Sequence[float]
) -> Round:
    form = questionnaire.library()["resident-satisfaction"]
    title = f"{term.year}年居民满意度调查"
    round_ = _prepare(form, district, title, ("community", "village"), term)
    rounds.open_round(keys, round_, term.opens)
    round_ = Round.get_by_id(round_.id)
    group = Group.get(Group.round == round_)
    subjects = Subject.select().where(Subject.round == round_, Subject.rated)
    for place, (subject, mood) in enumerate(zip(subjects, moods, strict=True)):
        # The fourth place has so few answers that its result must stay hidden, and with it that of
        # a neighbour; the first has most, so that it is another's.
        usual = 60 if place == 0 else chance.randint(32, 58)
        papers = 3 if place == PLACES - 1 else usual // (2 if term.half else 1)
        for paper in range(papers):
            ballots.cast_openly(
                keys,
                round_,
                secrets.token_bytes(16),
                group,
                {subject.id: _answers(chance, form, mood)},
                {subject.id: chance.choice(COMMENTS)} if paper % 9 == 0 else {},
                term.opens + timedelta(days=1),
            )
    return round_


def _partners(
    keys: Path, chance: random.Random, district: Unit, term: Term, moods: Sequence[float]
) -> Round:
    form = questionnaire.library()["partners"]
    title = f"{term.year}年共建单位评社区"
    round_ = _prepare(form, district, title, ("community", "village"), term)
    group = Group.get(Group.round == round_)
    places = Unit.select().where(Unit.id.in_(round_.chosen)).order_by(Unit.code)
    codes = {
        place.code: ballots.issue_codes(keys, round_, place, group, PARTNERS) for place in places
    }
    rounds.open_round(keys, round_, term.opens)
    when = term.opens + timedelta(days=1)
    for place, mood in zip(places, moods, strict=True):
        for code in codes[place.code][1:]:
            right = ballots.find(keys, code, when)
            (subject,) = ballots.subjects_of(right)
            ballots.cast(keys, right, {subject.id: _answers(chance, form, mood)}, {}, when)
    return Round.get_by_id(round_.id)


def _sheets(
    chance: random.Random, form: Questionnaire, subjects: list[Subject]
) -> Iterator[dict[int, Answers]]:
    """Invented sheets of a branch, each keeping to the quota and leaving one line blank."""
    moods = {subject.id: chance.random() for subject in subjects}
    while True:
        sheet: dict[int, Answers] = {
            subject.id: _answers(chance, form, moods[subject.id]) for subject in subjects
        }
        sheet[chance.choice(subjects).id] = {}
        for quota in form.quotas:
            given = [
                each for each, said in sheet.items() if said.get(quota.question) == quota.option
            ]
            for each in given[quota.most(len(sheet)) :]:
                sheet[each] = {**sheet[each], quota.question: "qualified"}
        yield sheet


def _appraisal(keys: Path, chance: random.Random, district: Unit, term: Term) -> Round:
    form = questionnaire.library()["member-appraisal"]
    title = f"{term.year}年党员年度民主评议"
    round_ = _prepare(form, district, title, ("branch",), term)
    group = Group.get(Group.round == round_)
    codes = {}
    for branch in Unit.select().where(Unit.id.in_(round_.chosen)):
        members = Person.select().where(Person.unit == branch).count()
        codes[branch.id] = ballots.issue_codes(keys, round_, branch, group, members)
    rounds.open_round(keys, round_, term.opens)
    when = term.opens + timedelta(days=1)
    for made in codes.values():
        rights = [
            ballots.find(keys, code, when) for code in made[: len(made) // (2 if term.half else 1)]
        ]
        sheets = _sheets(chance, form, ballots.subjects_of(rights[0]))
        for right in rights[: max(len(rights) - 1, 1)]:
            ballots.cast(keys, right, next(sheets), {}, when)
    return Round.get_by_id(round_.id)


def doors(keys: Path, now: datetime) -> tuple[str, str]:
    """The path of an open survey, and a fresh code of an open appraisal, for the links on start."""
    survey = Round.select().where(~Round.needs_codes).order_by(Round.id.desc()).get()
    unit = Unit.get(Unit.code == "s1c1")
    appraisal = Round.select().where(Round.needs_codes).order_by(Round.id.desc()).get()
    branch = Unit.get(Unit.code == "s1c1b1")
    code = "…"
    if rounds.phase(appraisal, now) == "open":
        group = Group.get(Group.round == appraisal)
        code = ballots.issue_codes(keys, appraisal, branch, group, 1)[0]
    return f"/s/{survey.id}/{unit.code}", code


def wipe(keys: Path) -> None:
    """Remove the demonstration, all of it; the keys of its rounds and no others are destroyed.

    The keys go first: whoever dies in between leaves a demonstration that can be wiped again.
    """
    if not models.is_demonstration():
        raise Refused(N_("这里没有演示数据，什么也没有删除。"))
    with writing():
        for each in Round.select():
            seal.destroy(keys, each.id, each.key_check)
        Unit.update(parent=None).execute()
        for table in reversed((*TABLES, *models.TABLES)):
            gone = table.delete()
            (gone.where(SiteFact.name != "site-id") if table is SiteFact else gone).execute()
        SiteFact.create(name="wiped", value=local(clock.now()).date().isoformat())
    database.execute_sql("VACUUM")
