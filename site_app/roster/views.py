"""Units and people: organisers look at them, take them away as CSV, and bring them in again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from site_app import clock, uploads
from site_app.accounts import audit, guards
from site_app.i18n import language, local, switched
from site_app.ui.paging import page_of
from surveys import inputs, roster
from surveys.messages import N_, Refused
from surveys.models import Person, Unit, reach
from surveys.roster import Preview, leaving
from surveys.roster.lookalikes import Answers

PAGE = 100
MOST_ERRORS = 20
MOST_ROWS = 100

blueprint = Blueprint("roster", __name__)

REGISTERS: dict[str, roster.Register[Any]] = {"units": roster.UNITS, "people": roster.PEOPLE}


@blueprint.route("/desk/units", methods=["GET", "POST"])
@guards.organiser
def units() -> Response | str | tuple[str, int]:
    """The tree of units within reach; a file of units to import."""
    return _import("units") if request.method == "POST" else _units_page()


@blueprint.route("/desk/people", methods=["GET", "POST"])
@guards.organiser
def people() -> Response | str | tuple[str, int]:
    """The people of a unit and of all below it; a file of people to import."""
    return _import("people") if request.method == "POST" else _people_page()


@blueprint.get("/desk/units.csv")
@guards.organiser
def units_csv() -> Response:
    """The units within reach as a file that can be imported again."""
    return _csv("units")


@blueprint.get("/desk/people.csv")
@guards.organiser
def people_csv() -> Response:
    """The people within reach as a file that can be imported again."""
    return _csv("people")


@blueprint.route("/desk/units/<code>", methods=["GET", "POST"])
@guards.organiser
def unit(code: str) -> Response | str | tuple[str, int]:
    """A unit, to be taken off the roster or put back."""
    return _one("units", guards.load_unit(code))


@blueprint.route("/desk/people/<int:person_id>", methods=["GET", "POST"])
@guards.organiser
def person(person_id: int) -> Response | str | tuple[str, int]:
    """Somebody, to be taken off the roster or put back; by id: codes may be identity numbers."""
    found = Person.get_or_none(Person.id == person_id) or abort(404)
    guards.load_unit(found.unit.code)
    return _one("people", found)


def _one(what: str, who: Person | Unit) -> Response | str | tuple[str, int]:
    refused = None
    if request.method == "POST" and not switched():
        try:
            flash(_bring_back(who) if "back" in request.form else remove(who))
            return redirect(url_for(f"roster.{what}"), 303)
        except Refused as wrong:
            refused = wrong
    page = render_template(
        "roster/one.html", what=what, who=who, kept=leaving.is_spoken_of(who), refused=refused
    )
    return (page, 409) if refused else page


def remove(who: Person | Unit) -> str:
    """Take somebody off the roster; what was done, in a sentence."""
    above = who.parent if isinstance(who, Unit) else who.unit
    deleted = leaving.remove(who, local(clock.now()).date())
    audit.record("roster-delete" if deleted else "roster-leave", unit=above, detail=who.name)
    words = (
        N_("“%(name)s”已从名册删去。")
        if deleted
        else N_("“%(name)s”已离开名册，以前的结果里还有。")
    )
    return str(_(words, name=who.name))


def _bring_back(who: Person | Unit) -> str:
    leaving.come_back(who)
    audit.record("roster-back", unit=who if isinstance(who, Unit) else who.unit, detail=who.name)
    return str(_("“%(name)s”回到名册了。", name=who.name))


def _within() -> Unit:
    """The unit that was asked for, else the organiser's own."""
    code = request.args.get("unit")
    return guards.load_unit(code) if code else guards.signed_in().unit


def _csv(what: str) -> Response:
    within = _within()
    audit.record(f"{what}-export", unit=within)
    data = REGISTERS[what].csv(within, language())
    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"'}
    return Response(data, content_type="text/csv; charset=utf-8", headers=headers)


def _import(what: str) -> Response | str | tuple[str, int]:
    """A file just sent is shown; one that was seen and confirmed is written."""
    token = request.form.get("upload", "")
    try:
        data = uploads.reopen(token) if token else uploads.received()
        preview = REGISTERS[what].preview(data, guards.signed_in().unit, _answers())
    except Refused as refused:
        return (_units_page if what == "units" else _people_page)(refused), 422
    if preview.errors:
        return _preview_page(what, preview, token if preview.alike else ""), 422
    if switched():
        return _preview_page(what, preview, token)
    if not token:
        return _preview_page(what, preview, uploads.keep(data))
    if "seen" not in request.form and not preview.undecided:
        return _preview_page(what, preview, token)
    try:
        roster.apply(preview, request.form.get("seen", ""))
    except Refused as refused:
        return _preview_page(what, preview, token, refused), 409
    uploads.forget(token)
    added, changed = len(preview.added), len(preview.changed)
    audit.record(f"{what}-import", unit=preview.within, detail=f"+{added} ~{changed}")
    flash(_("已导入：新增 %(added)s 条，修改 %(changed)s 条。", added=added, changed=changed))
    return redirect(url_for(f"roster.{what}"), 303)


def _answers() -> Answers:
    """What was said of those who look like somebody already there."""
    said = ((inputs.whole(key.removeprefix("row-")), each) for key, each in request.form.items())
    return {row: each for row, each in said if row is not None and each in ("same", "new")}


def _units_page(refused: Refused | None = None) -> str:
    whole, sought = roster.tree(guards.signed_in().unit), _sought()
    tree = [(d, u) for d, u in whole if not sought or sought in u.name or sought in u.code]
    page = page_of(len(tree), PAGE)
    return render_template(
        "roster/units.html",
        refused=refused,
        tree=tree[(page.number - 1) * PAGE : page.number * PAGE],
        total=len(tree),
        people=roster.headcounts(),
        parents={unit.id: unit.code for _depth, unit in whole},
        sought=sought,
        page=page,
    )


def _people_page(refused: Refused | None = None) -> str:
    within = _within()
    found = Person.select(Person, Unit).join(Unit).order_by(Unit.code, Person.code)
    if within.parent_id is not None:
        found = found.where(Unit.id.in_(reach(within)))
    sought = _sought()
    if sought:
        found = found.where(Person.name.contains(sought) | Person.code.contains(sought))
    total = found.count()
    page = page_of(total, PAGE)
    return render_template(
        "roster/people.html",
        refused=refused,
        within=within,
        whole=within == guards.signed_in().unit,
        people=page.of(found, PAGE),
        total=total,
        sought=sought,
        page=page,
    )


def _sought() -> str:
    """The name or number that was asked for."""
    return request.args.get("q", "").strip()[:60]


def _preview_page(
    what: str, preview: Preview[Any], token: str = "", refused: Refused | None = None
) -> str:
    return render_template(
        "roster/preview.html",
        what=what,
        columns={each.key: each.headings[language()] for each in preview.register.columns},
        preview=preview,
        token=token,
        refused=refused,
        most_errors=MOST_ERRORS,
        most_rows=MOST_ROWS,
    )
