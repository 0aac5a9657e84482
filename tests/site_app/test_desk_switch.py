"""The language switch: it stays on its page, keeps what was typed, and stores nothing.

On every page of the full site, in every state; pressed as a browser presses it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from site_app import clock, create_app
from surveys.db import database
from tests import factories
from tests.conftest import check_house_rules, form_token
from tests.factories import DURING, START, District
from tests.helpers.desk import SetClock, post
from tests.looking import pages_site
from tests.looking.pages_site import ADDRESS, Doors
from tests.looking.pages_states import STATES, State

ORGANISERS = [each for each in STATES if each.site == "full" and not each.scripted]
# What people type into; the rest they choose.
TYPED = {"text", "search", "password", "datetime-local", "textarea"}
SIGNED = ("csrf_token", "token")
VOID = {"input", "br", "meta", "link", "img", "hr", "wbr", "col"}


@dataclass
class Field:
    """A field of a form, as a browser sees it."""

    form: str
    name: str
    kind: str
    value: str = ""
    chosen: bool = True
    options: list[str] = field(default_factory=list)

    def fill(self, number: int) -> None:
        """Type or choose something else than what is there."""
        if self.kind == "datetime-local":
            self.value = "2026-12-24T18:00"
        elif self.kind in TYPED:
            self.value = f"示例{number}"
        elif self.kind == "checkbox":
            self.chosen = not self.chosen
        elif self.kind == "select":
            self.value = self.options[-1]

    @property
    def sent(self) -> bool:
        return self.chosen and self.kind != "file"


class Page(HTMLParser):
    """The forms of a page: their fields and first buttons, and the language switch."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.lang = ""
        self.fields: list[Field] = []
        self.switches: list[dict[str, str]] = []
        self.first_buttons: dict[str, dict[str, str]] = {}
        self.within: list[tuple[str, dict[str, str]]] = []
        self.text: Field | None = None
        words = response.get_data(as_text=True)
        check_house_rules(words)
        self.feed(words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.lang = given["lang"]
        if given.get("class") == "language":
            self.switches.append(given)
        forms = [each.get("id", "?") for tag, each in self.within if tag == "form"]
        form = given.get("form", forms[-1] if forms else "")
        if tag == "button":
            self.first_buttons.setdefault(form, given)
        disabled = any("disabled" in each for _tag, each in self.within)
        if tag in ("input", "textarea", "select") and not disabled and "readonly" not in given:
            kind = given.get("type", "text") if tag == "input" else tag
            on = kind not in ("checkbox", "radio") or "checked" in given
            value = given.get("value", "on" if kind in ("checkbox", "radio") else "")
            self.text = Field(form, given["name"], kind, value, on)
            self.fields.append(self.text)
        if tag == "option" and self.text:
            option = given.get("value")
            self.within.append((tag, given))
            self._option(option, "selected" in given)
            return
        if tag not in VOID:
            self.within.append((tag, given))

    def _option(self, value: str | None, selected: bool) -> None:
        assert self.text is not None
        self.text.options.append("" if value is None else value)
        if selected or len(self.text.options) == 1:
            self.text.value = self.text.options[-1]

    def handle_data(self, data: str) -> None:
        tag, given = self.within[-1] if self.within else ("", {})
        if tag == "textarea" and self.text:
            self.text.value += data
        elif tag == "option" and self.text and "value" not in given:
            self.text.options[-1] = data
            if "selected" in given or len(self.text.options) == 1:
                self.text.value = data

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def of(self, form: str) -> list[Field]:
        return [each for each in self.fields if each.form == form]


def sent(fields: Sequence[Field]) -> list[tuple[str, str]]:
    """What a browser sends of these fields."""
    return [(each.name, each.value) for each in fields if each.sent]


def stored() -> str:
    """Everything that the database holds."""
    return "\n".join(database.connection().iterdump())


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Doors:
    return pages_site._full(tmp_path_factory.mktemp("switch"))


@pytest.fixture(scope="module")
def browser(doors: Doors) -> Iterator[FlaskClient]:
    app = create_app({"INSTANCE_DIR": str(doors.folder), "PUBLIC_URL": ADDRESS})
    with patch.object(clock, "now", lambda: DURING):
        opened = app.test_client()
        opened.get(doors.links.pop())
        yield opened
    database.close()


def reach(browser: FlaskClient, doors: Doors, state: State) -> tuple[str, TestResponse]:
    """The address of a state, and its page in Chinese."""
    browser.set_cookie("lang", "zh")
    path = doors.said(state.path)
    if state.uploaded:
        data: dict[str, Any] = {"csrf_token": form_token(browser.get(path))}
        data["file"] = (io.BytesIO(state.uploaded.encode()), "file.txt")
        return path, browser.post(path, data=data)
    if state.sent is None:
        return path, browser.get(path)
    known = browser.get(path)
    token = {"csrf_token": form_token(known if known.status_code == 200 else browser.get("/desk"))}
    form = token | doors.filled_in(state.sent)
    answer = browser.post(path, data=form)
    if answer.status_code == 303:
        path = answer.headers["Location"]
        answer = browser.get(path)
    return path, answer


@pytest.mark.parametrize("state", ORGANISERS, ids=[each.id for each in ORGANISERS])
def test_the_switch_keeps_the_page_and_what_was_typed(
    browser: FlaskClient, doors: Doors, state: State
) -> None:
    path, answer = reach(browser, doors, state)
    assert answer.status_code == state.status
    page = Page(answer)
    (switch,) = page.switches
    before = stored()
    form = switch.get("form", "")
    assert {each.form for each in page.fields if each.kind in TYPED} <= {form}, "typed and lost"
    fields = page.of(form) if form else []
    for number, each in enumerate(fields):
        each.fill(number)
    typed = [each for each in fields if each.name not in SIGNED]
    if "formaction" in switch:
        assert fields, "the switch belongs to no form"
        pressed = [*sent(fields), (switch["name"], switch.get("value", ""))]
        posts = switch["name"] == "keep"
        how = {"method": "POST", "data": _many(pressed)} if posts else {"query_string": pressed}
        other = browser.open(switch["formaction"], **how)
    else:
        other = browser.get(urljoin(path, switch["href"]))
    assert other.status_code == 200 or (not form and other.status_code == state.status)
    shown = Page(other)
    assert (page.lang, shown.lang) == ("zh-CN", "en")
    names = {each.name for each in typed}
    kept = [each for each in shown.of(form) if each.name in names]
    hidden = {each.name for each in typed if each.kind == "password"}
    for each in typed:
        each.value = "" if each.name in hidden else each.value
    assert sorted(sent(kept)) == sorted(sent(typed))
    assert stored() == before, "the switch stored something"


def _many(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


@pytest.mark.parametrize("state", ORGANISERS, ids=[each.id for each in ORGANISERS])
def test_enter_in_a_field_never_presses_the_switch(
    browser: FlaskClient, doors: Doors, state: State
) -> None:
    page = Page(reach(browser, doors, state)[1])
    for each in page.fields:
        assert page.first_buttons.get(each.form, {}).get("class") != "language"


def test_the_switch_beside_a_finished_count_leads_to_the_round(
    signed_in: FlaskClient, district: District, keys: Path, set_clock: SetClock
) -> None:
    set_clock(DURING)
    ended = factories.open_survey(keys, district, ends=START + timedelta(minutes=30))
    factories.answer(keys, ended, "c1", {"overall": "satisfied"}, 6, now=START)
    here = f"/desk/rounds/{ended.id}"
    counted = post(signed_in, f"{here}/count", form=here)
    assert [each["href"] for each in Page(counted).switches] == [f"{here}?lang=en"]


def test_no_switch_leaves_the_page_that_alone_shows_the_codes(
    signed_in: FlaskClient, district: District, set_clock: SetClock
) -> None:
    set_clock(DURING)
    draft = factories.draft(district.root, [district.branch], "member-appraisal")
    here = f"/desk/rounds/{draft.id}/codes"
    page = Page(signed_in.get(here))
    rows = {each.name: "8" for each in page.of("typed") if each.kind == "text"}
    slips = post(signed_in, here, rows | {"already": "0"})
    assert "8 张纸条" in slips.get_data(as_text=True)
    assert Page(slips).switches == []


@pytest.mark.parametrize("path", ["/sign-out", "/desk/rounds/1/open", "/v/cast", "/nowhere"])
def test_the_switch_of_an_error_leads_to_no_address_for_forms_alone(
    signed_in: FlaskClient, path: str
) -> None:
    for answer in (signed_in.get(path), signed_in.post(path)):
        if answer.status_code == 303:
            assert signed_in.get(answer.location).status_code in (200, 404)
            continue
        (switch,) = Page(answer).switches
        if answer.status_code >= 400 and "href" in switch:
            assert signed_in.get(urljoin(path, switch["href"])).status_code in (200, 404)
