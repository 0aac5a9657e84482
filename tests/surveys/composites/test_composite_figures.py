"""Signed figures of composites: typed in, from a table; what cannot be is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from surveys.models import Composite, CompositeFigure, Round
from tests import factories
from tests.factories import District
from tests.helpers import composites
from tests.helpers.composites import DAY, desk, sign
from tests.helpers.desk import post, text
from tests.helpers.results import Fetch, answered_survey


@pytest.fixture(autouse=True)
def clock_stands(set_clock: Callable[[Any], None]) -> None:
    set_clock(DAY)


@pytest.fixture
def survey(keys: Path, district: District) -> Round:
    """20 answers about c1 (75 % good), 8 about c2 (hidden), 3 about c3 (too few); published."""
    return factories.published(keys, answered_survey(keys, district, title="示范满意度调查"))


@pytest.fixture
def stars(signed_in: FlaskClient, survey: Round) -> Composite:
    return composites.stars(signed_in, survey)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("101", "101 超过 100"),
        ("5/0", "5/0 的分母是 0"),
        ("51/50", "51/50 的完成数比总数还大"),
        ("很好", "“很好”不是数字"),
        ("-3", "“-3”不是数字"),
        ("1e2", "“1e2”不是数字"),
        ("nan", "“nan”不是数字"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_and_stays_on_the_page(
    signed_in: FlaskClient, stars: Composite, number: str, says: str
) -> None:
    refused = text(sign(signed_in, stars, "rooms", {"c1": number, "c2": "88"}), 422)
    assert f"甲一示范社区：{says}" in refused
    assert f'value="{number}"' in refused
    kept = [each.value for each in CompositeFigure.select().where(CompositeFigure.part == "rooms")]
    assert kept == ["95"], "all or nothing"


def test_a_figure_needs_somebody_who_signs_on_a_day_that_has_come(
    signed_in: FlaskClient, stars: Composite
) -> None:
    path = f"{desk(stars)}/figures/rooms"
    data = {"how": "table", "figure-c2": "88", "signer": "", "day": "2026-03-31"}
    assert "没有写谁签字" in text(post(signed_in, path, data), 422)
    data |= {"signer": "示例人", "day": "2027-01-01"}
    assert "签字日期 2027-01-01 还没有到" in text(post(signed_in, path, data), 422)
    data |= {"day": "2026年2月30日"}
    assert "不是日期" in text(post(signed_in, path, data), 422)
    data |= {"day": "2026年3月1日"}
    assert post(signed_in, path, data).status_code == 303
    assert CompositeFigure.get(CompositeFigure.value == "88").signed_on == "2026-03-01"


def test_figures_come_from_a_table_that_was_downloaded_and_filled_in(
    signed_in: FlaskClient, page: Fetch, stars: Composite
) -> None:
    path = f"{desk(stars)}/figures/rooms"
    table = signed_in.get(f"{path}.csv").get_data().decode("utf-8-sig")
    assert table.splitlines()[1] == "c1,95,示例考核人,2026-03-31"
    filled = table.replace("c2,,,", "c2,9/10,示例考核人,2026/3/30")
    upload = {"how": "file", "file": (io.BytesIO(filled.encode("gb18030")), "figures.csv")}
    assert post(signed_in, path, upload).status_code == 303
    assert 'value="9/10"' in page(path, client=signed_in)
    pasted = filled.replace(",", "\t").replace("95", "96")
    assert post(signed_in, path, {"how": "paste", "pasted": pasted}).status_code == 303
    assert 'value="96"' in page(path, client=signed_in)
    rows = (
        "编号,数值,签字人,签字日期",
        *(f"{key},1,示例,2026-03-01" for key in ("c9", "c1", "c1")),
    )
    wrong = "\n".join(rows)
    refused = text(post(signed_in, path, {"how": "paste", "pasted": wrong}), 422)
    assert "没有编号为“c9”的对象" in refused
    assert "编号“c1”出现两次" in refused
    missing = text(post(signed_in, path, {"how": "paste", "pasted": "编号,数值\nc1,1\n"}), 422)
    assert "缺少“签字人”" in missing
