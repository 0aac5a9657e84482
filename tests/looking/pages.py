"""`make pages`: every page in every state, window, language and size of text.

Once more without script, and magnified to 400 %.

Words given on the command line choose the states whose names contain one of them.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Error

from tests.looking.pages_site import sites
from tests.looking.pages_states import LANGUAGES, MAGNIFIED, SIZES, STATES, ZOOMS, State
from tests.looking.pages_visit import Look, Visitor, visitor


def main(words: list[str]) -> int:
    """Look at everything; the exit code says whether all of it is well."""
    states = [each for each in STATES if not words or any(word in each.id for word in words)]
    looks = [each for state in states for each in looks_at(state)]
    wrong: dict[str, list[str]] = defaultdict(list)
    start = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        sites(Path(folder)) as served,
        visitor(served) as browser,
    ):
        for number, look in enumerate(looks, 1):
            for complaint in complaints(browser, look):
                wrong[f"{look.state.id}: {complaint}"].append(look.id)
            if number % 60 == 0 or number == len(looks):
                print(f"{number} of {len(looks)} looks, {len(wrong)} complaints", flush=True)
    for complaint, where in wrong.items():
        print(f"{complaint}\n    {len(where)} times, first at {where[0].split(' ', 1)[1]}")
    seconds = time.monotonic() - start
    print(f"{len(looks)} looks at {len(states)} states in {seconds:.0f} s: {len(wrong)} complaints")
    return 1 if wrong else 0


def looks_at(state: State) -> list[Look]:
    """Every window, language and size of text; the outer windows without script; 400 %."""
    seen = [Look(state, *each) for each in itertools.product(SIZES, LANGUAGES, ZOOMS)]
    bare = [
        Look(state, size, language, 100, script=False)
        for size, language in itertools.product((SIZES[0], SIZES[-1]), LANGUAGES)
    ]
    return seen + bare + [Look(state, MAGNIFIED, language, 100) for language in LANGUAGES]


def complaints(browser: Visitor, look: Look) -> list[str]:
    """What is wrong with a page; a page that does not come at all is one complaint."""
    try:
        return browser.look(look)
    except (AssertionError, Error) as error:
        return [str(error).splitlines()[0]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
