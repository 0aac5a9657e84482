"""The audit log: what organisers did, for those within whose reach it was done."""

from __future__ import annotations

import peewee
from flask import abort, has_request_context, render_template, request

from site_app import clock
from site_app.accounts import guards
from site_app.accounts.guards import signed_in
from site_app.models import LARGEST_ID, AuditEntry
from site_app.ui import paging
from surveys.db import writing
from surveys.messages import N_
from surveys.models import Round, Unit, reach

ACTION = {
    "sign-in": N_("登录"),
    "sign-out": N_("退出"),
    "create": N_("新建测评"),
    "edit": N_("修改草稿"),
    "rules": N_("修改计分规则"),
    "open": N_("开始"),
    "delay": N_("延期"),
    "abandon": N_("终止"),
    "count": N_("计票"),
    "publish": N_("公布"),
    "pledge": N_("补充承诺"),
    "codes": N_("发测评码"),
    "void": N_("作废测评码"),
    "decide": N_("评定等次"),
    "composite-create": N_("新建综合评定"),
    "composite-edit": N_("改综合评定"),
    "composite-figures": N_("填签名的数"),
    "composite-deduct": N_("扣分"),
    "composite-undeduct": N_("取消扣分"),
    "composite-compute": N_("计算综合评定"),
    "composite-publish": N_("公布综合评定"),
    "composite-discard": N_("删去综合评定"),
    "plan-import": N_("导入工作要点"),
    "plan-edit": N_("修改条目"),
    "units-import": N_("导入单位"),
    "people-import": N_("导入人员"),
    "roster-delete": N_("删出名册"),
    "roster-leave": N_("记为已离开名册"),
    "roster-back": N_("回到名册"),
    "people-rename-ids": N_("换掉身份证号编号"),
    "units-export": N_("导出单位"),
    "people-export": N_("导出人员"),
    "account-add": N_("新建账号"),
    "account-link": N_("生成登录链接"),
    "account-password": N_("设置密码"),
    "account-remove": N_("删除账号"),
}


@guards.blueprint.get("/desk/audit")
@guards.organiser
def audit() -> str:
    """What organisers did within reach."""
    entries = _entries()
    number = request.args.get("round", 0, type=int)
    if not 0 <= number <= LARGEST_ID:
        abort(404)
    round_ = guards.load_round(number) if number else None
    if round_:
        entries = entries.where(AuditEntry.round == round_)
    page = paging.page_of(entries.count())
    return render_template(
        "accounts/audit.html", entries=page.of(entries), page=page, round=round_, ACTION=ACTION
    )


def _entries() -> peewee.ModelSelect[AuditEntry]:
    account = guards.signed_in()
    entries = (
        AuditEntry.select(AuditEntry, Round, Unit)
        .join(Round, peewee.JOIN.LEFT_OUTER)
        .switch(AuditEntry)
        .join(Unit, peewee.JOIN.LEFT_OUTER)
        .order_by(AuditEntry.id.desc())
    )
    if account.unit.parent_id is None:
        return entries
    within = reach(account.unit)
    # What was done in a round goes with the round: a district's is not its branches' to read.
    return entries.where(
        Round.owner.in_(within)
        | (AuditEntry.round.is_null() & AuditEntry.unit.in_(within))
        | (AuditEntry.account_name == account.name)
    )


def record(
    action: str, round_: Round | None = None, unit: Unit | None = None, detail: str = ""
) -> None:
    """Write what was done to the audit log: by the organiser, or by a command, which has no name.

    Not inside another `writing()`.
    """
    name = signed_in().name if has_request_context() else ""
    with writing():
        AuditEntry.create(
            at=clock.now(), account_name=name, action=action, round=round_, unit=unit, detail=detail
        )
