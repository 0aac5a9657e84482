"""Composites made by the pages, as an organiser makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from surveys.models import Composite, Round
from tests.factories import AFTER
from tests.helpers.desk import post

DAY = AFTER + timedelta(days=30)


def made(browser: FlaskClient, rules: str, title: str = "示范评定") -> Composite:
    """A new composite, by the pages."""
    answer = post(browser, "/desk/composites/new", {"rules": rules, f"title-{rules}": title})
    assert answer.status_code == 303
    return Composite.select().order_by(Composite.id.desc()).get()


def desk(whole: Composite) -> str:
    """The address of its page for organisers."""
    return f"/desk/composites/{whole.id}"


def choose(
    browser: FlaskClient, whole: Composite, sources: dict[str, Any], codes: Sequence[str] = ()
) -> Any:
    data = {f"source-{part}": f"round-{each.id}" for part, each in sources.items()}
    data |= {"who": "listed" if codes else "sources", "codes": "\n".join(codes)}
    return post(browser, f"{desk(whole)}/edit", data)


def sign(browser: FlaskClient, whole: Composite, part: str, numbers: dict[str, str]) -> Any:
    data = {f"figure-{key}": number for key, number in numbers.items()}
    data |= {"how": "table", "signer": "示例考核人", "day": "2026-03-31"}
    return post(browser, f"{desk(whole)}/figures/{part}", data)


def compute(browser: FlaskClient, whole: Composite) -> Composite:
    assert post(browser, f"{desk(whole)}/compute", form=desk(whole)).status_code == 303
    return Composite.get_by_id(whole.id)


def publish(browser: FlaskClient, whole: Composite, sha256: str = "") -> Any:
    data = {"sha256": sha256 or Composite.get_by_id(whole.id).sha256}
    return post(browser, f"{desk(whole)}/publish", data, form=desk(whole))


def stars(browser: FlaskClient, survey: Round) -> Composite:
    """Stars of the communities: residents from the survey, two signed figures for c1."""
    whole = made(browser, "community-stars", "示范星级评定")
    assert choose(browser, whole, {"residents": survey}).status_code == 303
    assert sign(browser, whole, "rooms", {"c1": "95"}).status_code == 303
    assert sign(browser, whole, "problems", {"c1": "45／50", "c2": "80"}).status_code == 303
    return whole
