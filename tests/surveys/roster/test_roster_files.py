"""Tables of units and people as files: what is wrong with one as a whole, and cells to guard."""

from __future__ import annotations

import pytest

from surveys import roster, spreadsheet
from surveys.messages import Refused
from tests.surveys.roster.test_roster import UNITS


def refusal_of_units(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        roster.UNITS.preview(data)
    return str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_an_empty_file(data: bytes) -> None:
    assert refusal_of_units(data) == "文件是空的。"


def test_headings_alone() -> None:
    assert refusal_of_units("编号,名称,类型,上级编号\n".encode()).startswith("文件里只有第一行")


def test_a_missing_heading_is_named_with_all_that_are_expected() -> None:
    said = refusal_of_units("编号,名称,上级编号\nd,示范区,\n".encode())
    assert said == "第一行缺少“类型”（kind）这一列。第一行应有：编号、名称、类型、上级编号。"


def test_a_doubled_heading_in_two_languages() -> None:
    said = refusal_of_units("编号,名称,类型,上级编号,Code\nd,示范区,区,,d\n".encode())
    assert said == "第一行有两列是同一个意思：“编号”和“Code”。请删去一列。"


def test_a_nul_is_named_by_its_row() -> None:
    assert refusal_of_units((UNITS + "c2,甲\0,社区,s1\n").encode()).startswith("第 6 行有空字符")


@pytest.mark.parametrize(
    "row",
    ['c2,"甲二社区,社区,s1\nc3,x,社区,s1\n', 'c2,"甲二"社区,社区,s1\n', 'c2,"' + "x" * 140_000],
)
def test_a_quote_never_closed_is_named_by_its_row(row: str) -> None:
    assert refusal_of_units((UNITS + row).encode()).startswith("第 6 行的英文双引号没有配对")


def test_a_quote_never_closed_in_the_headings() -> None:
    assert refusal_of_units(UNITS.replace("编号", '"编号', 1).encode()).startswith("第 1 行的英文")


def test_a_workbook_is_not_a_csv() -> None:
    assert "Excel 工作簿" in refusal_of_units(b"PK\x03\x04 and so on")


def test_no_encoding_of_an_office() -> None:
    assert "编码" in refusal_of_units(UNITS.encode() + b"\xff\xff")


def test_too_big_a_file() -> None:
    assert "超过 20 MB" in refusal_of_units(b"x" * (spreadsheet.MOST_BYTES + 1))


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    assert refusal_of_units(UNITS.encode()) == "文件超过 3 行。请分成几个文件导入。"


@pytest.mark.parametrize(
    "cell", ["=1", "+1", "-1", "@x", "\t=1", "\r", " =1", "\u3000@x", "＝1", "'=1", "\u200b=1"]
)
def test_every_beginning_of_a_formula_is_guarded(cell: str) -> None:
    column = spreadsheet.Column("code", {"zh": "编号"})
    written = spreadsheet.write([column], "zh", [[cell]]).decode("utf-8-sig").split("\r\n", 1)[1]
    assert written.lstrip('"').startswith("'")
