"""What organisers print: posters with the address of a survey, slips with codes, the protocol.

Posters and slips carry the site's public address; without one a QR code would be waste paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import segno
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from site_app import auth, clock, public_rounds, rounds_forms, storage, votes
from site_app.i18n import end_time, switched
from site_app.models import is_demonstration
from site_app.paging import page_of
from site_app.serve import base_url
from surveys import ballots, electorate, questionnaire, readiness, rounds
from surveys.messages import N_, Refused
from surveys.models import Archive, Round, Score, Subject

CODES_A_PAGE = 200

Page = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Slip:
    """One code on paper: `door` is where it is typed, `link` opens the ballot by itself."""

    unit: str
    group: Mapping[str, str]
    code: str
    door: str
    link: str


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


def slips(wanted: list[ballots.Wanted], made: list[list[str]]) -> list[Slip]:
    """A slip for each code that was made."""
    door = address() + url_for("answers.enter")
    return [
        Slip(each.unit.name, each.group.label, code, door.partition("://")[2], f"{door}#{code}")
        for each, codes_of_set in zip(wanted, made, strict=True)
        for code in codes_of_set
    ]


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


@auth.organiser
def protocol(round_id: int) -> str:
    """The sheet that the scrutineers sign."""
    round_ = auth.load_round(round_id)
    kept = Archive.get_or_none(Archive.round == round_) or abort(404)
    return render_template(
        "rounds/protocol.html",
        round=round_,
        kept=kept,
        papers=_papers(round_, kept),
        votes=votes.of(round_),
    )


def _papers(round_: Round, kept: Archive) -> list[dict[str, Any]]:
    """The papers at closing, with `valid` and `spoilt`.

    The site takes no spoilt paper; where more came back than were issued, all of a place are void.
    """
    void_places = {
        row.subject.place_label
        for row in Score.select(Score, Subject)
        .join(Subject)
        .where(Score.round == round_, Score.disclosure == "void")
    }
    found = []
    for row in kept.counts:
        spoilt = row["returned"] if row["place"] in void_places else 0
        people = (round_.electorate or {}).get(row["code"], {})
        known = {"entitled": people.get("entitled"), "reasons": people.get("reasons", [])}
        found.append({**row, **known, "valid": row["returned"] - spoilt, "spoilt": spoilt})
    return found


@auth.organiser
def codes(round_id: int) -> Page:
    """How many codes there are; new ones are made and shown this one time, as slips to cut."""
    round_ = auth.load_round(round_id)
    if request.method == "GET":
        return _codes_page(round_, rounds_forms.code_rows(round_, request.args, suggest=True))
    rows = rounds_forms.code_rows(round_, request.form)
    already = request.form.get("already", -1, type=int)
    if switched():
        return _codes_page(round_, rows, already=already)
    try:
        rounds.check_codes_can_change(round_, clock.now())
        address()
        wanted = rounds_forms.wanted(rows)
        reason = request.form.get("reason", "")
        fresh = already == ballots.codes_ever(round_)
        why = reason if fresh and electorate.account_for(round_, wanted, reason) else ""
        storage.remember_codes_key()
        made = ballots.issue_sets(storage.keys(), round_, wanted, already)
    except Refused as refused:
        return _codes_page(round_, rows, refused), 409
    auth.record("codes", round_, detail=_numbers(wanted, why))
    return render_template("rounds/slips.html", round=round_, slips=slips(wanted, made))


def _numbers(wanted: list[ballots.Wanted], why: str) -> str:
    """Units, groups and numbers for the audit log, and why they are many; never a code."""
    told = "；".join(
        f"{each.unit.name} {each.group.label['zh']} {each.count}" for each in wanted[:20]
    )
    return f"{sum(each.count for each in wanted)}：{told}{'；' if why else ''}{why[:300]}"


def _codes_page(
    round_: Round,
    rows: list[rounds_forms.CodeRow],
    refused: Refused | None = None,
    already: int | None = None,
) -> str:
    page = page_of(len(rows), CODES_A_PAGE, endpoint="rounds.codes")
    return render_template(
        "rounds/codes.html",
        round=round_,
        rows=page.some(rows, CODES_A_PAGE),
        page=page,
        already=ballots.codes_ever(round_) if already is None else already,
        fixed=_reason(lambda: rounds.check_codes_can_change(round_, clock.now())),
        unprintable=_reason(address),
        reason=request.form.get("reason", ""),
        refused=refused,
    )


def _reason(check: Callable[[], object]) -> Refused | None:
    """Why a check refuses; nothing where it does not."""
    try:
        check()
    except Refused as refused:
        return refused
    return None


@auth.organiser
def void(round_id: int) -> Page:
    """Void the unspent codes of a unit and group, and offer a fresh set."""
    round_ = auth.load_round(round_id)
    row = _row(round_) or abort(404)
    try:
        rounds.check_codes_can_change(round_, clock.now())
    except Refused as refused:
        return _codes_page(round_, rounds_forms.code_rows(round_, {}, suggest=True), refused), 409
    gone = ballots.void_codes(round_, row.unit, row.group)
    auth.record("void", round_, row.unit, f"{row.group.label['zh']} {gone}")
    flash(
        ngettext(
            "作废了 %(num)s 个没用过的测评码。要补发的话，数目已经填在下面。",
            "作废了 %(num)s 个没用过的测评码。要补发的话，数目已经填在下面。",
            gone,
        )
    )
    page = _place(round_, row) // CODES_A_PAGE + 1
    back = url_for("rounds.codes", round_id=round_.id, page=page)
    return redirect(f"{back}&{row.name}={gone}" if gone else back, 303)


def _place(round_: Round, row: rounds_forms.CodeRow) -> int:
    """Where a row stands among all."""
    return [each.name for each in rounds_forms.code_rows(round_, {})].index(row.name)


def _row(round_: Round) -> rounds_forms.CodeRow | None:
    """The unit and group that a form names, of those of the round."""
    rows = rounds_forms.code_rows(round_, {})
    return next((row for row in rows if row.name == request.form.get("row")), None)


@auth.organiser
def poster(round_id: int, code: str) -> str:
    """A poster to print, and a text to paste into a chat."""
    round_ = auth.load_round(round_id)
    name = doors(round_).get(code) or abort(404)
    return render_template(
        "rounds/poster.html", round=round_, posters=[poster_of(round_, code, name)]
    )


@auth.organiser
def posters(round_id: int) -> str:
    """The posters of all units in one print, and the texts of all of them."""
    round_ = auth.load_round(round_id)
    places = list(doors(round_).items()) or abort(404)
    page = page_of(len(places), name="doors")
    return render_template(
        "rounds/poster.html",
        round=round_,
        posters=[poster_of(round_, code, name) for code, name in page.some(places)],
        page=page,
    )


VIEWS = (
    ("codes", codes, ["GET", "POST"]),
    ("void", void, ["POST"]),
    ("poster/<code>", poster, ["GET"]),
    ("posters", posters, ["GET"]),
    ("protocol", protocol, ["GET"]),
)
"""Path below a round, view, methods: `site_app.rounds` gives them to its blueprint."""
