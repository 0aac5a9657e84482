"""The site as it is served, except that its clock stands still: pages look the same every day."""

from __future__ import annotations

from site_app import clock, create_app
from tests.factories import DURING

clock.now = lambda: DURING
app = create_app()
