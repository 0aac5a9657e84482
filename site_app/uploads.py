"""A file between its preview and the yes: kept for an hour, for the organiser who sent it."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from site_app import config
from site_app.accounts import guards
from surveys import db
from surveys.messages import N_, Refused

LASTS = 3600  # seconds


def received() -> bytes:
    """The file that was just sent in the field `file`."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused(N_("还没有选文件。请先选一个文件，再上传。"))
    return sent.stream.read()


def keep(data: bytes) -> str:
    """Keep a file beside the database; the token gives it back to its sender alone."""
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    for old in folder.iterdir():
        if old.stat().st_mtime < time.time() - LASTS:
            old.unlink(missing_ok=True)
    name = secrets.token_hex(16)
    with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    return _signer().dumps([name, guards.signed_in().id])


def reopen(token: str) -> bytes:
    """The file behind a token."""
    try:
        return _path(token).read_bytes()
    except (BadData, FileNotFoundError):
        raise Refused(
            N_("这个文件已经导入过，或者放了一个小时以上，已经删去。需要的话请重新上传。")
        ) from None


def forget(token: str) -> None:
    """Delete the file behind a token."""
    _path(token).unlink(missing_ok=True)


def forget_all() -> None:
    """Delete every file that is kept."""
    shutil.rmtree(_folder(), ignore_errors=True)


def _path(token: str) -> Path:
    name, account_id = _signer().loads(token, max_age=LASTS)
    if account_id != guards.signed_in().id:
        raise BadData("somebody else's file")
    return _folder() / str(name)


def _folder() -> Path:
    site: config.Config = current_app.config["SITE"]
    return db.path_of(site.database_url).parent / "uploads"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="upload")
