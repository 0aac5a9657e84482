"""Files that are to be plans: every usual encoding is read, what is no plan is refused."""

from __future__ import annotations

import codecs

import pytest

from site_app.plan.document import parse
from site_app.plan.text import MAX_BYTES, PlanError, decode
from tests.site_app.plan.test_plan_document import BRACKETED_ITEMS, DISTRICT, RESTARTING


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2030年要点\n只有一段话。", "章节"),
        ("2030年要点\n1.甲事。\n2.乙事。", "章节"),
        ("2030年要点\n一、事项\n只有一段话。", "条目"),
    ],
)
def test_text_without_sections_or_items_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PlanError, match=reason):
        parse(text)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空"),
        (b" \r\n\r\n", "空"),
        (codecs.BOM_UTF8, "空"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)), "PNG"),
        (b"PK\x03\x04" + bytes(64), "DOCX"),
        (b"%PDF-1.7\n", "PDF"),
        (bytes(range(256)) * 8, "编码"),
        (DISTRICT.encode("utf-8")[:-1] + b"\xff\xff\xff", "编码"),
        (("一、學習，辦好課堂，" * 30).encode("big5"), "编码"),
        (b"\xff\xfe\x00", "编码"),
        (b"x" * (20 * 1024 * 1024), "MB"),
        (b"x" * (MAX_BYTES + 1), "MB"),
    ],
)
def test_a_file_that_is_no_text_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PlanError, match=reason):
        decode(data)


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_usual_encoding_gives_the_same_plan(encoding: str, newline: str) -> None:
    for sample in (DISTRICT, BRACKETED_ITEMS, RESTARTING):
        data = sample.replace("\n", newline).encode(encoding)
        assert parse(decode(data)) == parse(sample)


def test_utf_16_big_endian_with_its_mark() -> None:
    assert decode(codecs.BOM_UTF16_BE + DISTRICT.encode("utf-16-be")) == DISTRICT
