"""Tables for spreadsheets: opened as they are meant, and running nothing."""

from __future__ import annotations

import csv
import io

import pytest

from surveys import spreadsheet


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+86",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\r=1",
        " =1",
        "\u3000=1",  # a full-width space
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM",
        "\u200b=1",
        "\n=1",
    ],
)
def test_what_a_spreadsheet_would_run_is_written_as_text(cell: str) -> None:
    assert spreadsheet.as_text(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["86.95", "示范社区", "a=b", "甲-乙", "", "  ", 7])
def test_what_runs_nothing_stays_as_it_is(cell: object) -> None:
    assert spreadsheet.as_text(cell) == str(cell)


def test_nothing_is_an_empty_cell() -> None:
    assert spreadsheet.as_text(None) == ""


def test_excel_and_wps_see_utf_8_and_every_cell_comes_back() -> None:
    rows = [["一", 'a "b", c'], ["两\n行", "86.95"]]
    table = spreadsheet.to_csv(["名称", "=内容"], rows)
    assert table.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    assert read == [["名称", "'=内容"], *rows]
