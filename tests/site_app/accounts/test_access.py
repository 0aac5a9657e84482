"""Who gets in where: one table of every endpoint, and a test that none is missing from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.plan import document, store
from tests import factories
from tests.conftest import check_house_rules, form_token, sign_in
from tests.factories import DURING, START, District

PLAN = "2026年示范区工作要点\n一、示范部分\n1.示范条目。示范内容。\n"

# A path with the numbers of the rounds below; the status for: nobody, the organiser of one
# community (who has rounds of her own, and none of these), the organiser of the district.
# 303 leads to the sign-in page. Rounds: {draft}, {open}, {closed} and {public} are the district's.
GET = [
    ("plan.home", "/", 200, 200, 200),
    ("plan.year", "/plan/2026", 200, 200, 200),
    ("plan.item", "/plan/2026/1", 200, 200, 200),
    ("plan.edit", "/desk/plan/2026/1", 303, 404, 200),
    ("plan.upload", "/desk/plan/import", 303, 404, 200),
    ("answers.survey", "/s/{open}/c1", 200, 200, 200),
    ("answers.survey", "/s/{draft}/c1", 200, 200, 200),
    ("answers.survey", "/s/{open}/nowhere", 404, 404, 404),
    ("answers.enter", "/v", 200, 200, 200),
    ("accounts.sign_in", "/sign-in", 200, 200, 200),
    ("accounts.sign_in_by_link", "/sign-in/forged", 403, 403, 403),
    ("results.index", "/results", 200, 200, 200),
    ("results.show", "/results/{public}", 200, 200, 200),
    ("results.show", "/results/{closed}", 404, 404, 404),
    ("results.show", "/results/{open}", 404, 404, 404),
    ("results.how", "/results/{public}/c1/how", 200, 200, 200),
    ("results.how", "/results/{closed}/c1/how", 404, 404, 404),
    ("results.how", "/results/{persons}/p1/how", 404, 404, 404),
    ("results.archive", "/results/{public}/archive.json", 200, 200, 200),
    ("results.archive", "/results/{closed}/archive.json", 404, 404, 404),
    ("units.show", "/units/c1", 200, 200, 200),
    ("results.desk", "/desk/rounds/{closed}/results", 303, 404, 200),
    ("results.desk_how", "/desk/rounds/{closed}/results/c1/how", 303, 404, 200),
    ("results.desk_how", "/desk/rounds/{persons}/results/p1/how", 303, 404, 200),
    ("results.desk_archive", "/desk/rounds/{closed}/results/archive.json", 303, 404, 200),
    ("results.csv", "/desk/rounds/{closed}/results/scores.csv", 303, 404, 200),
    ("results.meeting", "/desk/rounds/{persons}/meeting", 303, 404, 200),
    ("results.persons", "/desk/rounds/{persons}/persons", 303, 404, 200),
    ("results.person", "/desk/rounds/{persons}/persons/p1", 303, 404, 200),
    ("rounds.desk", "/desk", 303, 200, 200),
    ("questionnaires.index", "/desk/questionnaires", 303, 200, 200),
    ("questionnaires.show", "/desk/questionnaires/partners", 303, 200, 200),
    ("rounds.new", "/desk/rounds/new", 303, 200, 200),
    ("rounds.show", "/desk/rounds/{open}", 303, 404, 200),
    ("rounds.edit", "/desk/rounds/{draft}/edit", 303, 404, 200),
    ("rounds.rules", "/desk/rounds/{draft}/rules", 303, 404, 200),
    ("rounds.rules", "/desk/rounds/{open}/rules", 303, 404, 200),
    ("rounds.count", "/desk/rounds/{ended}/count", 303, 404, 200),
    ("rounds.codes", "/desk/rounds/{coded}/codes", 303, 404, 200),
    ("rounds.poster", "/desk/rounds/{open}/poster/c1", 303, 404, 200),
    ("rounds.posters", "/desk/rounds/{open}/posters", 303, 404, 200),
    ("rounds.protocol", "/desk/rounds/{closed}/protocol", 303, 404, 200),
    ("accounts.audit", "/desk/audit", 303, 200, 200),
    ("composites.published", "/composites", 200, 200, 200),
    ("composites.public", "/composites/{stars}", 200, 200, 200),
    ("composites.public", "/composites/{uncounted}", 404, 404, 404),
    ("composites.public_subject", "/composites/{stars}/subjects/c1", 200, 200, 200),
    ("composites.public_subject", "/composites/{uncounted}/subjects/c1", 404, 404, 404),
    ("composites.json", "/composites/{stars}/composite.json", 200, 200, 200),
    ("composites.json", "/composites/{uncounted}/composite.json", 404, 404, 404),
    ("composites.index", "/desk/composites", 303, 200, 200),
    ("composites.new", "/desk/composites/new", 303, 200, 200),
    ("composites.show", "/desk/composites/{uncounted}", 303, 404, 200),
    ("composites.edit", "/desk/composites/{uncounted}/edit", 303, 404, 200),
    ("composites.signed", "/desk/composites/{uncounted}/figures/rooms", 303, 404, 200),
    ("composites.signed", "/desk/composites/{uncounted}/figures/residents", 303, 404, 404),
    ("composites.figures_csv", "/desk/composites/{uncounted}/figures/rooms.csv", 303, 404, 200),
    ("composites.subject", "/desk/composites/{uncounted}/subjects/c1", 303, 404, 200),
    ("composites.desk_json", "/desk/composites/{stars}/composite.json", 303, 404, 200),
    ("composites.desk_json", "/desk/composites/{uncounted}/composite.json", 303, 404, 404),
    ("composites.csv", "/desk/composites/{stars}/scores.csv", 303, 404, 200),
    ("roster.units", "/desk/units", 303, 200, 200),
    ("roster.people", "/desk/people", 303, 200, 200),
    ("roster.unit", "/desk/units/c2", 303, 404, 200),
    ("roster.person", "/desk/people/{beyond}", 303, 404, 200),
    ("roster.units_csv", "/desk/units.csv", 303, 200, 200),
    ("roster.people_csv", "/desk/people.csv", 303, 200, 200),
    ("help.index", "/help", 200, 200, 200),
    ("help.residents", "/help/residents", 200, 200, 200),
    ("help.members", "/help/members", 200, 200, 200),
    ("help.organisers", "/help/organisers", 200, 200, 200),
    ("help.scoring", "/help/scoring", 200, 200, 200),
    ("help.closing", "/help/closing", 200, 200, 200),
    ("help.components", "/help/components", 404, 404, 404),
    ("static", "/static/site.css", 200, 200, 200),
]

# What an organiser of another place must not reach by a form, whatever it says.
POST = [
    ("rounds.show", "/desk/rounds/{open}", 303, 404, 200),
    ("results.desk", "/desk/rounds/{persons}/results", 303, 404, 200),
    ("composites.subject", "/desk/composites/{uncounted}/subjects/c1", 303, 404, 200),
    ("rounds.open_", "/desk/rounds/{draft}/open", 303, 404, 303),
    ("rounds.delay", "/desk/rounds/{open}/delay", 303, 404, None),
    ("rounds.abandon", "/desk/rounds/{open}/abandon", 303, 404, None),
    ("rounds.publish", "/desk/rounds/{closed}/publish", 303, 404, None),
    ("rounds.pledge", "/desk/rounds/{public}/pledge", 303, 404, None),
    ("rounds.void", "/desk/rounds/{coded}/void", 303, 404, None),
    ("results.decide", "/desk/rounds/{persons}/results/p1/grade", 303, 404, None),
    ("accounts.sign_in", "/sign-in", 403, 403, 403),
    ("plan.edit", "/desk/plan/2026/1", 303, 404, None),
    ("plan.upload", "/desk/plan/import", 303, 404, None),
    ("results.decide", "/desk/rounds/{closed}/results/c1/grade", 303, 404, None),
    ("composites.new", "/desk/composites/new", 303, None, None),
    ("composites.edit", "/desk/composites/{uncounted}/edit", 303, 404, None),
    ("composites.signed", "/desk/composites/{uncounted}/figures/rooms", 303, 404, None),
    ("composites.deduct", "/desk/composites/{uncounted}/subjects/c1/deductions", 303, 404, 422),
    (
        "composites.undeduct",
        "/desk/composites/{uncounted}/subjects/c1/deductions/9999/remove",
        *(303, 404, 404),
    ),
    ("composites.decide", "/desk/composites/{uncounted}/subjects/c1/grade", 303, 404, None),
    ("composites.compute", "/desk/composites/{uncounted}/compute", 303, 404, None),
    ("composites.publish", "/desk/composites/{uncounted}/publish", 303, 404, None),
    ("composites.discard", "/desk/composites/{uncounted}/discard", 303, 404, None),
    ("roster.units", "/desk/units", 303, 422, 422),
    ("roster.people", "/desk/people", 303, 422, 422),
    ("roster.unit", "/desk/units/c2", 303, 404, None),
    ("roster.person", "/desk/people/{beyond}", 303, 404, None),
    ("rounds.new", "/desk/rounds/new", 303, None, None),
    ("rounds.edit", "/desk/rounds/{draft}/edit", 303, 404, None),
    ("rounds.rules", "/desk/rounds/{draft}/rules", 303, 404, None),
    ("rounds.codes", "/desk/rounds/{coded}/codes", 303, 404, None),
    ("rounds.count", "/desk/rounds/{ended}/count", 303, 404, None),
    ("answers.survey", "/s/{open}/c1", 400, 400, 400),
    ("answers.enter", "/v", 400, 400, 400),
    ("answers.review", "/v/review", 400, 400, 400),
    ("answers.cast", "/v/cast", 400, 400, 400),
    ("accounts.sign_out", "/sign-out", 303, 303, 303),
]


@pytest.fixture
def numbers(
    site: Flask, district: District, keys: Path, set_clock: Callable[[datetime], None]
) -> dict[str, int]:
    """One round in each state, all of them the district's; the clock stands while one is open."""
    store.store(document.parse(PLAN, None), None, replace=False)
    early = START + timedelta(minutes=30)
    beyond = factories.person("z1", "示例", district.third)
    draft = factories.draft(district.root, [district.first])
    coded = factories.draft(district.root, [district.branch], "member-appraisal")
    factories.codes(keys, coded, district.branch, 8)
    still_open = factories.open_survey(keys, district)
    ended = factories.open_survey(keys, district, ends=early)
    closed = factories.closed(keys, factories.open_survey(keys, district, ends=early), DURING)
    public = factories.published(keys, factories.open_survey(keys, district, ends=early))
    appraisal, _ = factories.open_appraisal(keys, district, ends=early)
    persons = factories.published(keys, appraisal)
    set_clock(DURING)
    return {
        "beyond": beyond.id,
        "draft": draft.id,
        "coded": coded.id,
        "open": still_open.id,
        "ended": ended.id,
        "closed": closed.id,
        "public": public.id,
        "persons": persons.id,
        "uncounted": factories.composite(district, closed).id,
        "stars": factories.composite(district, public, public=True).id,
    }


@pytest.fixture
def browsers(site: Flask, district: District) -> list[FlaskClient]:
    """Nobody, the organiser of one community, the organiser of the district."""
    return [
        site.test_client(),
        sign_in(site, district.community_organiser),
        sign_in(site, district.organiser),
    ]


def test_every_page_opens_for_whom_it_is_and_for_nobody_else(
    numbers: dict[str, int], browsers: list[FlaskClient]
) -> None:
    for endpoint, path, *expected in GET:
        for browser, status in zip(browsers, expected, strict=True):
            answer = browser.get(path.format(**numbers))
            assert answer.status_code == status, f"{endpoint} {path}"
            if status == 303:
                assert answer.headers["Location"].startswith("/sign-in")
            elif answer.mimetype == "text/html":
                check_house_rules(answer.get_data(as_text=True))
            answer.close()


def test_every_form_is_refused_to_whom_it_is_not(
    numbers: dict[str, int], browsers: list[FlaskClient]
) -> None:
    for endpoint, path, *expected in POST:
        for browser, status in zip(browsers, expected, strict=True):
            if status is None:
                continue
            token = form_token(browser.get("/sign-in"))
            sent = {"csrf_token": token, "clock_is_right": "yes"}
            answer = browser.post(path.format(**numbers), data=sent)
            assert answer.status_code == status, f"{endpoint} {path}"
            if status == 303 and endpoint != "rounds.open_":
                assert answer.headers["Location"].startswith("/sign-in")


def test_every_form_of_an_organiser_needs_its_token(
    numbers: dict[str, int], browsers: list[FlaskClient]
) -> None:
    for endpoint, path, *_ in POST:
        if not endpoint.startswith("answers."):
            assert browsers[2].post(path.format(**numbers)).status_code == 400, endpoint


def test_no_endpoint_is_missing_from_the_table(site: Flask) -> None:
    listed = {("GET", endpoint) for endpoint, *_ in GET}
    listed |= {("POST", endpoint) for endpoint, *_ in POST}
    known = {
        (method, rule.endpoint)
        for rule in site.url_map.iter_rules()
        for method in rule.methods or ()
        if method in ("GET", "POST")
    }
    assert known == listed
