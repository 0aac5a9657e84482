"""A ballot in a real browser: what stands on it with a script and without."""

from __future__ import annotations

import pytest

from tests.browsing import WITH_AND_WITHOUT, Windows
from tests.house import House, open_ballot

pytestmark = pytest.mark.browser


@WITH_AND_WITHOUT
def test_only_a_script_leads_to_the_next_who_is_open(
    windows: Windows, house: House, script: bool
) -> None:
    _round, code = house.ballot()
    page = windows.open(house.server, script=script)
    page.goto("/v")
    open_ballot(page, code)
    assert page.locator("[data-next]").is_visible() == script
