"""Read a plan document: bytes to text, text to a title, sections and numbered items.

Pure: nothing but the standard library and the message marker. Shapes: a :class:`PlanDocument`
holds sections, a section holds items, an item holds paragraphs; every line of the text is in one
of them or in a finding of kind ``left_out``. Source of the layouts: one real plan, and the usual
order of official Chinese documents (一、 → （一） → 1. → （1）).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from site_app.plan.layout import LONGEST_TITLE, blocks_of, layout_of, left_out, title_of, year_in
from site_app.plan.text import (
    BRACKETED,
    FIRSTLY,
    MAX_BYTES,
    NUMBERED,
    Line,
    PlanError,
    decode,
    lines_of,
    number_of,
)
from surveys.messages import N_

__all__ = [
    "MAX_BYTES",
    "Finding",
    "FindingKind",
    "Item",
    "PlanDocument",
    "PlanError",
    "Section",
    "Summary",
    "decode",
    "parse",
]


class FindingKind(StrEnum):
    """What kind of thing an organiser should look at."""

    LEFT_OUT = "left_out"
    GAP = "gap"
    REPEAT = "repeat"
    BACK = "back"
    NO_TITLE = "no_title"


@dataclass(frozen=True)
class Finding:
    """Something the organiser should look at: where (1-based line), what stood there, and why."""

    kind: FindingKind
    line: int
    text: str
    message: str
    params: dict[str, object]

    def __str__(self) -> str:
        return self.message % self.params


@dataclass(frozen=True)
class Item:
    """A numbered item: its title, and the text after the title."""

    number: int
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A section with its items; `preamble` stands between heading and first item."""

    number: int
    heading: str
    items: tuple[Item, ...]
    preamble: tuple[str, ...] = ()


class Summary(NamedTuple):
    """How much of a plan was found."""

    sections: int
    items: int

    def __str__(self) -> str:
        return f"{self.sections} sections, {self.items} items"


@dataclass(frozen=True)
class PlanDocument:
    """A plan as read; `preamble` stands between the title and the first section."""

    title: str
    year: int
    preamble: tuple[str, ...]
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of all sections, in order."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def summary(self) -> Summary:
        """The numbers of sections and items."""
        return Summary(len(self.sections), len(self.items))


# --- numbers ---------------------------------------------------------------------------------


class _Numbering:
    """Gives numbers in order and notes where the written ones do not run on.

    A written number is kept while the numbers rise, gaps included: people cite it. One that was
    there before, or goes back, takes the next number instead, so that every number is unique.
    """

    def __init__(self, gap: str, repeat: str, back: str) -> None:
        self.messages = {FindingKind.GAP: gap, FindingKind.REPEAT: repeat, FindingKind.BACK: back}
        self.last = 0  # the number given last
        self.written = 0  # and what was written there
        self.seen: set[int] = set()
        self.findings: list[Finding] = []

    def take(self, written: int | None, line: Line) -> int:
        """The number for the heading on this line; ``written`` is None where it bears none."""
        number = self.last + 1
        if written is not None and written not in {number, self.written + 1}:
            if written > self.written:
                kind = FindingKind.GAP
                missing = written - self.written - 1
                number = max(written, number)
            else:
                kind = FindingKind.REPEAT if written in self.seen else FindingKind.BACK
                missing = 0
            params: dict[str, object] = {
                "line": line.number,
                "written": written,
                "number": number,
                "missing": missing,
            }
            message = self.messages[kind]
            self.findings.append(Finding(kind, line.number, line.text, message, params))
        self.last, self.written = number, number if written is None else written
        self.seen.add(self.written)
        return number


# --- lines to a plan -------------------------------------------------------------------------


def parse(text: str, year: int | None = None) -> PlanDocument:
    """The plan this text holds, with its findings; ``year`` overrides the one in the title.

    :class:`PlanError` where there is no section, no item, or no year to be had.
    """
    lines = lines_of(text)
    section_style, item_style = layout_of(lines)
    first = next(at for at, line in enumerate(lines) if section_style.match(line.text))
    title_at, title = title_of(lines[:first])
    year = year_in(title) if year is None else year
    if year is None:
        raise PlanError(N_("标题里没有年份。请写明是哪一年的（命令行加 --year 2026）。"))
    findings: list[Finding] = []
    if not title:
        title = f"{year}年工作要点"
        message = N_("没有找到标题，已用“%(title)s”。")
        findings.append(Finding(FindingKind.NO_TITLE, 1, "", message, {"title": title}))

    starts = (item_style, FIRSTLY)
    last_item = max(
        (at for at, line in enumerate(lines) if any(style.match(line.text) for style in starts)),
        default=len(lines),
    )
    gone = left_out(lines, title_at, last_item)
    blocks = blocks_of([line for at, line in enumerate(lines) if at not in gone], section_style)
    contents = _contents(blocks, section_style)
    dropped = [line for at, line in enumerate(lines) if at in gone] + contents
    findings += [_left_out_finding(line) for line in dropped]

    preamble = tuple(line.text for line in blocks[0] if line.text not in title)
    sections, numbering = _sections(blocks[1 + len(contents) :], section_style, item_style)
    if not any(section.items for section in sections):
        raise PlanError(N_("找到了章节，但没有找到任何条目（如“1.”或“一是”）。"))
    findings += numbering
    findings.sort(key=lambda finding: finding.line)
    return PlanDocument(title, year, preamble, sections, tuple(findings))


def _left_out_finding(line: Line) -> Finding:
    message = N_("第 %(line)s 行不是要点正文，已略去：%(text)s")
    params: dict[str, object] = {"line": line.number, "text": line.text}
    return Finding(FindingKind.LEFT_OUT, line.number, line.text, message, params)


def _contents(blocks: Sequence[Sequence[Line]], style: re.Pattern[str]) -> list[Line]:
    """The headings of a table of contents: bare ones before the sections begin at 一 again."""
    headings = [block[0] for block in blocks[1:]]
    again = [at for at, line in enumerate(headings) if _written(style, line) == 1 and at]
    if again and all(len(block) == 1 for block in blocks[1 : again[0] + 1]):
        return headings[: again[0]]
    return []


def _written(style: re.Pattern[str], line: Line) -> int | None:
    found = style.match(line.text)
    return number_of(found[1]) if found else None


def _sections(
    blocks: Sequence[Sequence[Line]], section_style: re.Pattern[str], item_style: re.Pattern[str]
) -> tuple[tuple[Section, ...], list[Finding]]:
    section_numbers = _Numbering(
        gap=N_("第 %(line)s 行：章节“%(written)s”之前缺 %(missing)s 个编号。"),
        repeat=N_("第 %(line)s 行：章节编号 %(written)s 重复，已改为 %(number)s。"),
        back=N_("第 %(line)s 行：章节编号退回到 %(written)s，已改为 %(number)s。"),
    )
    item_numbers = _Numbering(
        gap=N_("第 %(line)s 行：第 %(written)s 条之前缺 %(missing)s 条。"),
        repeat=N_("第 %(line)s 行：条目编号 %(written)s 重复，已接着前面改为第 %(number)s 条。"),
        back=N_("第 %(line)s 行：条目编号退回到 %(written)s，已接着前面改为第 %(number)s 条。"),
    )
    sections = []
    for heading_line, *body in blocks:
        number = section_numbers.take(_written(section_style, heading_line), heading_line)
        heading, preamble = _titled([section_style.sub("", heading_line.text, count=1)])
        before, items = _items(body, item_style, item_numbers)
        sections.append(Section(number, heading, items, preamble + before))
    return tuple(sections), section_numbers.findings + item_numbers.findings


def _items(
    body: Sequence[Line], style: re.Pattern[str], numbers: _Numbering
) -> tuple[tuple[str, ...], tuple[Item, ...]]:
    """The paragraphs before a section's first item, and its items.

    Where no line is numbered, the paragraphs that begin 一是, 二是, … are the items; they bear no
    number in the plan's count and take the next ones.
    """
    numbered = any(style.match(line.text) for line in body)
    marker = style if numbered else FIRSTLY
    before: list[str] = []
    drafts: list[tuple[int, list[str]]] = []
    for line in body:
        if marker.match(line.text):
            written = _written(style, line) if numbered else None
            drafts.append((numbers.take(written, line), [marker.sub("", line.text, count=1)]))
        elif drafts and not (style is NUMBERED and BRACKETED.match(line.text)):
            drafts[-1][1].append(line.text)
        else:  # also a （一） that groups the items after it: no paragraph of the item before it
            before.append(line.text)
    return tuple(before), tuple(Item(number, *_titled(texts)) for number, texts in drafts)


def _titled(paragraphs: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Title and text of an item whose first paragraph opens with its title.

    The title is the first sentence; of one too long for that, what stands before its first
    comma or colon, and then the text keeps the whole sentence.
    """
    first, *rest = [text for text in paragraphs if text] or [""]
    title, _, text = first.partition("。")
    if len(title) > LONGEST_TITLE:
        title, text = re.split("[：，；:;,]", title, maxsplit=1)[0][:LONGEST_TITLE], first
    paragraphs = ([text.strip()] if text.strip() else []) + rest
    return title.strip(" 　:："), tuple(paragraphs)
