"""The table of scores for spreadsheets: suggested and decided grades stand side by side."""

from __future__ import annotations

from flask_babel import gettext as _

from site_app.i18n import date_time
from site_app.results import lines
from site_app.words import DISCLOSURE
from surveys.questionnaires import Questionnaire


def headings() -> list[str]:
    """The headings of the table of scores."""
    return [
        _("编号"),
        _("测评对象"),
        _("所属"),
        _("显示情况"),
        _("有效回答"),
        _("得分"),
        _("肯定率（加权）"),
        _("肯定率（合计）"),
        _("区间下限"),
        _("区间上限"),
        _("排名最好"),
        _("排名最差"),
        _("各票类得分"),
        _("建议等次"),
        _("组织评定等次"),
        _("不同的理由"),
        _("评定记录人"),
        _("评定时间"),
        _("提示"),
        _("说明"),
    ]


def cells(form: Questionnaire, line: lines.Line) -> list[object]:
    """A subject's line of the table of scores."""
    details, row = line.details, line.row
    groups = [
        f"{lines.group_said(form, key)} {score}"
        for key, score in details.get("groups", {}).items()
        if score is not None
    ]
    return [
        line.subject.key,
        line.subject.label,
        line.above,
        _(DISCLOSURE[row.disclosure]),
        row.valid,
        row.score,
        row.rate,
        details.get("pooled_rate"),
        *(details.get("interval") or (None, None)),
        *(details.get("rank") or (None, None)),
        "；".join(groups),
        row.grade,
        line.decision and line.decision.grade,
        line.decision and line.decision.reason,
        line.decision and line.decision.decided_by,
        line.decision and date_time(line.decision.decided_at),
        "；".join(line.flags),
        "；".join(line.notes),
    ]
