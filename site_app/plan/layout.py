"""The layout of a plan document: its title, its styles of number, and the lines not its own.

Pure: standard library only. Plans differ from year to year and from county to county, and copies
passed around carry the notices of the sites that sell them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from site_app.plan.text import (
    BRACKETED,
    ENUMERATED,
    NUMBER_IN_BRACKETS,
    NUMBER_STYLES,
    NUMBERED,
    PART,
    Line,
    PlanError,
    number_of,
)
from surveys.messages import N_

LONGEST_TITLE = 60  # characters; a longer first sentence is text, not a title

# --- lines that are not the plan's -----------------------------------------------------------

_SOLICITS = re.compile(
    r"QQ群?\s*[号:：]?\s*\d{5,}|https?://|www\.|倒卖|(?:禁止|严禁|请勿|不得)外传|用后删除"
    r"|仅供\S{0,4}(?:学习|交流|参考)|(?:关注|订阅)(?:我们|本站|本号|公众号)|扫码关注|资料群|QQ群"
    r"|加\S{0,3}微信|微信[群号]\s*[:：]|公众号\s*[:：]|立享|会员\S{0,2}(?:资料|材料|专享|群)"
    r"|(?:开通|加入|成为)\S{0,3}会员|更多\S{0,4}(?:资料|材料|范文)|版权归",
    re.IGNORECASE,
)
_PAGE_FURNITURE = re.compile(r"^(?:\W*\d{0,3}\W*|第\s*\d+\s*页.*)$")  # page numbers, rules
_DATE = re.compile(r"^\s*(?:19|20)\d\d\s*年\s*\d+\s*月\s*\d+\s*日$")
_SENTENCE_END = re.compile(r"[。；;]$")
_PUNCTUATION = re.compile(r"[，。；：、！？,;:!?]")
_LONGEST_NOTICE = 60  # characters a vendor's line may have
_MOST_NOTICES = 100  # searched for names, so that a file of nothing else takes no minutes
_BARE_NAME = range(3, 16)  # characters of a site's or an issuer's name


def is_notice(text: str) -> bool:
    """Whether a line standing alone is a vendor's, whatever stands around it.

    A sentence of the plan about 会员 or 微信 may contain one such phrase, so a whole sentence
    needs two of them; and a number or heading in front makes any line part of the plan.
    """
    if len(text) > _LONGEST_NOTICE or any(style.match(text) for style in NUMBER_STYLES):
        return False
    wanted = 2 if _SENTENCE_END.search(text) else 1
    return len(_SOLICITS.findall(text)) >= wanted or bool(_PAGE_FURNITURE.match(text))


def _is_bare_name(text: str) -> bool:
    return len(text) in _BARE_NAME and not _PUNCTUATION.search(text)


def left_out(lines: Sequence[Line], title: int, last_marker: int) -> set[int]:
    """Indexes of the lines that are not the plan's.

    All before the title; notices anywhere; after the last item the signature, and from the first
    notice or date all that is no sentence; and bare names which one of those contains.
    """
    out = set(range(title))
    out |= {at for at, line in enumerate(lines) if at != title and is_notice(line.text)}
    closing = False
    for at in range(last_marker + 1, len(lines)):
        dated = bool(_DATE.match(lines[at].text))
        if dated and at - 1 > last_marker and _is_bare_name(lines[at - 1].text):
            out.add(at - 1)  # who signed
        closing = closing or dated or at in out
        if closing and not _SENTENCE_END.search(lines[at].text):
            out.add(at)
    gone = "\n".join(lines[at].text for at in sorted(out)[:_MOST_NOTICES])
    return out | {
        at
        for at, line in enumerate(lines)
        if at != title and _is_bare_name(line.text) and line.text in gone
    }


# --- title, sections and items ---------------------------------------------------------------


def layout_of(lines: Sequence[Line]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The styles of number that sections and items have in this document."""

    def used(style: re.Pattern[str]) -> bool:
        return any(style.match(line.text) for line in lines)

    section = next((style for style in (ENUMERATED, PART, BRACKETED) if used(style)), None)
    if section is None:
        raise PlanError(N_("没有找到章节（如“一、”“第一部分”）。请检查文件是否为工作要点全文。"))
    item = NUMBERED if used(NUMBERED) else NUMBER_IN_BRACKETS
    if section is not BRACKETED and used(BRACKETED):
        if not used(item) or not _run_above_brackets(lines, section, item):
            item = BRACKETED
    elif section is ENUMERATED and used(PART) and not used(item):
        section, item = PART, ENUMERATED
    return section, item


def _run_above_brackets(
    lines: Sequence[Line], section: re.Pattern[str], item: re.Pattern[str]
) -> bool:
    """Whether numbers beside （一） are the items, and not points within each （一）.

    Items begin at most once in a section, and are in every section that has a （一）.
    """
    for block in blocks_of(lines, section)[1:]:
        numbers = [number_of(found[1]) for line in block if (found := item.match(line.text))]
        bracketed = any(BRACKETED.match(line.text) for line in block)
        if numbers.count(1) > 1 or (bracketed and not numbers):
            return False
    return True


_PLAN_WORD = re.compile(r"(?:要点|计划|安排|方案|意见|打算|部署)(?:[（(][^）)]*[）)])?$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_CHINESE_DIGITS = str.maketrans("〇○零Ｏ一二三四五六七八九", "0000123456789")


def year_in(title: str) -> int | None:
    """The first year named, in digits of any kind: 2024, ２０２４, 二〇二四."""
    found = _YEAR.search(title.translate(_CHINESE_DIGITS))
    return int(found[1]) if found else None


def title_of(front: Sequence[Line]) -> tuple[int, str]:
    """Where the title begins among the lines before the first section, and its text.

    (-1, "") if there is none. The best line ends like a plan's name and bears a year. A year on
    the line before belongs to the title ("2024年" over "全区组织工作要点").
    """

    def rank(at: int) -> tuple[bool, bool]:
        text = front[at].text
        return bool(_PLAN_WORD.search(text)), year_in(text) is not None

    short = [
        at
        for at, line in enumerate(front)
        if len(line.text) <= LONGEST_TITLE and "。" not in line.text and not is_notice(line.text)
    ]
    if not short or not any(rank(best := max(short, key=rank))):
        return -1, ""
    title = front[best].text
    above = best - 1
    if above in short and year_in(title) is None and year_in(front[above].text):
        return above, front[above].text + title
    return best, title


def blocks_of(lines: Sequence[Line], section_style: re.Pattern[str]) -> list[list[Line]]:
    """What stands before the first section, then each section's heading with its lines."""
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if section_style.match(line.text):
            blocks.append([])
        blocks[-1].append(line)
    return blocks
