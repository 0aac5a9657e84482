"""A form sent after its sender was signed out is held; a browser without cookies is told so."""

from __future__ import annotations

import html
import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.accounts import sign_in as auth
from site_app.models import AuditEntry, SignIn
from surveys.models import Round
from tests import factories
from tests.conftest import form_token, sign_in
from tests.factories import District
from tests.helpers.desk import text

OURS, PUBLIC = "http://localhost", "https://surveys.example.org"
FOREIGN = ["https://evil.example", "http://localhost.evil.example", "null", ""]
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
TITLE = '示范"标题"\n甲'


@pytest.fixture
def draft(district: District) -> Round:
    return factories.draft(district.root, [district.first])


def form_of(browser: FlaskClient, round_: Round) -> dict[str, object]:
    page = browser.get(f"/desk/rounds/{round_.id}/edit")
    ticked = ["1", "2"]
    return {"csrf_token": form_token(page), "title": TITLE, "chosen": ticked, "revision": "0"}


@pytest.mark.parametrize("sender", [{"Origin": OURS}, {"Origin": PUBLIC}, {"Referer": f"{OURS}/x"}])
def test_what_was_typed_when_the_sign_in_had_ended_is_sent_again(
    site: Flask, district: District, draft: Round, sender: dict[str, str]
) -> None:
    browser = sign_in(site, district.organiser)
    form, path = form_of(browser, draft), f"/desk/rounds/{draft.id}/edit"
    SignIn.delete().execute()
    before = AuditEntry.select().count()
    held = text(browser.post(path, data=form, headers=sender), 403)
    assert 'target="_blank"' in held
    assert AuditEntry.select().count() == before
    fields = [(name, html.unescape(value)) for name, value in HIDDEN.findall(held)]
    assert fields[1:] == [("title", TITLE), ("chosen", "1"), ("chosen", "2"), ("revision", "0")]
    again: dict[str, list[str]] = {}
    for name, value in fields:
        again.setdefault(name, []).append(value)
    assert "还没有保存" in text(browser.post(path, data=again, headers=sender), 403), "still out"
    with site.app_context():
        browser.get(auth.make_link(district.organiser))
    assert browser.post(path, data=again, headers=sender).status_code in (303, 409, 422)


def test_a_form_whose_token_is_lost_is_held_as_well(signed_in: FlaskClient, draft: Round) -> None:
    form = form_of(signed_in, draft) | {"csrf_token": "old"}
    held = text(
        signed_in.post(f"/desk/rounds/{draft.id}/edit", data=form, headers={"Origin": OURS}), 403
    )
    assert html.escape(TITLE, quote=True).replace("&quot;", "&#34;") in held
    assert "在新窗口登录" not in held
    assert form_token(signed_in.get("/desk/units")) != "old"


@pytest.mark.parametrize("origin", FOREIGN)
def test_another_site_is_given_no_token(
    site: Flask, district: District, draft: Round, origin: str
) -> None:
    browser = sign_in(site, district.organiser)
    form, path = form_of(browser, draft), f"/desk/rounds/{draft.id}/edit"
    headers = {"Origin": origin} if origin else {}
    forged = browser.post(path, data=form | {"csrf_token": "forged"}, headers=headers)
    assert forged.status_code == 400
    assert "csrf_token" not in forged.get_data(as_text=True)
    SignIn.delete().execute()
    away = browser.post(path, data=form, headers=headers)
    assert away.headers["Location"].startswith("/sign-in")


def test_a_file_is_not_held(site: Flask, district: District) -> None:
    browser = sign_in(site, district.organiser)
    token = form_token(browser.get("/desk/people"))
    SignIn.delete().execute()
    data = {"csrf_token": token, "file": (io.BytesIO("示范党员甲".encode()), "p.csv")}
    held = text(browser.post("/desk/people", data=data, headers={"Origin": OURS}), 403)
    assert "示范党员甲" not in held
    assert "p.csv" not in held
    assert "重新选" in held


def test_a_browser_that_keeps_no_cookie_is_told_at_the_password(site: Flask) -> None:
    browser = site.test_client(use_cookies=False)
    form = {"csrf_token": form_token(browser.get("/sign-in")), "name": "organiser", "password": "x"}
    refused = text(browser.post("/sign-in", data=form), 403)
    assert "Cookie" in refused
    assert 'value="organiser"' in refused


def test_a_browser_that_keeps_no_cookie_is_told_after_a_link(
    site: Flask, district: District
) -> None:
    browser = site.test_client(use_cookies=False)
    with site.app_context():
        link = auth.make_link(district.organiser)
    assert "Cookie" in text(browser.get(link, follow_redirects=True), 403)
