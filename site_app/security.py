"""What every response carries: a strict content policy, and nothing kept where it must not be."""

from __future__ import annotations

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MEGABYTE = 1024 * 1024
MOST_OF_A_FORM = 4 * MEGABYTE  # a megabyte of Chinese is three when a form sends it


def init_app(app: Flask) -> None:
    """Set headers, cookies and limits."""
    app.config.update(
        MAX_CONTENT_LENGTH=24 * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=MOST_OF_A_FORM,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=app.config["SITE"].public_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,
    )

    @app.before_request
    def limit() -> None:
        """Only files are large: reading 24 MB of tiny fields keeps a worker for many seconds."""
        if request.mimetype != "multipart/form-data":
            request.max_content_length = MOST_OF_A_FORM

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
