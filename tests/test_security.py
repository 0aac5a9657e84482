"""What every response carries, and what browsers may keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient


@pytest.mark.parametrize("path", ["/", "/sign-in", "/v", "/nothing", "/static/site.css"])
def test_every_response_forbids_what_the_site_does_not_need(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/sign-in", "/v", "/nothing"])
def test_no_page_is_kept(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def stylesheet(client: FlaskClient) -> str:
    found = re.search(r'href="(/static/site\.css[^"]*)"', client.get("/v").get_data(as_text=True))
    assert found
    return found[1]


def test_style_and_script_are_kept_until_they_change(
    site: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    site.static_folder = str(tmp_path)
    for name in ("site.css", "site.js"):
        (tmp_path / name).write_text("/* as it was */")
    before = stylesheet(client)
    with client.get(before) as kept:
        assert kept.cache_control.max_age == 31536000
    assert stylesheet(client) == before
    (tmp_path / "site.css").write_text("/* changed */")
    assert stylesheet(client) != before
    with client.get(stylesheet(client)) as changed:
        assert changed.get_data() == b"/* changed */"
