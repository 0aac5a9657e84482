"""Style and script: their addresses change when they do; they travel without their comments."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response
from rcssmin import cssmin
from rjsmin import jsmin

A_YEAR = 31536000  # seconds
SHORTENED = {"site.css": (cssmin, "text/css"), "site.js": (jsmin, "text/javascript")}


@cache
def _version(file: Path, changed: int) -> str:
    """A short digest of a file, read again when it has changed."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


@cache
def _shortened(file: Path, changed: int) -> str:
    """A file as short as it can be written; for the style, this and gzip make it a fifth."""
    shorten, _kind = SHORTENED[file.name]
    return str(shorten(file.read_text("utf-8")))


def init_app(app: Flask) -> None:
    """Serve them so that browsers may keep what they have for a year."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = A_YEAR
    as_it_is = app.view_functions["static"]

    def folder() -> Path:
        return Path(str(app.static_folder))

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            file = folder() / values["filename"]
            values["v"] = _version(file, file.stat().st_mtime_ns)

    def static(filename: str) -> Any:
        if filename not in SHORTENED:
            return as_it_is(filename=filename)
        file, (_shorten, kind) = folder() / filename, SHORTENED[filename]
        answer = Response(_shortened(file, file.stat().st_mtime_ns), mimetype=kind)
        answer.cache_control.public, answer.cache_control.max_age = True, A_YEAR
        return answer

    app.view_functions["static"] = static
