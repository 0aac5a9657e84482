"""The page of a round's rules: each with its default and why; a form while it is a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from site_app.accounts import audit, guards
from site_app.i18n import say, switched
from site_app.models import AuditEntry
from site_app.questionnaires import library
from site_app.results import lines
from site_app.rounds.views import blueprint
from site_app.ui.responses import Page
from site_app.words import SAMPLING
from surveys import rounds
from surveys.messages import N_, Refused
from surveys.models import Round
from surveys.questionnaires import Questionnaire, questionnaire
from surveys.rounds import rules as round_rules
from surveys.rounds.rules import FlagTyped, Typed

Form = MultiDict[str, str]
SPARE_ROWS = 2
MOST_ROWS = 20

RULE = {
    "values": N_("选项的分值"),
    "weights": N_("票类权重"),
    "minimum": N_("最少人数（k）"),
    "bands": N_("等次"),
    "flags": N_("提示"),
    "rank": N_("排名"),
    "trim": N_("去掉最高最低"),
    "quotas": N_("名额"),
    "empty_group": N_("有的票类没有有效回答时"),
    "sampling": N_("怎么参加"),
}
WHY = {
    "values": N_("分值定满意度，“算肯定”定满意率；没有分值的选项，对谁都不算。"),
    "weights": N_("各类人看到的不同：权重说明谁的话分量多少，与来了多少人无关。"),
    "minimum": N_("人数太少，结果会认出是谁；少于这个数的不显示，也不保留。"),
    "bands": N_("等次按得分建议；定等次的是组织，网站只写下来。"),
    "flags": N_("比例过了线，请人去看一眼；不改得分，也不作废票。"),
    "rank": N_("只给名次范围；有效回答太少的，名次只是运气，所以不排。"),
    "trim": N_("打分制里，一两个极端的分会带偏平均；去掉两端更稳。"),
    "quotas": N_("优秀人人有份就不叫优秀：一张票上最多给几个。"),
    "empty_group": N_("缺的不当零分：或按其余票类折算，或不计得分。"),
    "sampling": N_("谁来答，决定能不能推算全体：抽样的给区间，自愿的不给。"),
}
FLAG = {
    ("over", "valid"): N_("%(options)s 超过 %(share)s"),
    ("under", "valid"): N_("%(options)s 不到 %(share)s"),
    ("over", "issued"): N_("%(options)s 超过应到（发出的测评码）的 %(share)s"),
    ("under", "issued"): N_("%(options)s 不到应到（发出的测评码）的 %(share)s"),
}
EMPTY_GROUP = {"renormalise": N_("其余票类按权重重新折算"), "withhold": N_("不计得分和等次")}
VERBS = {
    "create": N_("新建测评"),
    "edit": N_("修改草稿"),
    "rules": N_("修改计分规则"),
    "open": N_("开始"),
}
FLAG_OF = {"valid": N_("有效回答"), "issued": N_("应到（发出的测评码）")}
RANK_BY = {"rate": N_("按满意率（肯定率）"), "score": N_("按得分")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule in words: its name, what it is now, what the questionnaire says, and why it is."""

    key: str
    name: str
    now: str
    default: str
    why: str


def in_words(round_: Round) -> list[Shown]:
    """Every rule of a round beside its default."""
    form = questionnaire.of(round_)
    weights = {group.key: str(group.weight) for group in rounds.groups_of(round_)}
    now = _said(form, round_.rules, weights)
    original = library.library().get(form.id)
    default: Mapping[str, str] = {}
    if original is not None and original.version == form.version:
        given = {group["id"]: str(group.get("weight", 1)) for group in original.groups}
        default = _said(original, original.rules, given)
    return [Shown(key, _(RULE[key]), now[key], default.get(key, ""), _(WHY[key])) for key in RULE]


def _said(
    form: Questionnaire, rules: Mapping[str, Any], weights: Mapping[str, str]
) -> dict[str, str]:
    """Rules in words. Lists are figures side by side; no sentence is put together."""
    none = _("没有")
    apart = str(_("；"))
    rank, trim = rules.get("rank"), rules.get("trim")
    return {
        "values": apart.join(_values(form)),
        "weights": apart.join(
            f"{lines.group_said(form, key)} {weight}" for key, weight in weights.items()
        ),
        "minimum": str(rules.get("minimum", 5)),
        "bands": escape(apart).join(_band(band) for band in rules.get("bands", ())) or none,
        "flags": apart.join(_flag(form, flag) for flag in rules.get("flags", ())) or none,
        "rank": _rank(rank) if rank else none,
        "trim": _(
            "超过 %(over)s 个时，每端去掉 %(each)s 个", over=trim["over"], each=trim["each_end"]
        )
        if trim
        else none,
        "quotas": apart.join(
            _(
                "%(option)s 最多 %(most)s",
                option=say(form.label(each.question, each.option)),
                most=each.share,
            )
            for each in form.quotas
        )
        or none,
        "empty_group": _(EMPTY_GROUP[rules.get("empty_group", "renormalise")]),
        "sampling": _(SAMPLING[rules.get("sampling", "open")]),
    }


def _rank(rank: Mapping[str, Any]) -> str:
    by = _(RANK_BY[rank["by"]])
    return str(_("%(by)s，有效回答 %(least)s 份起", by=by, least=rank.get("from", 30)))


def _band(band: Mapping[str, Any]) -> Markup:
    """A band in words; what a grade is called is Chinese on English pages too."""
    grade = Markup('<span lang="zh-CN">{}</span>').format(band["grade"])
    return escape(_("%(grade)s %(least)s 分起")) % {"grade": grade, "least": band["min"]}


def _values(form: Questionnaire) -> list[str]:
    found = []
    for scale in form.document["scales"].values():
        for option in scale.get("options", ()):
            worth = option.get("value")
            words = say(option["label"])
            if worth is None:
                found.append(_("%(option)s 没有分值", option=words))
            elif option.get("positive"):
                found.append(_("%(option)s %(value)s（算肯定）", option=words, value=worth))
            else:
                found.append(f"{words} {worth}")
        if "points" in scale:
            start = scale["points"].get("positive_from", 60)
            found.append(_("%(mark)s 分起算肯定", mark=start))
    return [str(each) for each in found]


def _flag(form: Questionnaire, flag: Mapping[str, Any]) -> str:
    words = lines.options_said(form, flag["options"])
    side = "over" if "over" in flag else "under"
    return str(_(FLAG[side, flag.get("of", "valid")], options=words, share=flag[side]))


def stored(round_: Round) -> Form:
    """The form as the draft is stored."""
    rules, document = round_.rules, round_.questionnaire
    form: Form = MultiDict({"revision": str(round_.revision)})
    for name, scale in document["scales"].items():
        for option in scale.get("options", ()):
            worth = option.get("value")
            form[f"value-{name}-{option['id']}"] = "" if worth is None else f"{worth:g}"
            if option.get("positive"):
                form[f"positive-{name}-{option['id']}"] = "on"
        if "points" in scale:
            form[f"from-{name}"] = str(scale["points"].get("positive_from", 60))
    for number, band in enumerate(rules.get("bands", ())):
        form[f"band-{number}-grade"], form[f"band-{number}-min"] = band["grade"], f"{band['min']:g}"
    for number, flag in enumerate(rules.get("flags", ())):
        side = "over" if "over" in flag else "under"
        form.setlist(f"flag-{number}-options", flag["options"])
        form[f"flag-{number}-side"], form[f"flag-{number}-share"] = side, flag[side]
        form[f"flag-{number}-of"] = flag.get("of", "valid")
    for number, quota in enumerate(document.get("quotas", ())):
        form[f"quota-{number}-what"] = f"{quota['question']}/{quota['option']}"
        form[f"quota-{number}-amount"] = str(quota.get("share", quota.get("most")))
    trim, rank = rules.get("trim") or {}, rules.get("rank") or {}
    form["trim_over"], form["trim_each"] = str(trim.get("over", "")), str(trim.get("each_end", ""))
    form["empty_group"] = rules.get("empty_group", "renormalise")
    form["rank_by"] = rank.get("by", "")
    form["rank_from"] = str(rank.get("from", max(30, rules.get("minimum", 5))))
    return form


def typed(form: Form, document: Mapping[str, Any]) -> Typed:
    """The form as it was sent."""
    options = [
        (name, option["id"])
        for name, scale in document["scales"].items()
        for option in scale.get("options", ())
    ]
    quotas = []
    for number in range(rows(form, "quota", "amount")):
        question, _slash, option = form.get(f"quota-{number}-what", "").partition("/")
        quotas.append((question, option, form.get(f"quota-{number}-amount", "")))
    return Typed(
        values={(scale, key): form.get(f"value-{scale}-{key}", "") for scale, key in options},
        positives=frozenset(
            (scale, key) for scale, key in options if f"positive-{scale}-{key}" in form
        ),
        positive_from={name: form.get(f"from-{name}", "") for name in document["scales"]},
        bands=[
            (form.get(f"band-{number}-grade", ""), form.get(f"band-{number}-min", ""))
            for number in range(rows(form, "band", "grade"))
        ],
        flags=[
            FlagTyped(
                form.getlist(f"flag-{number}-options"),
                form.get(f"flag-{number}-side", "over"),
                form.get(f"flag-{number}-share", ""),
                form.get(f"flag-{number}-of", "valid"),
            )
            for number in range(rows(form, "flag", "share"))
        ],
        quotas=quotas,
        trim_over=form.get("trim_over", ""),
        trim_each=form.get("trim_each", ""),
        empty_group=form.get("empty_group", ""),
        rank_by=form.get("rank_by", ""),
        rank_from=form.get("rank_from", ""),
    )


def rows(form: Form, kind: str, part: str) -> int:
    """How many rows of a kind the form has, spare ones included."""
    filled = [n for n in range(MOST_ROWS) if form.get(f"{kind}-{n}-{part}")]
    return min((max(filled) + 1 if filled else 0) + SPARE_ROWS, MOST_ROWS)


def decided(round_: Round) -> Sequence[AuditEntry]:
    """Who made, changed and opened the round: the entries of the audit log, the newest first."""
    return list(
        AuditEntry.select()
        .where(AuditEntry.round == round_, AuditEntry.action.in_(list(VERBS)))
        .order_by(AuditEntry.id.desc())
        .limit(MOST_ROWS)
    )


@blueprint.route("/desk/rounds/<int:round_id>/rules", methods=["GET", "POST"])
@guards.organiser
def rules(round_id: int) -> Page:
    """A round's rules: a form while it is a draft, locked and read from its opening on."""
    round_ = guards.load_round(round_id)
    if request.method == "GET":
        return _page(round_, stored(round_))
    revision = request.form.get("revision", -1, type=int)
    try:
        rounds.check_is_draft(round_)
        if switched():
            return _page(round_, request.form)
        round_rules.revise(round_, typed(request.form, round_.questionnaire), revision)
    except rounds.Changed as refused:
        newer: Form = MultiDict(request.form)
        newer["revision"] = str(Round.get_by_id(round_.id).revision)
        return _page(round_, newer, refused), 409
    except Refused as refused:
        return _page(round_, request.form, refused), 422
    audit.record("rules", round_)
    flash(_("已保存。"))
    return redirect(url_for("rounds.rules", round_id=round_.id), 303)


def _page(round_: Round, form: Form, refused: Refused | None = None) -> str:
    asked, shown = questionnaire.of(round_), in_words(round_)
    return render_template(
        "rounds/rules.html",
        round=round_,
        form=asked,
        draft=form,
        refused=refused,
        begun=isinstance(refused, rounds.Begun),
        shown=shown,
        rule={each.key: each for each in shown},
        scales=round_.questionnaire["scales"],
        headline=lines.headline(asked),
        rows=rows,
        decided=decided(round_),
        VERBS=VERBS,
        EMPTY_GROUP=EMPTY_GROUP,
        RANK_BY=RANK_BY,
        FLAG_OF=FLAG_OF,
    )
