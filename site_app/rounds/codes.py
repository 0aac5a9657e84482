"""Codes: made and shown once as slips to cut, counted, voided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from site_app import clock, storage
from site_app.accounts import audit, guards
from site_app.answers.doors import address
from site_app.i18n import switched
from site_app.rounds.draft_form import number_typed
from site_app.rounds.views import blueprint
from site_app.ui.paging import page_of
from site_app.ui.responses import Page
from surveys import ballots, rounds
from surveys.inputs import BadSetting
from surveys.messages import N_, Refused
from surveys.models import Group, Round, Unit
from surveys.rounds import electorate

CODES_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Slip:
    """One code on paper: `door` is where it is typed, `link` opens the ballot by itself."""

    unit: str
    group: Mapping[str, str]
    code: str
    door: str
    link: str


def slips(wanted: list[ballots.Wanted], made: list[list[str]]) -> list[Slip]:
    """A slip for each code that was made."""
    door = address() + url_for("answers.enter")
    return [
        Slip(each.unit.name, each.group.label, code, door.partition("://")[2], f"{door}#{code}")
        for each, codes_of_set in zip(wanted, made, strict=True)
        for code in codes_of_set
    ]


@blueprint.route("/desk/rounds/<int:round_id>/codes", methods=["GET", "POST"])
@guards.organiser
def codes(round_id: int) -> Page:
    """How many codes there are; new ones are made and shown this one time, as slips to cut."""
    round_ = guards.load_round(round_id)
    if request.method == "GET":
        return _codes_page(round_, code_rows(round_, request.args, suggest=True))
    rows = code_rows(round_, request.form)
    already = request.form.get("already", -1, type=int)
    if switched():
        return _codes_page(round_, rows, already=already)
    try:
        rounds.check_codes_can_change(round_, clock.now())
        address()
        asked = wanted(rows)
        reason = request.form.get("reason", "")
        fresh = already == ballots.codes_ever(round_)
        why = reason if fresh and electorate.account_for(round_, asked, reason) else ""
        storage.remember_codes_key()
        made = ballots.issue_sets(storage.keys(), round_, asked, already)
    except Refused as refused:
        return _codes_page(round_, rows, refused), 409
    audit.record("codes", round_, detail=_numbers(asked, why))
    return render_template("rounds/slips.html", round=round_, slips=slips(asked, made))


def _numbers(wanted: list[ballots.Wanted], why: str) -> str:
    """Units, groups and numbers for the audit log, and why they are many; never a code."""
    told = "；".join(
        f"{each.unit.name} {each.group.label['zh']} {each.count}" for each in wanted[:20]
    )
    return f"{sum(each.count for each in wanted)}：{told}{'；' if why else ''}{why[:300]}"


def _codes_page(
    round_: Round,
    rows: list[CodeRow],
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


@blueprint.post("/desk/rounds/<int:round_id>/void")
@guards.organiser
def void(round_id: int) -> Page:
    """Void the unspent codes of a unit and group, and offer a fresh set."""
    round_ = guards.load_round(round_id)
    row = _row(round_) or abort(404)
    try:
        rounds.check_codes_can_change(round_, clock.now())
    except Refused as refused:
        return _codes_page(round_, code_rows(round_, {}, suggest=True), refused), 409
    gone = ballots.void_codes(round_, row.unit, row.group)
    audit.record("void", round_, row.unit, f"{row.group.label['zh']} {gone}")
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


def _place(round_: Round, row: CodeRow) -> int:
    """Where a row stands among all."""
    return [each.name for each in code_rows(round_, {})].index(row.name)


def _row(round_: Round) -> CodeRow | None:
    """The unit and group that a form names, of those of the round."""
    rows = code_rows(round_, {})
    return next((row for row in rows if row.name == request.form.get("row")), None)


@dataclass(slots=True)
class CodeRow:
    """Codes of one unit and group, and how many more are wanted, as typed."""

    unit: Unit
    group: Group
    people: int | None
    count: ballots.CodeCount
    wanted: str = field(default="")

    @property
    def name(self) -> str:
        """The name of its input."""
        return f"n-{self.unit.id}-{self.group.id}"


def code_rows(round_: Round, given: Mapping[str, str], *, suggest: bool = False) -> list[CodeRow]:
    """A row for each chosen unit and group; `given` are numbers by input name, as typed.

    Suggested is a code for each of those entitled, where they are known, less those there are.
    """
    groups = rounds.groups_of(round_)
    counts = {(row.unit_id, row.group_id): row for row in ballots.code_counts(round_)}
    rows = []
    for unit in Unit.select().where(Unit.id.in_(round_.chosen)).order_by(Unit.code):
        people = electorate.entitled(round_, unit)
        for group in groups:
            none = ballots.CodeCount(unit.id, group.id, 0, 0, 0)
            row = CodeRow(unit, group, people, counts.get((unit.id, group.id), none))
            missing = (people or 0) - row.count.issued if len(groups) == 1 else 0
            suggestion = str(missing) if suggest and missing > 0 else ""
            row.wanted = given.get(row.name, suggestion)
            rows.append(row)
    return rows


def wanted(rows: Iterable[CodeRow]) -> list[ballots.Wanted]:
    """What the filled rows ask for; `BadSetting` names the one that cannot be."""
    found = []
    for row in rows:
        if row.wanted.strip() in ("", "0"):
            continue
        count = number_typed(row.wanted)
        if not 1 <= count <= ballots.MOST_CODES:
            raise BadSetting(
                row.name,
                N_("“%(unit)s”要 %(typed)s 个测评码？请填 1 到 %(most)s 的整数，不发就空着。"),
                unit=row.unit.name,
                typed=row.wanted[:20],
                most=ballots.MOST_CODES,
            )
        found.append(ballots.Wanted(row.unit, row.group, count))
    if not found:
        raise BadSetting("codes", N_("请至少在一行填上要发几个测评码。"))
    return found
