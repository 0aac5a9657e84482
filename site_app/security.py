"""What every response carries: a strict content policy, and nothing kept where it must not be."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MEGABYTE = 1024 * 1024
MOST_OF_A_FORM = 4 * MEGABYTE  # a megabyte of Chinese is three when a form sends it
A_YEAR = 31536000  # seconds


@cache
def _version(file: Path, changed: int) -> str:
    """A short digest of a file, read again when it has changed."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def init_app(app: Flask) -> None:
    """Set headers, cookies and limits."""
    app.config.update(
        MAX_CONTENT_LENGTH=24 * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MOST_OF_A_FORM,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=app.config["SITE"].public_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=A_YEAR,
    )

    @app.before_request
    def limit() -> None:
        """Only files are large: reading 24 MB of tiny fields keeps a worker for many seconds."""
        if request.mimetype != "multipart/form-data":
            request.max_content_length = MOST_OF_A_FORM

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        """A changed file has another address: so browsers may keep what they have for a year."""
        if endpoint == "static":
            file = Path(str(app.static_folder)) / values["filename"]
            values["v"] = _version(file, file.stat().st_mtime_ns)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
