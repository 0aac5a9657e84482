"""Residents answer and members vote: no account, no session, nothing kept but the sheet itself.

A page without codes carries a signed random number; a ballot carries its code in a hidden field.
Either is spent in the transaction that stores the answers. Whatever is refused is drawn again with
all that was filled in, because nobody fills in thirty lines twice.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import peewee
from flask import Blueprint, abort, current_app, make_response, render_template, request
from werkzeug.wrappers import Response

from site_app import answer_steps, answer_tokens, auth, clock, errors, storage
from site_app.answer_pages import (
    Booth,
    Place,
    asked,
    booth_of,
    over,
    place_of,
    quotas,
    review_page,
    thanks,
)
from site_app.i18n import COOKIE, LANGUAGES, language, sentence_marked
from site_app.models import is_demonstration
from surveys import ballots, db, forms, rounds, seal
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
auth.csrf.exempt(blueprint)
logger = logging.getLogger("site")

Page = Response | tuple[str, int]


class Stale(Refused):
    """The page came back without its number, or with one that was not made here."""


class Busy(Refused):
    """The answers could not be stored at this moment."""


STATUS: dict[type[Refused], int] = {ballots.Spent: 409, ballots.Closed: 410, Busy: 503}
KEY_LOST = Busy(N_("现在收不下答卷：网站的密钥出了问题。您填的都还在，请告诉组织者。"))
CODES_LOST = Busy(
    N_("网站现在认不出测评码：密钥文件不在了，或者换过了。您的码没有作废，请告诉组织者。")
)


def _load(round_id: int, code: str) -> tuple[Place, Round]:
    """A page with its round's state and times of this moment; 404 for a draft or none."""
    now = next(iter(Round.raw(NOW, round_id)), None)
    place = place_of(round_id, now.key_check or b"", code) if now else None
    if now is None or place is None:
        abort(404)
    return place, now


def _kept() -> dict[str, str]:
    """What was filled in, less what a *clear* button names."""
    cleared = request.form.get("clear")
    ask, line = f"{forms.ANSWER}{cleared}", f"{forms.LINE}{cleared}-"
    return {
        name: value
        for name, value in request.form.items()
        if name not in answer_steps.MODE
        and (cleared is None or (name != ask and not name.startswith((f"{ask}.", line))))
    }


def _only_redrawn() -> bool:
    """Whether the form came back to be drawn in another way, not to be submitted."""
    return not request.form.keys().isdisjoint(("keep", "clear", "step"))


def _refusals(
    form: forms.SurveyForm | forms.SheetForm, verb: Callable[[], None]
) -> Sequence[Refused]:
    """Why a form is not accepted: what is wrong on it, else what the verb says."""
    return _tried(verb) if form.validate() else form.refusals()


def _tried(verb: Callable[[], None]) -> list[Refused]:
    """Do it, and give back why not. No word of an error reaches the log: it may quote a sheet."""
    try:
        verb()
    except (ballots.NotACode, seal.KeyLost) as wrong:
        if storage.codes_are_lost():
            return [CODES_LOST]
        return [wrong if isinstance(wrong, ballots.NotACode) else KEY_LOST]
    except Refused as refused:
        return [refused]
    except (*db.ERRORS, OSError) as wrong:
        logger.error("database: %s", type(wrong).__name__)
        return [
            Busy(
                N_(
                    "网站正忙，这一次没有保存。您填的都还在，请过一会儿再按一次提交；"
                    "同一份只会算一次。"
                )
            )
        ]
    return []


def _wrong(refusals: Sequence[Refused]) -> list[tuple[str, str]]:
    """Sentences, each with the id of the input that it is about."""
    return [(sentence_marked(each), _input(each)) for each in refusals]


def _input(refused: Refused) -> str:
    if isinstance(refused, ballots.OverQuota):
        return "{}{}-{}".format(forms.LINE, *refused.first)
    return str(getattr(refused, "field", ""))


def _status(refusals: Sequence[Refused]) -> int:
    return STATUS.get(type(refusals[0]), 400) if refusals else 200


@blueprint.app_context_processor
def _how_it_is_read() -> dict[str, Callable[[], bool]]:
    return {"is_large": answer_steps.is_large}


@blueprint.url_defaults
def _language_rides_along(_endpoint: str, values: dict[str, object]) -> None:
    """Where no cookie keeps the language that a link chose, the addresses of these pages do."""
    wish = request.args.get("lang")
    if request.blueprint == "answers" and wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
        values.setdefault("lang", wish)


@blueprint.errorhandler(peewee.DatabaseError)
@blueprint.errorhandler(sqlite3.DatabaseError)
def _busy(error: peewee.DatabaseError | sqlite3.DatabaseError) -> Page:
    """The database is gone before the page is known: what was filled in comes back all the same."""
    if request.method == "GET":
        return errors.database_busy(error)
    logger.error("database: %s", type(error).__name__)
    return render_template("answers/busy.html", kept=request.form), 503


# A resident's page


def _survey_page(
    place: Place, now: Round, kept: Mapping[str, str], refusals: Sequence[Refused] = ()
) -> Page:
    wrong = _wrong(refusals)
    body = render_template(
        "answers/survey.html",
        place=place,
        ends_at=now.ends_at,
        asked=asked(place, language()),
        kept=kept,
        token=kept.get("token") or answer_tokens.new_number(place.round.id),
        wrong=wrong,
        wrong_at={field: words for words, field in wrong if field},
        steps=answer_steps.of_survey(place, [field for _words, field in wrong]),
        done=answer_steps.answered(place, kept),
        dots=[(f"ask-{each['id']}", each["text"], False) for each in asked(place, language())],
    )
    return body, _status(refusals)


@blueprint.route("/s/<int:round_id>/<code>", methods=["GET", "POST"])
def survey(round_id: int, code: str) -> Page:
    """A resident's page: asks, takes the answers, thanks."""
    place, now = _load(round_id, code)
    match answer_tokens.ending_to_redraw():
        case ["thanks", place.round.id]:
            return _thanked(place, now), 200
        case ["spent", place.round.id]:
            return _spent_page(place)
    if request.method == "POST":
        return _redraw(place, now) if _only_redrawn() else _take(place, now)
    phase = rounds.phase(now, clock.now())
    if phase != "open":
        return render_template("answers/not_now.html", place=place, phase=phase, now=now), 200
    if _courtesy(place) in request.cookies and "again" not in request.args:
        return render_template("answers/answered.html", place=place), 200
    return _survey_page(place, now, {})


def _redraw(place: Place, now: Round) -> Page:
    kept = _kept()
    if answer_tokens.number(place.round.id) is None:
        kept.pop("token", None)
    return _survey_page(place, now, kept)


def _take(place: Place, now: Round) -> Page:
    number = answer_tokens.number(place.round.id)
    form = place.answers(request.form)
    refusals = _refusals(form, lambda: _cast(place, form, number))
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
    done = answer_tokens.ending("spent", place.round.id)
    return render_template("answers/spent.html", place=place, kept=kept, done=done), 409


def _cast(place: Place, form: forms.SurveyForm, number: bytes | None) -> None:
    """Submit a resident's answers under a code or the page's number."""
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
        raise Stale(N_("页面没有加载完整，所以还没有提交。您填的都还在，请再按一次提交。"))
    group = place.groups[0]
    if len(place.groups) > 1:
        group = next(each for each in place.groups if each.key == form["group"].data)
    ballots.cast_openly(storage.keys(), place.round, number, group, sheet, comments, clock.now())


def _courtesy(place: Place) -> str:
    """The cookie that says that this browser answered: a constant, and gone with the round."""
    return f"answered-{place.round.id}"


def _thanked(place: Place, now: Round) -> str:
    about = language(), is_demonstration(), request.query_string, answer_steps.is_large()
    return thanks(place, now.ends_at, *about)


def _thanks(place: Place, now: Round) -> Response:
    """Thank for what is stored; by now it is."""
    response = make_response(_thanked(place, now))
    if not place.round.needs_codes:
        response.set_cookie(
            _courtesy(place),
            "1",
            expires=now.ends_at,
            path=f"/s/{place.round.id}/",
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


# A member's ballot


def _door(refused: Refused | None = None, shut: Round | None = None) -> Page:
    """Where a code is typed, or what it cannot open; lines filled in pass through to the next."""
    lines = [each for each in _kept().items() if each[0].startswith(forms.LINE)]
    pages: dict[type, str] = {ballots.Spent: "used", ballots.Closed: "shut"}
    page = pages.get(type(refused), "enter")
    body = render_template(
        f"answers/{page}.html",
        refused=refused,
        typed="" if "clear" in request.form else request.form.get("code", "")[:40],
        lines=lines,
        round=shut,
        phase=shut and rounds.phase(shut, clock.now()),
    )
    return body, _status([refused] if refused else ())


def _ballot_page(right: ballots.Right, booth: Booth, refusals: Sequence[Refused] = ()) -> Page:
    wrong = _wrong(refusals)
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
        steps=answer_steps.of_ballot(booth, [field for _words, field in wrong]),
        done=answer_steps.done(booth, kept),
    )
    return body, _status(refusals)


def with_right(
    draw: Callable[[ballots.Right, Booth], Page],
) -> Callable[[], Page]:
    """Mark a view as one behind a code: it gets the code's right and sheet, or is not reached."""

    @wraps(draw)
    def guarded() -> Page:
        found: list[ballots.Right] = []
        code = request.form.get("code", "")
        refusals = _tried(lambda: found.append(ballots.recognise(storage.keys(), code)))
        if refusals:
            return _door(refusals[0])
        right = found[0]
        booth = booth_of(right.round.id, right.round.key_check or b"", right.unit.id)
        return draw(right, booth)

    return guarded


@blueprint.route("/v", methods=["GET", "POST"])
def enter() -> Page:
    """A code is typed; what it opens comes back, with the lines that were filled in before."""
    match answer_tokens.ending_to_redraw():
        case ["voted", round_id, unit_id]:
            return _voted(Round.get_by_id(round_id), Unit.get_by_id(unit_id))
    return _door() if request.method == "GET" or _at_door() else _open()


def _at_door() -> bool:
    """Whether the door is to be drawn again, or for another code: nothing is looked up for that."""
    at_door = request.form.get("at") == "door" and "keep" in request.form
    return at_door or request.form.get("clear") == "code"


@with_right
def _open(right: ballots.Right, booth: Booth) -> Page:
    refusals = _tried(lambda: ballots.check_open(right, clock.now()))
    if refusals and not any(name.startswith(forms.LINE) for name in request.form):
        return _door(refusals[0], right.round)
    if booth.form.on_sheet:
        return _ballot_page(right, booth, refusals)
    community = Subject.get(Subject.round == right.round, Subject.place == right.unit)
    place = place_of(right.round.id, right.round.key_check or b"", community.key)
    return _survey_page(place, right.round, _kept(), refusals) if place else abort(404)


@blueprint.post("/v/review")
@with_right
def review(right: ballots.Right, booth: Booth) -> Page:
    """What the sheet says, once more before it is submitted."""
    form = booth.answers(request.form, booth.names)
    refusals = _refusals(form, lambda: _check(right, booth, form))
    if refusals:
        return _ballot_page(right, booth, refusals)
    return review_page(right, booth, form.sheet(), _kept()), 200


@blueprint.post("/v/cast")
@with_right
def cast(right: ballots.Right, booth: Booth) -> Page:
    """The sheet is submitted; thanks come after it is stored."""
    form = booth.answers(request.form, booth.names)
    refusals = _refusals(
        form, lambda: ballots.cast(storage.keys(), right, form.sheet(), {}, clock.now())
    )
    if isinstance(next(iter(refusals), None), ballots.Spent):
        return _door(refusals[0])
    if refusals:
        return _ballot_page(right, booth, refusals)
    return _voted(right.round, right.unit)


def _voted(round_: Round, unit: Unit) -> Page:
    done = answer_tokens.ending("voted", round_.id, unit.id)
    return render_template("answers/voted.html", unit=unit, ends_at=round_.ends_at, done=done), 200


def _check(right: ballots.Right, booth: Booth, form: forms.SheetForm) -> None:
    ballots.check_open(right, clock.now())
    ballots.check_quotas(booth.form, form.sheet())
