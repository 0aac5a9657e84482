"""Pages speak one language: every page of a small site is read for what stands unmarked in another.

On an English page that is anything Chinese; on a Chinese one, two English words in a row.
"""

from __future__ import annotations

import io
import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from site_app.models import Plan, PlanItem, PlanSection
from surveys.models import Composite, Person, Round, Subject, Unit
from surveys.questionnaires import questionnaire
from tests import factories
from tests.conftest import form_token
from tests.factories import DURING, District
from tests.helpers import full_site

# Han, and the punctuation that goes with it.
CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff01-\uff60]")
ENGLISH = re.compile(r"[A-Za-z]{2,}[,.:]? (?!initial)[a-z]{2,}")
FOREIGN = {"en": CHINESE, "zh": ENGLISH}
SPOKEN = ("alt", "aria-label", "aria-description", "placeholder", "title", "content", "label")
VOID = {"meta", "link", "input", "br", "img", "hr", "wbr", "col"}
# What cannot say its own language within: names of people and places may stand there as they are.
PLAIN = {"title", "desc", "option", "textarea"}
NOT_PAGES = {"static", "accounts.sign_in_by_link", "help.components"}
DEPARTMENT = "示范区委组织部"
QUERIES = ("学习", "龙")
UPLOADS = (
    ("units", "编号,名称,类型,上级编号,备注\nc1,甲一新社区,社区,s1,一\nc9,甲九社区,社区,s1,二\n"),
    ("units", "编号,名称,类型,上级编号\nc9,甲九示范社区,小区,没有\n甲,,社区,c1\n"),
    ("units", "编号,名称\n"),
    ("people", "编号,姓名,所在单位编号,党员身份,流动\np1,示例党员1,b1,预备党员,是\n"),
    ("people", "编号,姓名,所在单位编号,党员身份,流动\np1,示例党员1,没有,群,嗯\n"),
    ("plan/import", full_site.PLAN.replace("修好", "换掉").replace("3.", "5.")),
    ("plan/import", "没有要点"),
)

SetClock = Callable[[datetime], None]
Send = Callable[..., str]


class Found(NamedTuple):
    """A foreign text, and whether markup could have said so."""

    text: str
    markable: bool


class Foreign(HTMLParser):
    """Collects what is foreign in a page of a language, outside every element that says so."""

    def __init__(self, page: str, language: str = "en") -> None:
        super().__init__()
        self.language = language
        self.open: list[tuple[str, str]] = []
        self.found: list[Found] = []
        self.feed(page)

    @property
    def lang(self) -> str:
        return self.open[-1][1] if self.open else ""

    def note(self, text: str | None, lang: str, markable: bool) -> None:
        ours = lang.startswith(self.language) or not lang
        if text and ours and FOREIGN[self.language].search(text):
            self.found.append(Found(" ".join(text.split()), markable))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        lang = given.get("lang", self.lang) or ""
        button = tag == "input" and given.get("type") in ("submit", "button")
        for name in SPOKEN + ("value",) * button:
            self.note(given.get(name), lang, markable=False)
        if tag not in VOID:
            self.open.append((tag, lang))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag = self.open[-1][0] if self.open else ""
        if tag not in ("script", "style", "code"):
            self.note(data, self.lang, markable=tag not in PLAIN)


def left_over(page: str, language: str = "en") -> list[str]:
    """What a page says in the other language unmarked, names where nothing can be marked aside."""
    data = names()
    return [
        each.text
        for each in Foreign(page, language).found
        if each.markable or FOREIGN[language].search(data.sub("", each.text))
    ]


def names() -> re.Pattern[str]:
    """Everything that is Chinese because people or places are called so."""
    columns = (
        Subject.label,
        Unit.name,
        Person.name,
        Round.title,
        Plan.title,
        PlanSection.heading,
        PlanItem.title,
        Composite.title,
    )
    known = {row[0] for column in columns for row in column.model.select(column).tuples()}
    known |= {DEPARTMENT, "党员年度民主评议", *QUERIES}
    return re.compile("|".join(re.escape(each) for each in sorted(known, key=len, reverse=True)))


def test_what_is_unmarked_is_found() -> None:
    marked = '<html lang="en"><p>Unit <span lang="zh-CN">甲街道</span></p><br><p lang="zh">好</p>'
    assert not Foreign(marked).found
    assert Foreign(marked + "<p>甲</p>").found == [Found("甲", markable=True)]
    assert Foreign(marked + '<p aria-label="乙，"></p>').found == [Found("乙，", markable=False)]
    assert Foreign('<html lang="en"><title>Ballot（1）</title>').found
    assert Foreign('<html lang="en"><p lang="zh"><b lang="en">票</b></p>').found
    assert Foreign('<html lang="zh-CN"><p>好</p><p>Hello dear friend</p>', "zh").found
    assert not Foreign(
        '<html lang="zh-CN"><p>存成 CSV UTF-8</p><a lang="en">In English</a>', "zh"
    ).found


# A site with something on every page


@pytest.fixture
def content(keys: Path, district: District) -> District:
    full_site.fill(keys, district)
    return district


def addresses(rule: Rule) -> Iterator[str]:
    """The pages of a rule: every round, unit, person and item that there is."""
    values: dict[str, list[Any]] = {
        "round_id": [each.id for each in Round.select(Round.id)],
        "composite_id": [each.id for each in Composite.select(Composite.id)],
        "part": ["rooms"],
        "name": sorted(questionnaire.library()),
        "code": ["c1", "c2", "b1"],
        "key": ["p1", "p2", "c1"],
        "year": [2026],
        "number": [1, 2, 3],
        "person_id": [each.id for each in Person.select(Person.id)][:2],
    }
    wanted = sorted(rule.arguments)
    for given in itertools.product(*(values[name] for name in wanted)):
        _host, path = rule.build(dict(zip(wanted, given, strict=True))) or ("", "")
        yield path
    if rule.endpoint == "plan.year":
        yield from (f"/plan/2026?q={query}" for query in QUERIES)


def spoken(address: str, language: str = "en") -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


@pytest.mark.slow
@pytest.mark.parametrize("language", FOREIGN)
def test_every_page_speaks_one_language(
    site: Flask, content: District, signed_in: FlaskClient, set_clock: SetClock, language: str
) -> None:
    """As a stranger and as an organiser; every rule has a page at least, or the test is blind."""
    set_clock(DURING)
    wrong: dict[str, list[str]] = defaultdict(list)
    rules = [rule for rule in site.url_map.iter_rules() if "GET" in (rule.methods or ())]
    for rule in rules:
        if rule.endpoint in NOT_PAGES:
            continue
        seen = 0
        for address in addresses(rule):
            for browser in (site.test_client(), signed_in):
                answer = browser.get(spoken(address, language))
                if answer.mimetype == "text/html" and answer.status_code != 303:
                    wrong[address] += left_over(answer.text, language)
                elif answer.mimetype == "text/csv":
                    wrong[address] += FOREIGN[language].findall(answer.text.splitlines()[0])
                seen += answer.status_code == 200
        assert seen, f"no page of {rule.rule} was seen"
    left = {address: texts for address, texts in wrong.items() if texts}
    assert not left


# Pages that come of sending something


@pytest.fixture
def send(site: Flask) -> Send:
    """Send a form in English, signed in or not, and read the page that comes back."""

    def sent(browser: FlaskClient, address: str, form: Mapping[str, object], **how: Any) -> str:
        answer = browser.post(spoken(address), data=form, **how)
        assert answer.mimetype == "text/html"
        assert answer.status_code not in (303, 404, 500), address
        left = left_over(answer.text)
        assert not left, address
        return answer.text

    return sent


def test_a_members_pages_are_english(
    client: FlaskClient, district: District, keys: Path, send: Send, set_clock: SetClock
) -> None:
    set_clock(DURING)
    made, codes = factories.open_appraisal(keys, district)
    ids = {each.key: each.id for each in Subject.select().where(Subject.round == made)}
    lines = {f"g-{ids[key]}-overall": "excellent" for key in ("p1", "p2")}
    many = {f"g-{each}-overall": "excellent" for each in ids.values()}
    send(client, "/v", {"code": "not a code"})
    send(client, "/v", {"code": codes[0]})
    send(client, "/v/review", {"code": codes[0], **many})
    send(client, "/v/review", {"code": codes[0], f"g-{ids['p1']}-overall": "splendid"})
    send(client, "/v/review", {"code": codes[0], **lines})
    assert "can no longer be changed" in send(client, "/v/cast", {"code": codes[0], **lines})
    send(client, "/v/cast", {"code": codes[0], **lines})


def test_a_residents_pages_are_english(
    client: FlaskClient, district: District, keys: Path, send: Send, set_clock: SetClock
) -> None:
    set_clock(DURING)
    address = f"/s/{factories.open_survey(keys, district).id}/c1"
    token = client.get(address).text.split('name="token" value="')[1]
    given = {"token": token.split('"')[0], "q-overall": "satisfied"}
    send(client, address, {})
    send(client, address, given | {"q-overall": "splendid"})
    assert "Thank you" in send(client, address, given)
    assert "counted only once" in send(client, address, given)


@pytest.mark.slow
def test_an_organisers_pages_after_sending_are_english(
    content: District, signed_in: FlaskClient, send: Send, set_clock: SetClock
) -> None:
    set_clock(DURING)
    csrf = {"csrf_token": form_token(signed_in.get("/desk/units"))}
    by_title = {each.title: each.id for each in Round.select()}
    survey, appraisal = by_title["示范空草稿"], by_title["示范评议草稿"]
    counted = by_title["示范已截止"]
    desk = "/desk/rounds"
    send(signed_in, f"{desk}/new", csrf | {"questionnaire": "member-appraisal", "title": ""})
    send(signed_in, f"{desk}/{survey}/edit", csrf | {"title": "", "minimum": "1"})
    send(signed_in, f"{desk}/{survey}/open", csrf)
    send(signed_in, f"{desk}/{survey}/codes", csrf)
    issued = send(signed_in, f"{desk}/{appraisal}/codes", csrf | all_rows(signed_in, appraisal))
    assert "16 slips" in issued
    send(signed_in, f"{desk}/{counted}/abandon", csrf)
    assert "The count is done" in send(signed_in, f"{desk}/{counted}/count", csrf)
    send(signed_in, f"{desk}/{counted}/publish", csrf)
    decided = by_title["示范已公布"]
    person = factories.subject(Round.get_by_id(decided), "p1").id
    form = csrf | {f"grade-{person}": "好", f"reason-{person}": "另有说明。"}
    assert "示例党员1" in send(signed_in, f"{desk}/{decided}/results/p1/grade", form)
    signed_in.post(
        spoken(f"{desk}/{decided}/results/p1/grade"), data=form | {f"grade-{person}": "优秀"}
    )
    assert "示例党员1" in send(signed_in, f"{desk}/{decided}/results", csrf)
    for name, text in UPLOADS:
        files = {"file": (io.BytesIO(text.encode()), "file.txt")}
        send(signed_in, f"/desk/{name}", csrf | files, content_type="multipart/form-data")


@pytest.mark.slow
def test_pages_of_composites_after_sending_are_english(
    content: District, signed_in: FlaskClient, send: Send, set_clock: SetClock
) -> None:
    set_clock(DURING)
    csrf = {"csrf_token": form_token(signed_in.get("/desk/units"))}
    done, draft = (
        f"/desk/composites/{each.id}" for each in Composite.select().order_by(Composite.id)
    )
    figures = f"{draft}/figures/rooms"
    table = "编号,数值,签字人,签字日期\n甲九,1,2,3\n"
    send(signed_in, "/desk/composites/new", csrf | {"rules": "unit-score", "title-unit-score": ""})
    send(signed_in, f"{draft}/edit", csrf | {"who": "listed", "codes": "甲 nobody"})
    send(signed_in, figures, csrf | {"how": "table", "figure-c1": "五", "signer": "甲"})
    send(signed_in, figures, csrf | {"how": "paste", "pasted": table})
    send(signed_in, figures, csrf | {"how": "paste", "pasted": "x"})
    send(signed_in, f"{draft}/subjects/c1/deductions", csrf | {"points": "甲"})
    send(signed_in, f"{draft}/publish", csrf)
    send(signed_in, f"{done}/compute", csrf)


def all_rows(browser: FlaskClient, round_id: int) -> dict[str, str]:
    """The form of the page of codes: eight more for each line."""
    page = browser.get(f"/desk/rounds/{round_id}/codes").text
    wanted = dict.fromkeys(re.findall(r'<input id="([^"]+)" name="\1" form="typed"', page), "8")
    already = re.findall(r'name="already" value="([^"]*)"', page)
    return wanted | {"already": already[0], "reason": "more came"}
