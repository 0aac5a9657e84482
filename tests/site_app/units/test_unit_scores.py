"""A unit's page: published results over the years, and those below it, drawn and in tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup

from site_app.ui.bar_charts import Segment
from site_app.ui.diverging_bars import diverging
from site_app.ui.dot_charts import Reading, over_time
from site_app.ui.stacked_tables import stacking
from surveys import counting, rounds
from surveys.models import Round
from tests import factories
from tests.factories import START, District
from tests.helpers import composites
from tests.helpers.results import BAD, GOOD, answered_survey

Fetch = Callable[..., str]


@pytest.fixture
def two_years(keys: Path, district: District) -> list[Round]:
    """Two published surveys: c1 rises from 75 to 90, c3 is too small in both."""
    first = factories.published(keys, answered_survey(keys, district, title="上一次示范调查"))
    later = START + timedelta(days=30)
    end = later + timedelta(days=7)
    second = factories.open_survey(keys, district, title="这一次示范调查", opens=later, ends=end)
    factories.answer(keys, second, "c1", GOOD, 18, now=later)
    factories.answer(keys, second, "c1", BAD, 2, now=later)
    factories.answer(keys, second, "c2", GOOD, 8, now=later)
    factories.answer(keys, second, "c3", BAD, 3, now=later)
    counting.close(keys, second, end + timedelta(days=1))
    rounds.publish(Round.get_by_id(second.id), "示例。", end + timedelta(days=2))
    return [first, Round.get_by_id(second.id)]


def descriptions(text: str) -> dict[str, str]:
    """The title of each drawing on a page, and what it says in words."""
    drawn = re.findall(r"<title id=[^>]*>(.*?)</title>\s*<desc[^>]*>(.*?)</desc>", text, re.DOTALL)
    return dict(drawn)


def test_a_community_sees_its_years_in_one_drawing_and_one_table(
    two_years: list[Round], page: Fetch
) -> None:
    text = page("/units/c1")
    (said,) = descriptions(text).values()
    assert re.fullmatch(r"\d{4}-\d\d 75\.00；\d{4}-\d\d 90\.00", said)
    assert "上升 15.00 个百分点" in text
    assert 'href="/units/' in text[: text.index("<h1")], "the way up to what stands above"
    for each in two_years:
        assert f'href="/results/{each.id}"' in text


def test_what_stands_above_shows_those_below_side_by_side_and_hides_what_is_hidden(
    two_years: list[Round], page: Fetch
) -> None:
    text = page("/units/s1")
    drawn = descriptions(text)
    assert drawn["甲一示范社区"].count("；") == 1
    assert "90.00" in drawn["甲一示范社区"]
    hidden = drawn["甲二示范社区"]
    assert re.fullmatch(r"\d{4}-\d\d 不显示；\d{4}-\d\d 不显示", hidden)
    table = text[text.index('<table class="scores below stacked"') :]
    row = table[table.index("/units/c2") :].split("</tr>")[0]
    assert "为保护相邻小单位，不显示" in row
    assert not re.search(r"\d+\.\d\d", row)


def test_a_table_is_sorted_by_a_plain_link_and_hidden_lines_stay_last(
    two_years: list[Round], page: Fetch
) -> None:
    here = f"/results/{two_years[0].id}"

    def order(text: str) -> list[str]:
        table = text[text.index("<tbody") : text.index("</tbody>")]
        return re.findall(r'<th scope="row"[^>]*>(?:<a[^>]*>)?([^<\n]+)', table)

    plain, falling = page(here), page(f"{here}?sort=rate")
    rising = page(f"{here}?sort=rate-rising")
    assert "aria-sort" not in plain
    assert 'aria-sort="descending"' in falling
    assert f'href="{here}?sort=rate-rising"' in falling
    assert 'aria-sort="ascending"' in rising
    rates = [float(each) for each in re.findall(r'numeric">(\d+\.\d\d)%', falling)]
    assert rates == sorted(rates, reverse=True)
    assert [float(each) for each in re.findall(r'numeric">(\d+\.\d\d)%', rising)] == rates[::-1]
    assert order(falling)[-1] == order(rising)[-1] == "乙一示范社区"
    assert sorted(order(plain)) == sorted(order(falling))
    page(f"{here}?sort=secret", status=404)


def piece(label: str, count: int, side: str) -> Segment:
    return Segment(label, count, 0, 0, "#000", side)


def test_bars_part_at_one_line_on_one_scale() -> None:
    good = [piece("满意", 9, "above"), piece("不满意", 1, "below"), piece("不了解", 5, "")]
    bad = [piece("满意", 5, "above"), piece("不满意", 5, "below"), piece("不了解", 0, "")]
    drawn = diverging([good, bad, []])
    assert [[each.label for each in bar] for bar in drawn.bars] == [["不满意", "满意"]] * 2 + [[]]
    for bar in drawn.bars[:2]:
        assert bar[1].x == drawn.line, "the positive answers begin at the line"
    assert drawn.bars[1][0].x == 0
    assert drawn.bars[0][0].x > 0


def test_an_answer_for_neither_side_straddles_the_line() -> None:
    bar = [piece("好", 1, "above"), piece("一般", 2, "middle"), piece("差", 1, "below")]
    drawn = diverging([bar])
    middle = drawn.bars[0][1]
    assert middle.label == "一般"
    assert drawn.line == 500
    assert (middle.x, middle.x + middle.width + 4) == (250, 750)


def test_no_line_is_drawn_across_what_is_not_shown() -> None:
    values = ["80.00", "90.00", None, "70.00"]
    drawn = over_time([Reading(str(n), value) for n, value in enumerate(values)])
    (line,) = drawn.lines
    assert line.count(",") == 2
    assert [dot.value for dot in drawn.dots] == values
    heights = [dot.y for dot in drawn.dots if dot.value]
    assert heights[1] < heights[0] < heights[2], "more stands higher"


def test_each_figure_has_the_word_of_its_column_and_the_roles_of_a_table_are_said() -> None:
    made = stacking(
        Markup(
            '<thead><tr><th scope="col">单位</th><th scope="col" class="numeric">'
            '<a href="?sort=rate">满意率</a></th><th scope="col">“甲”</th></tr></thead><tbody>'
            '<tr><th scope="row">甲一</th><td class="numeric">90.00%</td><td>好</td></tr>'
            '<tr><th scope="row">甲二</th><td colspan="2">不显示</td></tr></tbody>'
        )
    )
    assert '<td class="numeric" role="cell" data-word="满意率">90.00%</td>' in made
    assert 'data-word="“甲”">好' in made
    assert '<td colspan="2" role="cell">不显示' in made
    assert made.count('role="row"') == made.count("<tr") == 3
    assert made.count('role="rowgroup"') == 2
    assert made.count('role="columnheader"') == 3
    assert made.count('role="rowheader"') == 2


def test_a_community_sees_all_its_scores_and_its_stars_at_a_glance(
    two_years: list[Round],
    page: Fetch,
    signed_in: FlaskClient,
    set_clock: Callable[[datetime], None],
) -> None:
    set_clock(composites.DAY)
    composites.publish(
        signed_in, composites.compute(signed_in, composites.stars(signed_in, two_years[1]))
    )
    text = page("/units/c1")
    glance, rest = text.split("<h2", 1)
    assert '<a href="#resident-satisfaction">' in glance
    assert "90.00%" in glance
    assert "上升 15.00 个百分点" in glance
    assert '<a href="#composite-community-stars">' in glance
    assert "五星" in glance
    assert 'href="/composites/1/subjects/c1"' in rest
    assert "composite-community-stars" not in page("/units/s1"), "no star was given to a street"
