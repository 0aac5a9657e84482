"""The switches of language and size: they stay on their page, and keep what was typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys import ballots
from tests import factories
from tests.answering import SetClock, lines, text_of


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
