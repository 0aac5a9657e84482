"""Access codes as people see them: made, printed, typed, recognised.

Twelve symbols in groups of four out of an alphabet without look-alikes; the last is a check symbol
that catches each single wrong symbol and each swap of neighbours. 31¹¹ codes cannot be guessed, so
nobody is ever locked out: three hundred honest phones share one address.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from urllib.parse import unquote

from surveys.messages import N_, Refused

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SYMBOLS = 12
LONGEST = 200  # of what is typed: a whole link pasted, with what a chat hangs on it


class BadCode(Refused):
    """What was typed is no access code at all; `field` names the input, as in `BadAnswer`."""

    field = "code"


def _check_symbol(symbols: str) -> str:
    total = sum(place * ALPHABET.index(symbol) for place, symbol in enumerate(symbols, start=1))
    return ALPHABET[total % len(ALPHABET)]


def _is_right(symbols: str) -> bool:
    right = len(symbols) == SYMBOLS and set(symbols) <= set(ALPHABET)
    return right and _check_symbol(symbols[:-1]) == symbols[-1]


def make() -> str:
    """A fresh random code, as it is printed: `ABCD-EFGH-JKMN`."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS - 1))
    code = body + _check_symbol(body)
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise(typed: str) -> str:
    """The twelve symbols of a typed code: case, spaces, hyphens and full width are forgiven.

    So are Chinese words beside it, the link that it stands in, and what a chat hangs on that.
    Raises `BadCode` when it is too short or long, or a symbol cannot be right.
    """
    plain = unicodedata.normalize("NFKC", unquote(typed[:LONGEST])).upper()
    pieces = [re.sub(r"[\W_\u3400-\u9fff]", "", each) for each in re.split("[#?&]", plain)]
    symbols = next(filter(_is_right, pieces), pieces["#" in plain])
    if not symbols:
        raise BadCode(N_("请输入测评码：纸条上的 12 个字母和数字。"))
    if len(symbols) != SYMBOLS:
        raise BadCode(
            N_("测评码应为 12 个字母和数字，您输入了 %(n)s 个。请对照纸条再输一次。"),
            n=len(symbols),
        )
    strange = next((each for each in symbols if each not in ALPHABET), None)
    if strange:
        raise BadCode(N_("测评码中没有“%(symbol)s”这个字符。请对照纸条再输一次。"), symbol=strange)
    if not _is_right(symbols):
        raise BadCode(N_("测评码有一处输错了。请对照纸条再输一次。"))
    return symbols


def digest(code: str, key: bytes) -> bytes:
    """What the database keeps of a normalised code: HMAC-SHA-256 under the site's key."""
    return hmac.digest(key, code.encode("ascii"), hashlib.sha256)
