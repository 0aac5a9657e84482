"""What a view may give back."""

from __future__ import annotations

from werkzeug.wrappers import Response

Page = str | tuple[str, int] | Response
"""A page; a page with a status, where something was refused; or a way elsewhere."""
