"""Every page in a pairwise choice of windows, languages and sizes of text; `make pages` has all.

Three looks at a state, one in each window, hold every pair of a state with a window, a language and
a size of text. Which language meets which size of text in which window turns from state to state.
Where a page has a script, a fourth look is one without; it turns through the same pairs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from flask import Flask

from surveys.questionnaires import questionnaire
from tests.helpers.live import ROOT
from tests.looking.pages_site import sites
from tests.looking.pages_states import LANGUAGES, NO_PAGE, SIZES, STATES, ZOOMS, State
from tests.looking.pages_visit import Look, Visitor, visitor

TEMPLATES = ROOT / "templates"
PAIRS = ((0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1), (1, 1, 0))
"""Places in LANGUAGES or ZOOMS, by window: both of them stand in each row."""


def pairwise(number: int, state: State) -> list[Look]:
    """Three looks at a state, or four, the place of which in the table is given."""
    languages, zooms = PAIRS[number % 6], PAIRS[(number + number // 6) * 5 % 6]
    looks = [
        Look(state, size, LANGUAGES[language], ZOOMS[zoom])
        for size, language, zoom in zip(SIZES, languages, zooms, strict=True)
    ]
    return [*looks, replace(looks[number % 3], script=False)] if state.scripted else looks


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with sites(tmp_path_factory.mktemp("pages")) as served, visitor(served) as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.parametrize(
    ("number", "state"), list(enumerate(STATES)), ids=[each.id for each in STATES]
)
def test_a_page_is_well_in_every_state(browser: Visitor, number: int, state: State) -> None:
    wrong = {look.id: browser.look(look) for look in pairwise(number, state)}
    assert not {name: complaints for name, complaints in wrong.items() if complaints}


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_questionnaire_is_well_where_there_is_least_room(
    browser: Visitor, language: str
) -> None:
    wrong = {}
    for name in questionnaire.library():
        state = State("questionnaires.show", name, f"/desk/questionnaires/{name}")
        wrong[name] = browser.look(Look(state, SIZES[0], language, ZOOMS[-1]))
    assert len(wrong) > 20
    assert not {name: complaints for name, complaints in wrong.items() if complaints}


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["open", "kinds", "large-question"])
def test_options_are_as_high_as_a_finger_is_wide(browser: Visitor, kind: str) -> None:
    (state,) = (each for each in STATES if each.id == f"answers.survey-{kind}")
    page = browser.open(Look(state, SIZES[0], "zh", 100)).page
    options = page.locator("label.choice:visible").all()
    heights = [each.evaluate("e => e.getBoundingClientRect().height") for each in options]
    assert len(heights) >= 4
    assert min(heights) >= 48


def test_the_choice_is_pairwise() -> None:
    looks = [look for number, state in enumerate(STATES) for look in pairwise(number, state)]
    sides = [(look.state.id, look.size, look.language, look.zoom) for look in looks]
    values = [[each.id for each in STATES], SIZES, LANGUAGES, ZOOMS]
    for one in range(4):
        for other in range(one):
            met = {(side[one], side[other]) for side in sides}
            assert met == {(a, b) for a in values[one] for b in values[other]}
    bare = [look for look in looks if not look.script]
    assert [look.state for look in bare] == [state for state in STATES if state.scripted]
    for sides, values in (
        ({(look.size, look.language) for look in bare}, (SIZES, LANGUAGES)),
        ({(look.size, look.zoom) for look in bare}, (SIZES, ZOOMS)),
        ({(look.language, look.zoom) for look in bare}, (LANGUAGES, ZOOMS)),
    ):
        assert sides == set(product(*values))


def test_script_and_what_needs_it_stand_on_voters_pages_alone() -> None:
    """`scripted` follows from the first; a button that only a script hears is dead elsewhere."""
    for words, rooms in (("site.js", {"answers"}), ('type="button"', set())):
        holding = [each for each in TEMPLATES.rglob("*.html") if words in each.read_text("utf-8")]
        assert {each.parent.name for each in holding if each.name != "components.html"} == rooms


def test_no_endpoint_is_missing_from_the_table(site: Flask) -> None:
    endpoints = {rule.endpoint for rule in site.url_map.iter_rules()}
    listed = {each.endpoint for each in STATES}
    assert listed | set(NO_PAGE) == endpoints
    assert not listed & set(NO_PAGE)


def test_no_state_stands_twice() -> None:
    assert len({each.id for each in STATES}) == len(STATES)
