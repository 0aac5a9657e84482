"""The round's key: make, seal, unseal, destroy.

Each round has a random 256-bit key of its own, in a file of KEYS_DIR beside no database and in no
backup. Answers are sealed with AES-GCM; what stands around them (round, key of the row, subject,
group) is authenticated, so that no row can be moved to another subject. Without the key no copy of
the database, its journal or its backups says anything of an answer.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.messages import N_, Refused

KEY_BYTES = 32
NONCE_BYTES = 12
ROUND_KEY = re.compile(r"round-([1-9][0-9]{0,17})\.key")
DRAFT = re.compile(r"(.+)\.[0-9a-f]{8}\.new")
DRAFT_SECONDS = 60
"""A draft older than this is a dead process': a live one is done with it in a moment."""


class KeyLost(Refused):
    """The key of a round is missing, changed or does not open an answer."""


def prepare(keys: Path) -> None:
    """Make the folder of keys; it and the files of ours in it are their owner's alone."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys.chmod(0o700)
    for path in keys.iterdir():
        ours = ROUND_KEY.fullmatch(path.name) or path.name in ("codes.key", "secret.key", "site-id")
        if ours and path.is_file() and path.stat().st_mode & 0o777 != 0o600:
            path.chmod(0o600)


def site_id_of(keys: Path) -> str | None:
    """The id of the site whose keys lie in a folder; None where none has put its id yet."""
    try:
        return (keys / "site-id").read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return None


def mark(keys: Path, site_id: str) -> None:
    """Put the id of their site beside the keys; never over another."""
    _write(keys / "site-id", site_id.encode())


def _path(keys: Path, round_id: int) -> Path:
    return keys / f"round-{round_id}.key"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft(path: Path, content: bytes) -> Path:
    """What will be a file of keys, written durably under a name of its own."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _write(path: Path, content: bytes) -> None:
    """Write a file durably under its final name, or not at all; never over another."""
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
    _sync(path.parent)


def check_of(key: bytes) -> bytes:
    """What the database keeps to recognise the key; it does not give the key away."""
    return hashlib.sha256(b"surveys round key\0" + key).digest()


def make(keys: Path, round_id: int) -> bytes:
    """Make and store the key of a round that opens; its check value comes back.

    Until `settle` its draft stays beside it: by that the next opening knows the key of one that was
    cut short, and replaces it. Refuses to touch any other file of that name.
    """
    path = _path(keys, round_id)
    for draft in _drafts(keys, path.stem):
        if path.exists() and path.samefile(draft):
            path.unlink()
        draft.unlink()
    if matches(keys, round_id, None):
        path.unlink()
    key = secrets.token_bytes(KEY_BYTES)
    draft = _draft(path, key)
    try:
        os.link(draft, path)
    except FileExistsError:
        draft.unlink()
        raise Refused(
            N_(
                "密钥文件夹里已有 %(file)s，它不是这次测评的，不能覆盖，所以现在不能开始。"
                "请先弄清它是哪来的，把它移到别处，再开始。"
            ),
            file=path.name,
        ) from None
    _sync(keys)
    return check_of(key)


def settle(keys: Path, round_id: int) -> None:
    """The round of a key that was made is open: from now on nothing replaces the key."""
    for draft in _drafts(keys, _path(keys, round_id).stem):
        draft.unlink()


def _drafts(keys: Path, stem: str) -> Iterator[Path]:
    for path in list(keys.glob(f"{stem}.*.new")):
        if DRAFT.fullmatch(path.name):
            yield path


def sweep(keys: Path, unopened: Container[int]) -> None:
    """Remove the drafts of dead processes, but those by which an `unopened` round knows its key."""
    for draft in _drafts(keys, "*"):
        with suppress(FileNotFoundError):
            known = ROUND_KEY.fullmatch(draft.name.split(".")[0] + ".key")
            needed = draft.stat().st_nlink > 1 and known and int(known[1]) in unopened
            if not needed and time.time() - draft.stat().st_mtime > DRAFT_SECONDS:
                draft.unlink()


def load(keys: Path, round_id: int, check: bytes | None) -> AESGCM:
    """The cipher of a round; `KeyLost` when its key file is missing or is another."""
    try:
        key = _path(keys, round_id).read_bytes()
    except FileNotFoundError:
        raise KeyLost(
            N_(
                "第%(round)s号测评的密钥文件不在了，已交的答卷无法读出，因此不能计票。"
                "请从密钥文件夹的原位置找回，或终止这次测评并说明原因。"
            ),
            round=round_id,
        ) from None
    except OSError as wrong:
        raise KeyLost(
            N_(
                "第%(round)s号测评的密钥文件读不了（%(reason)s），已交的答卷无法读出，因此不能计票。"
                "请让运行网站的用户能读写它，或放回原来的文件。"
            ),
            round=round_id,
            reason=wrong.strerror,
        ) from None
    if not _is(key, check):
        raise KeyLost(
            N_(
                "第%(round)s号测评的密钥文件与开始时的不同，已交的答卷无法读出，因此不能计票。"
                "请放回原来的文件，或终止这次测评并说明原因。"
            ),
            round=round_id,
        )
    return AESGCM(key)


def exists(keys: Path, round_id: int) -> bool:
    """Whether the key of a round is still there."""
    return _path(keys, round_id).exists()


def _is(key: bytes, check: bytes | None) -> bool:
    return len(key) == KEY_BYTES and hmac.compare_digest(check_of(key), bytes(check or b""))


def matches(keys: Path, round_id: int, check: bytes | None) -> bool:
    """Whether the key file of a round is the one of its check value, or what is left of a key."""
    try:
        key = _path(keys, round_id).read_bytes()
    except OSError:
        return False
    return key == bytes(KEY_BYTES) or _is(key, check)


def destroy(keys: Path, round_id: int, check: bytes | None) -> bool:
    """Overwrite and remove the key of a round; whether there was one. No key but its own."""
    if not matches(keys, round_id, check):
        return False
    path = _path(keys, round_id)
    with path.open("r+b") as file:
        file.write(bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
    _sync(keys)
    return True


def held(keys: Path) -> set[int]:
    """The ids of the rounds whose keys are still there; files of any other name are nobody's."""
    found = (ROUND_KEY.fullmatch(path.name) for path in keys.glob("round-*.key") if path.is_file())
    return {int(each[1]) for each in found if each}


def seal(cipher: AESGCM, plain: bytes, around: bytes) -> bytes:
    """Seal answers, bound to what stands around them: nonce, then ciphertext with its tag."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, around)


def unseal(cipher: AESGCM, sealed: bytes, around: bytes) -> bytes:
    """Open sealed answers; `KeyLost` when they were changed or moved."""
    (plain,) = unseal_all(cipher, [(sealed, around)])
    return plain


def unseal_all(cipher: AESGCM, pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Open many: pairs of sealed answers and what stands around them."""
    decrypt = cipher.decrypt
    try:
        return [
            decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], around) for sealed, around in pairs
        ]
    except InvalidTag:
        raise KeyLost(
            N_("有一份答卷无法用这次测评的密钥读出，数据可能被改动过，因此不能计票。")
        ) from None


def has_code_key(keys: Path) -> bool:
    """Whether the key of access codes is there."""
    return (keys / "codes.key").exists()


def code_key(keys: Path) -> bytes:
    """The key under which access codes are digested; made on first use."""
    return named_key(keys, "codes")


def named_key(keys: Path, name: str) -> bytes:
    """A lasting key of the site, made on first use; `KeyLost` where its file cannot be one."""
    path = keys / f"{name}.key"
    if not path.exists():
        with suppress(FileExistsError):
            _write(path, secrets.token_bytes(KEY_BYTES))
    reason = "0 B"
    try:
        key = path.read_bytes()
    except OSError as wrong:
        key, reason = b"", str(wrong.strerror)
    if not key:
        raise KeyLost(
            N_(
                "密钥文件夹里的 %(file)s 读不了（%(reason)s）。请放回原来的文件，"
                "并让运行网站的用户能读写它。"
            ),
            file=path.name,
            reason=reason,
        )
    return key
