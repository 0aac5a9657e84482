"""Plan documents as organisers bring them: their own and other counties', and misleading lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_app.plan.document import FindingKind, PlanDocument, parse
from site_app.plan.text import PlanError

# Invented sentences throughout. This one is laid out like the plans we have seen: notices around
# it, 一是 for the first items, a long item that enumerates within its paragraph.
DISTRICT = """\
仅供学习 禁止外传 用后删除
示例文库
【会员专享材料，请勿外传】
2030年示范区组织工作要点

示例文库整理，索取全文请联系QQ10000000
2030示范区工作的总体要求是：把小事做细，把细事做实。
一、打牢基础，用好学习成果
一是立足日常，推进读书活动经常化。每月读一本书。
二是立足岗位，推进志愿服务经常化。每季帮一件事。
二、开好课堂
3.办好夜校。利用党建微信平台和会员单位的教室开课。3.5 万元经费按季拨付。
4.深化社区服务。全年办三件事。一是修好路灯；二是疏通水沟；三是添置座椅。
三、抓好收尾
5.做好总结。12月底前完成。

示例文库整理，索取全文请联系QQ10000000
示例文库
自建平台、实时分享
现在订阅立享全部权益
会员群：        免费QQ群：
"""

BRACKETED_ITEMS = """\
关于印发《样例县2031年组织工作要点》的通知
样例县2031年组织工作要点
一、强化学习
（一）抓好晨读。每天半小时。
1.领导带头。
2.人人参与。
（二）抓好夜校。每周一课。
二、强化服务
（一）抓好代办。每村一名代办员。
"""

PARTS = """\
二〇三二年样例市组织工作计划
第一部分　学习培训
１．办好课堂
上半年办三期。
下半年办三期。
２．用好基地
组织参观两次。
第二部分　联系群众
３．定期走访：每月一次
"""

RESTARTING = """\
样例镇2033年组织工作安排（征求意见稿）
一、学习
1、读书。每月一本。
2、听课。每季一次。
二、服务
1、走访。每月一次。
2、代办。随叫随到。
"""

TWO_LINE_TITLE = """\
2034年
样例区组织工作要点
样例组发〔2034〕1号
总的要求是求实。
（一）学习
(1) 读书。每月一本。
（二）服务
(2) 走访。每月一次。
(3) 代办。随叫随到。
样例区委组织部
2034年3月5日
"""

WITH_CONTENTS = """\
样例区2035年组织工作要点
一、学习
二、服务
一、学习
⒈读书。每月一本。
- 1 -
二、服务
本部分由两科承担。
（一）日常
⒉走访。每月一次。
（二）应急
⒊代办。随叫随到。
"""

SAMPLES = (DISTRICT, BRACKETED_ITEMS, PARTS, RESTARTING, TWO_LINE_TITLE, WITH_CONTENTS)


def numbers_and_titles(plan: PlanDocument) -> list[tuple[int, str]]:
    return [(item.number, item.title) for item in plan.items]


def kinds(plan: PlanDocument) -> list[FindingKind]:
    return [finding.kind for finding in plan.findings]


# --- plans as they come ---


def test_a_plan_sold_by_a_site_is_read_without_the_sites_lines() -> None:
    plan = parse(DISTRICT)
    assert (plan.title, plan.year) == ("2030年示范区组织工作要点", 2030)
    assert str(plan.summary) == "3 sections, 5 items"
    assert plan.sections[0].heading == "打牢基础，用好学习成果"
    assert numbers_and_titles(plan) == [
        (1, "立足日常，推进读书活动经常化"),
        (2, "立足岗位，推进志愿服务经常化"),
        (3, "办好夜校"),
        (4, "深化社区服务"),
        (5, "做好总结"),
    ]
    assert plan.items[3].paragraphs == ("全年办三件事。一是修好路灯；二是疏通水沟；三是添置座椅。",)
    assert plan.items[4].paragraphs == ("12月底前完成。",)
    assert plan.preamble == ("2030示范区工作的总体要求是：把小事做细，把细事做实。",)


def test_every_line_left_out_is_reported_each_time_it_stands_there() -> None:
    plan = parse(DISTRICT)
    assert set(kinds(plan)) == {FindingKind.LEFT_OUT}
    assert [finding.line for finding in plan.findings] == [1, 2, 3, 6, 17, 18, 19, 20, 21]
    assert "示例文库" in str(plan.findings[1])


def test_nothing_else_is_lost() -> None:
    for sample in SAMPLES:
        plan = parse(sample)
        kept = "".join(
            [plan.title, *plan.preamble, *(finding.text for finding in plan.findings)]
            + [part for section in plan.sections for part in (section.heading, *section.preamble)]
            + [part for item in plan.items for part in (item.title, *item.paragraphs)]
        )
        for line in sample.splitlines():
            for sentence in filter(None, line.split("。")):
                assert sentence[-2:].strip() in kept, sentence


def test_bracketed_items_keep_the_numbered_points_within_them() -> None:
    plan = parse(BRACKETED_ITEMS)
    assert plan.title == "样例县2031年组织工作要点"
    assert numbers_and_titles(plan) == [(1, "抓好晨读"), (2, "抓好夜校"), (3, "抓好代办")]
    assert plan.items[0].paragraphs == ("每天半小时。", "1.领导带头。", "2.人人参与。")


def test_parts_and_full_width_numbers_and_titles_on_their_own_line() -> None:
    plan = parse(PARTS)
    assert plan.year == 2032
    assert [section.heading for section in plan.sections] == ["学习培训", "联系群众"]
    assert plan.items[0].title == "办好课堂"
    assert plan.items[0].paragraphs == ("上半年办三期。", "下半年办三期。")
    assert plan.items[2].number == 3


def test_numbers_restarting_in_each_section_run_on_and_are_reported() -> None:
    plan = parse(RESTARTING)
    assert numbers_and_titles(plan) == [(1, "读书"), (2, "听课"), (3, "走访"), (4, "代办")]
    assert kinds(plan) == [FindingKind.REPEAT]
    assert "第 3 条" in str(plan.findings[0])


def test_a_year_above_the_title_belongs_to_it_and_a_signature_to_nothing() -> None:
    plan = parse(TWO_LINE_TITLE)
    assert (plan.title, plan.year) == ("2034年样例区组织工作要点", 2034)
    assert plan.preamble == ("样例组发〔2034〕1号", "总的要求是求实。")
    assert plan.items[2].paragraphs == ("随叫随到。",)
    assert kinds(plan) == [FindingKind.LEFT_OUT] * 2


def test_a_table_of_contents_page_numbers_and_groups_are_no_sections_or_items() -> None:
    plan = parse(WITH_CONTENTS)
    assert numbers_and_titles(plan) == [(1, "读书"), (2, "走访"), (3, "代办")]
    assert [section.number for section in plan.sections] == [1, 2]
    assert plan.sections[1].preamble == ("本部分由两科承担。", "（一）日常", "（二）应急")
    assert kinds(plan) == [FindingKind.LEFT_OUT] * 3


def test_eleven_sections_and_a_document_of_one_item() -> None:
    headings = [f"{number}、" for number in [*"一二三四五六七八九十", "十一"]]
    plan = parse("\n".join(["2030年要点", *(f"{head}事项" for head in headings), "1.一事。"]))
    assert [section.number for section in plan.sections] == list(range(1, 12))
    assert str(plan.summary) == "11 sections, 1 items"
    assert parse("2030年要点\n一、事项\n一是办好一件事。").items[0].number == 1


def test_markdown_with_headings_bold_and_escaped_numbers_is_the_same_plan() -> None:
    plan = parse(
        "# 2030年示例县工作要点\n\n## **一、打牢基础**\n\n### 1. 办好夜校\n\n每月一课。\n\n"
        "2\\. 修好路灯。全年 3.5 万元。\n\n## 二、收尾\n\n**3.做好总结。** 年底前完成。\n"
    )
    assert plan.title == "2030年示例县工作要点"
    assert [section.heading for section in plan.sections] == ["打牢基础", "收尾"]
    assert [(item.number, item.title, item.paragraphs) for item in plan.items] == [
        (1, "办好夜校", ("每月一课。",)),
        (2, "修好路灯", ("全年 3.5 万元。",)),
        (3, "做好总结", ("年底前完成。",)),
    ]


# --- lines that could mislead ---


@pytest.mark.parametrize(
    "line",
    [
        "3.5 万元用于奖励。",
        "３．５万元用于奖励。",
        "2021年的经验继续用好。",
        "2021.继续用好。",
        "8:30 集合。",
        "5、6月集中办理。",
        "用好微信公众号，及时回应会员单位。",
        "会员单位党组织覆盖率稳步提高。",
        "建立楼栋微信群，方便居民订阅通知。",
        "资料仅供内部学习的，应当注明。",
        "责任单位：示例科",
    ],
)
def test_a_line_of_the_item_stays_in_it(line: str) -> None:
    plan = parse(f"2030年要点\n一、事项\n1.甲事。做好。\n{line}\n2.乙事。做好。")
    assert plan.items[0].paragraphs == ("做好。", line)
    assert not plan.findings


@pytest.mark.parametrize(
    "line",
    [
        "更多材料请加微信：example",
        "关注公众号获取范文",
        "仅供学习交流",
        "本文仅供学习，严禁外传。",
        "会员专享",
        "QQ群：100000000",
        "https://example.org/plan",
        "— 3 —",
        "第 3 页 共 9 页",
        "************",
    ],
)
def test_a_notice_between_items_is_left_out(line: str) -> None:
    plan = parse(f"2030年要点\n一、事项\n1.甲事。做好。\n{line}\n2.乙事。做好。")
    assert plan.items[0].paragraphs == ("做好。",)
    assert [(finding.kind, finding.text) for finding in plan.findings] == [
        (FindingKind.LEFT_OUT, line)
    ]


@pytest.mark.parametrize(
    ("written", "title", "paragraphs"),
    [
        ("1.办好夜校。每周一课。", "办好夜校", ("每周一课。",)),
        ("1．办好夜校", "办好夜校", ()),
        ("1、办好夜校。", "办好夜校", ()),
        ("1：办好夜校。每周一课。", "办好夜校", ("每周一课。",)),
        ("1.：办好夜校。", "办好夜校", ()),
        ("1.\n办好夜校\n每周一课。", "办好夜校", ("每周一课。",)),
        ("⒈办好夜校：\n每周一课。", "办好夜校", ("每周一课。",)),
        ("1.2030年度考核。按时完成。", "2030年度考核", ("按时完成。",)),
        ("1.“夜校”提升，共三期。每周一课。", "“夜校”提升，共三期", ("每周一课。",)),
        ("1.办好夜校，" + "好" * 60 + "。", "办好夜校", ("办好夜校，" + "好" * 60 + "。",)),
    ],
)
def test_the_title_of_an_item(written: str, title: str, paragraphs: tuple[str, ...]) -> None:
    (item,) = parse(f"2030年要点\n一、事项\n{written}").items
    assert (item.title, item.paragraphs) == (title, paragraphs)


# --- numbers that do not run on ---


@pytest.mark.parametrize(
    ("written", "given", "found"),
    [
        ([1, 2, 3], [1, 2, 3], []),
        ([1, 2, 5, 6], [1, 2, 5, 6], [FindingKind.GAP]),
        ([2, 3], [2, 3], [FindingKind.GAP]),
        ([1, 2, 2, 3], [1, 2, 3, 4], [FindingKind.REPEAT]),
        ([1, 4, 3, 5], [1, 4, 5, 6], [FindingKind.GAP, FindingKind.BACK, FindingKind.GAP]),
        ([1, 2, 3, 2, 5], [1, 2, 3, 4, 5], [FindingKind.REPEAT]),
    ],
)
def test_gaps_repeats_and_goings_back_are_found(
    written: list[int], given: list[int], found: list[FindingKind]
) -> None:
    items = "\n".join(f"{number}.事{number}。" for number in written)
    plan = parse(f"2030年要点\n一、事项\n{items}")
    assert [item.number for item in plan.items] == given
    assert kinds(plan) == found
    assert all(str(finding) for finding in plan.findings)


def test_a_missing_section_is_found_too() -> None:
    plan = parse("2030年要点\n一、甲\n1.甲事。\n三、丙\n2.丙事。")
    assert [section.number for section in plan.sections] == [1, 3]
    assert kinds(plan) == [FindingKind.GAP]


def test_unnumbered_items_after_numbered_ones_run_on() -> None:
    plan = parse("2030年要点\n一、甲\n1.甲事。\n二、乙\n一是乙事。\n二是丙事。\n三、丁\n4.丁事。")
    assert [item.number for item in plan.items] == [1, 2, 3, 4]
    assert not plan.findings


# --- title and year ---


def test_the_year_can_be_given_and_then_counts() -> None:
    text = "示范区工作要点\n一、事项\n1.甲事。"
    with pytest.raises(PlanError, match="--year"):
        parse(text)
    assert parse(text, year=2030).year == 2030
    assert parse("2029年要点\n一、事项\n1.甲事。", year=2030).year == 2030


def test_a_document_without_a_title_gets_one_and_says_so() -> None:
    plan = parse("一、事项\n1.甲事。", year=2030)
    assert plan.title == "2030年工作要点"
    assert kinds(plan) == [FindingKind.NO_TITLE]


# --- round trip ---

CHINESE = "".join(map(chr, range(0x4E00, 0x4F00))).translate(
    dict.fromkeys(map(ord, "一七万三上下不与专且世丘丙业东丝中"))
)
TITLES = st.text(CHINESE, min_size=2, max_size=20)
SENTENCES = st.lists(st.text(CHINESE, min_size=16, max_size=40).map(lambda s: s + "。"), max_size=3)
PLANS = st.lists(
    st.tuples(TITLES, st.lists(st.tuples(TITLES, SENTENCES), min_size=1, max_size=5)),
    min_size=1,
    max_size=10,
)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@given(
    plan=PLANS,
    section_style=st.sampled_from(["{}、{}", "第{}部分　{}", "（{}）{}", "({}) {}"]),
    item_style=st.sampled_from(["{}.{}", "{}．{}", "{}、{}", "（{}）{}", "({}) {}", "{}: {}"]),
    full_width=st.booleans(),
    heading_apart=st.booleans(),
)
def test_a_plan_laid_out_in_any_style_reads_back_the_same(
    plan: list[tuple[str, list[tuple[str, list[str]]]]],
    section_style: str,
    item_style: str,
    full_width: bool,
    heading_apart: bool,
) -> None:
    lines = ["2030年示范区工作要点"]
    expected: list[tuple[int, str]] = []
    for ordinal, (heading, items) in zip("一二三四五六七八九十", plan, strict=False):
        lines.append(section_style.format(ordinal, heading))
        for title, sentences in items:
            number = len(expected) + 1
            written = str(number).translate(FULL_WIDTH) if full_width else str(number)
            expected.append((number, title))
            first = item_style.format(written, title)
            lines += [first, *sentences] if heading_apart else [first + "。" + "".join(sentences)]
    document = parse("\n".join(lines))
    assert numbers_and_titles(document) == expected
    assert [section.heading for section in document.sections] == [heading for heading, _ in plan]
    assert ["".join(item.paragraphs) for item in document.items] == [
        "".join(sentences) for _, items in plan for _, sentences in items
    ]
    assert not document.findings
