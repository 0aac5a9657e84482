"""Organisers sign in by password or by a link that works once, and out again."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import (
    Flask,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from site_app import clock
from site_app.accounts.audit import record
from site_app.accounts.guards import COOKIE, account, blueprint, csrf, digest
from site_app.i18n import switched
from site_app.models import Account, AuditEntry, FailedSignIn, SignIn, SignInLink, is_demonstration
from surveys.db import database, writing
from surveys.messages import N_, Refused

SIGNED_IN = timedelta(hours=12)
LINK_LASTS = timedelta(minutes=15)
DEVICE = "known-device"
DEVICE_KNOWN = timedelta(days=180)
MOST_FAILURES = 5
FAILURES_LAST = timedelta(minutes=15)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
hasher = PasswordHasher(parallelism=1)  # a check takes one processor, the other is the voters'


@cache
def _no_password() -> str:
    """A hash of nothing known, so that a name without a password takes as long as one with it."""
    return hasher.hash(secrets.token_hex(16))


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
        SignInLink.create(digest=digest(token), account=to, expires_at=clock.now() + LINK_LASTS)
    return f"/sign-in/{token}"


def _sign_in(to: Account, target: str) -> Response:
    token = secrets.token_urlsafe(32)
    with writing():
        SignIn.delete().where(SignIn.expires_at <= clock.now()).execute()
        SignIn.create(digest=digest(token), account=to, expires_at=clock.now() + SIGNED_IN)
        AuditEntry.create(at=clock.now(), account_name=to.name, action="sign-in")
    # A token that somebody else may know ends here; one from this account's last sign-in is kept
    # for what was typed before it ended.
    if session.get("account") != to.id:
        session.clear()
        session["account"] = to.id
    response = redirect(target, 303)
    _set_cookie(response, COOKIE, token, SIGNED_IN, "/")
    device = _devices().dumps([to.name, secrets.token_hex(8)])
    _set_cookie(response, DEVICE, str(device), DEVICE_KNOWN, url_for("accounts.sign_in"))
    return response


def _set_cookie(response: Response, name: str, value: str, lasts: timedelta, path: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=path,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def _own_path(target: str) -> str:
    """Where to go after signing in: a path of this site, else the desk."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours and target.isprintable() else url_for("rounds.desk")


def _devices() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=DEVICE)


def _device() -> list[str]:
    """The account that signed in on this device before, and the device's number; else nothing."""
    try:
        return list(_devices().loads(request.cookies.get(DEVICE, "")))
    except BadSignature:
        return []


def _failures(device: str) -> int:
    """How often a password was wrong lately on a known device."""
    lately = FailedSignIn.at > clock.now() - FAILURES_LAST
    return int(FailedSignIn.select().where(FailedSignIn.name == device, lately).count())


def _is_known(name: str) -> bool:
    return _device()[:1] == [name]


@contextmanager
def _turn() -> Iterator[None]:
    """Strangers' passwords are checked one at a time on this machine, and nobody waits for that.

    So guessing keeps no more than one processor from the voters, and no thread; and because a wrong
    password closes nothing, no stranger can lock the right person out for a time: a device that an
    account signed in on before needs no turn, a one-time link never did, and others try again.
    """
    gate = os.open(Path(database.database).parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(
                N_("这一刻正有别人在登录。请马上再按一次；总是这样，就用一次性登录链接。")
            ) from None
        yield
    finally:
        os.close(gate)


def _check_credentials(name: str, password: str) -> Account:
    if not _is_known(name):
        with _turn():
            return _check_password_of(name, password, "")
    device = _device()[1]
    if _failures(device) >= MOST_FAILURES:
        raise Refused(N_("这台设备上输错密码次数太多。请再试一次，或者用一次性登录链接。"))
    return _check_password_of(name, password, device)


def _check_password_of(name: str, password: str, device: str) -> Account:
    found = Account.get_or_none(Account.name == name)
    try:
        hasher.verify((found and found.password_hash) or _no_password(), password)
    except (VerificationError, InvalidHashError):
        found = None
    if found is None:
        if device:
            with writing():
                old = FailedSignIn.at <= clock.now() - FAILURES_LAST
                FailedSignIn.delete().where(old).execute()
                FailedSignIn.create(name=device, at=clock.now())
        raise Refused(N_("账号或密码不对。请再试一次。"))
    if hasher.check_needs_rehash(found.password_hash or ""):
        with writing():
            Account.update(password_hash=hasher.hash(password)).where(
                Account.id == found.id
            ).execute()
    return found


def without_cookies() -> tuple[str, int]:
    """The sign-in page, for a browser that keeps no cookie: what to do."""
    refused = Refused(
        N_(
            "登录要用 Cookie，您的浏览器没有收下。请在浏览器的设置里允许本网站的 Cookie，"
            "再登录一次；用过的登录链接不能再用，请重新要一个。"
        )
    )
    name, target = request.form.get("name", "")[:60], url_for("rounds.desk")
    return render_template("accounts/sign_in.html", target=target, name=name, refused=refused), 403


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response | tuple[str, int] | str:
    """The sign-in page."""
    target = _own_path(request.values.get("next", ""))
    name = request.form.get("name", "").strip()[:60]
    if request.method == "GET" or switched():
        return render_template("accounts/sign_in.html", target=target, name=name, refused=None)
    try:
        found = _check_credentials(name, request.form.get("password", "")[: LONGEST_PASSWORD + 1])
    except Refused as refused:
        page = render_template("accounts/sign_in.html", target=target, name=name, refused=refused)
        response = make_response(page, 403)
        if _is_known(name) and _failures(_device()[1]) >= MOST_FAILURES:
            response.delete_cookie(DEVICE, path=request.path)  # from now on a stranger, who queues
        return response
    return _sign_in(found, target)


@blueprint.get("/sign-in/<token>")
def sign_in_by_link(token: str) -> Response | tuple[str, int]:
    """Sign in by a link that works once; a look ahead at it (HEAD) does not use it up."""
    if request.method == "HEAD":
        return "", 200
    with writing():
        link = SignInLink.get_or_none(
            SignInLink.digest == digest(token), SignInLink.expires_at > clock.now()
        )
        if link is not None:
            link.delete_instance()
    if link is None:
        refused = Refused(N_("这个登录链接已经用过或过期了。请重新要一个。"))
        target = url_for("rounds.desk")
        page = render_template("accounts/sign_in.html", target=target, name="", refused=refused)
        return page, 403
    return _sign_in(link.account, url_for("rounds.desk", by="link"))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this browser's sign-in, here and in the database."""
    token = request.cookies.get(COOKIE)
    if token and account():
        record("sign-out")
        with writing():
            SignIn.delete().where(SignIn.digest == digest(token)).execute()
    flash(_("已退出。"))
    response = redirect(url_for("accounts.sign_in"), 303)
    response.delete_cookie(COOKIE)
    return response


def init_app(app: Flask) -> None:
    """CSRF for the organisers' forms; who is signed in, for every page."""
    csrf.init_app(app)
    app.jinja_env.globals.update(account=account, is_demonstration=is_demonstration)
