"""Who is signed in, and which units and rounds they may see."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, abort, g, request
from flask_wtf.csrf import CSRFProtect

from site_app import clock
from site_app.models import Account, SignIn
from surveys.models import Round, Unit, reach

COOKIE = "organiser"

blueprint = Blueprint("accounts", __name__)
csrf = CSRFProtect()


def digest(token: str) -> bytes:
    """What is kept of the token of a sign-in or of a link: SHA-256, from which nobody signs in."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def account() -> Account | None:
    """The organiser who is signed in, read once a request."""
    if "account" not in g:
        token = request.cookies.get(COOKIE)
        row = token and SignIn.get_or_none(
            SignIn.digest == digest(token), SignIn.expires_at > clock.now()
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
