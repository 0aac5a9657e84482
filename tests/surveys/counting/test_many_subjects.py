"""Many subjects: a sheet about three hundred; a round of five thousand, and pages about it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys.counting import tally
from surveys.models import Round, Subject, Unit
from tests import factories
from tests.conftest import check_house_rules, sign_in
from tests.factories import AFTER, DURING, District
from tests.helpers.answering import SetClock, lines, stored, text_of

MANY = 5000
MOST = 300_000
MOST_ON_THE_WAY = 60_000
"""Bytes of a page, compressed by what stands before the site."""
SATISFIED, DISSATISFIED = 1, 3


def counted_in_memory(_keys: Path, round_: Round) -> Iterator[tally.Count]:
    """A count as if each community had had nine residents; some fewer, which hides them."""
    count = tally.Count()
    group = factories.group(round_).id
    for place, subject in enumerate(Subject.select().where(Subject.round == round_)):
        if subject.rated:
            ballots = 9 if place % 50 else 3
            count.ballots[subject.id, group] = ballots
            for column in range(6):
                count.answers[(subject.id, group), column, SATISFIED] = ballots - 2
                count.answers[(subject.id, group), column, DISSATISFIED] = 2
    yield count


@pytest.fixture
def round_of_thousands(keys: Path, district: District) -> Round:
    """An open round about five thousand communities."""
    rows = [
        {
            "code": f"n{number:04}",
            "name": f"示范第{number:04}社区居民委员会",
            "kind": "community",
            "parent": district.subdistrict,
        }
        for number in range(MANY)
    ]
    for start in range(0, MANY, 500):
        Unit.insert_many(rows[start : start + 500]).execute()
    chosen = list(Unit.select().where(Unit.code.startswith("n")))
    return factories.opened(keys, factories.draft(district.root, chosen, title="示范大调查"))


def light(browser: FlaskClient, *paths: str) -> None:
    """Each page is a good page, and no heavier than a phone can bear."""
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert len(answer.data) < MOST, f"{path}: {len(answer.data):,} bytes"
        check_house_rules(answer.get_data(as_text=True))


def test_a_sheet_about_three_hundred_is_light_and_sent_in_one_go(
    client: FlaskClient, keys: Path, district: District, set_clock: SetClock
) -> None:
    listed = [f"示例对象{number}" for number in range(300)]
    draft = factories.draft(district.root, [district.first], "cadre-appraisal", listed=listed)
    code = factories.codes(keys, draft, district.first, 9)[0]
    round_ = factories.opened(keys, draft)
    set_clock(DURING)
    sheet = text_of(client.post("/v", data={"code": code}))
    assert len(gzip.compress(sheet.encode())) < MOST_ON_THE_WAY
    sent = {"code": code, **dict.fromkeys(lines(sheet), "competent")}
    assert len(sent) == 1 + 300 * 6
    review = client.post("/v/review", data=sent)
    assert "称职 <b>300</b>" in text_of(review)
    assert client.post("/v/cast", data=sent).status_code == 200
    assert stored(round_) == 300


@pytest.mark.slow
def test_pages_of_a_round_of_thousands_are_paged_and_light(
    keys: Path,
    round_of_thousands: Round,
    site: Flask,
    district: District,
    monkeypatch: pytest.MonkeyPatch,
    set_clock: Callable[..., None],
) -> None:
    Round.update(state="draft", needs_codes=True).execute()
    light(sign_in(site, district.organiser), f"/desk/rounds/{round_of_thousands.id}/codes?page=25")
    Round.update(state="open", needs_codes=False).execute()
    desk, here = f"/desk/rounds/{round_of_thousands.id}", f"/results/{round_of_thousands.id}"
    set_clock(DURING)
    browser = sign_in(site, district.organiser)
    light(browser, desk, f"{desk}?papers=100&doors=100")
    set_clock(AFTER)
    browser = sign_in(site, district.organiser)
    light(browser, desk, f"{desk}/count", f"{desk}/count?page=100")
    monkeypatch.setattr(tally, "counting", counted_in_memory)
    factories.published(keys, round_of_thousands)
    last = (MANY + 2) // 50 + 1
    light(
        browser,
        here,
        f"{here}?page={last}",
        f"{here}/n0007/how",
        f"{here}/n0049/how",
        f"{desk}/results",
        f"{desk}/results?page={last}",
        f"{desk}/results/n0007/how",
        desk,
        "/results",
        "/desk",
        "/units/n0007",
    )
    assert browser.get(f"{here}?page={last + 1}").status_code == 404
