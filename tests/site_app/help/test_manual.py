"""The manual says what is so: each button named in it stands where it says, its sums come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.help import design
from site_app.help.views import TITLES
from surveys import archive
from surveys.models import Subject
from surveys.scoring import disclosure
from tests import factories
from tests.conftest import check_house_rules, form_token
from tests.factories import DURING, START, District
from tests.helpers.answering import token_in
from tests.site_app.test_languages import left_over

PLAN = "2026年示范区工作要点\n一、示范部分\n1.示范条目。示范内容。\n"
UNITS = "编号,名称,类型,上级编号\nc9,甲九示范社区,社区,s1\n"
PEOPLE = "编号,姓名,所在单位编号,党员身份,流动\np9,示例党员9,b1,正式党员,否\n"
LANGUAGES = ("zh", "en")
VOID = {"meta", "link", "input", "br", "img", "hr", "wbr", "col"}

OTHER_SUMS = {
    "(2 × 65 + 0.5 × 100) ÷ 2.5": (2 * 65 + 0.5 * 100) / 2.5,
    "(40 × 90 + 30 × 80 + 30 × 70) ÷ 100": (40 * 90 + 30 * 80 + 30 * 70) / 100,
}

Page = Callable[..., str]
SetClock = Callable[[datetime], None]


class Named(NamedTuple):
    """What the manual calls a button, and the endpoint on whose pages it should stand."""

    words: str
    at: str


class Texts(HTMLParser):
    """The texts of the elements that `wanted` picks out by tag and attributes."""

    def __init__(self, page: str, wanted: Callable[[str, dict[str, str | None]], object]) -> None:
        super().__init__()
        self.wanted = wanted
        self.open: list[tuple[str, object]] = []
        self.found: list[tuple[str, object]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in VOID:
            return
        picked = self.wanted(tag, given)
        self.open.append((tag, picked))
        if picked:
            self.found.append(("", picked))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(picked for _tag, picked in self.open):
            words, picked = self.found[-1]
            self.found[-1] = (words + data, picked)


def named_in(page: str, how: str = "data-named") -> list[Named]:
    found = Texts(page, lambda _tag, given: given.get(how)).found
    return [Named(" ".join(words.split()), str(at)) for words, at in found]


def pressable(page: str) -> set[str]:
    """The words of every button, link and summary outside the manual's own pictures."""
    found = Texts(page, lambda tag, _given: tag in ("button", "a", "summary")).found
    return {" ".join(words.split()) for words, _tag in found}


def readable(page: str) -> set[str]:
    """The words of everything on a page that is read as one: headings, paragraphs, labels."""
    found = Texts(page, lambda tag, _given: tag in ("h1", "h2", "h3", "p", "label")).found
    return {" ".join(words.split()) for words, _tag in found}


def not_there(
    named: list[Named],
    pages: dict[str, list[str]],
    words_of: Callable[[str], set[str]] = pressable,
) -> set[Named]:
    """What is named in the manual and stands on no page of its endpoint."""
    stands = {at: set().union(*map(words_of, texts)) for at, texts in pages.items()}
    return {each for each in named if each.words not in stands.get(each.at, set())}


class Walk:
    """A site with a round in each state, walked through as its three people do, in one language."""

    def __init__(self, browser: FlaskClient, visitor: FlaskClient, language: str) -> None:
        self.organiser, self.visitor, self.language = browser, visitor, language
        self.pages: dict[str, list[str]] = {}

    def get(self, at: str, path: str, browser: FlaskClient | None = None) -> str:
        return self.keep(at, (browser or self.organiser).get(self.said(path)).text)

    def post(self, at: str, path: str, form: dict[str, object], **how: str) -> str:
        browser = self.organiser if "csrf_token" in form else self.visitor
        return self.keep(at, browser.post(self.said(path), data=form, **how).text)

    def keep(self, at: str, text: str) -> str:
        check_house_rules(text)
        self.pages.setdefault(at, []).append(text)
        return text

    def said(self, path: str) -> str:
        return f"{path}?lang={self.language}"


@pytest.fixture
def walked(
    site: Flask, district: District, signed_in: FlaskClient, keys: Path, set_clock: SetClock
) -> Callable[[str], dict[str, list[str]]]:
    """Every page on which the manual's readers press something, by endpoint."""
    early = START + timedelta(minutes=30)
    unready = factories.draft(district.root, [district.first], opens=START, ends=early)
    ready = factories.draft(district.root, [district.branch], "member-appraisal")
    factories.codes(keys, ready, district.branch, 8)
    survey = factories.open_survey(keys, district)
    appraisal, codes = factories.open_appraisal(keys, district)
    ended, answered = (factories.open_survey(keys, district, ends=early) for _ in range(2))
    for each in (ended, answered):
        factories.answer(keys, each, "c1", {"overall": "satisfied"}, 14, now=START)
    closed = factories.closed(keys, answered, DURING)
    persons = factories.published(keys, factories.open_appraisal(keys, district, ends=early)[0])
    lines = {
        f"g-{each.id}-overall": "qualified"
        for each in Subject.select().where(Subject.round == appraisal)
    }

    def walk(language: str) -> dict[str, list[str]]:
        there = Walk(signed_in, site.test_client(), language)
        set_clock(DURING)
        there.get("plan.home", "/plan", there.visitor)
        there.get("plan.home", "/results", there.visitor)
        token = form_token(signed_in.get("/desk/units"))
        csrf, right = {"csrf_token": token}, {"clock_is_right": "yes"}
        there.get("accounts.sign_in", "/sign-in", there.visitor)
        there.get("rounds.desk", "/desk")
        for name, text in (("units", UNITS), ("people", PEOPLE)):
            there.get(f"roster.{name}", f"/desk/{name}")
            file = {"file": (BytesIO(text.encode()), "file.csv")}
            there.post(f"roster.{name}", f"/desk/{name}", csrf | file)
        there.get("plan.upload", "/desk/plan/import")
        plan = {"file": (BytesIO(PLAN.encode()), "plan.txt")}
        there.post("plan.upload", "/desk/plan/import", csrf | plan)
        there.get("rounds.new", "/desk/rounds/new")
        for each in (unready, ready, survey, appraisal, ended, closed, persons):
            there.get("rounds.show", f"/desk/rounds/{each.id}")
        there.get("rounds.edit", f"/desk/rounds/{unready.id}/edit")
        there.get("rounds.codes", f"/desk/rounds/{ready.id}/codes")
        there.get("rounds.count", f"/desk/rounds/{ended.id}/count")
        there.post("rounds.count", f"/desk/rounds/{ended.id}/count", csrf | right)
        for each in (closed, persons):
            there.get("results.desk", f"/desk/rounds/{each.id}/results")
        _as_resident(there, f"/s/{survey.id}/c1")
        _as_member(there, codes[LANGUAGES.index(language)], lines)
        return there.pages

    return walk


def _as_resident(there: Walk, address: str) -> None:
    text = there.get("answers.survey", address, there.visitor)
    token = text.split('name="token" value="')[1].split('"')[0]
    there.post("answers.survey", address, {"token": token, "q-overall": "satisfied"})
    there.get("answers.survey", address, there.visitor)


def _as_member(there: Walk, code: str, lines: dict[str, str]) -> None:
    sheet = {"code": code, **lines}
    there.get("answers.enter", "/v", there.visitor)
    there.post("answers.enter", "/v", {"code": code})
    there.post("answers.review", "/v/review", sheet)
    there.post("answers.cast", "/v/cast", sheet)
    there.post("answers.cast", "/v/cast", sheet)


def manual(page: Page, language: str, how: str = "data-named") -> list[Named]:
    texts = [page(f"/help/{name}?lang={language}") for name in TITLES]
    return [each for text in texts for each in named_in(text, how)]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_manual_names_and_quotes_stands_where_it_says(
    language: str, page: Page, walked: Callable[[str], dict[str, list[str]]]
) -> None:
    buttons, quoted = (manual(page, language, f"data-{how}") for how in ("named", "quoted"))
    assert len(buttons) > 60
    assert len(quoted) > 8
    pages = walked(language)
    assert not not_there(buttons, pages)
    assert not not_there(quoted, pages, readable)


def test_a_renamed_button_is_missed() -> None:
    named = named_in('<p>Press <b class="named" data-named="rounds.show">Open <i>it</i></b>.</p>')
    assert named == [Named("Open it", "rounds.show")]
    assert not not_there(named, {"rounds.show": ["<form><button>Open\n it</button></form>"]})
    assert not_there(named, {"rounds.show": ["<form><button>Begin</button></form>"]})
    assert not_there(named, {"rounds.show": ["<p>Open it</p>"]})
    assert not_there(named, {"rounds.desk": ["<form><button>Open it</button></form>"]})


def test_both_languages_name_the_same_places_and_have_as_many_headings(page: Page) -> None:
    for name in TITLES:
        chinese, english = (page(f"/help/{name}?lang={language}") for language in LANGUAGES)
        places = [[each.at for each in named_in(text)] for text in (chinese, english)]
        assert sorted(places[0]) == sorted(places[1]), name
        for tag in ("h2", "dt", "li", "tr"):
            assert chinese.count(f"<{tag}") == english.count(f"<{tag}"), f"{name}: {tag}"


def test_the_english_manual_is_english(page: Page) -> None:
    for name in ("", *(f"/{each}" for each in TITLES)):
        assert not left_over(page(f"/help{name}?lang=en")), name


def test_a_page_is_a_page_or_two(page: Page) -> None:
    """At eleven points a sheet of A4 holds some 1,500 Chinese signs; pictures take room, too."""
    for name in TITLES:
        text = page(f"/help/{name}")
        words = re.sub(r"<[^>]+>|\s+", "", text[text.index("<article") :])
        assert len(words) < 2000, f"{name}: {len(words)}"


@pytest.mark.parametrize("name", ["residents", "members"])
def test_pages_for_voters_know_no_account(signed_in: FlaskClient, name: str) -> None:
    answer = signed_in.get(f"/help/{name}")
    assert "organiser" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers or "Cookie" not in answer.headers["Vary"]


# Ways in


def test_every_footer_leads_to_the_manual_and_the_desk_to_the_organisers_part(
    page: Page, signed_in: FlaskClient, district: District
) -> None:
    assert 'href="/help"' in page("/results")
    assert page("/desk", client=signed_in).count('href="/help/organisers"') == 2


def test_voters_read_it_where_nothing_is_filled_in(
    page: Page, district: District, keys: Path, set_clock: SetClock
) -> None:
    set_clock(DURING)
    survey = factories.open_survey(keys, district)
    sent = {"token": token_in(page(f"/s/{survey.id}/c1")), "q-overall": "mostly"}
    thanks = page(f"/s/{survey.id}/c1", method="POST", data=sent)
    assert '<a href="/help/residents">' in thanks
    _round, codes = factories.open_appraisal(keys, district)
    assert '<a href="/help/members">' in page("/v/cast", method="POST", data={"code": codes[0]})


# What it says of scores


def test_the_sums_of_the_scoring_page_come_out(page: Page) -> None:
    given = {"satisfied": 62, "mostly": 25, "dissatisfied": 8, "unknown": 5}
    values = {"satisfied": 100, "mostly": 60, "dissatisfied": 0, "unknown": None}
    options = [
        {"id": each, "value": value, "positive": each in ("satisfied", "mostly")}
        for each, value in values.items()
    ]
    document = {
        "format": "surveys-archive/1",
        "questionnaire": {
            "id": "manual",
            "version": 1,
            "headline": "overall",
            "scales": {"s": {"options": options}},
            "questions": [{"id": "overall", "scale": "s"}],
        },
        "rules": {"groups": [{"id": "all"}], "sampling": "all"},
        "subjects": [
            {"id": "a", "groups": {"all": {"returned": 100, "tallies": {"overall": given}}}}
        ],
    }
    (score,) = archive.as_document(disclosure.hide(archive.from_document(document)))["scores"]
    for language in LANGUAGES:
        text = page(f"/help/scoring?lang={language}")
        for figure in (str(score["valid"]), score["rate"], score["score"]):
            assert f"= {figure}" in text
        for times in given.values():
            assert f'<td class="numeric">{times}</td>' in text
        for words, result in OTHER_SUMS.items():
            assert f"{words} = {result:.2f}" in text


# Components


def test_components_are_shown_in_a_debug_run_only(site: Flask, page: Page) -> None:
    page("/help/components", status=404)
    site.debug = True
    for language in LANGUAGES:
        text = page(f"/help/components?lang={language}")
        for part in ("notice", "error-summary", "choice", "person", "quota", "progress"):
            assert re.search(rf"<[^>]*{part}", text), part
        for part in ("<table", "<svg", 'rel="next"', "<summary", 'class="sheet"', "site-header"):
            assert part in text, part
    assert not left_over(text)


def test_contrasts_are_computed_as_wcag_says_and_text_has_seven_to_one() -> None:
    assert design.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert design.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    texts = {"ink", "soft", "red", "red-deep", "good", "wait"}
    shown = {each.name: each for each in design.tokens().colours}
    assert texts <= set(shown)
    for name in texts:
        assert min(shown[name].on_paper, shown[name].on_ground) >= 7, name
