"""A site served for a whole file of tests in the browser; each test opens a round of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page

from site_app import clock, create_app, storage
from surveys.db import database
from surveys.models import Person, Round
from tests import factories
from tests.helpers import live

NAMES = ("示" * 40, "甲", "示例㑇𬱖", "示例提·示范江", "示例同名", "示例同名", "示例某", "示例某某")
"""Names as they come: long, short, rare, and twice."""


@dataclass
class House:
    """What is served: the keys, a district, the server."""

    keys: Path
    district: factories.District
    server: live.Server

    def opened(self, draft: Round) -> Round:
        """Open a draft for the hours around this moment."""
        now = clock.now()
        times = {"opens_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
        Round.update(**times).where(Round.id == draft.id).execute()
        return factories.opened(self.keys, Round.get_by_id(draft.id), now)

    def survey(self) -> Round:
        """A residents' survey."""
        return self.opened(factories.draft(self.district.root, [self.district.first]))

    def ballot(self, listed: tuple[str, ...] = ()) -> tuple[Round, str]:
        """A ballot about the branch's eight, or those who are listed, and one of its codes."""
        form = "cadre-appraisal" if listed else "member-appraisal"
        place = self.district.first if listed else self.district.branch
        draft = factories.draft(self.district.root, [place], form, listed=listed)
        code = factories.codes(self.keys, draft, place, 8)[0]
        return self.opened(draft), code


@contextmanager
def served(folder: Path) -> Iterator[House]:
    """A house whose site keeps everything in a folder, for the length of a block."""
    with create_app({"INSTANCE_DIR": str(folder)}).app_context():
        storage.upgrade()
        district = factories.District()
        for person, name in zip(Person.select().order_by(Person.code), NAMES, strict=True):
            Person.update(name=name).where(Person.id == person.id).execute()
        with live.running(live.Server(folder)) as server:
            yield House(storage.keys(), district, server)
        database.close()


def open_ballot(page: Page, code: str, large: str = "") -> None:
    """Send a code, and begin where large type asks for it."""
    page.get_by_label("测评码").fill(code)
    page.get_by_role("button", name="打开").click()
    if large:
        page.get_by_role("button", name="开始填写").click()
    page.locator(".person").first.wait_for()
