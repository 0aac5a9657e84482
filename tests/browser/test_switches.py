"""The switches of language and size: they stay on their page, and keep what was typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import ballots
from surveys.db import database
from tests import factories
from tests.helpers.answering import SetClock, fresh_token, lines, stored, text_of, token_in


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


def switched(client: FlaskClient, text: str, wish: str = "lang=en") -> TestResponse:
    """Press a switch of a page: what its form holds goes where the button leads."""
    [button] = re.findall(f'<button class="language[^>]*{wish}[^>]*>', text)
    [form], [target] = (re.findall(f' {name}="([^"]+)"', button) for name in ("form", "formaction"))
    body = text.split(f'<form id="{form}"', 1)[1].split("</form>", 1)[0]
    sent = {}
    for tag in re.findall("<input[^>]*>", body):
        about = dict(re.findall('([a-z]+)="([^"]*)"', tag))
        if about.get("type") == "hidden" or about["id"] == "code":
            sent[about["name"]] = about["value"]
    return client.post(target, data={**sent, "keep": "1"})


@pytest.mark.parametrize(
    ("wish", "said"), [("lang=en", "Enter your access code"), ("large=1", "普通字")]
)
def test_the_door_keeps_the_code_and_the_lines_and_looks_nothing_up(
    client: FlaskClient, district: factories.District, keys: Path, wish: str, said: str
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    half = text_of(client.get("/v")).replace(
        'name="code" value=""', f'name="code" value="{codes[1]}"'
    )
    kept = switched(client, half, wish)
    assert kept.status_code == 200
    text = text_of(kept)
    assert said in text
    assert f'value="{codes[1]}"' in text, "a code that was typed and not sent opens nothing"
    client.delete_cookie("lang")
    ballots.void_codes(round_, district.branch, factories.group(round_))
    sent = {"code": codes[0], **dict.fromkeys(names[:15], "basic")}
    refused = client.post("/v/cast", data=sent)
    kept = switched(client, text_of(refused), wish)
    assert kept.status_code == 200
    for name, value in sent.items():
        assert f'name="{name}" value="{value}"' in text_of(kept)


def test_thanks_for_answers_come_again_and_nothing_is_stored(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    survey = factories.open_survey(keys, district)
    path = f"/s/{survey.id}/c1"
    token = fresh_token(client, survey)
    assert "谢谢您，已经收到了" not in text_of(client.post(path, data={"done": "1", "keep": "1"}))
    sent = {"token": token, "q-overall": "satisfied", "comment": "示例意见"}
    thanks = text_of(client.post(path, data=sent))
    again = switched(client, thanks)
    assert "Thank you" in text_of(again)
    assert "answered-" not in str(again.headers.getlist("Set-Cookie"))
    assert 'class="large"' in text_of(switched(client, text_of(again), "large=1"))
    spent = client.post(path, data={**sent, "comment": "示例的另一条"})
    again = switched(client, text_of(spent), "lang=zh")
    assert again.status_code == spent.status_code == 409
    text = text_of(again)
    assert "已经收到了，只算一次" in text
    assert 'name="comment" value="示例的另一条"' in text
    assert stored(survey) == 1
    held = dict(re.findall('<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
    opened = text_of(client.post(path, data={**held, "step": ""}))
    assert "示例的另一条</textarea>" in opened
    assert token_in(opened) != token
    assert 'name="done"' not in opened


def test_what_became_of_a_ballot_is_said_again(
    client: FlaskClient, district: factories.District, keys: Path, set_clock: SetClock
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    name = lines(text_of(client.post("/v", data={"code": codes[0]})))[0]
    sent = {"code": codes[0], name: "basic"}
    thanks = text_of(client.post("/v/cast", data=sent))
    assert codes[0] not in thanks
    assert "Thank you" in text_of(switched(client, thanks))
    forged = re.sub('name="done" value="[^"]+"', 'name="done" value="1"', thanks)
    assert "Thank you" not in text_of(switched(client, forged))
    client.delete_cookie("lang")
    for path in ("/v", "/v/cast"):
        used = client.post(path, data=sent)
        again = switched(client, text_of(used), "large=1")
        assert used.status_code == again.status_code == 409
        assert f'name="{name}" value="basic"' in text_of(again)
    other = client.post("/v", data={"code": codes[0], name: "basic", "clear": "code"})
    assert other.status_code == 200
    assert codes[0] not in text_of(other)
    assert f'name="{name}" value="basic"' in text_of(other)
    set_clock(factories.AFTER)
    shut = client.post("/v", data={"code": codes[1]})
    again = switched(client, text_of(shut))
    assert shut.status_code == again.status_code == 410
    assert "Already ended" in text_of(again)
    assert stored(round_) == 8


def test_a_switch_of_a_busy_page_submits_nothing(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    name = lines(text_of(client.post("/v", data={"code": codes[0]})))[0]
    database.execute_sql("ALTER TABLE access_code RENAME TO gone")
    busy = client.post("/v/cast", data={"code": codes[0], name: "basic"})
    assert busy.status_code == 503
    database.execute_sql("ALTER TABLE gone RENAME TO access_code")
    text = text_of(switched(client, text_of(busy)))
    assert 'lang="en"' in text
    assert f'name="{name}" value="basic"' in text
    assert stored(round_) == 0
