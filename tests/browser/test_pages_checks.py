"""What `make pages` complains of: a page with each fault is complained of, one without is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.helpers import browsing
from tests.looking.pages_visit import CHECKS

pytestmark = pytest.mark.browser

LINK = "<a href='#'>示范链接</a>"
TEXTS = "<style>p {{ margin: 0; font: 16px/1.2 sans-serif }} {} </style><p>一</p><p>{}</p>"
HIGHER = "p + p { margin-top: -10px; position: relative }"
DRAWN = "<svg width='200' height='40'>{}<text x='10' y='25' fill='{}'>示范</text></svg>"
DARK = "<rect width='200' height='40' fill='#222'/>"
WRONG = [
    ("scrolls sideways", "<div style='width: 3000px'>示范</div>"),
    ("outside of", "<p style='width: 20px; border: 1px solid; white-space: nowrap'>示范示范</p>"),
    ("12.0 px", "<p style='font-size: 12px'>示范</p>"),
    ("focus is not shown", "<style>:focus { outline: 0 }</style>" + LINK),
    ("focus is not shown", "<style>:focus { outline: 3px solid transparent }</style>" + LINK),
    ("focus is not shown", "<style>:focus { outline: 3px solid #ddd }</style>" + LINK),
    ("contrast 1.4", DRAWN.format("", "#ddd")),
    ("contrast 1.2", DRAWN.format(DARK, "#111")),
    ("contrast 1.0", DRAWN.format("", "transparent")),
    ("“一” and “二” stand on each other", TEXTS.format(HIGHER, "二")),
    ("“一” and p stand on each other", TEXTS.format(HIGHER + "p { border: 1px solid }", "<br>二")),
]
WELL = {
    "focus": "<style>:focus { outline: 3px solid #222; outline-offset: 2px }</style>" + LINK,
    "focus on a dark ground": "<style>body { background: #222 } a { color: #fff }"
    ":focus { outline: 3px solid #fff }</style>" + LINK,
    "drawing": DRAWN.format("", "#222"),
    "drawing on a dark shape": DRAWN.format(DARK, "#fff"),
    "a shape drawn later": DRAWN.format("", "#222").replace("</svg>", DARK + "</svg>"),
    "lines close to each other": TEXTS.format("", "二"),
    "text within a text": "<p>一<b style='margin-left: -8px'>二</b></p>",
    "what is read aloud only": TEXTS.format(
        HIGHER + "p + p { position: absolute; width: 1px; overflow: hidden }", "二"
    ),
    "what sticks": TEXTS.format(HIGHER + "p + p { position: sticky }", "二"),
    "what a frame scrolls away": "<div style='display: flex'><div style='overflow-x: auto;"
    " width: 90px; white-space: nowrap'>一一一一一一一一一一</div><div>二</div></div>",
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browsing.started() as browser:
        yield browser.new_page()


def complaints(page: Page, body: str) -> list[str]:
    page.set_content(f"<!doctype html><html lang=zh-CN><body>{body}")
    found: list[str] = page.evaluate(CHECKS, 16)
    return found


@pytest.mark.parametrize(("words", "body"), WRONG)
def test_a_fault_is_complained_of(page: Page, words: str, body: str) -> None:
    found = complaints(page, body)
    assert [each for each in found if each.startswith(words)] == found != []


@pytest.mark.parametrize("body", WELL.values(), ids=list(WELL))
def test_what_is_well_is_not(page: Page, body: str) -> None:
    assert complaints(page, body) == []
