"""The rules of a draft: what organisers may decide about values, bands, flags, ranks and so on.

They begin as the questionnaire has them; a round keeps its own copy, and they are locked when it is
opened. What is typed is read here; what cannot be is a `BadSetting` that names its field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from surveys.db import writing
from surveys.inputs import BadSetting, decimal, narrow, whole
from surveys.messages import N_
from surveys.models import Round
from surveys.questionnaires import questionnaire
from surveys.rounds import lifecycle

SHARE = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")
MOST_SUBJECTS = 100_000


@dataclass(frozen=True, slots=True)
class FlagTyped:
    """A flag as typed: which options, `over` or `under`, which share, of `valid` or `issued`."""

    options: Sequence[str]
    side: str
    share: str
    of: str = "valid"


@dataclass(frozen=True, slots=True)
class Typed:
    """The rules as typed. Bands, flags and quotas with nothing typed in them are none.

    `values` and `positives` are by scale and option, `positive_from` by scale of points; a quota
    is a pair of question and option with a share or a number.
    """

    values: Mapping[tuple[str, str], str]
    positives: frozenset[tuple[str, str]]
    positive_from: Mapping[str, str]
    bands: Sequence[tuple[str, str]]
    flags: Sequence[FlagTyped]
    quotas: Sequence[tuple[str, str, str]]
    trim_over: str
    trim_each: str
    empty_group: str
    rank_by: str
    rank_from: str


def revise(round_: Round, typed: Typed, revision: int) -> None:
    """Change a draft's rules, unless it was changed since `revision` or is a draft no more."""
    document = deepcopy(round_.questionnaire)
    document["scales"] = _scales(document["scales"], typed)
    quotas = _quotas(typed)
    if quotas or "quotas" in document:
        document["quotas"] = quotas
    document["rules"] = rules = _rules(dict(round_.rules), typed)
    _check(document)
    with writing():
        lifecycle.update_draft(round_, revision, questionnaire=document, rules=rules)


def _decimal(field: str, text: str) -> Any:
    """A number within 0 and 100, as JSON has it."""
    number = decimal(text, 8)
    if number is None or number > 100:
        raise BadSetting(field, N_("“%(typed)s”不行：须为 0 到 100 的数。"), typed=text[:40])
    return json.loads(f"{number.normalize():f}")


def _whole(field: str, text: str, least: int, most: int) -> int:
    number = whole(text)
    if number is None or not least <= number <= most:
        raise BadSetting(
            field,
            N_("“%(typed)s”不行：须为 %(least)s 到 %(most)s 的整数。"),
            typed=text[:40],
            least=least,
            most=most,
        )
    return number


def _share(field: str, text: str) -> str:
    """A share between 0 and 1 as a fraction in lowest terms."""
    found = SHARE.fullmatch(narrow(text))
    if found is None or int(found[2]) == 0 or not 0 < Fraction(int(found[1]), int(found[2])) < 1:
        raise BadSetting(
            field, N_("“%(typed)s”不行：请写成 1/3 这样的分数，大于 0、小于 1。"), typed=text[:40]
        )
    share = Fraction(int(found[1]), int(found[2]))
    return f"{share.numerator}/{share.denominator}"


def _scales(scales: Mapping[str, Any], typed: Typed) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, scale in scales.items():
        if "points" in scale:
            points = scale["points"]
            field = f"from-{name}"
            text = typed.positive_from.get(name, "")
            start = _whole(field, text, points["min"], points["max"])
            found[name] = {**scale, "points": {**points, "positive_from": start}}
            continue
        options = []
        for option in scale["options"]:
            place = name, option["id"]
            kept = {key: option[key] for key in option if key not in ("value", "positive")}
            text = typed.values.get(place, "")
            if narrow(text):
                kept["value"] = _decimal(f"value-{name}-{option['id']}", text)
                if place in typed.positives:
                    kept["positive"] = True
            options.append(kept)
        found[name] = {**scale, "options": options}
    return found


def _quotas(typed: Typed) -> list[dict[str, Any]]:
    found = []
    for number, (question, option, amount) in enumerate(typed.quotas):
        if not question and not narrow(amount):
            continue
        field = f"quota-{number}-amount"
        if not question or not narrow(amount):
            raise BadSetting(field, N_("名额：请选一个选项，并写上比例或人数。"))
        quota: dict[str, Any] = {"question": question, "option": option}
        if "/" in narrow(amount):
            quota["share"] = _share(field, amount)
        else:
            quota["most"] = _whole(field, amount, 1, MOST_SUBJECTS)
        found.append(quota)
    return found


def _rules(rules: dict[str, Any], typed: Typed) -> dict[str, Any]:
    for key in ("bands", "flags", "trim", "rank"):
        before = rules.pop(key, None)
        made = _PARTS[key](typed, rules, before)
        if made:
            rules[key] = made
    if typed.empty_group not in ("renormalise", "withhold"):
        raise BadSetting("empty_group", N_("请选择有的票类没有有效回答时怎么办。"))
    return {**rules, "empty_group": typed.empty_group}


def _bands(typed: Typed, _rules: dict[str, Any], _before: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number, (grade, least) in enumerate(typed.bands):
        if not grade.strip() and not narrow(least):
            continue
        if not 1 <= len(grade.strip()) <= 20 or not grade.strip().isprintable():
            raise BadSetting(f"band-{number}-grade", N_("请给每一档写上名称，最多 20 字。"))
        band = {"grade": grade.strip(), "min": _decimal(f"band-{number}-min", least)}
        if any(band["min"] == each["min"] for each in found):
            raise BadSetting(
                f"band-{number}-min", N_("两个等次的最低分一样，分不清是哪一档。请改正一个。")
            )
        if any(band["grade"] == each["grade"] for each in found):
            raise BadSetting(f"band-{number}-grade", N_("有两个等次名称相同。请改正一个。"))
        found.append(band)
    return sorted(found, key=lambda band: float(band["min"]), reverse=True)


def _flags(typed: Typed, _rules: dict[str, Any], before: Any) -> list[dict[str, Any]]:
    ids = [flag["id"] for flag in before or ()]
    found: list[dict[str, Any]] = []
    for number, flag in enumerate(typed.flags):
        if not flag.options and not narrow(flag.share):
            continue
        if not flag.options:
            raise BadSetting(f"flag-{number}-share", N_("提示：请至少选一个选项。"))
        if flag.side not in ("over", "under"):
            raise BadSetting(f"flag-{number}-share", N_("提示：请选“超过”或“不到”。"))
        if flag.of not in ("valid", "issued"):
            raise BadSetting(f"flag-{number}-share", N_("提示：请选占有效回答还是占应到。"))
        share = _share(f"flag-{number}-share", flag.share)
        taken = [*ids, *(str(each["id"]) for each in found)]
        name = ids[number] if number < len(ids) else _new_id(taken)
        made = {"id": name, "options": list(flag.options), flag.side: share}
        found.append(made | ({"of": "issued"} if flag.of == "issued" else {}))
    return found


def _new_id(taken: Sequence[str]) -> str:
    return next(name for n in range(1, 1000) if (name := f"flag-{n}") not in taken)


def _trim(typed: Typed, _rules: dict[str, Any], _before: Any) -> dict[str, int] | None:
    if not narrow(typed.trim_over) and not narrow(typed.trim_each):
        return None
    each = _whole("trim_each", typed.trim_each, 0, 1000)
    over = _whole("trim_over", typed.trim_over, 0, 100_000)
    if over < 2 * each:
        raise BadSetting(
            "trim_over", N_("去掉的比剩下的还多：“超过几个才去”至少是每端去掉个数的两倍。")
        )
    return {"over": over, "each_end": each} if each else None


def _rank(typed: Typed, rules: dict[str, Any], _before: Any) -> dict[str, Any] | None:
    if not typed.rank_by:
        return None
    if typed.rank_by not in ("rate", "score"):
        raise BadSetting("rank_by", N_("请选择按什么排名。"))
    least = int(rules.get("minimum", 5))
    return {"by": typed.rank_by, "from": _whole("rank_from", typed.rank_from, least, 100_000)}


_PARTS: dict[str, Any] = {"bands": _bands, "flags": _flags, "trim": _trim, "rank": _rank}


def _check(document: dict[str, Any]) -> None:
    """The questionnaire and its archive must still be readable: what the fields cannot see."""
    scales, headline = document["scales"], document["headline"]
    asked = next(each for each in document["questions"] if each["id"] == headline)
    options = scales[asked["scale"]].get("options", ())
    if options and not any(option.get("positive") for option in options):
        raise BadSetting(
            "values", N_("“%(title)s”要算肯定率，至少有一个选项算肯定。"), title=asked["text"]
        )
    valued = {option["id"] for option in options if option.get("value") is not None}
    for number, flag in enumerate(document["rules"].get("flags", ())):
        if not set(flag["options"]) <= valued:
            raise BadSetting(
                f"flag-{number}-share", N_("提示只能用有分值的选项；没有分值的不算有效回答。")
            )
        if flag.get("of") == "issued" and not questionnaire.is_by_codes(document):
            raise BadSetting(
                f"flag-{number}-share",
                N_("提示：这份问卷不是只凭测评码参加，不知道应到多少人，只能占有效回答。"),
            )
    try:
        questionnaire.from_document(document)
    except questionnaire.QuestionnaireError as wrong:
        raise BadSetting("values", wrong.message, **wrong.params) from None
