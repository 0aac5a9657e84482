"""The form of a draft and the form of codes: what was typed, kept as typed, and read.

What people type in full width is forgiven. What cannot be read is a `BadSetting` that names its
field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from site_app.i18n import local
from site_app.models import Plan, PlanItem
from surveys import rounds
from surveys.inputs import BadSetting, whole
from surveys.messages import N_
from surveys.models import Round, Unit, path_to_root
from surveys.questionnaires import Questionnaire
from surveys.rounds import listed_subjects

INSTANT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]\s*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?",
    re.ASCII,
)
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d(:\d\d)?", re.ASCII)
YEARS = range(2000, 2100)
TAKING_PART = {
    "open": N_("公开：扫海报上的二维码就能答，不要码，算自愿参加"),
    "codes-all": N_("凭测评码：发给应参加的全体（每人或每户一个）"),
    "codes-drawn": N_("凭测评码：发给随机抽出来的人或户"),
    "codes-open": N_("凭测评码：谁来领发给谁，算自愿参加"),
}

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its form shows it: texts as typed, ids as ticked (`items` are year and number)."""

    title: str
    items: frozenset[tuple[int, int]]
    chosen: frozenset[int]
    weights: Mapping[str, str]
    opens_at: str
    ends_at: str
    taking_part: str
    minimum: str
    listed: str
    revision: int


def stored(round_: Round) -> Draft:
    """The form of a draft as it is stored."""
    kind = "codes-" + round_.rules["sampling"] if round_.needs_codes else "open"
    return Draft(
        title=round_.title,
        items=frozenset((round_.plan_year or 0, number) for number in round_.plan_items),
        chosen=frozenset(round_.chosen),
        weights={group.key: group.weight for group in rounds.groups_of(round_)},
        opens_at=_as_field(round_.opens_at),
        ends_at=_as_field(round_.ends_at),
        taking_part=kind,
        minimum=str(round_.rules.get("minimum", 5)),
        listed="\n".join(round_.listed or ()),
        revision=round_.revision,
    )


def typed(form: Form, round_: Round) -> Draft:
    """The form of a draft as it was sent."""
    return Draft(
        title=form.get("title", ""),
        items=frozenset(_items(form.getlist("items"))),
        chosen=frozenset(form.getlist("chosen", type=int)),
        weights={
            group.key: form.get(f"weight-{group.key}", "") for group in rounds.groups_of(round_)
        },
        opens_at=form.get("opens_at", ""),
        ends_at=form.get("ends_at", ""),
        taking_part=form.get("taking_part", ""),
        minimum=form.get("minimum", ""),
        listed=form.get("listed", ""),
        revision=number_typed(form.get("revision", "")),
    )


def ticked(draft: Draft, units: Iterable[Unit]) -> Draft:
    """The draft with these units chosen; with none of them, where all were chosen before."""
    ids = frozenset(unit.id for unit in units)
    chosen = draft.chosen - ids if ids <= draft.chosen else draft.chosen | ids
    return replace(draft, chosen=chosen)


def at(draft: Draft, revision: int) -> Draft:
    """The draft as typed, to be saved over a newer revision that its organiser has been told of."""
    return replace(draft, revision=revision)


def plans() -> list[tuple[Plan, list[PlanItem]]]:
    """The plans with their items, the newest first."""
    return [
        (plan, list(PlanItem.select().where(PlanItem.plan == plan).order_by(PlanItem.number)))
        for plan in Plan.select().order_by(Plan.year.desc())
    ]


def places(round_: Round) -> list[tuple[int | None, str, list[Unit]]]:
    """The units that may be chosen, under the units above them: id and name of these, and units."""
    units = {unit.id: unit for unit in Unit.select()}
    under: dict[int | None, list[Unit]] = {}
    for unit in rounds.candidates(round_):
        under.setdefault(unit.parent_id, []).append(unit)
    above = {parent: _from_root(units.get(parent or 0), units) for parent in under}
    in_order = sorted(under, key=lambda parent: [each.code for each in above[parent]])
    return [(parent, _path(above[parent]), under[parent]) for parent in in_order]


def _from_root(unit: Unit | None, units: dict[int, Unit]) -> list[Unit]:
    return path_to_root(unit, units)[::-1] if unit else []


def _path(units: Sequence[Unit]) -> str:
    """The names of a unit and of those above it, the district left out."""
    named = [each.name for each in units if each.parent_id is not None]
    return " › ".join(named or [each.name for each in units])


def settings(draft: Draft, round_: Round, zone: ZoneInfo) -> rounds.Settings:
    """What the form says, for `rounds.revise`; `BadSetting` names what cannot be read."""
    year, numbers = _plan_part(draft, round_)
    if draft.taking_part not in TAKING_PART:
        raise BadSetting("taking_part", N_("请选择参加方式。"))
    sampling = draft.taking_part.removeprefix("codes-")
    return rounds.Settings(
        title=draft.title,
        plan_year=year,
        plan_items=numbers,
        chosen=sorted(draft.chosen),
        weights=dict(draft.weights),
        opens_at=instant(draft.opens_at, zone, "opens_at"),
        ends_at=instant(draft.ends_at, zone, "ends_at"),
        needs_codes=draft.taking_part != "open",
        minimum=number_typed(draft.minimum),
        sampling=sampling,
        listed=listed_subjects.read_names(draft.listed),
    )


def taking_part(form: Questionnaire) -> dict[str, str]:
    """The ways of taking part that a questionnaire allows, with their words."""
    if form.listed and not form.needs_codes:
        return {"open": TAKING_PART["open"]}
    return {
        key: words for key, words in TAKING_PART.items() if key != "open" or not form.needs_codes
    }


def _plan_part(draft: Draft, round_: Round) -> tuple[int | None, list[int]]:
    """Year and numbers of the ticked items; without any plan a round keeps what it has."""
    known = {
        (item.plan.year, item.number)
        for item in PlanItem.select(PlanItem.number, Plan.year).join(Plan)
    }
    if not known:
        return round_.plan_year, list(round_.plan_items)
    if not draft.items <= known:
        raise BadSetting("items", N_("所选条目有的不在工作要点里了。请重新选择。"))
    if len({year for year, _ in draft.items}) > 1:
        raise BadSetting("items", N_("所选条目须出自同一年的工作要点。请去掉另一年的。"))
    return (
        next((year for year, _ in draft.items), None),
        sorted(number for _, number in draft.items),
    )


def instant(text: str, zone: ZoneInfo, name: str) -> datetime | None:
    """A moment as typed in the site's zone, seconds or not; none where nothing is typed."""
    plain = unicodedata.normalize("NFKC", text[:60]).strip()
    if not plain:
        return None
    found = INSTANT.fullmatch(plain)
    try:
        if found is None or int(found[1]) not in YEARS:
            raise ValueError
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        midnight = (hour, minute, second) == (24, 0, 0)
        moment = datetime(year, month, day, 0 if midnight else hour, minute, second, tzinfo=zone)
    except ValueError:
        raise BadSetting(
            name, N_("时间“%(typed)s”看不懂，请写成 2026-12-01 18:00 的样子。"), typed=text[:60]
        ) from None
    moment += timedelta(days=midnight)
    # Of an hour that comes twice the first is meant; one that is left out comes back as another.
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise BadSetting(
            name,
            N_("时间“%(typed)s”不存在：那天改用夏令时，这一小时跳过了。请改早或改晚一小时。"),
            typed=text[:60],
        )
    return moment


def new_end(text: str, zone: ZoneInfo) -> datetime:
    """The moment to which the end of a round is to move."""
    moment = instant(text, zone, "new_end")
    if moment is None:
        raise BadSetting("new_end", N_("请填新的截止时间。"))
    return moment


def moment_type(text: str) -> str:
    """The kind of input that shows a moment as typed: browsers drop what they cannot read."""
    return "datetime-local" if not text or LOCAL.fullmatch(text) else "text"


def _as_field(moment: datetime | None) -> str:
    """Seconds only where there are some: a field for a moment shows what its value has."""
    if moment is None:
        return ""
    there = local(moment)
    return there.strftime("%Y-%m-%dT%H:%M:%S" if there.second else "%Y-%m-%dT%H:%M")


def number_typed(text: str) -> int:
    """A whole number as typed; -1 for anything else, which no setting may be."""
    number = whole(text[:20])
    return -1 if number is None else number


def _items(values: Sequence[str]) -> Iterable[tuple[int, int]]:
    for value in values:
        year, _, number = value.partition("-")
        yield number_typed(year), number_typed(number)
