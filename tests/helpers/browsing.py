"""A real browser for tests: its windows, and what it says on its console in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.helpers.live import Server

PHONE: ViewportSize = {"width": 360, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
NARROWEST: ViewportSize = {"width": 320, "height": 256}
"""What is left of 1280 × 1024 at 400 %."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SHOWS_FOCUS = """() => {
  const at = document.activeElement;
  const drawn = at.matches(".choice input") ? at.nextElementSibling : at;
  return getComputedStyle(drawn).outlineStyle !== "none";
}"""
WITH_AND_WITHOUT = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


@contextmanager
def started() -> Iterator[Browser]:
    """Debian's chromium for the length of a block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Windows:
    """Opens windows, each of a reader of its own, and keeps what the browser complains about."""

    chromium: Browser
    complaints: list[str] = field(default_factory=list)

    def open(self, server: Server, size: ViewportSize = PHONE, script: bool = True) -> Page:
        """A new window on a server's site."""
        context = self.chromium.new_context(
            viewport=size,
            java_script_enabled=script,
            locale="zh-CN",
            base_url=f"http://127.0.0.1:{server.port}",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


def no_sideways_scroll(page: Page) -> None:
    """The page is no wider than its window."""
    assert page.viewport_size
    width = page.locator("html").evaluate("root => root.scrollWidth")
    assert width <= page.viewport_size["width"]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until something is focused; each stop on the way must be seen."""
    for _ in range(400):
        page.keyboard.press("Tab")
        assert page.evaluate(SHOWS_FOCUS), page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("wish => document.activeElement.matches(wish)", selector):
            return
    raise AssertionError(f"no key leads to {selector}")
