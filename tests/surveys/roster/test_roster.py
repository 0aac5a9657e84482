"""Units and people as files: what a file says, what is wrong with it, what it leaves alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys import db, roster
from surveys.messages import Refused
from surveys.models import TABLES, Person, Unit
from surveys.roster.rows import KIND_WORDS, PersonRow, UnitRow

UNITS = """编号,名称,类型,上级编号
d,示范区,区,
s1,甲街道,街道,d
c1,甲一示范社区,社区,s1
b1,甲一第一支部,支部,c1
"""
PEOPLE = """编号,姓名,所在单位编号,党员身份,流动
p1,甲,b1,正式党员,否
p2,乙,b1,预备党员,是
p3,丙,c1,非党员,
"""


@pytest.fixture(autouse=True)
def tables(tmp_path: Path) -> Iterator[None]:
    db.bind(f"sqlite:///{tmp_path}/roster.sqlite")
    with db.database.connection_context():
        db.database.create_tables(TABLES)
        yield


@pytest.fixture
def loaded(tables: None) -> None:
    take_units(UNITS)
    roster.apply(roster.PEOPLE.preview(PEOPLE.encode()))


def take_units(text: str, within: Unit | None = None) -> None:
    roster.apply(roster.UNITS.preview(text.encode(), within))


def units() -> dict[str, tuple[str, str, str]]:
    return {
        each.code: (each.name, each.kind, each.parent.code if each.parent else "")
        for each in Unit.select()
    }


def unit(code: str) -> Unit:
    return Unit.get(Unit.code == code)


def wrong(preview: roster.Preview[UnitRow] | roster.Preview[PersonRow]) -> list[tuple[object, ...]]:
    return [(each.row, each.column, each.value, str(each)) for each in preview.errors]


# What a good file does


def test_a_first_file_adds_the_whole_tree() -> None:
    preview = roster.UNITS.preview(UNITS.encode())
    assert [row.code for row in preview.added] == ["d", "s1", "c1", "b1"]
    assert (preview.changed, preview.same, preview.absent, preview.errors) == ((), 0, 0, ())
    assert not units(), "a preview writes nothing"
    roster.apply(preview)
    assert units() == {
        "d": ("示范区", "district", ""),
        "s1": ("甲街道", "subdistrict", "d"),
        "c1": ("甲一示范社区", "community", "s1"),
        "b1": ("甲一第一支部", "branch", "c1"),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_office_file_is_read(encoding: str, delimiter: str, end: str) -> None:
    text = UNITS.replace(",", delimiter).replace("\n", end)
    preview = roster.UNITS.preview(text.encode(encoding))
    assert not preview.errors
    assert len(preview.added) == 4


def test_headings_in_english_in_any_order_with_columns_of_their_own() -> None:
    text = " Parent ;NOTE;Kind;code;Name\n;x;District;d;示范区\nd;;Subdistrict;s1;甲街道\n"
    preview = roster.UNITS.preview(text.encode())
    assert not preview.errors
    assert preview.table.unused == ("NOTE",)
    assert preview.added[1] == UnitRow("s1", "甲街道", "subdistrict", "d")


def test_quoted_headings_and_cells_that_hold_the_delimiter() -> None:
    text = '"编号"\t"名称"\t"类型"\t"上级编号"\n"d"\t"示范,\n""区"""\t"区"\t\n'
    assert roster.UNITS.preview(text.encode()).added == (
        UnitRow("d", '示范, "区"', "district", ""),
    )


def test_values_are_forgiven_full_width_spaces_and_the_other_language(loaded: None) -> None:
    text = (
        "编号,姓 名,所在单位编号,党员身份*,流动\n"
        "\u3000ｐ４\u3000,  丁 , ｂ１,Full, ＹＥＳ\n"
        "p5,阿·示例\u200b,b1,预备,√\n"
        "p6,\U00020bb7,b1,群众,\n"
    )
    preview = roster.PEOPLE.preview(text.encode())
    assert wrong(preview) == []
    assert preview.added == (
        PersonRow("p4", "丁", "b1", "full", "yes"),
        PersonRow("p5", "阿·示例", "b1", "probationary", "yes"),
        PersonRow("p6", "\U00020bb7", "b1", "none", "no"),
    )


def test_a_child_may_stand_above_its_parent_in_the_file() -> None:
    head, *rows = UNITS.splitlines()
    take_units("\n".join([head, *reversed(rows)]))
    assert units()["b1"] == ("甲一第一支部", "branch", "c1")


def test_importing_again_changes_and_never_duplicates(loaded: None) -> None:
    head = "编号,名称,类型,上级编号\n"
    text = f"{head}c1,甲一新社区,社区,s1\ns2,乙街道,街道,d\nb1,甲一第一支部,支部,s2\n"
    preview = roster.UNITS.preview(text.encode())
    assert [row.code for row in preview.added] == ["s2"]
    assert [(each.old.code, each.fields) for each in preview.changed] == [
        ("c1", [roster.Field("name", "甲一示范社区", "甲一新社区")]),
        ("b1", [roster.Field("parent", "c1", "s2")]),
    ]
    assert (preview.same, preview.absent) == (0, 2)
    roster.apply(preview)
    assert len(units()) == 5
    assert units()["b1"][2] == "s2"
    again = roster.UNITS.preview(text.encode())
    assert (again.added, again.changed, again.same) == ((), (), 3)


def test_people_change_by_their_code(loaded: None) -> None:
    text = "code,name,unit,membership,floating\np2,乙,b1,full,no\n"
    roster.apply(roster.PEOPLE.preview(text.encode()))
    second = Person.get(Person.code == "p2")
    assert (second.membership, second.floating, Person.select().count()) == ("full", False, 3)


def test_blank_rows_and_short_rows_are_no_mistake() -> None:
    text = "\n编号,名称,类型,上级编号,备注\n\nd,示范区,区\n,,,,\ns1,甲街道,街道,d,,,\n"
    preview = roster.UNITS.preview(text.encode())
    assert not preview.errors
    assert len(preview.added) == 2


@pytest.mark.slow
def test_fifty_thousand_rows_take_seconds() -> None:
    rows = [f"c{n},示范社区{n},社区,s1\n" for n in range(50_000)]
    begin = time.monotonic()
    take_units(UNITS + "".join(rows).replace("c1,示范社区1,社区,s1\n", ""))
    assert Unit.select().count() == 50_003
    assert time.monotonic() - begin < 20, "two cores shared with others; alone it is about a second"


# What is wrong with a row: row, column, value, and what is expected


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        ("c 2,甲二,社区,s1", "编号", "c 2", "应为 1 到 40 个英文字母、数字、“-”或“_”"),
        (f"{'c' * 41},甲二,社区,s1", "编号", "c" * 40, "应为 1 到 40 个英文字母"),
        (",甲二,社区,s1", "编号", "", "应为 1 到 40 个英文字母"),
        ("c2,,社区,s1", "名称", "", "应为 1 到 40 个字"),
        (f"c2,{'甲' * 41},社区,s1", "名称", "甲" * 40, "应为 1 到 40 个字"),
        ("c2,甲\u202e二,社区,s1", "名称", "甲\u202e二", "不含看不见的字符"),
        ("c2,甲\ufffd,社区,s1", "名称", "甲\ufffd", "不含看不见的字符和乱码"),
        ("c2,甲二,小区,s1", "类型", "小区", "应为：区、街道、社区、村、支部"),
        ("c2,甲二,社区,s9", "上级编号", "s9", "应为文件里或名册里已有单位的编号"),
        ("c2,甲二,社区,", "上级编号", "", "应填上级单位的编号，只有区没有上级"),
        ("d,示范区,区,s1", "上级编号", "s1", "区是最上一级，这一格应空着"),
        ("d,示范区,街道,", "类型", "街道", "这是最上一级的单位，应为区"),
        ("e,第二区,区,", "类型", "区", "只能有一个区，已有编号为“d”的区"),
        ("c2,甲二,社区,d", "上级编号", "d", "社区的上级应为街道"),
        ("s2,乙街道,街道,s1", "上级编号", "s1", "街道的上级应为区"),
        ("b2,第二支部,支部,b1", "上级编号", "b1", "支部的上级不能是另一个支部"),
        ("x1,示范小学,学校,b1", "上级编号", "b1", "机关、学校、企业、社会组织的上级应为"),
        ("c1,甲一,支部,s1", "类型", "支部", "下面还有“甲一第一支部”，这个类型不能做它的上级"),
        ("s1,甲街道,街道,b1", "上级编号", "b1", "上级绕成了一圈：s1 → b1 → c1 → s1"),
        ("s1,甲街道,街道,s1", "上级编号", "s1", "上级绕成了一圈：s1 → s1"),
        ("c2,甲二,社区,s1,,多出来的", "", "多出来的", "这一行的格子比第一行多"),
    ],
)
def test_a_wrong_unit(loaded: None, row: str, column: str, value: str, expected: str) -> None:
    before = units()
    preview = roster.UNITS.preview(f"编号,名称,类型,上级编号\n{row}\n".encode())
    (error,) = preview.errors
    assert (error.row, error.column, error.value) == (2, column, value)
    assert str(error).startswith(expected) or expected in str(error)
    with pytest.raises(Refused, match="1 处错误，什么也没有写入"):
        roster.apply(preview)
    assert units() == before


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        ("p9,甲,b9,正式党员,否", "所在单位编号", "b9", "应为名册里已有单位的编号"),
        ("p9,甲,,正式党员,否", "所在单位编号", "", "应为名册里已有单位的编号"),
        ("p9,甲,b1,党员?,否", "党员身份", "党员?", "应为：正式党员、预备党员、非党员之一"),
        ("p9,甲,b1,,否", "党员身份", "", "应为：正式党员"),
        ("p9,甲,b1,正式,也许", "流动", "也许", "应为：是、否之一"),
    ],
)
def test_a_wrong_person(loaded: None, row: str, column: str, value: str, expected: str) -> None:
    (error,) = roster.PEOPLE.preview(
        f"编号,姓名,所在单位编号,党员身份,流动\n{row}\n".encode()
    ).errors
    assert (error.row, error.column, error.value) == (2, column, value)
    assert str(error).startswith(expected)


def test_a_code_that_stands_twice_in_the_file() -> None:
    preview = roster.UNITS.preview((UNITS + "c1,另一个,社区,s1\n").encode())
    assert wrong(preview) == [(6, "编号", "c1", "第 4 行已有这个编号")]


def test_a_circle_within_the_file_is_said_once() -> None:
    text = "编号,名称,类型,上级编号\nd,示范区,区,\nc1,甲,社区,c2\nc2,乙,社区,c3\nc3,丙,社区,c1\n"
    assert wrong(roster.UNITS.preview(text.encode())) == [
        (3, "上级编号", "c2", "上级绕成了一圈：c1 → c2 → c3 → c1")
    ]


def test_two_districts_in_a_first_file() -> None:
    preview = roster.UNITS.preview((UNITS + "e,第二区,区,\n").encode())
    assert [(each.row, each.value) for each in preview.errors] == [(6, "区")]


def test_every_error_is_found_and_each_stands_in_the_row_of_the_spreadsheet() -> None:
    text = UNITS + '\n"c2","两\n行",小区,s9\n!,,,\n'
    assert [(each.row, each.column) for each in roster.UNITS.preview(text.encode()).errors] == [
        (7, "类型"),
        (8, "编号"),
        (8, "名称"),
        (8, "类型"),
    ]


def test_a_unit_with_one_wrong_cell_is_still_a_parent() -> None:
    text = UNITS.replace("甲街道", "")
    assert [(each.row, each.column) for each in roster.UNITS.preview(text.encode()).errors] == [
        (3, "名称")
    ]


# Only within reach


def test_an_organiser_of_a_subdistrict_adds_below_it(loaded: None) -> None:
    take_units("编号,名称,类型,上级编号\nc2,甲二,社区,s1\nb2,支部,支部,c2\n", unit("s1"))
    assert units()["b2"] == ("支部", "branch", "c2")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("c9,别处社区,社区,s2", "上级编号"),
        ("s2,改名街道,街道,d", "编号"),
        ("c1,甲一示范社区,社区,s2", "上级编号"),
        ("s3,新街道,街道,d", "上级编号"),
    ],
)
def test_and_touches_nothing_beyond_it(loaded: None, row: str, column: str) -> None:
    take_units("编号,名称,类型,上级编号\ns2,乙街道,街道,d\n")
    text = f"编号,名称,类型,上级编号\n{row}\n"
    (error,) = roster.UNITS.preview(text.encode(), unit("s1")).errors
    assert error.column == column


def test_nor_people_beyond_it(loaded: None) -> None:
    take_units("编号,名称,类型,上级编号\nc2,甲二,社区,s1\n")
    head = "编号,姓名,所在单位编号,党员身份,流动\n"
    taken = roster.PEOPLE.preview(f"{head}p1,甲,c2,正式,否\n".encode(), unit("c2"))
    placed = roster.PEOPLE.preview(f"{head}p8,甲,b1,正式,否\n".encode(), unit("c2"))
    assert [(each.column, str(each)[:8]) for each in (*taken.errors, *placed.errors)] == [
        ("编号", "这个编号已属于您"),
        ("所在单位编号", "应为名册里已有单"),
    ]


def test_an_export_holds_what_is_within_reach_and_comes_back_unchanged(loaded: None) -> None:
    take_units("编号,名称,类型,上级编号\ns2,乙街道,街道,d\n")
    within = unit("s1")
    data = roster.UNITS.csv(within)
    assert data.decode("utf-8-sig").splitlines()[1:] == [
        "s1,甲街道,街道,d",
        "c1,甲一示范社区,社区,s1",
        "b1,甲一第一支部,支部,c1",
    ]
    preview = roster.UNITS.preview(data, within)
    assert (preview.added, preview.changed, preview.errors, preview.same) == ((), (), (), 3)
    assert roster.PEOPLE.preview(roster.PEOPLE.csv(within), within).same == 3


# Nothing half-written


def test_nothing_is_written_when_the_roster_changed_after_the_preview(loaded: None) -> None:
    preview = roster.UNITS.preview("编号,名称,类型,上级编号\nc1,新名,社区,s1\n".encode())
    Unit.update(name="别人改的名").where(Unit.code == "c1").execute()
    with pytest.raises(Refused, match="刚才有人改了名册"):
        roster.apply(preview)
    assert units()["c1"][0] == "别人改的名"


def test_nothing_is_written_when_writing_fails_half_way(loaded: None) -> None:
    broken = replace(roster.UNITS, change="UPDATE nowhere SET x = :name WHERE y = :code")
    preview = broken.preview("编号,名称,类型,上级编号\nc1,新名,社区,s1\nc2,乙,社区,s1\n".encode())
    before = units()
    with pytest.raises(Exception, match="nowhere"):
        roster.apply(preview)
    assert units() == before


# Out and in again


def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(loaded: None) -> None:
    take_units('编号,名称,类型,上级编号\n-1,=HYPERLINK("x"),社区,s1\n')
    (line,) = (each for each in roster.UNITS.csv().decode().splitlines() if "HYPERLINK" in each)
    assert line == '\'-1,"\'=HYPERLINK(""x"")",社区,s1'
    assert roster.UNITS.preview(roster.UNITS.csv()).same == 5


codes = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
names = (
    st.text(
        st.one_of(
            st.characters(
                exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters="\ufffd"
            ),
            st.sampled_from("=+-@＝＋'\"·,;，\U00020bb7 "),
        ),
        max_size=40,
    )
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
kinds = st.sampled_from([kind for kind in KIND_WORDS if kind not in ("district", "subdistrict")])


@given(
    language=st.sampled_from(["zh", "en"]),
    districts=st.tuples(names, names),
    places=st.dictionaries(codes, st.tuples(names, kinds), max_size=6),
    people=st.dictionaries(
        codes,
        st.tuples(names, st.sampled_from(["full", "probationary", "none"]), st.booleans()),
        max_size=6,
    ),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_exported_comes_back_unchanged(
    language: str,
    districts: tuple[str, str],
    places: dict[str, tuple[str, str]],
    people: dict[str, tuple[str, str, bool]],
) -> None:
    with db.database.atomic() as transaction:
        top = Unit.create(code="top", name=districts[0], kind="district")
        street = Unit.create(code="street", name=districts[1], kind="subdistrict", parent=top)
        for code, (name, kind) in places.items():
            if code not in ("top", "street"):
                Unit.create(code=code, name=name, kind=kind, parent=street)
        for code, (name, membership, floating) in people.items():
            Person.create(
                code=code, name=name, unit=street, membership=membership, floating=floating
            )
        again = roster.UNITS.preview(roster.UNITS.csv(None, language))
        assert (wrong(again), again.added, again.changed) == ([], (), ())
        assert again.same == Unit.select().count()
        if people:
            back = roster.PEOPLE.preview(roster.PEOPLE.csv(None, language))
            assert (wrong(back), back.added, back.changed) == ([], (), ())
            assert back.same == len(people)
        transaction.rollback()
