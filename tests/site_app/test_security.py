"""What every response carries, and what browsers may keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock, create_app
from surveys import ballots
from tests import factories
from tests.helpers.answering import token_in

FORM = "application/x-www-form-urlencoded"


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


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_browsers_are_told_to_come_by_https_where_the_public_does(
    site: Flask, tmp_path: Path, scheme: str
) -> None:
    app = create_app({"INSTANCE_DIR": str(tmp_path), "PUBLIC_URL": f"{scheme}://site.example"})
    told = app.test_client().get("/v").headers.get("Strict-Transport-Security")
    assert told == ("max-age=31536000" if scheme == "https" else None)


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
    (tmp_path / "site.css").write_text("/* changed */\np { color: red; }\n")
    assert stylesheet(client) != before
    with client.get(stylesheet(client)) as changed:
        assert changed.get_data() == b"p{color:red}"


@pytest.mark.parametrize("path", ["/v", "/v/cast", "/sign-in", "/desk/rounds/new"])
def test_a_huge_form_is_refused_before_it_is_read(client: FlaskClient, path: str) -> None:
    """Two million empty fields would keep the site from everybody else for as long as it reads."""
    answer = client.post(path, data=b"a&" * 2_200_000, content_type=FORM)
    assert answer.status_code == 413
    assert "提交的内容太大" in answer.get_data(as_text=True)


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x"])
def test_outside_the_desk_a_quarter_of_a_megabyte_is_enough(client: FlaskClient, kind: str) -> None:
    for path, status in (("/v", 413), ("/sign-in", 413), ("/desk/units", 400)):
        body = b"--x\r\n" + b"x" * 300_000 + b"--x--" if kind != FORM else b"a=" + b"x" * 300_000
        assert client.post(path, data=body, content_type=kind).status_code == status, path


def test_a_redirect_of_a_doubled_stroke_names_no_host_that_was_claimed(client: FlaskClient) -> None:
    answer = client.get("/help//residents?lang=en", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 308
    assert answer.headers["Location"] == "/help/residents?lang=en"


def test_the_cookie_of_the_language_travels_by_https_alone(client: FlaskClient) -> None:
    [cookie] = client.get("/v?lang=en").headers.getlist("Set-Cookie")
    assert cookie.startswith("lang=en;")
    assert "Secure" in cookie


def test_an_error_that_nobody_foresaw_logs_where_and_nothing_that_was_written(
    site: Flask,
    client: FlaskClient,
    district: factories.District,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.DURING)
    survey = factories.open_survey(keys, district)

    def break_off(*sheet: object) -> None:
        raise ValueError(sheet)

    monkeypatch.setattr(ballots, "cast_openly", break_off)
    site.config["PROPAGATE_EXCEPTIONS"] = False
    page = client.get(f"/s/{survey.id}/c1").get_data(as_text=True)
    sent = {"token": token_in(page), "q-overall": "mostly", "comment": "极其特别的示例意见"}
    assert client.post(f"/s/{survey.id}/c1", data=sent).status_code == 500
    assert "ValueError" in caplog.text
    assert "answers/survey.py" in caplog.text
    for written in ("极其特别", "mostly", sent["token"]):
        assert written not in caplog.text
    assert not any(record.exc_info for record in caplog.records)
