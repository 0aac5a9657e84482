"""Organisers sign in and out; who may see which unit and round."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from site_app import clock, gateway, storage
from site_app.i18n import switched
from site_app.models import (
    Account,
    AuditEntry,
    FailedSignIn,
    SignIn,
    SignInLink,
    is_demonstration,
)
from surveys.db import writing
from surveys.messages import N_, Refused
from surveys.models import Round, Unit, reach

COOKIE = "organiser"
SIGNED_IN = timedelta(hours=12)
LINK_LASTS = timedelta(minutes=15)
FAILURES_LAST = timedelta(minutes=15)
LONGEST_PAUSE, LONGEST_WAIT = 1.0, 20.0
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200

blueprint = Blueprint("auth", __name__)
csrf = CSRFProtect()
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _no_password() -> str:
    """A hash of nothing known, so that a name without a password takes as long as one with it."""
    return hasher.hash(secrets.token_hex(16))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8")).digest()


def account() -> Account | None:
    """The organiser who is signed in, read once a request."""
    if "account" not in g:
        token = request.cookies.get(COOKIE)
        row = token and SignIn.get_or_none(
            SignIn.digest == _digest(token), SignIn.expires_at > clock.now()
        )
        g.account = row.account if row else None
    found: Account | None = g.account
    return found


def signed_in() -> Account:
    """The organiser who is signed in; 401 leads others to the sign-in page."""
    found = account()
    if found is None:
        abort(401)
    return found


P = ParamSpec("P")
R = TypeVar("R")


def organiser(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as an organiser's: others are led to the sign-in page."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        signed_in()
        return view(*args, **kwargs)

    return guarded


def district_organiser(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as one of the whole district's organisers: 404 for the others."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if signed_in().unit.parent_id is not None:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def load_round(round_id: int) -> Round:
    """A round within the organiser's reach, or 404."""
    found = Round.get_or_none(Round.id == round_id)
    if found is None or found.owner_id not in reach(signed_in().unit):
        abort(404)
    return found


def load_unit(code: str) -> Unit:
    """A unit within the organiser's reach, or 404."""
    found = Unit.get_or_none(Unit.code == code)
    if found is None or found.id not in reach(signed_in().unit):
        abort(404)
    return found


def record(
    action: str, round_: Round | None = None, unit: Unit | None = None, detail: str = ""
) -> None:
    """Write what was done to the audit log: by the organiser, or by a command, which has no name.

    Not inside another `writing()`.
    """
    name = signed_in().name if has_request_context() else ""
    with writing():
        AuditEntry.create(
            at=clock.now(),
            account_name=name,
            action=action,
            round=round_,
            unit=unit,
            detail=detail,
        )


def check_password(password: str) -> None:
    """Refuse a password that is too short, or longer than the sign-in page takes."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(N_("密码至少 %(n)s 个字符。"), n=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Refused(N_("密码至多 %(n)s 个字符。"), n=LONGEST_PASSWORD)


def make_link(to: Account) -> str:
    """A path that signs an account in once, within a quarter of an hour."""
    token = secrets.token_urlsafe(24)
    with writing():
        SignInLink.delete().where(SignInLink.expires_at <= clock.now()).execute()
        SignInLink.create(digest=_digest(token), account=to, expires_at=clock.now() + LINK_LASTS)
    return f"/sign-in/{token}"


def _sign_in(to: Account, target: str) -> Response:
    token = secrets.token_urlsafe(32)
    with writing():
        SignIn.delete().where(SignIn.expires_at <= clock.now()).execute()
        SignIn.create(digest=_digest(token), account=to, expires_at=clock.now() + SIGNED_IN)
        AuditEntry.create(at=clock.now(), account_name=to.name, action="sign-in")
    # A token that somebody else may know ends here; one from this account's last sign-in is kept
    # for what was typed before it ended.
    if session.get("account") != to.id:
        session.clear()
        session["account"] = to.id
    response = redirect(target, 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SIGNED_IN.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _own_path(target: str) -> str:
    """Where to go after signing in: a path of this site, else the desk."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours and target.isprintable() else url_for("rounds.desk")


@contextmanager
def _turn() -> Iterator[None]:
    """Passwords are checked one at a time on this machine, and aside from the voters (`may_wait`).

    So guessing takes at most one processor, and no voter's turn; and as a wrong password slows this
    queue down but never closes it, nobody can lock the right person out. One-time links pass it by.
    """
    until = time.monotonic() + LONGEST_WAIT
    gate = os.open(storage.keys(), os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Refused(N_("现在登录的人太多。请过一会儿再试。")) from None
                time.sleep(0.02)
        yield
    finally:
        os.close(gate)


def may_wait(environ: dict[str, object]) -> bool:
    """Whether a request may have to wait for its `_turn`."""
    return (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/sign-in")


def _check_credentials(name: str, password: str) -> Account:
    found = Account.get_or_none(Account.name == name)
    with _turn():
        try:
            hasher.verify((found and found.password_hash) or _no_password(), password)
        except (VerificationError, InvalidHashError):
            found = None
        if found is None:
            _slow_down()
            raise Refused(N_("账号或密码不对。请再试一次。"))
    if hasher.check_needs_rehash(found.password_hash or ""):
        found.password_hash = hasher.hash(password)
        with writing():
            found.save(only=[Account.password_hash])
    return found


def _slow_down() -> None:
    """Hold the queue the longer, the more passwords were wrong lately, whatever their names."""
    with writing():
        FailedSignIn.delete().where(FailedSignIn.at <= clock.now() - FAILURES_LAST).execute()
        FailedSignIn.create(name="", at=clock.now())
    time.sleep(min(FailedSignIn.select().count() / 20, LONGEST_PAUSE))


def without_cookies() -> tuple[str, int]:
    """The sign-in page, for a browser that keeps no cookie: what to do."""
    refused = Refused(
        N_(
            "登录要用 Cookie，您的浏览器没有收下。请在浏览器的设置里允许本网站的 Cookie，"
            "再登录一次；用过的登录链接不能再用，请重新要一个。"
        )
    )
    name, target = request.form.get("name", "")[:60], url_for("rounds.desk")
    return render_template("auth/sign_in.html", target=target, name=name, refused=refused), 403


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response | tuple[str, int] | str:
    """The sign-in page."""
    target = _own_path(request.values.get("next", ""))
    name = request.form.get("name", "").strip()[:60]
    if request.method == "GET" or switched():
        return render_template("auth/sign_in.html", target=target, name=name, refused=None)
    try:
        found = _check_credentials(name, request.form.get("password", "")[: LONGEST_PASSWORD + 1])
    except Refused as refused:
        page = render_template("auth/sign_in.html", target=target, name=name, refused=refused)
        return page, 403
    return _sign_in(found, target)


@blueprint.get("/sign-in/<token>")
def sign_in_by_link(token: str) -> Response | tuple[str, int]:
    """Sign in by a link that works once; a look ahead at it (HEAD) does not use it up."""
    if request.method == "HEAD":
        return "", 200
    with writing():
        link = SignInLink.get_or_none(
            SignInLink.digest == _digest(token), SignInLink.expires_at > clock.now()
        )
        if link is not None:
            link.delete_instance()
    if link is None:
        refused = Refused(N_("这个登录链接已经用过或过期了。请重新要一个。"))
        target = url_for("rounds.desk")
        page = render_template("auth/sign_in.html", target=target, name="", refused=refused)
        return page, 403
    return _sign_in(link.account, url_for("rounds.desk", by="link"))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this browser's sign-in, here and in the database."""
    token = request.cookies.get(COOKIE)
    if token and account():
        record("sign-out")
        with writing():
            SignIn.delete().where(SignIn.digest == _digest(token)).execute()
    flash(_("已退出。"))
    response = redirect(url_for("auth.sign_in"), 303)
    response.delete_cookie(COOKIE)
    return response


def init_app(app: gateway.Served) -> None:
    """CSRF for the organisers' forms; who is signed in, for every page."""
    app.may_wait = may_wait
    csrf.init_app(app)
    app.jinja_env.globals.update(account=account, is_demonstration=is_demonstration)
