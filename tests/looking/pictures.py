"""`make pictures`: every page in every state, as a picture, into docs/pictures.

In every window and both languages; `index.html` there shows them side by side, to be looked at.
Words given on the command line choose the states whose names contain one of them; the word `readme`
alone takes the README's pictures anew.
"""

from __future__ import annotations

import html
import itertools
import sys
import tempfile
from pathlib import Path

from tests.helpers.live import ROOT
from tests.looking.pages_site import sites
from tests.looking.pages_states import LANGUAGES, SIZES, STATES, State
from tests.looking.pages_visit import Look, visitor

FOLDER = ROOT / "docs" / "pictures"
README = {
    "readme-ballot": (
        State("answers.enter", "ballot", "/v", sent={"code": "{code}"}, site="demo"),
        *((390, 760), ".ballot"),
    ),
    "readme-result": (
        State("results.show", "full", "/results/{public}", site="demo"),
        *((1100, 900), "h2"),
    ),
}
"""By file: a state, a window, and what stands at the top of it."""
SHOW = """element => {
  document.documentElement.style.scrollPadding = "1rem";
  element.scrollIntoView();
}"""
TALLEST = 4000
"""Pixels: what stands below looks like what stands above."""


def main(words: list[str]) -> None:
    """Take the pictures, and write the sheet that shows them."""
    if words == ["readme"]:
        return readme()
    states = [each for each in STATES if not words or any(word in each.id for word in words)]
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        sites(Path(folder)) as served,
        visitor(served) as browser,
    ):
        for number, state in enumerate(states, 1):
            for size, language in itertools.product(SIZES, LANGUAGES):
                page = browser.open(Look(state, size, language, 100)).page
                height = page.evaluate("document.documentElement.scrollHeight")
                clip = {"x": 0, "y": 0, "width": size[0], "height": min(height, TALLEST)}
                path = FOLDER / name(state, size, language)
                page.screenshot(path=path, full_page=True, clip=clip)
            if number % 10 == 0 or number == len(states):
                print(f"{number} of {len(states)} states", flush=True)
    (FOLDER / "index.html").write_text(sheet(states), "utf-8")
    print(f"{FOLDER.relative_to(ROOT)}/index.html shows them.")


def readme() -> None:
    """Take the README's pictures of the demonstration: what a window shows of a page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sites(Path(folder)) as served,
        visitor(served) as browser,
    ):
        for file, (state, size, top) in README.items():
            page = browser.open(Look(state, size, "zh", 100)).page
            page.locator(top).first.evaluate(SHOW)
            page.screenshot(path=FOLDER / f"{file}.png")


def name(state: State, size: tuple[int, int], language: str) -> str:
    """The file of a picture."""
    return f"{state.id}-{size[0]}-{language}.png"


def sheet(states: list[State]) -> str:
    """A page with all pictures of a state in a row."""
    rows = [
        f"<h2>{html.escape(state.id)}</h2><p>"
        + " ".join(
            f'<img loading="lazy" height="480" alt="" src="{name(state, size, language)}">'
            for size, language in itertools.product(SIZES, LANGUAGES)
        )
        for state in states
    ]
    return "<!doctype html><meta charset=utf-8><title>Pictures</title>" + "\n".join(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
