"""Organisers sign in by password or by a link that works once; signing out ends it everywhere."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from site_app import clock
from site_app.accounts import sign_in as auth
from site_app.models import Account, AuditEntry, FailedSignIn, SignIn
from surveys.db import database
from surveys.messages import Refused
from surveys.models import Unit
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


@contextmanager
def somebody_is_checked() -> Iterator[None]:
    """Another process of the site is checking a stranger's password."""
    gate = os.open(Path(database.database).parent, os.O_RDONLY)
    fcntl.flock(gate, fcntl.LOCK_EX)
    yield
    os.close(gate)


def test_the_right_password_signs_in_and_the_wrong_one_does_not(
    client: FlaskClient, with_password: None
) -> None:
    assert try_password(client, "wrong") == 403
    assert client.get("/desk").status_code == 303
    assert try_password(client, PASSWORD) == 303
    assert client.get("/desk").status_code == 200


def test_whoever_guesses_locks_nobody_out(
    site: Flask, client: FlaskClient, with_password: None, set_clock: Callable[..., None]
) -> None:
    set_clock(START)
    for _ in range(12):
        assert try_password(client, "wrong") == 403
    assert try_password(site.test_client(), PASSWORD) == 303
    assert FailedSignIn.select().count() == 0, "a stranger's guess is not even written down"


def test_a_known_device_does_not_queue_with_strangers(
    site: Flask,
    client: FlaskClient,
    with_password: None,
) -> None:
    assert try_password(client, PASSWORD) == 303
    stranger = site.test_client()
    with somebody_is_checked():
        assert try_password(stranger, PASSWORD) == 403
        assert try_password(client, PASSWORD) == 303
    assert try_password(stranger, PASSWORD) == 303


def test_the_queue_says_that_it_is_long_and_keeps_the_name_not_the_password(
    client: FlaskClient,
    with_password: None,
) -> None:
    token = form_token(client.get("/sign-in"))
    with somebody_is_checked():
        said = {"csrf_token": token, "name": "organiser", "password": PASSWORD}
        page = client.post("/sign-in", data=said).get_data(as_text=True)
    assert "这一刻正有别人在登录" in page
    assert 'value="organiser"' in page
    assert PASSWORD not in page


def test_a_known_device_on_which_many_are_wrong_becomes_a_stranger(
    site: Flask, client: FlaskClient, with_password: None
) -> None:
    assert try_password(client, PASSWORD) == 303
    stolen = client.get_cookie("known-device", path="/sign-in")
    assert stolen is not None
    for _ in range(5):
        assert try_password(client, "wrong") == 403
    assert client.get_cookie("known-device", path="/sign-in") is None
    assert try_password(client, PASSWORD) == 303, "as a stranger"
    thief = site.test_client()
    thief.set_cookie("known-device", stolen.value, path="/sign-in")
    assert try_password(thief, PASSWORD) == 403


def test_a_device_known_to_one_account_is_a_stranger_to_another(
    site: Flask,
    client: FlaskClient,
    with_password: None,
) -> None:
    with site.app_context():
        client.get(auth.make_link(Account.create(name="other", unit=Unit.get())))
    with somebody_is_checked():
        assert try_password(client, PASSWORD) == 403


def test_only_the_sign_in_page_is_sent_the_devices_cookie(
    client: FlaskClient, with_password: None
) -> None:
    assert try_password(client, PASSWORD) == 303
    cookie = client.get_cookie("known-device", path="/sign-in")
    assert cookie is not None
    assert (cookie.path, cookie.http_only, cookie.secure) == ("/sign-in", True, True)
    assert PASSWORD not in cookie.value


def test_an_old_hash_is_replaced_by_one_of_todays_cost(
    client: FlaskClient, district: District
) -> None:
    district.organiser.password_hash = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    district.organiser.save()
    assert try_password(client, PASSWORD) == 303
    kept = Account.get_by_id(district.organiser.id).password_hash
    assert not auth.hasher.check_needs_rehash(kept)
    assert try_password(client, PASSWORD) == 303


def test_a_password_that_can_be_set_can_be_used(client: FlaskClient, district: District) -> None:
    longest = "密" * auth.LONGEST_PASSWORD
    auth.check_password(longest)
    with pytest.raises(Refused):
        auth.check_password(longest + "密")
    district.organiser.password_hash = auth.hasher.hash(longest)
    district.organiser.save()
    assert try_password(client, longest + "密") == 403
    assert try_password(client, longest) == 303


def test_a_form_token_from_before_the_sign_in_is_worth_nothing_after_it(
    client: FlaskClient, with_password: None
) -> None:
    planted = form_token(client.get("/sign-in"))
    assert try_password(client, PASSWORD) == 303
    assert client.post("/sign-out", data={"csrf_token": planted}).status_code == 400
    own = form_token(client.get("/desk"))
    assert client.post("/sign-out", data={"csrf_token": own}).status_code == 303


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


def test_the_page_to_sign_in_is_marked_where_it_stands(client: FlaskClient) -> None:
    link = '<a href="/sign-in"{}>'
    assert link.format(' aria-current="true"') in client.get("/sign-in").get_data(as_text=True)
    assert link.format("") in client.get("/results").get_data(as_text=True)
