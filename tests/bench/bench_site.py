"""What the bench runs on: the demonstration, a survey of ten questions, a branch of thirty."""

from __future__ import annotations

import re
import secrets
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from flask import Flask

from site_app import create_app, storage
from site_app.commands import refusals
from site_app.demo import load as demo
from site_app.models import Plan
from surveys import ballots, rounds
from surveys.ballots import seal, urn
from surveys.db import database, writing
from surveys.models import Group, Person, Round, Subject, Unit
from surveys.questionnaires import questionnaire
from tests.bench import load
from tests.helpers.live import Page, Server, is_thanks, up_to_the_last_step, with_code

QUESTIONS = 10
PEOPLE = 30
CODES = 16_000
SLICE = 16
MORE = ("安全", "文化活动", "养老服务", "信息公开")


@dataclass
class Bench:
    """A prepared instance: where it lies, and what is open in it."""

    app: Flask
    folder: Path
    survey: Round
    codes: list[str]

    @property
    def keys(self) -> Path:
        """The folder of its keys."""
        return self.folder / "keys"

    @property
    def pages(self) -> dict[str, str]:
        """The pages whose speed is measured, by name."""
        with self.app.app_context():
            published = Round.select().where(Round.state == "published").order_by(Round.id).get()
            year = Plan.select().order_by(Plan.year.desc()).get().year
        return {
            "questionnaire": f"/s/{self.survey.id}/s1c1",
            "plan item": f"/plan/{year}/3",
            "result": f"/results/{published.id}",
        }


def ten_questions() -> questionnaire.Questionnaire:
    """The shipped survey, with four questions more."""
    file = questionnaire.LIBRARY / "resident-satisfaction.toml"
    document = tomllib.loads(file.read_text("utf-8"))
    document["questions"] += [
        {
            "id": f"more{number}",
            "scale": "satisfaction",
            "text": {"zh": f"您对本社区的{topic}满意吗？", "en": f"Are you satisfied? ({number})"},
        }
        for number, topic in enumerate(MORE)
    ]
    assert len(document["questions"]) == QUESTIONS
    return questionnaire.from_document(document)


def open_round(
    keys: Path, form: questionnaire.Questionnaire, chosen: list[Unit], codes_each: int = 0
) -> tuple[Round, list[str]]:
    """An open round, and its codes."""
    now = datetime.now(UTC).replace(microsecond=0)
    made = rounds.create(form, Unit.get(Unit.parent.is_null()), "示例测评")
    settings = rounds.Settings(
        title="示例测评",
        plan_year=None,
        plan_items=[],
        chosen=[unit.id for unit in chosen],
        weights={},
        opens_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=1),
        needs_codes=form.needs_codes,
        minimum=5,
        sampling=form.rules["sampling"],
    )
    rounds.revise(made, settings, 0)
    made = Round.get_by_id(made.id)
    group = Group.get(Group.round == made)
    given: list[str] = []
    while len(given) < codes_each:
        given += ballots.issue_codes(keys, made, chosen[0], group, ballots.MOST_CODES)
    rounds.open_round(keys, made, now, "示例原因")
    return Round.get_by_id(made.id), given


def prepare(folder: Path) -> Bench:
    """Fill a new instance."""
    app = create_app({"INSTANCE_DIR": str(folder)})
    with app.app_context(), refusals():
        storage.upgrade()
        demo.load(storage.keys(), lambda words: None)
        communities = list(Unit.select().where(Unit.kind.in_(["community", "village"])))
        survey, _ = open_round(folder / "keys", ten_questions(), communities)
        branch = Unit.create(code="bench", name="示例支部", kind="branch", parent=communities[0])
        for number in range(PEOPLE):
            code = f"bench{number}"
            Person.create(code=code, name=f"示例{number}", unit=branch, membership="full")
        appraisal = questionnaire.library()["member-appraisal"]
        _, given = open_round(folder / "keys", appraisal, [branch], CODES)
        database.close()
    Random(1).shuffle(given)
    return Bench(app, folder, survey, given)


def ballot(server: Server, code: str) -> Page:
    """The ballot of thirty, as a code opens it."""
    browser = server.browser()
    door = browser.get("/v")
    typing = door.form()
    return browser.send(door, typing, {typing.texts[0]: code})


def first_of(number: int, values: list[str]) -> str:
    """The first answer to every question."""
    return values[0]


def resident_posts(server: Server, path: str, seconds: float) -> tuple[list[bytes], load.Load]:
    """As many filled-in pages as were fetched in so long, each with its own number."""
    browser = server.browser()
    page, other = browser.get(path), browser.get(path)
    form = page.form()
    fresh = [name for name, value in form.fields.items() if other.form().fields[name] != value]
    assert fresh, "two pages have the same number"
    answer = browser.send(page, form, form.chosen(first_of))
    assert is_thanks(answer), answer.text
    bodies = form.body(form.chosen(first_of))
    fetched = load.drive(server.port, [load.get(path)] * 100_000, 8, seconds, "form", keep=True)
    finders = [
        (form.fields[name], re.compile(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"'))
        for name in fresh
    ]
    posts = []
    for raw in fetched.bodies:
        text, body = raw.decode(), bodies
        for old, finder in finders:
            found = finder.search(text)
            assert found, "a page without its number"
            body = body.replace(old, found[1])
        posts.append(load.post(path, body))
    return posts, fetched


def member_posts(server: Server, given: list[str]) -> list[bytes]:
    """A reviewed sheet for each code: the first code goes the whole way up to the last step."""
    _, sheet = up_to_the_last_step(server.browser(), given[0])
    assert len(sheet.fields) > 4 * PEOPLE, f"only {len(sheet.fields)} lines"
    return [load.post("/v/cast", sheet.body(with_code(sheet, given[0], code))) for code in given]


def subjects(survey: Round) -> list[Subject]:
    """What is rated in a round."""
    rated = Subject.select().where(Subject.round == survey, Subject.rated)
    return list(rated.order_by(Subject.position))


def fill(keys: Path, survey: Round, count: int) -> None:
    """So many sealed ratings about all communities, as `cast` would have written them."""
    chance = Random(count)
    about = [subject.id for subject in subjects(survey)]
    group = Group.get(Group.round == survey)
    cipher = seal.load(keys, survey.id, survey.key_check)
    for part in range(SLICE):
        rows = []
        for _ in range(count // SLICE + (part < count % SLICE)):
            key = bytes([part * 256 // SLICE + chance.randrange(256 // SLICE)])
            key += secrets.token_bytes(15)
            subject = chance.choice(about)
            packed = bytes(chance.choices(range(5), (5, 50, 30, 10, 5), k=QUESTIONS))
            around = ballots.around(survey.id, key, subject, group.id)
            sealed = seal.seal(cipher, packed, around)
            rows.append((key, survey.id, subject, group.id, sealed))
        with writing():
            urn.put(urn.RATING, rows)


def ended(bench: Bench, ratings: int) -> str:
    """A survey that has ended with so many ratings; where the desk counts it."""
    communities = [each.unit for each in subjects(bench.survey)]
    survey, _ = open_round(bench.keys, ten_questions(), communities)
    fill(bench.keys, survey, ratings)
    now = datetime.now(UTC).replace(microsecond=0)
    Round.update(ends_at=now - timedelta(seconds=1)).where(Round.id == survey.id).execute()
    return f"/desk/rounds/{survey.id}/count"
