"""Who may vote, as far as the roster says, and whether the codes of a round fit them.

Codes beyond the people entitled can be spent by whoever knows what he answers, to single out the
others: a reason is asked for, kept with the round and printed on the signed record.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import peewee

from surveys import ballots, inputs
from surveys.db import writing
from surveys.messages import N_, Refused, Said
from surveys.models import Group, Person, Round, Unit
from surveys.questionnaires import questionnaire

YEAR = timedelta(days=366)


def is_of_entitled(round_: Round) -> bool:
    """Whether it is a vote that needs a share of those entitled: each of them has a code."""
    return any(flag.get("of") == "issued" for flag in round_.rules.get("flags", ()))


def entitled(round_: Round, unit: Unit) -> int | None:
    """How many may vote in a unit; none where the site cannot know.

    It knows where the members of a branch alone rate persons: full members, and, save in a vote of
    those entitled, probationary ones. Of a round that was opened, as many as there were then.
    """
    kept: int | None = (round_.electorate or {}).get(unit.code, {}).get("entitled")
    form = questionnaire.of(round_)
    if kept is not None or form.about != "persons" or unit.kind != "branch" or len(form.groups) > 1:
        return kept
    may = ["full"] if is_of_entitled(round_) else ["full", "probationary"]
    here = Person.select().where(Person.unit == unit, Person.left_on.is_null())
    return int(here.where(Person.membership.in_(may)).count())


def _issued(round_: Round) -> Counter[int]:
    """Codes by unit, void ones left out."""
    found: Counter[int] = Counter()
    for row in ballots.code_counts(round_):
        found[row.unit_id] += row.issued
    return found


def codes_to_count(round_: Round) -> list[ballots.CodeCount]:
    """The codes by unit and group as counting takes them.

    Whoever was entitled and did not come stays entitled: codes voided after the opening and not
    replaced go on counting as issued, up to the people entitled.
    """
    kept = round_.electorate or {}
    names = {unit.id: unit.code for unit in Unit.select().where(Unit.code.in_(list(kept)))}
    found = []
    for row in ballots.code_counts(round_):
        of = kept.get(names.get(row.unit_id, ""), {})
        least = of.get("codes", {}).get(str(row.group_id), of.get("entitled") or 0)
        issued = max(row.issued, min(least, row.issued + row.void))
        found.append(dataclasses.replace(row, issued=issued))
    return found


def _kept(round_: Round, units: Sequence[Unit], reason: str) -> dict[str, dict[str, object]]:
    """What a round keeps of its electorate, with one more reason about these units."""
    kept = dict(round_.electorate or {})
    for unit in units:
        reasons = [*kept.get(unit.code, {}).get("reasons", ()), reason]
        kept[unit.code] = {**kept.get(unit.code, {}), "reasons": reasons}
    return kept


def account_for(round_: Round, wanted: Sequence[ballots.Wanted], reason: str) -> bool:
    """Refuse more codes than people entitled without a reason; keep it. Whether one was due."""
    codes = _issued(round_)
    for each in wanted:
        codes[each.unit.id] += each.count
    units = {each.unit.id: each.unit for each in wanted}.values()
    people = {unit: entitled(round_, unit) for unit in units}
    more = [unit for unit, most in people.items() if most is not None and most < codes[unit.id]]
    if not more:
        return False
    with inputs.at("reason"):
        if not inputs.plain(reason):
            words = N_(
                "%(unit)s应参加的有 %(entitled)s 人，测评码会有 %(codes)s 个。"
                "请减少，或写明为什么多发：原因会留在记录上，印在计票记录里。"
            )
            first = more[0]
            raise Refused(words, unit=first.name, entitled=people[first], codes=codes[first.id])
        reason = inputs.paragraph(reason, "")
    with writing():
        kept = _kept(Round.get_by_id(round_.id), more, reason)
        Round.update(electorate=kept).where(Round.id == round_.id).execute()
    return True


def unequal(round_: Round, chosen: Sequence[Unit]) -> Iterator[tuple[Unit, Said]]:
    """Units whose codes are not as many as their people, with no reason on record yet."""
    issued = _issued(round_)
    for unit in chosen:
        people, codes = entitled(round_, unit), issued[unit.id]
        more = people is not None and codes > people
        fewer = people is not None and codes < people and is_of_entitled(round_)
        if (more and not (round_.electorate or {}).get(unit.code)) or fewer:
            message = N_(
                "%(unit)s应参加的有 %(entitled)s 人，测评码有 %(codes)s 个。"
                "请补发或作废；确实如此的，开始时写明原因，会印在计票记录里。"
            )
            yield unit, (message, {"unit": unit.name, "entitled": people, "codes": codes})


def fixed(round_: Round, chosen: Sequence[Unit], reason: str) -> dict[str, dict[str, object]]:
    """What a round keeps of its electorate when it is opened."""
    found = _kept(round_, [unit for unit, _ in unequal(round_, chosen)], inputs.plain(reason))
    counts = ballots.code_counts(round_)
    for unit in chosen:
        people, of = entitled(round_, unit), dict(found.get(unit.code, {}))
        codes = {str(row.group_id): row.issued for row in counts if row.unit_id == unit.id}
        if people is not None:
            of["entitled"] = people
        if is_of_entitled(round_) if people is None else sum(codes.values()) < people:
            of["codes"] = codes
        if of:
            found[unit.code] = of
    return found


def too_few(round_: Round, chosen: Sequence[Unit], groups: Sequence[Group]) -> Iterator[Said]:
    """Units with fewer codes than keep a secret."""
    form = questionnaire.of(round_)
    needed = int(round_.rules.get("minimum", 5)) + (1 if form.peers else 0)
    issued = {(row.unit_id, row.group_id): row.issued for row in ballots.code_counts(round_)}
    message = N_(
        "%(unit)s的“%(group)s”只有 %(codes)s 个测评码，至少要 %(needed)s 个，"
        "否则保不住密。请补发；人数不够的，改用纸质票。"
    )
    for unit in chosen:
        # Where nothing is summed up the tree, small groups are joined before scoring.
        for joined in [[group] for group in groups] if form.summed else [groups]:
            codes = sum(issued.get((unit.id, group.id), 0) for group in joined)
            if codes < needed:
                about = {"unit": unit.name, "group": _named(joined)}
                yield message, {**about, "codes": codes, "needed": needed}


def _named(groups: Sequence[Group]) -> dict[str, str]:
    """The names of groups in both languages."""
    return {
        "zh": "、".join(group.label["zh"] for group in groups),
        "en": ", ".join(group.label.get("en", group.label["zh"]) for group in groups),
    }


def asked_lately(round_: Round, chosen: Sequence[Unit], now: datetime) -> Iterator[Said]:
    """Rounds that ask the same in one of these places: not yet counted, or in the last year."""
    same = peewee.fn.json_extract(Round.questionnaire, "$.id", coerce=False)
    fields = (Round.title, Round.chosen, Round.closed_at)
    other = (same == round_.questionnaire["id"]) & (Round.id != round_.id)
    before = Round.select(*fields).where(
        other, (Round.state == "open") | (Round.closed_at > now - YEAR)
    )
    for each in before.order_by(Round.closed_at.desc(nulls="first")):
        again = [unit.name for unit in chosen if unit.id in each.chosen]
        if not again:
            continue
        about: dict[str, object] = {"units": "、".join(again), "title": each.title}
        if each.closed_at:
            message = N_(
                "一年之内，%(units)s已经用这份问卷计过一次票（“%(title)s”，%(day)s）。"
                "两次参加的人若只差一两个，比较两次结果就可能知道他们怎么答的。请核对后再开始。"
            )
            about["day"] = each.closed_at.date().isoformat()
        else:
            message = N_(
                "%(units)s另有一次测评用的也是这份问卷，已经开始，还没有计票（“%(title)s”）。"
                "两次参加的人若只差一两个，比较两次结果就可能知道他们怎么答的。请核对后再开始。"
            )
        yield message, about
