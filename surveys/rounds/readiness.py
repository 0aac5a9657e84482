"""Whether a draft is ready to be opened: what is missing, and what to think of once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from surveys import inputs
from surveys.inputs import BadSetting
from surveys.messages import N_, Refused
from surveys.models import Group, Round, Unit, reach
from surveys.questionnaires import Questionnaire, questionnaire
from surveys.roster.rows import is_identity
from surveys.rounds import electorate, listed_subjects, subjects


def candidates(round_: Round) -> list[Unit]:
    """The units that a draft may choose: of the questionnaire's kinds, within its owner's reach."""
    kinds = questionnaire.of(round_).kinds
    within = reach(round_.owner)
    found = Unit.select().where(Unit.kind.in_(kinds), Unit.left_on.is_null()).order_by(Unit.code)
    return [unit for unit in found if unit.id in within]


def groups_of(round_: Round) -> list[Group]:
    """The groups of a round in their order."""
    return list(Group.select().where(Group.round == round_).order_by(Group.position))


def issues_before_opening(round_: Round, now: datetime, reason: str = "") -> list[BadSetting]:
    """Everything that is missing before a draft can be opened.

    What a `reason` mends has the field `codes_reason`: codes that are not as many as the people.
    """
    found: list[BadSetting] = []
    form = questionnaire.of(round_)
    chosen = chosen_units(round_)
    within = {unit.id for unit in candidates(round_)}
    gone = [unit.name for unit in chosen if unit.id not in within]
    if not chosen:
        found.append(BadSetting("chosen", N_("还没有选测评对象。请至少选一个单位。")))
    elif gone or len(chosen) < len(set(round_.chosen)):
        words = N_("%(units)s已离开名册，或已不在您的范围之内。请修改对象，保存一次，就去掉了。")
        units = "、".join(gone) or {"zh": "有的单位", "en": "Some units"}
        found.append(BadSetting("chosen", words, units=units))
    if round_.opens_at is None or round_.ends_at is None:
        found.append(BadSetting("ends_at", N_("还没有定开始和截止的时间。")))
    elif round_.ends_at <= now:
        found.append(BadSetting("ends_at", N_("截止时间已经过去。请改到以后。")))
    if form.listed:
        missing = listed_subjects.missing(round_, form, chosen)
        found += [BadSetting("listed", words, **of) for words, of in missing]
    elif form.about == "persons":
        empty = [unit.name for unit in chosen if not subjects.members(unit)]
        if empty:
            message = N_("%(units)s没有可以测评的正式党员。")
            found.append(BadSetting("chosen", message, units="、".join(empty)))
    if form.about == "persons":
        found += _numbered(round_, form, chosen)
    if round_.needs_codes and chosen:
        few = list(electorate.too_few(round_, chosen, groups_of(round_)))
        found += [BadSetting("codes", words, **of) for words, of in few]
        if not inputs.plain(reason):
            unequal = electorate.unequal(round_, chosen)
            found += [BadSetting("codes_reason", words, **of) for _, (words, of) in unequal]
    return found


def _numbered(round_: Round, form: Questionnaire, chosen: Sequence[Unit]) -> Iterator[BadSetting]:
    """People to be rated whose code is their identity number, which would be printed and kept."""
    if form.listed:
        people = [
            line.known for line in listed_subjects.lines(round_, form.about, chosen) if line.known
        ]
    else:
        people = [person for unit in chosen for person in subjects.members(unit)]
    names = [each.name for each in people if is_identity(each.code)]
    if names:
        message = N_(
            "%(names)s等 %(n)s 人的编号是身份证号，会印在票和存档上。"
            "请管理员先运行 people rename-ids 换成短编号。"
        )
        field = "listed" if form.listed else "chosen"
        yield BadSetting(field, message, names="、".join(names[:3]), n=len(names))


def chosen_units(round_: Round) -> list[Unit]:
    """The units of the roster that a round is held in, in their order."""
    return list(Unit.select().where(Unit.id.in_(round_.chosen)).order_by(Unit.code))


def cautions(round_: Round, now: datetime) -> list[Refused]:
    """What an organiser should think of once more before opening a draft."""
    lately = electorate.asked_lately(round_, chosen_units(round_), now)
    return [Refused(words, **of) for words, of in lately]
