"""The doors of a round: the addresses that posters and slips carry, as links and QR codes.

They need the site's public address; without one a QR code would be waste paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from site_app.config import base_url
from site_app.i18n import end_time
from site_app.models import is_demonstration
from site_app.results import public_rounds
from surveys.messages import N_, Refused
from surveys.models import Round, Subject
from surveys.questionnaires import questionnaire
from surveys.rounds import readiness


@dataclass(frozen=True, slots=True)
class Poster:
    """A survey of one unit on paper, and in words to paste into a chat."""

    unit: str
    link: str
    short: str
    words: str


def address() -> str:
    """Where phones find the site. Refused without PUBLIC_URL, save in the demonstration."""
    site = current_app.config["SITE"]
    if not site.public_url and not is_demonstration():
        raise Refused(
            N_(
                "还没有设置公众访问的网址（PUBLIC_URL），海报和纸条上的二维码手机打不开，"
                "所以现在不能印。请管理员设好后重新启动网站。"
            )
        )
    return base_url(site)


def qr(text: str) -> Markup:
    """A QR code as inline SVG, without any style of its own."""
    drawn = segno.make(text, error="m", micro=False)
    return Markup(  # noqa: S704 - segno writes a path of numbers, nothing of the text
        drawn.svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None)
    )


def doors(round_: Round) -> dict[str, str]:
    """What a round has posters of, code → name: its units, or its list once it is open."""
    form = questionnaire.of(round_)
    if not public_rounds.has_posters(round_, form):
        return {}
    if form.listed:
        rows = Subject.select().where(Subject.round == round_).order_by(Subject.position)
        return {row.key: row.label for row in rows}
    if round_.key_check:
        rows = Subject.select().where(Subject.round == round_, Subject.rated)
        return {row.key: row.label for row in rows.order_by(Subject.position)}
    return {unit.code: unit.name for unit in readiness.chosen_units(round_)}


def poster_of(round_: Round, code: str, name: str) -> Poster:
    """The poster of a unit, or of a thing."""
    link = address() + url_for("answers.survey", round_id=round_.id, code=code)
    return Poster(name, link, link.partition("://")[2], _words(round_, name, link))


def _words(round_: Round, name: str, link: str) -> str:
    if round_.ends_at is None:
        words = _(
            "【%(unit)s】%(title)s：请花一分钟说说看法，不问姓名。点开就能填：%(link)s",
            unit=name,
            title=round_.title,
            link=link,
        )
    else:
        words = _(
            "【%(unit)s】%(title)s：请花一分钟说说看法，不问姓名。%(end)s 前点开就能填：%(link)s",
            unit=name,
            title=round_.title,
            end=end_time(round_.ends_at),
            link=link,
        )
    return str(words)
