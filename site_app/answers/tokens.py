"""What a page carries that nobody else can make: signed, and about nobody.

A page without codes has a random number, which is spent with it. A page that says what became of
answers is alike for all of a place: its mark only lets it be drawn again, in another language.
The key is the site's own, whatever SECRET_KEY says: when that changed, a page sent once more would
count as another, and a page of thanks turn into an empty form.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer

from site_app import storage
from surveys.ballots import seal

NUMBER = "the number of a resident's page"
ENDING = "what became of the answers"
LONGEST = 200


def new_number(round_id: int) -> str:
    """A number for a page of a round, signed."""
    return str(_signer(NUMBER).dumps([round_id, secrets.token_hex(16)]))


def number(round_id: int) -> bytes | None:
    """The number of the page that was sent; none when it is missing or was altered."""
    sent = _read(NUMBER, request.form.get("token", ""))
    return bytes.fromhex(str(sent[1])) if sent and sent[0] == round_id else None


def ending(*about: object) -> str:
    """The mark of a page that says what became of answers, signed: none can be had before."""
    return str(_signer(ENDING).dumps(about))


def ending_to_redraw() -> list[object]:
    """What the page was about that a switch wants drawn again; nothing where it was none."""
    return (_read(ENDING, request.form.get("done", "")) or []) if "keep" in request.form else []


def _read(salt: str, token: str) -> list[object] | None:
    try:
        found: list[object] = _signer(salt).loads(token[:LONGEST])
    except (BadSignature, ValueError):
        return None
    return found


def _signer(salt: str) -> URLSafeSerializer:
    return _signer_with(storage.keys(), salt)


@lru_cache(maxsize=4)
def _signer_with(keys: Path, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(seal.named_key(keys, "pages"), salt=salt)
