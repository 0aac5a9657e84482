"""Large mode, the map and a site that is busy, as the server answers without any script."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import peewee
import pytest
from flask.testing import FlaskClient

from site_app.answers import survey
from surveys.db import database
from tests import factories
from tests.helpers.answering import SetClock, checked, fresh_token, lines, text_of


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


def test_large_mode_rides_in_the_form_and_in_no_cookie(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    answer = client.get(f"/s/{survey.id}/c1?large=1")
    assert not answer.headers.getlist("Set-Cookie")
    token = fresh_token(client, survey)
    sent = {"token": token, "large": "1", "at": "ask-overall", "q-overall": "satisfied"}
    text = text_of(client.post(f"/s/{survey.id}/c1", data={**sent, "step": "send"}))
    assert re.search('id="send" data-step>', text), "the screen asked for is the one shown"
    assert re.search('id="ask-overall" data-step hidden', text)
    assert checked(text, "q-overall") == "satisfied"
    strange = client.post(f"/s/{survey.id}/c1", data={**sent, "step": "nowhere"})
    assert strange.status_code == 200
    assert re.search('id="ask-overall" data-step>', text_of(strange)), "it stays where it was"


def test_a_comment_of_10000_characters_is_kept_and_its_screen_is_shown(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    sent = {"token": fresh_token(client, survey), "large": "1", "comment": "示" * 10_000}
    answer = client.post(f"/s/{survey.id}/c1", data=sent)
    assert answer.status_code == 400
    text = text_of(answer)
    assert "示" * 10_000 in text
    assert "您写了 10000 字" in text
    assert re.search('id="step-comment" data-step>', text)


def test_the_map_of_a_sheet_links_to_each_and_knows_who_is_done(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    _round, codes = factories.open_appraisal(keys, district)
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    sent = {"code": codes[0], **dict.fromkeys(names[4:8], "qualified"), names[0]: "qualified"}
    text = text_of(client.post("/v", data=sent))
    dots = re.findall(r'class="dot( filled)?" data-dot="(s\d+)".* href="#(s\d+)"', text)
    assert len(dots) == 8
    assert all(f'id="{target}"' in text for _filled, _dot, target in dots)
    assert [bool(filled) for filled, _dot, _target in dots] == [False, True, *[False] * 6]


def test_a_database_that_is_gone_gives_back_what_was_filled_in(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied", "comment": "示例意见"}
    database.execute_sql("ALTER TABLE round RENAME TO gone")
    answer = client.post(f"/s/{survey.id}/c1", data=sent)
    assert answer.status_code == 503
    text = text_of(answer)
    for name, value in sent.items():
        assert f'name="{name}" value="{value}"' in text
    database.execute_sql("ALTER TABLE gone RENAME TO round")
    assert "谢谢您，已经收到了" in text_of(client.post(f"/s/{survey.id}/c1", data=sent))


@pytest.mark.parametrize("error", [peewee.DatabaseError, sqlite3.DatabaseError, OSError])
def test_an_error_before_the_page_is_known_gives_back_what_was_filled_in(
    client: FlaskClient,
    district: factories.District,
    keys: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def broken(*_given: object) -> None:
        raise error("disk I/O error: 示例意见")

    monkeypatch.setattr(survey, "place_of", broken)
    round_ = factories.open_survey(keys, district)
    answer = client.post(f"/s/{round_.id}/c1", data={"comment": "示例意见"})
    assert answer.status_code == 503
    assert 'name="comment" value="示例意见"' in text_of(answer)


def damage(tmp_path: Path) -> None:
    """Overwrite all of the database but its first page, as a failing disk may."""
    database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    file = tmp_path / "data" / "site.sqlite"
    size = int.from_bytes(file.read_bytes()[16:18], "big")
    with file.open("r+b") as opened:
        opened.seek(size)
        opened.write(b"\xa5" * (file.stat().st_size - size))


def test_a_damaged_database_gives_back_what_was_filled_in(
    client: FlaskClient, district: factories.District, keys: Path, tmp_path: Path
) -> None:
    survey = factories.open_survey(keys, district)
    _round, codes = factories.open_appraisal(keys, district)
    filled = {"token": fresh_token(client, survey), "q-overall": "satisfied", "comment": "示例"}
    line = lines(text_of(client.post("/v", data={"code": codes[0]})))[0]
    sheet = {"code": codes[0], line: "basic"}
    damage(tmp_path)
    for path, sent in (
        (f"/s/{survey.id}/c1", filled),
        ("/v", sheet),
        ("/v/review", sheet),
        ("/v/cast", sheet),
    ):
        answer = client.post(path, data=sent)
        assert answer.status_code == 503, path
        text = text_of(answer)
        for name, value in sent.items():
            assert f'name="{name}" value="{value}"' in text, path
    for path in (f"/s/{survey.id}/c1", "/results"):
        assert client.get(path).status_code == 503
