"""Words for what is stored, in the language of the source."""

from __future__ import annotations

from surveys.messages import N_

AUDIENCE = {"P": N_("所有人"), "M": N_("会议（支部）"), "S": N_("本人"), "O": N_("组织者")}


UNIT_KIND = {
    "district": N_("区"),
    "subdistrict": N_("街道"),
    "community": N_("社区"),
    "village": N_("村"),
    "branch": N_("支部"),
    "organ": N_("机关"),
    "school": N_("学校"),
    "enterprise": N_("企业"),
    "social": N_("社会组织"),
}
MEMBERSHIP = {"full": N_("正式党员"), "probationary": N_("预备党员"), "none": N_("非党员")}
PHASE = {
    "draft": N_("草稿"),
    "waiting": N_("待开始"),
    "open": N_("进行中"),
    "ended": N_("已截止，待计票"),
    "closed": N_("已计票，待公布"),
    "published": N_("已公布"),
    "abandoned": N_("已终止"),
}
DISCLOSURE = {
    "full": N_("显示"),
    "few": N_("人数太少，不显示"),
    "complement": N_("为保护相邻小单位，不显示"),
    "void": N_("收回多于发出，作废"),
}
SAMPLING = {"open": N_("自愿参加"), "drawn": N_("随机抽取"), "all": N_("全体参加")}


FORM = {
    "SUR": N_("问卷调查"),
    "BAL": N_("无记名测评"),
    "TRK": N_("指标跟踪"),
    "CHK": N_("对照检查"),
    "COM": N_("公开承诺"),
    "LED": N_("问题台账"),
}
SEEN_BY = {"P": N_("向所有人公开"), "M": N_("本支部或会议"), "S": N_("本人"), "O": N_("组织者")}
