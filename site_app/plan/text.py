"""The text of a plan document: bytes to text, text to lines, and the numbers lines begin with.

Pure: standard library only. The layout of a document is recognised in `layout`, the plan
itself is put together in `document`.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from surveys.messages import N_, Refused

MAX_BYTES = 2 * 1024 * 1024  # the real plan has 17 KB; a hundred times that is no plan

_MAGIC = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"PK\x03\x04": "DOCX/ZIP",
    b"\xd0\xcf\x11\xe0": "DOC",
    b"{\\rtf": "RTF",
}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# In this order: text in one of them hardly ever passes as one named before it.
_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


class PlanError(Refused):
    """The file or the text is no plan that can be imported."""


# --- bytes to text ---------------------------------------------------------------------------


def decode(data: bytes) -> str:
    """Text of a file in UTF-8, GB18030 or UTF-16, with or without BOM; else :class:`PlanError`."""
    if len(data) > MAX_BYTES:
        raise PlanError(N_("文件超过 %(limit)s MB，不像工作要点。"), limit=MAX_BYTES // 2**20)
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise PlanError(N_("这是 %(kind)s 文件，不是纯文本。请另存为纯文本再导入。"), kind=kind)
    bom = next((name for mark, name in _BOMS.items() if data.startswith(mark)), None)
    for encoding in (bom,) if bom else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise PlanError(N_("文件是空的。"))
        certain = bom is not None or encoding == "utf-8"
        if _reads_as_text(text) and (certain or _has_usual_signs(text)):
            return text
    raise PlanError(N_("认不出文件的编码。请另存为 UTF-8 编码的纯文本再导入。"))


def _reads_as_text(text: str) -> bool:
    """No NUL, and at most one in a hundred characters that no writer would type.

    A wrong guess is full of control, private and unassigned characters; an honest document may
    hold a few (Word's bullets are private characters).
    """
    strange = sum(
        unicodedata.category(char) in {"Cc", "Cn", "Co"} and not char.isspace() for char in text
    )
    return "\0" not in text and strange * 100 <= len(text)


def _has_usual_signs(text: str) -> bool:
    """At least one in fifty characters a line end, digit or Chinese comma or stop.

    Almost any bytes are some text in UTF-16; Big5 is some text in GB18030.
    """
    return 50 * sum(char in "\r\n，。、；：0123456789" for char in text) >= len(text)


# --- numbers ---------------------------------------------------------------------------------

_DIGITS = "〇一二三四五六七八九"
_CHINESE = r"([一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
ENUMERATED = re.compile(rf"{_CHINESE}\s*[、.．]\s*")
PART = re.compile(rf"第\s*{_CHINESE}\s*(?:部分|章|篇)\s*[、.．:：]?\s*")
BRACKETED = re.compile(rf"[（(]\s*{_CHINESE}\s*[)）]\s*、?\s*")
# Not "3.5 万元", "8:30", "5、6 月"; but "7.2021 年度考核" is a title that begins with a year.
NUMBERED = re.compile(r"(\d{1,3})\s*[.．、:：]+(?!\d{1,3}(?!\d))\s*")
NUMBER_IN_BRACKETS = re.compile(r"[（(]?\s*(\d{1,3})\s*[)）]\s*[、.．:：]?\s*")
FIRSTLY = re.compile(rf"{_CHINESE}是\s*[:：，]?\s*")
NUMBER_STYLES = (ENUMERATED, PART, BRACKETED, NUMBERED, NUMBER_IN_BRACKETS, FIRSTLY)


def number_of(written: str) -> int:
    """``十二``, ``12`` or full-width ``１２`` as 12."""
    if written.isdecimal():
        return int(written)
    tens, ten, units = written.rpartition("十")
    return (_DIGITS.index(tens or "一") if ten else 0) * 10 + _DIGITS.index(units or "〇")


# --- text to lines ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line that is not blank, stripped; `number` counts all lines of the text from 1."""

    number: int
    text: str


_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))
_MARKDOWN = re.compile(r"^#{1,6}\s+|(?<!\*)\*\*(?!\*)|\\(?=\.)")  # "## 一、", "**1.**", "1\."
_ONE_SIGN_NUMBER = re.compile(r"^[\u2474-\u249b\u3220-\u3229]")  # ⑴ ⒈ ㈠


def lines_of(text: str) -> list[Line]:
    """Lines that are not blank, without Markdown's signs for headings and bold.

    A number written as one sign (⒈ ⑴ ㈠) is spelt out.
    """
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _MARKDOWN.sub("", raw.translate(_INVISIBLE).strip())
        line = _ONE_SIGN_NUMBER.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), line)
        if line:
            lines.append(Line(number, line))
    return lines
