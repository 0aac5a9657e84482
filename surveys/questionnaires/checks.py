"""What may be wrong with a questionnaire's file: each a sentence, with the place where it stands.

The archive's own reader checks types and ranges once more; here is said, in words that a writer of
questionnaires understands, what most often goes wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.messages import N_, Refused
from surveys.models import UNIT_KINDS
from surveys.questionnaires.kinds import KINDS
from surveys.questionnaires.kinds.base import MOST_OPTIONS
from surveys.questionnaires.questionnaire import (
    ABOUT,
    AUDIENCES,
    KEYS,
    MOST_QUESTIONS,
    has_tree,
    is_by_codes,
    is_on_sheet,
)

IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,40}")
SCORED = [name for name, kind in KINDS.items() if kind.scored]
Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason, and where to look: a table of the file, and the nth time of a text in it."""

    reason: Refused
    place: str = ""
    needle: str = ""
    nth: int = 1


def first_fault(document: Table) -> Fault | None:
    """The first thing wrong with a questionnaire's document; none where nothing is."""
    try:
        return next(_faults(document), None)
    except KeyError as missing:
        return Fault(Refused(N_("缺少“%(key)s”这一项。"), key=str(missing.args[0])[:40]))
    except (TypeError, AttributeError, ValueError):
        return Fault(
            Refused(N_("有一项的写法不对：该是表格的地方不是表格，或该是数字的不是数字。"))
        )


def _faults(document: Table) -> Iterator[Fault]:
    yield from _head(document)
    yield from _about(document)
    yield from _questions(document)
    yield from _scales(document)
    yield from _headline(document)
    yield from _people(document)
    yield from _rules(document)
    yield from _quotas(document)


def _said(place: str, value: Any, table: str = "", needle: str = "") -> Iterator[Fault]:
    """A text must be there in both languages."""
    fine = (
        isinstance(value, dict)
        and set(value) == {"zh", "en"}
        and all(isinstance(each, str) and each.strip() for each in value.values())
    )
    if not fine:
        reason = Refused(N_("“%(place)s”须有中文（zh）和英文（en）两种文字。"), place=place)
        yield Fault(reason, table, needle)


def _identifier(value: Any, place: str) -> Iterator[Fault]:
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        reason = Refused(
            N_("编号“%(id)s”不行：只能用英文字母、数字、- 和 _，最多 40 个。"), id=str(value)[:40]
        )
        yield Fault(reason, place, "id=")


def _equal(ids: list[str], tables: str = "", place: str = "") -> Iterator[Fault]:
    """No id may stand twice: where the items are tables of an array, the second one is meant."""
    for n, each in enumerate(ids):
        if each in ids[:n]:
            reason = Refused(N_("编号“%(id)s”出现了两次，须各不相同。"), id=each[:40])
            nth = 1 if tables else 2
            yield Fault(reason, f"{tables}[{n}]" if tables else place, f'id="{each}"', nth)


def _head(document: Table) -> Iterator[Fault]:
    for key in document:
        if key not in KEYS:
            yield Fault(Refused(N_("没有“%(key)s”这一项，可能写错了。"), key=key[:40]), "", key)
    yield from _identifier(document["id"], "")
    version = document["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        yield Fault(Refused(N_("版本号（version）须为 1 以上的整数。")), "", "version=")
    for key in ("title", "intro", "advice"):
        if key != "advice" or key in document:
            yield from _said(key, document[key], key)
    for key, word in document.get("words", {}).items():
        if key not in ("rate", "score"):
            reason = Refused(N_("没有“%(key)s”这一项，可能写错了。"), key=key[:40])
            yield Fault(reason, "words", key)
        yield from _said(f"words.{key}", word, "words", f"{key}=")


def _about(document: Table) -> Iterator[Fault]:
    """Whom it is about, who may see the result, in which units, for which items of the plan."""
    about, audience = document["about"], document["audience"]
    if about not in ABOUT:
        yield Fault(Refused(N_("测评对象（about）只能是 units、persons 或 things。")), "", "about=")
    if not isinstance(audience, str) or not audience or set(audience) - AUDIENCES:
        yield Fault(
            Refused(N_("谁能看结果（audience）只能用 P、M、S、O 这几个字母。")), "", "audience="
        )
    if about == "persons" and "P" in audience:
        yield Fault(Refused(N_("对人的测评结果不能公开，audience 里不能有 P。")), "", "audience=")
    kinds = document["kinds"]
    for kind in kinds:
        if kind not in UNIT_KINDS:
            reason = Refused(
                N_("单位类型（kinds）里没有“%(kind)s”，可用的是：%(known)s。"),
                kind=str(kind)[:40],
                known="、".join(UNIT_KINDS),
            )
            yield Fault(reason, "", "kinds=")
    if not kinds:
        yield Fault(Refused(N_("单位类型（kinds）一个也没有写。")), "", "kinds=")
    if not isinstance(document.get("summed", False), bool) or (
        document.get("summed") and about in ABOUT and not has_tree(document)
    ):
        reason = Refused(
            N_("summed 只能是 true 或 false；只有测评单位、又不列名单的问卷才能逐级汇总。")
        )
        yield Fault(reason, "", "summed=")
    most = document.get("most_listed", 1)
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        yield Fault(Refused(N_("most_listed 须为 1 以上的整数。")), "", "most_listed=")
    for number in document.get("plan_items", ()):
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 999:
            yield Fault(Refused(N_("条目编号（plan_items）须为整数。")), "", "plan_items=")


def _questions(document: Table) -> Iterator[Fault]:
    questions = document["questions"]
    if not 1 <= len(questions) <= MOST_QUESTIONS:
        reason = Refused(
            N_("题目须为 1 到 %(most)s 道，这里有 %(n)s 道。"),
            most=MOST_QUESTIONS,
            n=len(questions),
        )
        yield Fault(reason, f"questions[{MOST_QUESTIONS}]" if questions else "")
        return
    yield from _equal([str(each["id"]) for each in questions], "questions")
    for n, question in enumerate(questions):
        place = f"questions[{n}]"
        yield from _identifier(question["id"], place)
        yield from _said(f"{question['id']}.text", question.get("text"), place)
        if "help" in question:
            yield from _said(f"{question['id']}.help", question["help"], place, "help=")
        yield from _kind(document, question, place)
        if question.get("kind", "choice") in SCORED:
            scale = question.get("scale")
            if scale not in document.get("scales", {}):
                reason = Refused(
                    N_("“%(id)s”这道题用的量表“%(scale)s”没有写在 scales 里。"),
                    id=question["id"],
                    scale=str(scale)[:40],
                )
                yield Fault(reason, place, "scale=")
        if "options" in question:
            ids = [str(option["id"]) for option in question["options"]]
            yield from _equal(ids, place=place)
            for option in question["options"]:
                needle = f'id="{option["id"]}"'
                yield from _said(f"{option['id']}.label", option.get("label"), place, needle)


def _kind(document: Table, question: Table, place: str) -> Iterator[Fault]:
    """The kind is one of the table, has its own keys, and can be asked where it is asked."""
    name, kind = question["id"], question.get("kind", "choice")
    if kind not in KINDS:
        reason = Refused(
            N_("“%(id)s”的题型（kind）“%(kind)s”没有，可用的是：%(known)s。"),
            id=name,
            kind=str(kind)[:40],
            known="、".join(KINDS),
        )
        yield Fault(reason, place, "kind=")
        return
    for key in question:
        if key not in KINDS[kind].keys:
            reason = Refused(
                N_("“%(id)s”这道题里没有“%(key)s”这一项，可能写错了。"), id=name, key=key[:40]
            )
            yield Fault(reason, place, f"{key}=")
    if kind not in SCORED and is_on_sheet(document):
        reason = Refused(N_("一张表评多个对象时，只能用单选和打分，“%(id)s”不行。"), id=name)
        yield Fault(reason, place, "kind=")
    if "options" in KINDS[kind].keys:
        options = len(question["options"])
        most = question.get("most", options)
        if not 2 <= options <= MOST_OPTIONS or not 1 <= question.get("least", 1) <= most <= options:
            reason = Refused(
                N_("“%(id)s”要有 2 到 %(many)s 个选项，least、most 不能超过选项数。"),
                id=name,
                many=MOST_OPTIONS,
            )
            yield Fault(reason, place, "most=")


def _scales(document: Table) -> Iterator[Fault]:
    for name, scale in document.get("scales", {}).items():
        place = f"scales.{name}"
        if "points" in scale:
            continue
        options = scale["options"]
        yield from _equal([str(option["id"]) for option in options], place=place)
        for option in options:
            needle = f'id="{option["id"]}"'
            yield from _said(f"{name}.{option['id']}", option.get("label"), place, needle)


def _valued(scale: Table) -> list[str]:
    """The ids of a scale's options that have a value."""
    return [option["id"] for option in scale["options"] if option.get("value") is not None]


def _headline(document: Table) -> Iterator[Fault]:
    questions = {question["id"]: question for question in document["questions"]}
    name = document["headline"]
    if name not in questions:
        reason = Refused(N_("总评题（headline）“%(id)s”不在题目里。"), id=str(name)[:40])
        yield Fault(reason, "", "headline=")
        return
    if questions[name].get("kind", "choice") not in SCORED:
        reason = Refused(
            N_("总评题（headline）“%(id)s”不是单选题，也不是打分题，算不出得分。"), id=name
        )
        yield Fault(reason, "", "headline=")
        return
    scored = [each for each in questions.values() if each.get("kind", "choice") in SCORED]
    if all(float(each.get("weight", 1)) == 0 for each in scored):
        yield Fault(
            Refused(N_("每道题的权重（weight）都是 0，算不出得分。")), "questions[0]", "weight="
        )
    scale = document["scales"][questions[name]["scale"]]
    if "points" in scale:
        points = scale["points"]
        found = points.get("positive_from", 60) <= points["max"]
    else:
        valued = _valued(scale)
        found = any(o.get("positive") is True and o["id"] in valued for o in scale["options"])
    if not found:
        reason = Refused(
            N_("总评题的量表“%(scale)s”没有一个肯定的选项（positive = true），算不出满意率。"),
            scale=questions[name]["scale"],
        )
        yield Fault(reason, f"scales.{questions[name]['scale']}")


def _people(document: Table) -> Iterator[Fault]:
    groups = document["groups"]
    if not groups:
        yield Fault(Refused(N_("至少要有一个票类（groups）。")))
    yield from _equal([str(group["id"]) for group in groups], "groups")
    for n, group in enumerate(groups):
        yield from _identifier(group["id"], f"groups[{n}]")
        yield from _said(f"{group['id']}.label", group.get("label"), f"groups[{n}]", "label=")
        if not float(group["weight"]) > 0:
            reason = Refused(N_("票类“%(id)s”的权重（weight）须大于 0。"), id=group["id"])
            yield Fault(reason, f"groups[{n}]", "weight=")
    sampling = document["rules"]["sampling"]
    if sampling != "open" and not is_by_codes(document):
        reason = Refused(N_("不用测评码的问卷谁都能答，sampling 只能是 open。"))
        yield Fault(reason, "rules", "sampling=")


def _rules(document: Table) -> Iterator[Fault]:
    rules = document["rules"]
    minimum = rules.get("minimum", 5)
    if not isinstance(minimum, int) or isinstance(minimum, bool) or minimum < 3:
        reason = Refused(
            N_("最少人数（minimum）须为 3 以上的整数，这里是 %(n)s。"), n=str(minimum)[:20]
        )
        yield Fault(reason, "rules", "minimum=")
    least = [float(band["min"]) for band in rules.get("bands", ())]
    for n, each in enumerate(least):
        if each in least[:n]:
            reason = Refused(N_("有两个等次的下限（min）都是 %(min)s。"), min=f"{each:g}")
            text = rules["bands"][n]["min"]
            yield Fault(reason, "rules", f"min={text}", 2)
    headline = next(q for q in document["questions"] if q["id"] == document["headline"])
    scale = document["scales"][headline["scale"]]
    known = [] if "points" in scale else _valued(scale)
    yield from _equal([str(flag["id"]) for flag in rules.get("flags", ())], place="rules")
    for flag in rules.get("flags", ()):
        for option in flag["options"]:
            if option not in known:
                reason = Refused(
                    N_("提示（flags）“%(id)s”里的“%(option)s”不是总评题里有分值的选项。"),
                    id=flag["id"],
                    option=str(option)[:40],
                )
                yield Fault(reason, "rules", f'id="{flag["id"]}"')
        if flag.get("of") == "issued" and not is_by_codes(document):
            reason = Refused(
                N_(
                    "提示（flags）“%(id)s”按发出的测评码算（of），不用测评码的问卷没有这个数。"
                    "请去掉 of，或者写上 needs_codes = true。"
                ),
                id=flag["id"],
            )
            yield Fault(reason, "rules", 'of="issued"')


def _quotas(document: Table) -> Iterator[Fault]:
    for quota in document.get("quotas", ()):
        question: Table = next(
            (q for q in document["questions"] if q["id"] == quota["question"]), {}
        )
        scale = document["scales"].get(question.get("scale"), {})
        if quota["option"] not in [option["id"] for option in scale.get("options", ())]:
            reason = Refused(
                N_("名额（quotas）里的“%(question)s / %(option)s”不是问卷上的选项。"),
                question=str(quota["question"])[:40],
                option=str(quota["option"])[:40],
            )
            yield Fault(reason, "", "quotas=")
