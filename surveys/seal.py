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
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.messages import N_, Refused

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyLost(Refused):
    """The key of a round is missing, changed or does not open an answer."""


def prepare(keys: Path) -> None:
    """Make the folder of keys, for its owner alone."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys.chmod(0o700)


def _path(keys: Path, round_id: int) -> Path:
    return keys / f"round-{round_id}.key"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, key: bytes) -> None:
    """Write a key durably under its final name, or not at all; never over another."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, key)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
    _sync(path.parent)


def check_of(key: bytes) -> bytes:
    """What the database keeps to recognise the key; it does not give the key away."""
    return hashlib.sha256(b"surveys round key\0" + key).digest()


def make(keys: Path, round_id: int) -> bytes:
    """Make and store the key of a round; its check value comes back."""
    destroy(keys, round_id)
    key = secrets.token_bytes(KEY_BYTES)
    _write(_path(keys, round_id), key)
    return check_of(key)


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
    if len(key) != KEY_BYTES or not hmac.compare_digest(check_of(key), bytes(check or b"")):
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


def matches(keys: Path, round_id: int, check: bytes) -> bool:
    """Whether the key file of a round is the one of its check value, or what is left of it."""
    key = _path(keys, round_id).read_bytes()
    return key == bytes(KEY_BYTES) or hmac.compare_digest(check_of(key), bytes(check))


def destroy(keys: Path, round_id: int) -> None:
    """Overwrite and remove the key of a round; done already is done."""
    path = _path(keys, round_id)
    try:
        handle = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.write(handle, bytes(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    _sync(keys)


def held(keys: Path) -> set[int]:
    """The ids of the rounds whose keys are still there."""
    return {int(path.stem.removeprefix("round-")) for path in keys.glob("round-*.key")}


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
    """A lasting key of the site, made on first use."""
    path = keys / f"{name}.key"
    if not path.exists():
        with suppress(FileExistsError):
            _write(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()
