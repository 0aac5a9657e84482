"""What every response carries: a strict content policy, and nothing kept where it must not be.

And what a request must be: no larger than its page needs, and its form one of ours.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
MEGABYTE = 1024 * 1024
MOST_OF_A_FORM = 4 * MEGABYTE  # a megabyte of Chinese is three when a form sends it
MOST_ELSEWHERE = MEGABYTE // 4  # a ballot of three hundred lines and six questions is 52 KB
PORTS = {"http": 80, "https": 443}


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
        """Only files of the desk are large: reading many tiny fields keeps a worker for seconds."""
        if not request.path.startswith("/desk"):
            request.max_content_length = MOST_ELSEWHERE
        elif request.mimetype != "multipart/form-data":
            request.max_content_length = MOST_OF_A_FORM

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "geolocation=(), camera=(), microphone=()"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if response.location:  # Werkzeug's own redirects repeat the Host that the request claims
            response.location = response.location.removeprefix(request.host_url.rstrip("/"))
        return response


def sent_by_us() -> bool | None:
    """Whether a page of this very site sent the form; none where the browser does not say.

    A browser's own word counts first: behind a proxy it knows better. Else the sender must be at
    PUBLIC_URL or at the address asked for; at plain http not, where that is the host of an https
    PUBLIC_URL: anybody on the way can write its pages.
    """
    said = request.headers.get("Sec-Fetch-Site")
    if said in ("same-origin", "same-site", "cross-site"):
        return said == "same-origin"
    origin = request.headers.get("Origin")
    sender = request.headers.get("Referer") if origin in (None, "null") else origin
    if sender is None:
        return None if origin is None else False
    public = _origin(current_app.config["SITE"].public_url)
    plain, asked = (_origin(f"{scheme}://{request.host}") for scheme in PORTS)
    ours = {public, asked}
    if not (public and plain and public[:2] == ("https", plain[1])):
        ours.add(plain)
    return _origin(sender) in ours - {None}


def _origin(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address; none where it is none."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
