"""Style and script: their addresses change when they do; the style travels without its comments."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response
from rcssmin import cssmin

A_YEAR = 31536000  # seconds


@cache
def _version(file: Path, changed: int) -> str:
    """A short digest of a file, read again when it has changed."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


@cache
def _minified(file: Path, changed: int) -> str:
    """A stylesheet as short as it can be written; this and gzip make it a fifth."""
    return str(cssmin(file.read_text("utf-8")))


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
        if filename != "site.css":
            return as_it_is(filename=filename)
        file = folder() / filename
        answer = Response(_minified(file, file.stat().st_mtime_ns), mimetype="text/css")
        answer.cache_control.public, answer.cache_control.max_age = True, A_YEAR
        return answer

    app.view_functions["static"] = static
