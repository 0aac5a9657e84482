"""A roster is never doubled: who in a file looks like somebody already there is asked about."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys import db, roster
from surveys.messages import Refused
from surveys.models import TABLES, Person, Unit
from surveys.roster.lookalikes import Answers

UNITS = """编号,名称,类型,上级编号
01,示范区,区,
011,甲街道,街道,01
0111,甲一示范社区,社区,011
01111,甲一第一支部,支部,0111
01112,甲一第二支部,支部,0111
"""
HEAD = "编号,姓名,所在单位编号,党员身份,流动\n"
PEOPLE = (
    HEAD
    + "001,张三,01111,正式党员,否\n002,李四,01111,预备党员,是\nP1,王五,01111,正式党员,否\n"
    + "12,赵六,01112,正式党员,否\n"
)
SAME, NEW = {0: "same"}, {0: "new"}


@pytest.fixture(autouse=True)
def loaded(tmp_path: Path) -> Iterator[None]:
    db.bind(f"sqlite:///{tmp_path}/roster.sqlite")
    with db.database.connection_context():
        db.database.create_tables(TABLES)
        roster.apply(roster.UNITS.preview(UNITS.encode()))
        roster.apply(roster.PEOPLE.preview(PEOPLE.encode()))
        yield


def through_a_spreadsheet(data: bytes) -> bytes:
    """What Excel keeps of a CSV that was opened and saved: a cell of digits becomes a number."""
    text = io.StringIO()
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
        csv.writer(text).writerow([str(int(cell)) if cell.isdigit() else cell for cell in row])
    return text.getvalue().encode("gb18030")


def people(row: str, answers: Answers | None = None) -> roster.Preview[roster.PersonRow]:
    return roster.PEOPLE.preview((HEAD + row).encode(), None, answers)


def codes() -> set[str]:
    return {each.code for each in Person.select()}


@pytest.mark.parametrize(
    ("code", "like"),
    [
        ("1", "001"),
        ("0001", "001"),
        ("1.0", "001"),
        ("1.00", "001"),
        ("p1", "P1"),
        ("Ｐ１", "P1"),
        ("ｐ１", "P1"),
        ("P01", "P1"),
        ("P 1", "P1"),
        ("P\u30001", "P1"),
        ("P\u00a01", "P1"),
        ("12.0", "12"),
        ("012", "12"),
        ("'001", "001"),
        ("00\u200b1", "001"),
    ],
)
def test_a_code_that_looks_like_one_that_is_there_is_asked_about(code: str, like: str) -> None:
    preview = people(f"{code},别名,01112,正式党员,否\n")
    if code == "Ｐ１":  # full width alone was always forgiven: the very same code
        assert (preview.alike, len(preview.changed)) == ((), 1)
        return
    (each,) = preview.alike
    assert ([row.code for row in each.like], each.number, each.by_code) == ([like], 2, True)
    assert not preview.errors
    with pytest.raises(Refused, match="1 行像是名册里已有的，什么也没有写入"):
        roster.apply(preview)
    assert codes() == {"001", "002", "P1", "12"}


@pytest.mark.parametrize(
    "name", ["张三", "张 三", "张\u3000三", " 张\u00a0 三 ", "张\t三", "张\u2003三"]
)
def test_the_same_name_in_the_same_unit_is_asked_about(name: str) -> None:
    (each,) = people(f"x9,{name},01111,正式党员,否\n").alike
    assert ([row.code for row in each.like], each.by_code) == (["001"], False)
    assert people(f"x9,{name},01112,正式党员,否\n").alike == ()


def test_the_same_takes_the_code_that_is_there() -> None:
    roster.apply(people("1,张三丰,1112,正式党员,否\n", SAME))
    assert codes() == {"001", "002", "P1", "12"}
    changed = Person.get(Person.code == "001")
    assert (changed.name, changed.unit.code) == ("张三丰", "01112")


def test_really_another_is_added_and_asked_about_no_more() -> None:
    roster.apply(people("x9,张三,01111,正式党员,否\n", NEW))
    assert codes() == {"001", "002", "P1", "12", "x9"}
    again = people("x9,张三,01111,正式党员,否\n")
    assert (again.alike, again.same) == ((), 1)


def test_each_row_may_be_decided_by_itself_before_all_others() -> None:
    rows = "x9,张三,01111,正式党员,否\nx8,李四,01111,正式党员,否\nx7,王五,01111,正式党员,否\n"
    assert people(rows, {2: "new"}).undecided == 2
    roster.apply(people(rows, {2: "new", 0: "same"}))
    assert codes() == {"001", "002", "P1", "12", "x9"}
    assert Person.get(Person.code == "002").membership == "full"


def test_the_sites_own_export_survives_excel() -> None:
    before = list(Person.select().dicts()), list(Unit.select().dicts())
    for register in (roster.UNITS, roster.PEOPLE):
        data = through_a_spreadsheet(register.csv())
        assert register.preview(data).undecided >= 2
        preview = register.preview(data, None, SAME)
        assert (preview.errors, preview.added, preview.changed) == ((), (), ())
        roster.apply(preview)
    assert (list(Person.select().dicts()), list(Unit.select().dicts())) == before


def test_so_does_that_of_an_organiser_whose_own_unit_stands_under_a_code_with_zeros() -> None:
    within = Unit.get(Unit.code == "0111")
    data = through_a_spreadsheet(roster.UNITS.csv(within))
    preview = roster.UNITS.preview(data, within, SAME)
    assert (preview.errors, preview.added, preview.changed, preview.same) == ((), (), (), 3)


def test_a_tree_numbered_anew_is_found_by_its_names_from_the_top_down() -> None:
    text = "编号,名称,类型,上级编号\nx3,甲一第二支部,支部,x2\nx2,甲一示范社区,社区,x1\n"
    text += "x1,甲街道,街道,01\n"
    preview = roster.UNITS.preview(text.encode(), None, SAME)
    assert (preview.errors, preview.added, preview.changed, preview.same) == ((), (), (), 3)
    assert {row.code for each in preview.alike for row in each.like} == {"011", "0111", "01112"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("3.30E+11", "Excel 或 WPS 把编号当成数字或日期改写了"),
        ("3.3E+11", "设成“文本”"),
        ("99.0", "设成“文本”"),
        ('"330,106"', "设成“文本”"),
        ("1月2日", "设成“文本”"),
        ("2026/1/2", "设成“文本”"),
        ("2-Jan", "设成“文本”"),
        ("####", "设成“文本”"),
        ("c 2", "应为 1 到 40 个英文字母"),
    ],
)
def test_what_excel_made_of_a_code_is_said(code: str, said: str) -> None:
    (error,) = people(f"{code},丁,01111,正式党员,否\n").errors
    assert (error.row, error.column) == (2, "编号")
    assert said in str(error)


def test_two_rows_whose_codes_differ_by_nothing_that_lasts() -> None:
    (error,) = people("x1,丙,01111,正式党员,否\nX01,丁,01111,正式党员,否\n").errors
    assert (error.row, error.value) == (3, "X01")
    assert "和第 2 行的“x1”只差零、大小写、空格" in str(error)


def test_two_that_look_like_one_cannot_both_be_the_same() -> None:
    rows = "x8,张三,01111,正式党员,否\nx9,张三,01111,正式党员,否\n"
    assert (people(rows).undecided, people(rows).errors) == (2, ())
    assert [str(each) for each in people(rows, SAME).errors] == ["第 2 行已有这个编号"]
    assert people(rows, {2: "same", 3: "new"}).errors == ()


def test_one_that_looks_like_several_must_say_which() -> None:
    roster.apply(people("01,孙七,01112,正式党员,否\n", NEW))
    preview = people("1,孙七,01112,正式党员,否\n", SAME)
    assert [row.code for row in preview.alike[0].like] == ["001", "01"]
    assert preview.undecided == 1, "the same as whom?"
    (added,) = people("1,孙七,01112,正式党员,否\n", NEW).added
    assert added.code == "1"


def test_of_two_namesakes_the_one_who_is_not_in_the_file_is_meant() -> None:
    roster.apply(people("x5,张三,01111,正式党员,否\n", NEW))
    preview = people("001,张三,01111,正式党员,否\nx9,张三,01111,正式党员,否\n")
    assert [row.code for each in preview.alike for row in each.like] == ["x5"]


def test_what_cannot_be_a_code_cannot_be_a_new_one() -> None:
    (error,) = people("P 1,丁,01112,正式党员,否\n", NEW).errors
    assert "应为 1 到 40 个英文字母" in str(error)


def test_who_is_beyond_reach_is_not_compared_with() -> None:
    within = Unit.get(Unit.code == "01112")
    preview = roster.PEOPLE.preview((HEAD + "1,张三,01112,正式党员,否\n").encode(), within)
    assert (preview.alike, preview.errors, len(preview.added)) == ((), (), 1)


def test_somebody_who_came_meanwhile_and_looks_alike_is_asked_about() -> None:
    preview = people("x9,钱八,01112,正式党员,否\n")
    unit = Unit.get(Unit.code == "01112")
    for code in ("y1", "y2"):
        Person.create(code=code, name="钱八", unit=unit, membership="full")
    with pytest.raises(Refused, match="刚才有人改了名册"):
        roster.apply(preview)


# Names


@pytest.mark.parametrize("name", ["张\u3000三", "张 三", "张\u00a0\u00a0三"])
def test_a_space_inside_a_name_changes_nobody(name: str) -> None:
    assert people(f"001,{name},01111,正式党员,否\n").same == 1


def test_a_space_too_many_is_taken_out_by_the_next_file() -> None:
    Person.update(name="张 三").where(Person.code == "001").execute()
    roster.apply(people("001,张三,01111,正式党员,否\n"))
    assert Person.get(Person.code == "001").name == "张三"


# Identity numbers


@pytest.mark.parametrize(
    "code",
    [
        "110101199001011234",
        "11010119900101123X",
        "11010119900101123x",
        "１１０１０１１９９００１０１１２３４",
        "110101 19900101 1234",
        "110101-19900101-1234",
        "110101900101123",
        "P110101199001011234",
        "123456789012345678",
    ],
)
def test_an_identity_number_is_no_code_of_a_person(code: str) -> None:
    (error,) = people(f"{code},丁,01111,正式党员,否\n").errors
    assert "像身份证号，不能当编号：编号会印在选票、存档和要签字的表上" in str(error)


@pytest.mark.parametrize("code", ["330106001001", "3301060010010123", "12345678901234567", "P2026"])
def test_other_numbers_are(code: str) -> None:
    assert people(f"{code},丁,01111,正式党员,否\n").errors == ()


def test_nor_of_a_unit_whose_own_number_of_as_many_digits_is() -> None:
    head = "编号,名称,类型,上级编号\n"
    firm = f"{head}911101081020165489,甲公司,企业,01\n110108001234567,乙公司,企业,01\n"
    assert roster.UNITS.preview(firm.encode()).errors == ()
    wrong = f"{head}11010119900101123X,甲公司,企业,01\n"
    (error,) = roster.UNITS.preview(wrong.encode()).errors
    assert "像身份证号" in str(error)


# For any roster, and a large one

numbers = st.from_regex(r"0{0,3}[1-9][0-9]{0,2}", fullmatch=True)


@given(st.dictionaries(numbers.map(str), st.sampled_from("甲乙丙"), max_size=12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_number_of_zeros_adds_anybody(who: dict[str, str]) -> None:
    alone = {str(int(code)): (code, name) for code, name in who.items()}
    with db.database.atomic() as transaction:
        Person.delete().execute()
        unit = Unit.get(Unit.code == "01111")
        for code, name in alone.values():
            Person.create(code=code, name=name, unit=unit, membership="full")
        data = through_a_spreadsheet(roster.PEOPLE.csv())
        if alone:
            preview = roster.PEOPLE.preview(data, None, SAME)
            assert (preview.errors, preview.added, preview.same) == ((), (), len(alone))
        transaction.rollback()


def test_three_thousand_rows_are_compared_at_once() -> None:
    rows = [f"{n:05},示例{n},01111,正式党员,否\n" for n in range(100, 3100)]
    roster.apply(people("".join(rows)))
    data = through_a_spreadsheet(roster.PEOPLE.csv())
    begin = time.process_time()
    preview = roster.PEOPLE.preview(data, None, SAME)
    assert time.process_time() - begin < 3, "alone it takes a tenth of a second or two"
    assert (preview.errors, preview.added, preview.same) == ((), (), 3004)
