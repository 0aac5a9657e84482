"""Organisers sign in by password or by a link that works once; signing out ends it everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import auth, clock
from site_app.models import AuditEntry, SignIn
from tests.conftest import form_token, sign_in
from tests.factories import START, District

PASSWORD = "a long example"


@pytest.fixture
def with_password(district: District) -> None:
    district.organiser.password_hash = auth.hasher.hash(PASSWORD)
    district.organiser.save()


def try_password(client: FlaskClient, password: str, target: str = "") -> int:
    token = form_token(client.get("/sign-in"))
    said = {"csrf_token": token, "name": "organiser", "password": password, "next": target}
    return client.post("/sign-in", data=said).status_code


def test_the_right_password_signs_in_and_the_wrong_one_does_not(
    client: FlaskClient, with_password: None
) -> None:
    assert try_password(client, "wrong") == 403
    assert client.get("/desk").status_code == 303
    assert try_password(client, PASSWORD) == 303
    assert client.get("/desk").status_code == 200


def test_after_five_wrong_passwords_even_the_right_one_waits(
    client: FlaskClient, with_password: None, set_clock: Callable[..., None]
) -> None:
    set_clock(START)
    for _ in range(5):
        try_password(client, "wrong")
    assert try_password(client, PASSWORD) == 403
    set_clock(START + timedelta(minutes=16))
    assert try_password(client, PASSWORD) == 303


def test_a_link_signs_in_once_and_within_a_quarter_of_an_hour(
    site: Flask, district: District, set_clock: Callable[..., None]
) -> None:
    set_clock(START)
    used, late = auth.make_link(district.organiser), auth.make_link(district.organiser)
    assert site.test_client().get(used).status_code == 303
    assert site.test_client().get(used).status_code == 403
    set_clock(START + timedelta(minutes=16))
    assert site.test_client().get(late).status_code == 403


def test_a_look_ahead_at_a_link_does_not_use_it_up(site: Flask, district: District) -> None:
    link = auth.make_link(district.organiser)
    assert site.test_client().head(link).status_code == 200
    assert site.test_client().get(link).status_code == 303


def test_signing_out_ends_the_sign_in_in_the_database(site: Flask, district: District) -> None:
    browser = sign_in(site, district.organiser)
    stolen = browser.get_cookie("organiser")
    assert stolen is not None
    token = form_token(browser.get("/sign-in"))
    browser.post("/sign-out", data={"csrf_token": token})
    assert [each.action for each in AuditEntry.select()] == ["sign-in", "sign-out"]
    assert SignIn.select().count() == 0
    thief = site.test_client()
    thief.set_cookie("organiser", stolen.value)
    assert thief.get("/desk").status_code == 303


def test_a_sign_in_ends_by_itself(
    site: Flask, district: District, set_clock: Callable[..., None]
) -> None:
    browser = sign_in(site, district.organiser)
    set_clock(clock.now() + timedelta(hours=13))
    assert browser.get("/desk").status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "//[",
        "javascript:alert(1)",
        "desk",
    ],
)
def test_signing_in_never_leads_to_another_site(
    client: FlaskClient, with_password: None, target: str
) -> None:
    token = form_token(client.get("/sign-in"))
    said = {"csrf_token": token, "name": "organiser", "password": PASSWORD, "next": target}
    assert client.post("/sign-in", data=said).headers["Location"] == "/desk"


def test_signing_in_leads_back_to_where_one_wanted(
    client: FlaskClient, with_password: None
) -> None:
    away = client.get("/desk/units")
    assert away.headers["Location"].startswith("/sign-in?next=")
    token = form_token(client.get("/sign-in"))
    said = {"csrf_token": token, "name": "organiser", "password": PASSWORD, "next": "/desk/units"}
    assert client.post("/sign-in", data=said).headers["Location"] == "/desk/units"


def test_an_address_that_is_none_still_shows_the_sign_in_page(client: FlaskClient) -> None:
    assert client.get("/sign-in?next=//[").status_code == 200


def test_a_form_without_its_token_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"name": "organiser", "password": PASSWORD})
    assert answer.status_code == 400
    assert "再提交一次" in answer.get_data(as_text=True)


def test_the_audit_log_knows_who_signed_in(site: Flask, district: District) -> None:
    sign_in(site, district.organiser)
    assert [(e.account_name, e.action) for e in AuditEntry.select()] == [("organiser", "sign-in")]
