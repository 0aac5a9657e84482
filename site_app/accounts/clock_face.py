"""The site's clock as an organiser sees it before a round is opened or counted for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import peewee
from flask import has_request_context
from flask_babel import format_date

from site_app import clock
from site_app.accounts import guards
from site_app.i18n import date_time, local
from site_app.models import AuditEntry
from surveys.messages import N_, Refused
from surveys.models import Round

DOUBTS = {
    "behind": N_("网站的时钟是 %(now)s，比已有的记录（%(known)s）还早。"),
    "ahead": N_("网站的时钟是 %(now)s，比最近的记录（%(known)s）晚一天以上。"),
}
ASK = N_("%(doubt)s请对一下钟；确实没错的，勾选“时钟是对的”再做一次（命令行加 --clock-is-right）。")


@dataclass(frozen=True, slots=True)
class Face:
    """What the clock shows, and why that may be wrong, if it may."""

    words: str
    doubt: Refused | None


def newest_known() -> datetime | None:
    """The newest time on record, for a page from before this sign-in: that had the same clock.

    One's own signing in and out is none, nor the link made for it: a wrong clock would be believed
    by signing in twice. To a command those of the last day are none, which had the same clock.
    """
    entries, ended = AuditEntry.select(), Round.select(Round.closed_at, Round.published_at)
    entries = entries.where(AuditEntry.action.not_in(["account-link", "account-password"]))
    if has_request_context():
        by_me = (AuditEntry.account_name == guards.signed_in().name, AuditEntry.action == "sign-in")
        began = AuditEntry.select(peewee.fn.max(AuditEntry.id)).where(*by_me).scalar() or 0
        since = AuditEntry.select(AuditEntry.round).where(
            AuditEntry.id >= began, AuditEntry.round.is_null(False)
        )
        mine = by_me[0] & AuditEntry.action.in_(["sign-in", "sign-out"])
        entries = entries.where(AuditEntry.id < began, ~mine)
        ended = ended.where(Round.id.not_in(since))
    else:
        lately = AuditEntry.at.between(clock.now() - clock.FURTHEST, clock.now())
        entries = entries.where(~((AuditEntry.account_name == "") & lately))
    last = entries.order_by(AuditEntry.at.desc()).first()
    times = [
        last and last.at,
        *(time for each in ended for time in (each.closed_at, each.published_at)),
    ]
    return max((time for time in times if time), default=None)


def face() -> Face:
    """What the site's clock shows now, and whether to doubt it."""
    now, known = clock.now(), newest_known()
    weekday = format_date(local(now), "EEEE", rebase=False)
    words, kind = f"{date_time(now)} {weekday}", clock.doubt(now, known)
    if kind is None or known is None:
        return Face(words, None)
    return Face(words, Refused(DOUBTS[kind], now=words, known=date_time(known)))


def check(is_right: bool) -> None:
    """Refuse while the clock is in doubt, unless an organiser says that it is right."""
    doubt = None if is_right else face().doubt
    if doubt:
        raise Refused(ASK, doubt=doubt)
