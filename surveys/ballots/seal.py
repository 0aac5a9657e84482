"""The round's key: make, seal, unseal, destroy.

Each round has a random 256-bit key of its own, in a file of KEYS_DIR beside no database and in no
backup. Answers are sealed with AES-GCM; what stands around them (round, key of the row, subject,
group) is authenticated, so that no row can be moved to another subject. Without the key no copy of
the database, its journal or its backups says anything of an answer.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surveys.messages import N_, Refused

KEY_BYTES = 32
NONCE_BYTES = 12
ROUND_KEY = re.compile(r"round-([1-9][0-9]{0,17})\.key")
OURS = re.compile(rf"{ROUND_KEY.pattern}|(codes|secret)\.key|site-id")
DRAFT = re.compile(r".+\.[0-9a-f]{8}\.new")


class KeyLost(Refused):
    """The key of a round is missing, changed or does not open an answer."""


def prepare(keys: Path) -> None:
    """Make the folder of keys; it and what is ours in it are for the owner alone.

    A draft that no live process holds is removed; files with any other name are left alone.
    """
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys.chmod(0o700)
    for path in keys.iterdir():
        if OURS.fullmatch(path.name) and path.is_file() and path.stat().st_mode & 0o777 != 0o600:
            path.chmod(0o600)
        elif DRAFT.fullmatch(path.name):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


def _site_of(keys: Path) -> list[str]:
    try:
        return os.fsdecode((keys / "site-id").read_bytes()).splitlines()
    except FileNotFoundError:
        return []


def site_id_of(keys: Path) -> str | None:
    """The id of the site whose keys lie in a folder; None where none has put its id yet."""
    return next(iter(_site_of(keys)), None)


def home_of(keys: Path) -> Path | None:
    """The database whose keys lie in a folder, as far as that is known."""
    where = _site_of(keys)[1:2]
    return (keys / where[0]).resolve() if where else None


def mark(keys: Path, site_id: str, database: Path) -> None:
    """Put beside the keys the id of their site, and where its one database lies from here."""
    content = f"{site_id}\n{os.path.relpath(database, keys)}\n"
    _write(keys / "site-id", os.fsencode(content), os.replace)


def _path(keys: Path, round_id: int) -> Path:
    return keys / f"round-{round_id}.key"


def sync(folder: Path) -> None:
    """Make what was named, renamed or removed in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, content: bytes, place: Callable[[Path, Path], None] = os.link) -> None:
    """Write a file durably under its final name, or not at all; `os.link`: never over another."""
    draft = path.with_suffix(f".{secrets.token_hex(4)}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(content)
            file.flush()
            os.fsync(handle)
            place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def check_of(key: bytes) -> bytes:
    """What the database keeps to recognise the key; it does not give the key away."""
    return hashlib.sha256(b"surveys round key\0" + key).digest()


def make(keys: Path, round_id: int) -> bytes:
    """Make and store the key of a round; its check value comes back. Replaces no other key."""
    if matches(keys, round_id, None):
        destroy(keys, round_id, None)
    key = secrets.token_bytes(KEY_BYTES)
    try:
        _write(_path(keys, round_id), key)
    except FileExistsError:
        raise Refused(
            N_(
                "密钥文件夹里已有 %(file)s，不是这次测评的，不能覆盖，所以现在不能开始。"
                "请弄清它是哪来的，移到别处，再开始。"
            ),
            file=_path(keys, round_id).name,
        ) from None
    return check_of(key)


def load(keys: Path, round_id: int, check: bytes | None) -> AESGCM:
    """The cipher of a round; `KeyLost` when its key file is missing or is another."""
    try:
        key = _path(keys, round_id).read_bytes()
    except OSError:
        raise KeyLost(
            N_(
                "第%(round)s号测评的密钥文件不在了，或者读不了，已交的答卷无法读出，因此不能计票。"
                "请放回密钥文件夹，让运行网站的用户能读写它；或终止这次测评并说明原因。"
            ),
            round=round_id,
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
    sync(keys)
    return True


def held(keys: Path) -> set[int]:
    """The ids of the rounds whose keys are still there; files of any other name are nobody's."""
    found = (ROUND_KEY.fullmatch(path.name) for path in keys.glob("round-*.key") if path.is_file())
    return {int(each[1]) for each in found if each}


def seal(cipher: AESGCM, plain: bytes, around: bytes) -> bytes:
    """Seal answers, bound to what stands around them: nonce, then ciphertext with its tag."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, around)


def unseal_all(cipher: AESGCM, pairs: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Open sealed answers, with what stands around each; `KeyLost` for one changed or moved."""
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
    try:
        key = path.read_bytes()
    except OSError:
        key = b""
    if not key:
        raise KeyLost(
            N_(
                "密钥文件夹里的 %(file)s 是空的，或者读不了。请放回原来的文件，"
                "让运行网站的用户能读写它。"
            ),
            file=path.name,
        )
    return key
