"""Units and people: organisers look at them, take them away as CSV, and bring them in again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from site_app import auth, uploads
from site_app.i18n import language, switched
from site_app.paging import page_of
from surveys import roster
from surveys.messages import N_, Refused
from surveys.models import Person, Unit, reach
from surveys.roster import Preview

PAGE = 100
MOST_ERRORS = 20
MOST_ROWS = 100

blueprint = Blueprint("roster", __name__)

REGISTERS: dict[str, roster.Register[Any]] = {"units": roster.UNITS, "people": roster.PEOPLE}
COLUMNS = {
    "units": {
        "code": N_("编号"),
        "name": N_("名称"),
        "kind": N_("类型"),
        "parent": N_("上级编号"),
    },
    "people": {
        "code": N_("编号"),
        "name": N_("姓名"),
        "unit": N_("所在单位编号"),
        "membership": N_("党员身份"),
        "floating": N_("流动"),
    },
}


@blueprint.route("/desk/units", methods=["GET", "POST"])
@auth.organiser
def units() -> Response | str | tuple[str, int]:
    """The tree of units within reach; a file of units to import."""
    return _import("units") if request.method == "POST" else _units_page()


@blueprint.route("/desk/people", methods=["GET", "POST"])
@auth.organiser
def people() -> Response | str | tuple[str, int]:
    """The people of a unit and of all below it; a file of people to import."""
    return _import("people") if request.method == "POST" else _people_page()


@blueprint.get("/desk/units.csv")
@auth.organiser
def units_csv() -> Response:
    """The units within reach as a file that can be imported again."""
    within = _within()
    auth.record("units-export", unit=within)
    return _file("units.csv", roster.units_csv(within, language()))


@blueprint.get("/desk/people.csv")
@auth.organiser
def people_csv() -> Response:
    """The people within reach as a file that can be imported again."""
    within = _within()
    auth.record("people-export", unit=within)
    return _file("people.csv", roster.people_csv(within, language()))


def _within() -> Unit:
    """The unit that was asked for, else the organiser's own."""
    code = request.args.get("unit")
    return auth.load_unit(code) if code else auth.signed_in().unit


def _file(name: str, data: bytes) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(
        data, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


def _import(what: str) -> Response | str | tuple[str, int]:
    """A file just sent is shown; one that was seen and confirmed is written."""
    token = request.form.get("upload", "")
    try:
        data = uploads.reopen(token) if token else uploads.received()
        preview = REGISTERS[what].preview(data, auth.signed_in().unit)
    except Refused as refused:
        return (_units_page if what == "units" else _people_page)(refused), 422
    if preview.errors:
        return _preview_page(what, preview), 422
    if switched():
        return _preview_page(what, preview, token)
    if not token:
        return _preview_page(what, preview, uploads.keep(data))
    try:
        roster.apply(preview, request.form.get("seen", ""))
    except Refused as refused:
        return _preview_page(what, preview, token, refused), 409
    uploads.forget(token)
    added, changed = len(preview.added), len(preview.changed)
    auth.record(f"{what}-import", unit=preview.within, detail=f"+{added} ~{changed}")
    flash(_("已导入：新增 %(added)s 条，修改 %(changed)s 条。", added=added, changed=changed))
    return redirect(url_for(f"roster.{what}"), 303)


def _units_page(refused: Refused | None = None) -> str:
    whole, sought = roster.tree(auth.signed_in().unit), _sought()
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
        whole=within == auth.signed_in().unit,
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
        columns=COLUMNS[what],
        preview=preview,
        token=token,
        refused=refused,
        most_errors=MOST_ERRORS,
        most_rows=MOST_ROWS,
    )
