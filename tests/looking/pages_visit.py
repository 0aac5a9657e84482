"""Goes to a page in a state, in a window, a language and a size of text, and says what is wrong.

Text of 200 % is the browser's own setting, its default size of type, set through the DevTools
protocol: units and media queries in em follow it as they do when a reader sets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, CDPSession, FilePayload, Page, Route

from site_app.accounts import guards
from tests.helpers import browsing
from tests.looking.pages_site import Doors
from tests.looking.pages_states import MAGNIFIED, State

LOCALES = {"zh": "zh-CN", "en": "en"}
USUAL_TYPE = 16
SMALLEST = 16
"""Pixels, on pages of residents and members, which is all that need no sign-in; not when magnified:
a pixel is then four."""

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
CHECKS = (Path(__file__).parent / "pages_checks.js").read_text("utf-8")
RUN_AXE = """async () => {
  // What sticks covers something wherever one has scrolled to; axe is to see the page without.
  const stick = (how) =>
    document.querySelectorAll(".tally").forEach((each) => { each.style.position = how; });
  stick("static");
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const done = await axe.run(document, {
    runOnly: tags, rules: {"color-contrast-enhanced": {enabled: true}},
    resultTypes: ["violations"], iframes: false, preload: false,
  });
  stick("");
  return done.violations.flatMap((each) => each.nodes.slice(0, 5).map((node) =>
    `axe ${each.id}: ${node.target.join(" ")} ${(node.any[0] || {message: each.help}).message}`));
}"""
HIDDEN = re.compile(r'name="(csrf_token|token|already|version|revision)" value="([^"]*)"')


@dataclass(frozen=True)
class Look:
    """One way of looking at a state; `script` is whether the browser runs any."""

    state: State
    size: tuple[int, int]
    language: str
    zoom: int
    script: bool = True

    @property
    def id(self) -> str:
        """How a report names it."""
        width, height = self.size
        bare = "" if self.script else " without script"
        return f"{self.state.id} {width}×{height} {self.language} {self.zoom} %{bare}"


@dataclass
class Window:
    """A page of the browser that is used again, and what it complained about."""

    page: Page
    protocol: CDPSession
    said: list[str] = field(default_factory=list)

    def runs_script(self, runs: bool) -> None:
        """Switch script on, or off as a reader does in the settings."""
        self.protocol.send("Emulation.setScriptExecutionDisabled", {"value": not runs})


@dataclass
class Visitor:
    """A browser with a window for each reader: signed in or not, Chinese or English."""

    chromium: Browser
    sites: dict[str, Doors]
    windows: dict[tuple[str, bool, str], Window] = field(default_factory=dict)

    def look(self, look: Look) -> list[str]:
        """Everything that is wrong with a page."""
        window = self.open(look)
        window.page.evaluate(
            "document.querySelectorAll('details').forEach((e) => { e.open = true; })"
        )
        window.page.evaluate(AXE)
        wrong: list[str] = window.page.evaluate(RUN_AXE)
        window.page.keyboard.press("Tab")
        exempt = look.state.organiser or look.size == MAGNIFIED
        smallest = 0 if exempt else SMALLEST * look.zoom / 100
        wrong += window.page.evaluate(CHECKS, smallest)
        return wrong + self._said(window, look.state)

    def open(self, look: Look) -> Window:
        """Go to the page; its window."""
        state, site = look.state, self.sites[look.state.site]
        window = self._window(state, look.language)
        page = window.page
        if not state.organiser:
            page.context.clear_cookies()
        for name, value in state.cookies.items():
            key = name.format(**site.names)
            page.context.add_cookies([{"name": key, "value": value, "url": site.url}])
        width, height = look.size
        page.set_viewport_size({"width": width, "height": height})
        sizes = {"standard": USUAL_TYPE * look.zoom // 100, "fixed": 13 * look.zoom // 100}
        window.protocol.send("Page.setFontSizes", {"fontSizes": sizes})
        window.runs_script(look.script)
        # Away from a half-filled sheet first: what the browser says of leaving is not the page's.
        page.goto("about:blank")
        window.said.clear()
        address = site.url + site.said(state.path)
        if state.uploaded:
            self._upload(page, address, state)
        elif state.sent is not None:
            self._send(page, address, state, site)
        else:
            self._expect(page.goto(address), state)
        # The page has come without; what looks at it is script itself.
        window.runs_script(True)
        return window

    def _expect(self, response: Any, state: State) -> None:
        assert response is not None
        assert response.status == state.status, f"{state.id}: {response.status}"

    def _send(self, page: Page, address: str, state: State, site: Doors) -> None:
        form = site.filled_in(state.sent or {})
        known = page.context.request.get(address)
        if state.organiser and not known.ok:
            # Nothing to see at that address; the token of any page is as good.
            known = page.context.request.get(f"{site.url}/sign-in")
        hidden = {name: value for name, value in HIDDEN.findall(known.text()) if name not in form}
        body = urlencode(hidden | form)

        def post(route: Route) -> None:
            kind = {"content-type": "application/x-www-form-urlencoded"}
            route.continue_(method="POST", post_data=body, headers=route.request.headers | kind)

        page.route(address, post, times=1)
        self._expect(page.goto(address), state)

    def _upload(self, page: Page, address: str, state: State) -> None:
        page.goto(address)
        file = FilePayload(name="file.txt", mimeType="text/plain", buffer=state.uploaded.encode())
        page.locator("input[type=file]").first.set_input_files([file])
        with page.expect_navigation() as navigation:
            page.locator("main form:has(input[type=file]) button").first.click()
        self._expect(navigation.value, state)

    def _said(self, window: Window, state: State) -> list[str]:
        """What the browser said, less that the status is the one that was expected."""
        status = f"the server responded with a status of {state.status}"
        return [f"console: {each}" for each in window.said if status not in each]

    def _window(self, state: State, language: str) -> Window:
        key = (state.site, state.organiser, language)
        if key not in self.windows:
            self.windows[key] = self._new_window(*key)
        return self.windows[key]

    def _new_window(self, site: str, organiser: bool, language: str) -> Window:
        doors = self.sites[site]
        context = self.chromium.new_context(locale=LOCALES[language])
        if organiser:
            context.add_cookies(
                [{"name": guards.COOKIE, "value": doors.cookie(), "url": doors.url}]
            )
        page = context.new_page()
        window = Window(page, context.new_cdp_session(page))
        page.on("console", lambda message: window.said.append(message.text))
        page.on("pageerror", lambda error: window.said.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        return window


@contextmanager
def visitor(sites: dict[str, Doors]) -> Iterator[Visitor]:
    """A browser for the length of a block."""
    with browsing.started() as browser:
        yield Visitor(browser, sites)
