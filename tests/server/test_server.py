"""The real server: many at once, killed, full, locked; and nothing of a ballot leaves the box."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path

import pytest
from flask import Flask

from surveys.ballots import seal
from surveys.db import database
from surveys.models import Round
from surveys.models.ballots import AccessCode, Comment, Rating, Receipt
from tests import factories
from tests.factories import District
from tests.helpers.live import (
    Browser,
    Form,
    Page,
    Server,
    is_thanks,
    running,
    up_to_the_last_step,
    with_code,
)

pytestmark = pytest.mark.server

NOW = datetime.now(UTC).replace(microsecond=0)
LIVE = {"opens": NOW - timedelta(hours=1), "ends": NOW + timedelta(days=1)}
SAYING = "示例意见之独一无二的一句话"


@pytest.fixture
def server(site: Flask, district: District, tmp_path: Path) -> Server:
    return Server(tmp_path, settings={"SECRET_KEY": "only-for-tests"})


@pytest.fixture
def survey(district: District, keys: Path) -> Round:
    return factories.open_survey(keys, district, **LIVE)


@pytest.fixture
def codes(district: District, keys: Path) -> list[str]:
    return factories.open_appraisal(keys, district, count=120, **LIVE)[1]


def last(number: int, values: list[str]) -> str:
    return [value for value in values if value][-2]


def filled_in(browser: Browser, survey: Round) -> tuple[Page, Form]:
    """A resident's page with an answer to each question and a comment."""
    page = browser.get(f"/s/{survey.id}/c1")
    form = page.form()
    form.fields |= {**form.chosen(last), form.texts[-1]: SAYING}
    return page, form


def at_once(many: int, send: Callable[[], Page]) -> list[Page]:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(lambda _: send(), range(many)))


def spent() -> int:
    return AccessCode.select().where(AccessCode.state == "spent").count()


# Many at once


def test_fifty_posts_of_one_code_are_one_vote_and_one_thanks(
    server: Server, codes: list[str]
) -> None:
    with running(server):
        review, sheet = up_to_the_last_step(server.browser(), codes[0])
        pages = at_once(50, lambda: server.browser().send(review, sheet))
    assert sum(map(is_thanks, pages)) == 1
    refused = [page for page in pages if not is_thanks(page)]
    assert {page.status for page in refused} == {409}
    assert all(re.search("用过一次|提交过一次", page.text) for page in refused)
    assert (spent(), Rating.select().count()) == (1, 8)


def test_fifty_posts_of_one_residents_page_are_one_answer(server: Server, survey: Round) -> None:
    with running(server):
        page, form = filled_in(server.browser(), survey)
        pages = at_once(50, lambda: server.browser().send(page, form))
    assert sum(map(is_thanks, pages)) == 1
    assert {each.status for each in pages if not is_thanks(each)} == {409}
    counts = [table.select().count() for table in (Rating, Comment, Receipt)]
    assert counts == [1, 1, 1]


# Killed


@pytest.mark.parametrize("whom", ["a worker", "all of it"])
def test_killed_during_submissions_no_vote_is_half_stored_or_thanked_in_vain(
    server: Server, codes: list[str], whom: str
) -> None:
    thanked: list[str] = []
    server.start()
    review, sheet = up_to_the_last_step(server.browser(), codes[0])

    def submit(code: str) -> None:
        try:
            page = server.browser().send(review, sheet, with_code(sheet, codes[0], code))
        except (OSError, HTTPException):
            return
        if is_thanks(page):
            thanked.append(code)

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(submit, code) for code in codes]
        while len(thanked) < 20:
            time.sleep(0.002)
        if whom == "a worker":
            server.kill_worker()
        else:
            server.kill()
        for job in jobs:
            job.result()
    server.kill()
    assert Rating.select().count() == 8 * spent()
    assert 20 <= len(thanked) <= spent()
    with running(server):
        again = server.browser().send(review, sheet, with_code(sheet, codes[0], thanked[0]))
        assert again.status == 409
        unspent = [code for code in codes if code not in thanked]
        for code in unspent:
            server.browser().send(review, sheet, with_code(sheet, codes[0], code))
    assert (spent(), Rating.select().count()) == (len(codes), 8 * len(codes))


def test_a_key_left_over_by_a_dead_process_is_destroyed_on_start(
    server: Server, keys: Path, survey: Round
) -> None:
    file = keys / f"round-{survey.id}.key"
    key = file.read_bytes()
    factories.closed(keys, survey, LIVE["ends"])
    file.write_bytes(key)
    with running(server):
        assert survey.id not in seal.held(keys)
    assert all(key not in each.read_bytes() for each in keys.iterdir())


# Secrecy


def written(server: Server) -> Iterator[tuple[str, bytes]]:
    """Everything that the server wrote anywhere: its log, and each file of its instance."""
    yield "the log", server.log.read_bytes()
    for file in server.instance.rglob("*"):
        if file.is_file():
            yield file.name, file.read_bytes()


def traces(code: str) -> list[bytes]:
    """The ways in which a code could stand somewhere."""
    plain = code.replace("-", "")
    return [each.encode() for each in (code, plain, code.lower(), plain.lower())]


def test_nothing_of_a_ballot_is_written_anywhere_or_sent_in_a_cookie(
    server: Server, survey: Round, codes: list[str]
) -> None:
    resident, member = server.browser(), server.browser()
    with running(server):
        resident.port = member.port = server.port
        page, form = filled_in(resident, survey)
        assert is_thanks(resident.send(page, form))
        review, sheet = up_to_the_last_step(member, codes[0])
        assert is_thanks(member.send(review, sheet))
        member.send(review, sheet)
        member.open("POST", "/v", "code=" + codes[1])
    assert server.log.read_text().count("POST /v/cast") == 2, "no access log to look into"
    tokens = [value.encode() for value in form.fields.values() if len(value) > 30]
    secret = [SAYING.encode(), *traces(codes[0]), *traces(codes[1]), *tokens]
    for where, text in written(server):
        assert not [each for each in secret if each in text], f"{where} tells"
        if "sqlite" not in where:
            assert not re.search(rb"satisfied|qualified|overall", text), f"{where} tells"
    assert not member.every_cookie
    assert set(resident.cookies.items()) == {(f"answered-{survey.id}", "1")}
    for words in ("127.0.0.1", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")):
        for table in (Rating, Comment, AccessCode, Receipt):
            assert not [row for row in table.select().tuples() if words in str(row)]


def no_key(server: Server, survey: Round) -> None:
    (server.instance / "keys" / f"round-{survey.id}.key").write_bytes(bytes(32))


def no_key_of_codes(server: Server, survey: Round) -> None:
    file = server.instance / "keys" / "codes.key"
    file.unlink()
    file.mkdir()


def no_questionnaire(server: Server, survey: Round) -> None:
    database.execute_sql("UPDATE round SET questionnaire = 'broken'")


def no_table(server: Server, survey: Round) -> None:
    database.execute_sql("ALTER TABLE rating RENAME TO elsewhere")


@pytest.mark.parametrize("broken", [no_key, no_key_of_codes, no_questionnaire, no_table])
def test_whatever_breaks_a_ballot_nothing_of_it_reaches_the_log(
    server: Server, survey: Round, codes: list[str], broken: Callable[[Server, Round], None]
) -> None:
    with running(server):
        page, form = filled_in(server.browser(), survey)
        review, sheet = up_to_the_last_step(server.browser(), codes[0])
    broken(server, survey)
    with running(server):
        pages = [server.browser().send(page, form), server.browser().send(review, sheet)]
    assert any(each.status >= 500 for each in pages)
    if broken is not no_key_of_codes:
        assert not is_thanks(pages[0])
    log = server.log.read_bytes()
    told = [SAYING.encode(), *traces(codes[0]), b"satisfied", b"qualified"]
    assert not [each for each in told if each in log]


# Locked, full


@contextmanager
def locked() -> Iterator[None]:
    """Another program writes, and does not come to an end."""
    with closing(sqlite3.connect(database.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def kept(page: Page, form: Form) -> bool:
    """Whether a page still has everything that was filled in."""
    again = page.form().fields
    return all(again.get(name) == value for name, value in form.fields.items())


def test_while_the_database_is_locked_answers_stay_on_the_page_and_count_later(
    server: Server, survey: Round
) -> None:
    with running(server):
        browser = server.browser()
        page, form = filled_in(browser, survey)
        with locked():
            start = time.monotonic()
            busy = browser.send(page, form)
            waited = time.monotonic() - start
        assert busy.status == 503
        assert waited < 10
        assert "没有保存" in busy.text
        assert kept(busy, form)
        assert is_thanks(browser.send(busy, busy.form()))
    assert Rating.select().count() == 1


def test_with_the_database_locked_for_ten_seconds_all_are_told_in_time_and_none_is_lost(
    server: Server, survey: Round
) -> None:
    with running(server):
        filled = [filled_in(server.browser(), survey) for _ in range(6)]
        with ThreadPoolExecutor(6) as pool:
            with locked():
                start = time.monotonic()
                sent = [pool.submit(server.browser().send, *each) for each in filled]
                time.sleep(10)
            pages = [each.result() for each in sent]
        assert time.monotonic() - start < 20
        assert {page.status for page in pages} <= {200, 503}
        for page in pages:
            if page.status == 503:
                assert is_thanks(server.browser().send(page, page.form()))
    assert Rating.select().count() == 6


def test_on_a_full_disk_nothing_is_half_written_and_nobody_is_thanked(
    server: Server, survey: Round, codes: list[str]
) -> None:
    with running(server):
        browser = server.browser()
        page, form = filled_in(browser, survey)
        review, sheet = up_to_the_last_step(server.browser(), codes[0])
        server.fill_disk(True)
        full = browser.send(page, form)
        vote = server.browser().send(review, sheet)
        assert [full.status, vote.status] == [503, 503]
        assert "没有保存" in full.text
        assert kept(full, form)
        assert (spent(), Rating.select().count(), Receipt.select().count()) == (0, 0, 0)
        server.fill_disk(False)
        assert is_thanks(browser.send(full, full.form()))
        assert is_thanks(server.browser().send(review, sheet))
    assert (spent(), Rating.select().count()) == (1, 9)
    assert database.execute_sql("PRAGMA integrity_check").fetchone() == ("ok",)
