"""What tests share: a site on its own database, a clock to set, pages that must be good pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from peewee import SqliteDatabase
from playhouse.migrations import Runner
from playwright.sync_api import Browser
from werkzeug.test import TestResponse

from site_app import clock, create_app, storage
from site_app.accounts import sign_in as auth
from site_app.models import Account
from surveys.db import database
from tests import factories
from tests.helpers import browsing, live
from tests.helpers.house import House, served

# `make quick` tries fewer examples of a property; `make test` tries Hypothesis' own number.
# No example is timed: a busy machine is no mistake of the code.
settings.register_profile("quick", max_examples=20, deadline=None)
settings.register_profile("whole", deadline=None)
settings.load_profile("whole")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Each test has its own site; the templates of all are compiled once."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated database with nothing in it, made once: each test begins with a copy."""
    path = tmp_path_factory.mktemp("empty") / "site.sqlite"
    migrated = SqliteDatabase(str(path))
    Runner(migrated, str(storage.MIGRATIONS)).up()
    migrated.close()
    return path.read_bytes()


@pytest.fixture
def site(
    tmp_path: Path,
    keys: Path,
    compiled_templates: FileSystemBytecodeCache,
    empty_database: bytes,
) -> Iterator[Flask]:
    """The site on a fresh database; English and Chinese are the reader's choice, else Chinese."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "site.sqlite").write_bytes(empty_database)
    app = create_app(
        {
            "INSTANCE_DIR": str(tmp_path),
            "KEYS_DIR": str(keys),
            "SECRET_KEY": "only-for-tests",
            "PUBLIC_URL": "https://surveys.example.org",
            "DEPARTMENT": "示范区委组织部",
        }
    )
    app.testing = True
    app.jinja_env.bytecode_cache = compiled_templates
    with app.app_context():
        database.connect(reuse_if_open=True)
        storage.upgrade()
    yield app
    database.close()


@pytest.fixture
def district(site: Flask) -> factories.District:
    database.connect(reuse_if_open=True)
    return factories.District()


@pytest.fixture
def client(site: Flask) -> FlaskClient:
    return site.test_client()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the site's clock."""

    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    return set_to


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsing.started() as browser:
        yield browser


@pytest.fixture
def windows(chromium: Browser) -> Iterator[browsing.Windows]:
    """Windows of a browser; what it says on its console in them fails the test."""
    opened = browsing.Windows(chromium)
    yield opened
    assert opened.complaints == []


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One site on one server for all tests of a file; each opens a round of its own."""
    with served(tmp_path_factory.mktemp("house")) as each:
        yield each


@pytest.fixture
def server(site: Flask) -> Iterator[live.Server]:
    """The real server on the test's site."""
    with live.running(live.Server(site.config["SITE"].instance)) as started:
        yield started


def sign_in(site: Flask, account: Account) -> FlaskClient:
    """A browser in which an organiser is signed in."""
    browser = site.test_client()
    with site.app_context():
        link = auth.make_link(account)
    assert browser.get(link).status_code == 303
    return browser


@pytest.fixture
def signed_in(site: Flask, district: factories.District) -> FlaskClient:
    return sign_in(site, district.organiser)


def form_token(page: TestResponse) -> str:
    """The CSRF token in an organiser's page."""
    text = page.get_data(as_text=True)
    return text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


class PageReader(HTMLParser):
    """Reads a page for the rules of the house."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.lang = ""
        self.h1 = 0
        self.ids: list[str] = []
        self.inputs: list[str | None] = []
        self.labelled: set[str | None] = set()
        self.handlers: list[str] = []
        self.depth_of_label = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "html":
            self.lang = given.get("lang") or ""
        elif tag == "h1":
            self.h1 += 1
        elif tag == "label":
            self.depth_of_label += 1
            self.labelled.add(given.get("for"))
        elif tag in ("input", "select", "textarea"):
            hidden = given.get("type") in ("hidden", "submit") or "aria-label" in given
            if not hidden and not self.depth_of_label and "aria-labelledby" not in given:
                self.inputs.append(given.get("id"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.depth_of_label -= 1


def check_house_rules(text: str) -> None:
    """One h1, a language, unique ids, a label for each input, no inline handler or style."""
    house = PageReader(text)
    assert house.lang in ("zh-CN", "en")
    assert house.h1 == 1
    assert len(house.ids) == len(set(house.ids)), "an id stands twice"
    assert not house.handlers, f"inline {house.handlers}"
    unlabelled = [each for each in house.inputs if each is None or each not in house.labelled]
    assert not unlabelled, f"no label for {unlabelled}"


@pytest.fixture
def page(client: FlaskClient) -> Callable[..., str]:
    """Fetch a page that must be a good page, and give its text."""

    def fetch(path: str, *, client: FlaskClient = client, status: int = 200, **how: object) -> str:
        response = client.open(path, **{"method": "GET", **how})
        assert response.status_code == status, f"{path}: {response.status_code}"
        text = response.get_data(as_text=True)
        check_house_rules(text)
        return text

    return fetch
