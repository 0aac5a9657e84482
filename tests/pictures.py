"""`make pictures`: every page that has no form sent to it, as a picture, into docs/pictures.

In every window and both languages; `index.html` there shows them side by side, to be looked at.
Words given on the command line choose the states whose names contain one of them.
"""

from __future__ import annotations

import html
import itertools
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.live import ROOT
from tests.pages_site import sites
from tests.pages_states import LANGUAGES, SIZES, STATES, State
from tests.pages_visit import Look, visitor

FOLDER = ROOT / "docs" / "pictures"
TALLEST = 4000
"""Pixels: what stands below looks like what stands above."""


def main(words: list[str]) -> None:
    """Take the pictures, and write the sheet that shows them."""
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
