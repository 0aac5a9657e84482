"""Residents answer and members vote: no account, no session, nothing kept but the sheet itself.

A page without codes carries a signed random number; a ballot carries its code in a hidden field.
Either is spent in the transaction that stores the answers. Whatever is refused is drawn again with
all that was filled in, because nobody fills in thirty lines twice; but nothing that another site's
page filled in is drawn, cast or thanked for.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import peewee
from flask import Blueprint, abort, current_app, make_response, render_template, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.wrappers import Response

from site_app import clock, errors, storage
from site_app.accounts import guards
from site_app.answers import forms, large_type, tokens
from site_app.answers import refusals as answer_refusals
from site_app.answers.pages import (
    Booth,
    Place,
    asked,
    booth_of,
    over,
    place_of,
    quotas,
    review_page,
    thanks,
    unknown,
)
from site_app.i18n import COOKIE, LANGUAGES, language
from site_app.models import is_demonstration
from surveys import ballots, inputs, rounds
from surveys.ballots import code_symbols
from surveys.messages import N_, Refused
from surveys.models import Round, Subject, Unit

NOW = (
    "SELECT id, state, opens_at, ends_at, key_check FROM round"
    " WHERE id = ? AND key_check IS NOT NULL"
)
"""Written out, for every page of a resident asks it: building it took peewee longer than asking."""
COLUMNS_OF_A_TABLE = 22
"""As many options as a desk's screen holds side by side; a longer sheet stays in cards."""
DOTS_AT_ONCE = 60
"""A map of more people is folded, not to stand between the reader and the first of them."""

blueprint = Blueprint("answers", __name__)
guards.csrf.exempt(blueprint)
logger = logging.getLogger("site")

Page = Response | tuple[str, int]


def _load(round_id: int, code: str) -> tuple[Place, Round] | None:
    """A page with its round's state and times of this moment; none where there is none as yet."""
    now = next(iter(Round.raw(NOW, round_id)), None)
    place = place_of(round_id, now.key_check or b"", code) if now else None
    return (place, now) if now and place else None


@blueprint.before_request
def _begin_anew() -> Page | None:
    """Where another site's page sent the form, it is empty: nothing of it is read."""
    if not answer_refusals.is_foreign():
        return None
    request.form = ImmutableMultiDict()
    return None if request.endpoint == "answers.survey" else _door(answer_refusals.foreign())


def _kept() -> dict[str, str]:
    """What was filled in, less what a *clear* button names."""
    cleared = request.form.get("clear")
    ask, line = f"{forms.ANSWER}{cleared}", f"{forms.LINE}{cleared}-"
    return {
        name: value
        for name, value in request.form.items()
        if name not in large_type.MODE
        and (cleared is None or (name != ask and not name.startswith((f"{ask}.", line))))
    }


def _only_redrawn() -> bool:
    """Whether the form came back to be drawn in another way, not to be submitted."""
    return not request.form.keys().isdisjoint(("keep", "clear", "step"))


@blueprint.app_context_processor
def _how_it_is_read() -> dict[str, Callable[[], bool]]:
    return {"is_large": large_type.is_large}


@blueprint.url_defaults
def _language_rides_along(_endpoint: str, values: dict[str, object]) -> None:
    """Where no cookie keeps the language that a link chose, the addresses of these pages do."""
    wish = request.args.get("lang")
    if request.blueprint == "answers" and wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
        values.setdefault("lang", wish)


@blueprint.errorhandler(peewee.PeeweeException)
@blueprint.errorhandler(sqlite3.Error)
@blueprint.errorhandler(OSError)
def _busy(error: Exception) -> Page:
    """The database is gone before the page is known: what was filled in comes back all the same."""
    if request.method == "GET" or answer_refusals.is_foreign():
        return errors.database_busy(error)
    logger.error("database: %s", type(error).__name__)
    return render_template("answers/busy.html", kept=request.form), 503


# A resident's page


def _survey_page(
    place: Place, now: Round, kept: Mapping[str, str], refusals: Sequence[Refused] = ()
) -> Page:
    wrong = answer_refusals.marked(refusals)
    body = render_template(
        "answers/survey.html",
        place=place,
        ends_at=now.ends_at,
        asked=asked(place, language()),
        kept=kept,
        token=kept.get("token") or tokens.new_number(place.round.id),
        wrong=wrong,
        wrong_at={field: words for words, field in wrong if field},
        steps=large_type.of_survey(place, [field for _words, field in wrong]),
        done=large_type.answered(place, kept),
        dots=[(f"ask-{each['id']}", each["text"], False) for each in asked(place, language())],
    )
    return body, answer_refusals.status(refusals)


@blueprint.route("/s/<int:round_id>/<path:code>", methods=["GET", "POST"])
def survey(round_id: int, code: str) -> Page:
    """A resident's page: asks, takes the answers, thanks."""
    found = _load(round_id, code)
    if found is None:
        return unknown(round_id, code)
    place, now = found
    match tokens.ending_to_redraw():
        case ["thanks", place.round.id]:
            return _thanked(place, now), 200
        case ["spent", place.round.id]:
            return _spent_page(place)
    if not place.on_poster:
        return _by_code_alone() if request.method == "POST" else abort(404)
    if request.method == "POST" and not answer_refusals.is_foreign():
        return _redraw(place, now) if _only_redrawn() else _take(place, now)
    phase = rounds.phase(now, clock.now())
    if phase != "open":
        return render_template("answers/not_now.html", place=place, phase=phase, now=now), 200
    if answer_refusals.is_foreign():
        return _survey_page(place, now, {}, [answer_refusals.foreign()])
    if _courtesy(place) in request.cookies and "again" not in request.args:
        return render_template("answers/answered.html", place=place), 200
    return _survey_page(place, now, {})


def _redraw(place: Place, now: Round) -> Page:
    kept = _kept()
    if tokens.number(place.round.id) is None:
        kept.pop("token", None)
    return _survey_page(place, now, kept)


def _take(place: Place, now: Round) -> Page:
    number = tokens.number(place.round.id)
    form = place.answers(request.form)
    refusals = answer_refusals.of_form(form, lambda: _cast(place, now, form, number))
    if not refusals:
        return _thanks(place, now)
    kept = _kept()
    if number is None:
        kept.pop("token", None)
    if isinstance(refusals[0], ballots.Spent) and not place.round.needs_codes:
        return _spent_page(place)
    return _survey_page(place, now, kept, refusals)


def _spent_page(place: Place) -> Page:
    kept = _kept()
    kept.pop("token", None)
    done = tokens.ending("spent", place.round.id)
    return render_template("answers/spent.html", place=place, kept=kept, done=done), 409


def _cast(place: Place, now: Round, form: forms.SurveyForm, number: bytes | None) -> None:
    """Submit a resident's answers under a code or the page's number."""
    if now.state == "abandoned":  # before its code is looked up: that is gone with the answers
        raise ballots.Closed(ballots.GIVEN_UP)
    sheet = {place.subject.id: form.answers()}
    comments = {place.subject.id: form.comment_text()}
    if place.round.needs_codes:
        right = ballots.find(storage.keys(), request.form.get("code", ""), clock.now())
        if right.round.id != place.round.id or right.unit.id != place.subject.place_id:
            raise forms.BadAnswer(
                N_("这个测评码是另一次调查或另一个社区的，在这里不能用。请核对纸条。"), "code"
            )
        ballots.cast(storage.keys(), right, sheet, comments, clock.now())
        return
    if number is None:
        raise Refused(N_("页面没有加载完整，所以还没有提交。您填的都还在，请再按一次提交。"))
    group = place.groups[0]
    if len(place.groups) > 1:
        group = next(each for each in place.groups if each.key == form["group"].data)
    ballots.cast_openly(storage.keys(), place.round, number, group, sheet, comments, clock.now())


def _courtesy(place: Place) -> str:
    """The cookie that says that this browser answered: a constant, and gone with the round.

    One lives in one place, and answers once a round; but of things one may have used several.
    """
    return f"answered-{place.round.id}"


def _thanked(place: Place, now: Round) -> str:
    about = language(), is_demonstration(), request.query_string, large_type.is_large()
    return thanks(place, now.ends_at, *about)


def _thanks(place: Place, now: Round) -> Response:
    """Thank for what is stored; by now it is."""
    response = make_response(_thanked(place, now))
    if not place.round.needs_codes:
        response.set_cookie(
            _courtesy(place),
            "1",
            expires=now.ends_at,
            path=f"/s/{place.round.id}/{place.subject.key if place.form.listed else ''}",
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


# A member's ballot


def _door(refused: Refused | None = None, shut: Round | None = None) -> Page:
    """Where a code is typed, or what it cannot open; lines filled in pass through to the next."""
    filled = (forms.LINE, forms.ANSWER, "comment")
    lines = [each for each in _kept().items() if each[0].startswith(filled)]
    pages: dict[type, str] = {ballots.Spent: "used", ballots.Closed: "shut"}
    page = pages.get(type(refused), "enter")
    body = render_template(
        f"answers/{page}.html",
        refused=refused,
        typed=""
        if "clear" in request.form
        else request.form.get("code", "")[: code_symbols.LONGEST],
        lines=lines,
        round=shut,
        phase=shut and rounds.phase(shut, clock.now()),
    )
    return body, answer_refusals.status([refused] if refused else ())


def _ballot_page(right: ballots.Right, booth: Booth, refusals: Sequence[Refused] = ()) -> Page:
    wrong = answer_refusals.marked(refusals)
    kept = _kept()
    limits = quotas(booth, kept)
    body = render_template(
        "answers/ballot.html",
        right=right,
        booth=booth,
        asked=asked(booth, language()),
        columns=sum(len(question.options) or 1 for question in booth.questions),
        most_columns=COLUMNS_OF_A_TABLE,
        most_dots=DOTS_AT_ONCE,
        quotas=limits,
        over=over(limits),
        kept=kept,
        wrong=wrong,
        wrong_at={field: words for words, field in wrong if field},
        steps=large_type.of_ballot(booth, [field for _words, field in wrong]),
        done=large_type.done(booth, kept),
    )
    return body, answer_refusals.status(refusals)


def with_right(draw: Callable[[ballots.Right, Booth], Page]) -> Callable[[], Page]:
    """Mark a view as one behind a code: it gets the code's right and sheet, or is not reached."""

    @wraps(draw)
    def guarded() -> Page:
        found: list[ballots.Right] = []
        code = request.form.get("code", "")
        refusals = answer_refusals.tried(
            lambda: found.append(ballots.recognise(storage.keys(), code))
        )
        if refusals:
            given_up = _given_up() if isinstance(refusals[0], ballots.NotACode) else None
            return _door(
                refusals[0] if given_up is None else ballots.Closed(ballots.GIVEN_UP), given_up
            )
        right = found[0]
        booth = booth_of(right.round.id, right.round.key_check or b"", right.unit.id)
        return draw(right, booth)

    return guarded


def _given_up() -> Round | None:
    """The round of the lines that were filled in, if given up: its codes are gone with it."""
    line = next((name for name in request.form if name.startswith(forms.LINE)), "")
    number = inputs.whole(line.removeprefix(forms.LINE).partition("-")[0])
    found: Round | None = Round.get_or_none(
        Round.id.in_(Subject.select(Subject.round).where(Subject.id == number)),
        Round.state == "abandoned",
    )
    return found


@blueprint.route("/v", methods=["GET", "POST"])
def enter() -> Page:
    """A code is typed; what it opens comes back, with the lines that were filled in before."""
    match tokens.ending_to_redraw():
        case ["voted", round_id, unit_id]:
            return _voted(Round.get_by_id(round_id), Unit.get_by_id(unit_id))
    return _door() if request.method == "GET" or _at_door() else _open()


def _at_door() -> bool:
    """Whether the door is to be drawn again, or for another code: nothing is looked up for that."""
    at_door = request.form.get("at") == "door" and "keep" in request.form
    return at_door or request.form.get("clear") == "code"


@with_right
def _open(right: ballots.Right, booth: Booth) -> Page:
    refusals = answer_refusals.tried(lambda: ballots.check_open(right, clock.now()))
    if refusals and not any(name.startswith(forms.LINE) for name in request.form):
        return _door(refusals[0], right.round)
    if booth.form.on_sheet:
        return _ballot_page(right, booth, refusals)
    return _survey_page(_place_behind(right), right.round, _kept(), refusals)


def _place_behind(right: ballots.Right) -> Place:
    """The one page that a code opens."""
    at = Subject.get_or_none(Subject.round == right.round, Subject.place == right.unit)
    place = at and place_of(right.round.id, right.round.key_check or b"", at.key)
    return place or abort(404)


@with_right
def _by_code_alone(right: ballots.Right, _booth: Booth) -> Page:
    """A page that nobody finds without its code, sent back: taken or drawn anew."""
    place = _place_behind(right)
    if request.view_args != {"round_id": place.round.id, "code": place.subject.key}:
        abort(404)
    return _redraw(place, right.round) if _only_redrawn() else _take(place, right.round)


@blueprint.post("/v/review")
@with_right
def review(right: ballots.Right, booth: Booth) -> Page:
    """What the sheet says, once more before it is submitted."""
    form = booth.answers(request.form, booth.names)
    refusals = answer_refusals.of_form(form, lambda: _check(right, booth, form))
    if refusals:
        return _ballot_page(right, booth, refusals)
    return review_page(right, booth, form.sheet(), _kept()), 200


@blueprint.post("/v/cast")
@with_right
def cast(right: ballots.Right, booth: Booth) -> Page:
    """The sheet is submitted; thanks come after it is stored."""
    form = booth.answers(request.form, booth.names)
    refusals = answer_refusals.of_form(
        form, lambda: ballots.cast(storage.keys(), right, form.sheet(), {}, clock.now())
    )
    if isinstance(next(iter(refusals), None), ballots.Spent):
        return _door(refusals[0])
    if refusals:
        return _ballot_page(right, booth, refusals)
    return _voted(right.round, right.unit)


def _voted(round_: Round, unit: Unit) -> Page:
    done = tokens.ending("voted", round_.id, unit.id)
    return render_template("answers/voted.html", unit=unit, ends_at=round_.ends_at, done=done), 200


def _check(right: ballots.Right, booth: Booth, form: forms.SheetForm) -> None:
    ballots.check_open(right, clock.now())
    ballots.check_quotas(booth.form, form.sheet())
