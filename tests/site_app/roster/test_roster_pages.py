"""An organiser takes the rosters away as files and brings them in; so does the command line."""

from __future__ import annotations

import html
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from site_app import uploads
from site_app.models import Account, AuditEntry
from surveys.models import Person, Round, Unit
from tests import factories
from tests.conftest import check_house_rules, form_token, sign_in
from tests.factories import District

Page = Callable[..., str]
UNITS = "编号,名称,类型,上级编号\nc1,甲一新社区,社区,s1\nc9,甲九示范社区,社区,s1\n"
PEOPLE_HEAD = "编号,姓名,所在单位编号,党员身份,流动\n"
PEOPLE = """编号,姓名,所在单位编号,党员身份,流动
p1,示例党员1,b1,预备党员,是
p9,示例党员9,b1,正式党员,否
"""


def send(browser: FlaskClient, path: str, data: bytes | str) -> TestResponse:
    """Upload a file by the form of the page."""
    token = form_token(browser.get(path))
    given = data.encode() if isinstance(data, str) else data
    form = {"csrf_token": token, "file": (io.BytesIO(given), "roster.csv")}
    response = browser.post(path, data=form, content_type="multipart/form-data")
    check_house_rules(response.get_data(as_text=True))
    return response


def say_yes(browser: FlaskClient, path: str, preview: TestResponse) -> TestResponse:
    """Confirm what the preview shows."""
    text = preview.get_data(as_text=True)
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text))
    return browser.post(path, data={key: html.unescape(value) for key, value in fields.items()})


def kept_files(site: Flask) -> list[Path]:
    folder = site.config["SITE"].instance / "data" / "uploads"
    return list(folder.iterdir()) if folder.exists() else []


def text_of(response: TestResponse) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def of_community(site: Flask, district: District) -> FlaskClient:
    return sign_in(site, district.community_organiser)


def test_the_tree_and_the_people_are_listed(signed_in: FlaskClient, page: Page) -> None:
    tree = page("/desk/units", client=signed_in)
    assert "甲一示范社区第一支部" in tree
    assert "您范围之内的 7 个单位" in tree
    people = page("/desk/people?unit=b1", client=signed_in)
    assert "示例党员8" in people
    assert "看全部" in people
    assert "这里还没有人员" in page("/desk/people?unit=c2", client=signed_in)


def test_long_lists_have_pages(signed_in: FlaskClient, district: District, page: Page) -> None:
    for number in range(100):
        factories.person(f"q{number:03d}", "示例", district.branch)
    assert "第 1 页，共 2 页" in page("/desk/people", client=signed_in)
    assert "q099" in page("/desk/people?page=2&unit=b1", client=signed_in)
    page("/desk/people?page=3", client=signed_in, status=404)


def test_people_and_units_are_found_by_name_or_number_within_reach(
    site: Flask, signed_in: FlaskClient, district: District, page: Page
) -> None:
    elsewhere = factories.unit("b9", "乙一示范支部", "branch", district.third)
    factories.person("z77", "寻找的人", elsewhere)
    for sought in ("寻找", "z77"):
        found = page(f"/desk/people?q={sought}", client=signed_in)
        assert "寻找的人" in found
        assert "示例党员8" not in found
    assert "没有找到" in page("/desk/people?q=龙", client=signed_in)
    for sought in ("乙一示范支部", "b9"):
        found = page(f"/desk/units?q={sought}", client=signed_in)
        assert "乙一示范支部" in found
        assert "甲一示范社区第一支部" not in found
    below = sign_in(site, district.community_organiser)
    assert "没有找到" in page("/desk/people?q=寻找", client=below)
    assert "没有找到" in page("/desk/units?q=b9", client=below)


def test_units_are_imported_after_a_look(signed_in: FlaskClient, site: Flask, page: Page) -> None:
    preview = send(signed_in, "/desk/units", UNITS)
    assert preview.status_code == 200
    for part in ("甲一新社区", "甲九示范社区", "文件里没有，不变"):
        assert part in text_of(preview)
    assert Unit.get_or_none(Unit.code == "c9") is None, "a preview writes nothing"
    assert len(kept_files(site)) == 1
    done = say_yes(signed_in, "/desk/units", preview)
    assert done.status_code == 303
    assert "新增 1 条，修改 1 条" in page("/desk/units", client=signed_in)
    assert Unit.get(Unit.code == "c1").name == "甲一新社区"
    assert not kept_files(site)
    entry = AuditEntry.get(AuditEntry.action == "units-import")
    assert (entry.detail, entry.account_name) == ("+1 ~1", "organiser")


def test_people_are_imported_after_a_look(signed_in: FlaskClient, page: Page) -> None:
    preview = send(signed_in, "/desk/people", PEOPLE.encode("gb18030"))
    assert "预备党员" in text_of(preview)
    assert say_yes(signed_in, "/desk/people", preview).status_code == 303
    first = Person.get(Person.code == "p1")
    assert (first.membership, first.floating) == ("probationary", True)
    assert Person.select().count() == 9
    page("/desk/people", client=signed_in)


def test_an_error_names_row_column_value_and_what_is_expected(
    signed_in: FlaskClient, site: Flask
) -> None:
    answer = send(signed_in, "/desk/units", UNITS + "c8,<b>甲</b>,小区,s1\n")
    text = text_of(answer)
    assert answer.status_code == 422
    assert "1 处错误，什么也没有写入" in text
    for part in ("第 4 行", "类型", "小区", "应为：区、街道、社区"):
        assert part in text
    assert 'name="upload"' not in text
    assert not kept_files(site)
    assert Unit.get_or_none(Unit.code == "c9") is None


def test_twenty_errors_are_shown_and_the_others_counted(signed_in: FlaskClient) -> None:
    rows = "".join(f"x{number},,社区,s1\n" for number in range(25))
    text = text_of(send(signed_in, "/desk/units", "编号,名称,类型,上级编号\n" + rows))
    assert text.count("应为 1 到 40 个字") == 20
    assert "还有 5 条没有列出" in text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "文件是空的"),
        ("编号,名称\n", "第一行缺少“类型”"),
        (UNITS + 'c8,"甲', "第 4 行的英文双引号没有配对"),
        (UNITS + "c8,\0", "第 4 行有空字符"),
    ],
)
def test_a_file_that_is_no_table_is_refused_on_the_same_page(
    signed_in: FlaskClient, data: str, said: str
) -> None:
    answer = send(signed_in, "/desk/units", data)
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_no_file_at_all(signed_in: FlaskClient) -> None:
    token = form_token(signed_in.get("/desk/people"))
    answer = signed_in.post("/desk/people", data={"csrf_token": token})
    assert answer.status_code == 422
    assert "还没有选文件" in text_of(answer)


def test_a_file_like_the_roster_has_nothing_to_confirm(signed_in: FlaskClient) -> None:
    exported = signed_in.get("/desk/people.csv").data
    text = text_of(send(signed_in, "/desk/people", exported))
    assert "文件和名册一样，没有要导入的" in text


def test_pressing_twice_imports_once(signed_in: FlaskClient) -> None:
    preview = send(signed_in, "/desk/units", UNITS)
    assert say_yes(signed_in, "/desk/units", preview).status_code == 303
    again = say_yes(signed_in, "/desk/units", preview)
    assert again.status_code == 422
    assert "已经导入过" in text_of(again)
    assert Unit.select().where(Unit.code == "c9").count() == 1


def test_a_roster_that_changed_meanwhile_is_shown_again(signed_in: FlaskClient) -> None:
    preview = send(signed_in, "/desk/units", UNITS)
    Unit.update(name="别人改的名").where(Unit.code == "c1").execute()
    shown = say_yes(signed_in, "/desk/units", preview)
    assert shown.status_code == 409
    assert "刚才有人改了名册，什么也没有写入" in text_of(shown)
    assert "别人改的名" in text_of(shown)
    assert Unit.get_or_none(Unit.code == "c9") is None
    assert say_yes(signed_in, "/desk/units", shown).status_code == 303


DOUBLED = """编号,姓名,所在单位编号,党员身份,流动
P1,示例党员一,b1,正式党员,否
x9,示例党员 2,b1,正式党员,否
"""


def test_who_looks_like_somebody_there_is_asked_about_before_anything_is_written(
    signed_in: FlaskClient,
) -> None:
    asked = send(signed_in, "/desk/people", DOUBLED)
    for part in ("像是名册里已有的", "编号相像", "同一单位里同名", 'name="row-3"'):
        assert part in text_of(asked)
    assert 'name="seen"' not in text_of(asked), "nothing to confirm yet"
    undecided = decide(signed_in, asked, **{"row-2": "same"})
    assert undecided.status_code == 409
    assert "1 行像是名册里已有的，什么也没有写入" in text_of(undecided)
    assert re.search('name="row-2" value="same" checked', text_of(undecided)), "what was chosen"
    shown = decide(signed_in, undecided, **{"row-2": "same", "row-0": "new"})
    assert "示例党员一" in text_of(shown)
    assert Person.get(Person.code == "p1").name == "示例党员1", "still only shown"
    assert say_yes(signed_in, "/desk/people", shown).status_code == 303
    assert Person.get(Person.code == "p1").name == "示例党员一"
    assert Person.select().count() == 9
    assert Person.get(Person.code == "x9").name == "示例党员 2"


def test_a_choice_that_cannot_be_is_said_where_it_can_be_changed(signed_in: FlaskClient) -> None:
    twice = PEOPLE_HEAD + "x1,示例党员1,b1,正式党员,否\nx2,示例党员1,b1,正式党员,否\n"
    asked = send(signed_in, "/desk/people", twice)
    wrong = decide(signed_in, asked, **{"row-0": "same"})
    assert wrong.status_code == 422
    assert "第 2 行已有这个编号" in text_of(wrong)
    shown = decide(signed_in, wrong, **{"row-3": "new", "row-0": "same"})
    assert say_yes(signed_in, "/desk/people", shown).status_code == 303
    assert Person.select().count() == 9


def decide(browser: FlaskClient, page: TestResponse, **answers: str) -> TestResponse:
    """Send the form of those who look alike."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text_of(page)))
    response = browser.post(
        "/desk/people", data={key: html.unescape(value) for key, value in fields.items()} | answers
    )
    check_house_rules(text_of(response))
    return response


def test_a_kept_file_is_its_senders_and_for_an_hour(
    site: Flask, signed_in: FlaskClient, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = send(signed_in, "/desk/units", UNITS)
    (kept,) = kept_files(site)
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    colleague = sign_in(site, Account.create(name="colleague", unit=district.root))
    token = form_token(colleague.get("/desk/units"))
    fields = dict(re.findall(r'name="(upload|seen)" value="([^"]*)"', text_of(preview)))
    stolen = colleague.post("/desk/units", data={**fields, "csrf_token": token})
    assert stolen.status_code == 422
    os.utime(kept, (0, 0))
    send(signed_in, "/desk/units", UNITS)
    assert kept not in kept_files(site)
    monkeypatch.setattr(uploads, "LASTS", -1)
    late = say_yes(signed_in, "/desk/units", send(signed_in, "/desk/units", UNITS))
    assert late.status_code == 422


def test_a_community_sees_and_exports_only_its_own(of_community: FlaskClient, page: Page) -> None:
    tree = page("/desk/units", client=of_community)
    assert "甲一示范社区第一支部" in tree
    assert "甲二示范社区" not in tree
    exported = of_community.get("/desk/units.csv").data.decode("utf-8-sig")
    assert [line.split(",")[0] for line in exported.splitlines()[1:]] == ["c1", "b1"]
    assert of_community.get("/desk/people.csv?unit=c2").status_code == 404
    assert of_community.get("/desk/people?unit=d").status_code == 404


def test_and_changes_only_its_own(of_community: FlaskClient) -> None:
    answer = send(of_community, "/desk/units", "编号,名称,类型,上级编号\nc2,改名,社区,s1\n")
    assert answer.status_code == 422
    assert "这个编号已属于您范围之外的单位" in text_of(answer)
    assert Unit.get(Unit.code == "c2").name == "甲二示范社区"


def test_an_export_is_a_file_that_excel_opens(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/desk/units.csv?lang=en")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="units.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbfcode,name,kind,parent\r\nd,")
    assert AuditEntry.get(AuditEntry.action == "units-export").unit.code == "d"


def test_a_unit_of_an_open_round_is_renamed_and_the_round_keeps_its_name(
    signed_in: FlaskClient, district: District, keys: Path
) -> None:
    opened = factories.open_survey(keys, district)
    assert (
        say_yes(signed_in, "/desk/units", send(signed_in, "/desk/units", UNITS)).status_code == 303
    )
    assert factories.subject(Round.get_by_id(opened.id), "c1").label == "甲一示范社区"


def test_strangers_are_led_to_the_sign_in(client: FlaskClient, district: District) -> None:
    for path in ("/desk/units", "/desk/people", "/desk/units.csv", "/desk/people.csv"):
        assert "/sign-in" in client.get(path).headers["Location"]


# The command line


@pytest.fixture
def run(site: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run a command: exit code, standard output, standard error."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    def command(*words: str | Path) -> tuple[int, str, str]:
        done = site.test_cli_runner().invoke(args=[str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr

    return command


Run = Callable[..., tuple[int, str, str]]


def test_a_tree_comes_in_by_command(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_bytes("编号;名称;类型;上级编号\nd;示范区;区;\ns1;甲街道;街道;d\n".encode("gb18030"))
    code, said, _ = run("units", "import", file, "--dry-run")
    assert (code, Unit.select().count()) == (0, 0)
    assert "新增 2 条" in said
    assert "试运行" in said
    assert run("units", "import", file)[0] == 0
    assert Unit.select().count() == 2
    assert "相同 2 条" in run("units", "import", file)[1]


def test_a_roster_goes_out_and_in_by_command(
    run: Run, district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for what, heading in (("units", "code,name,kind,parent"), ("people", "code,name,unit")):
        file = tmp_path / f"{what}.csv"
        assert run(what, "export", file)[0] == 0
        assert file.read_text("utf-8-sig").startswith(heading)
        assert run(what, "export")[1].lstrip("\ufeff").startswith(heading)
        assert run(what, "import", file)[0] == 0
    assert (Unit.select().count(), Person.select().count()) == (7, 8)


def test_errors_are_lines_and_nothing_is_written(
    run: Run, district: District, tmp_path: Path
) -> None:
    file = tmp_path / "units.csv"
    file.write_text(UNITS + "c8,甲,小区,s1\n", "utf-8")
    for extra in ([], ["--dry-run"]):
        code, said, wrong = run("units", "import", file, *extra)
        assert code == 2
        assert said.startswith("第 4 行 [类型] “小区”：应为：区、街道")
        assert wrong.startswith("文件里有 1 处错误")
        assert wrong.count("\n") == 1
    assert Unit.get_or_none(Unit.code == "c9") is None


def test_who_looks_alike_is_refused_by_command_until_it_is_said_which(
    run: Run, district: District, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(DOUBLED, "utf-8")
    for extra in ([], ["--dry-run"]):
        code, said, wrong = run("people", "import", file, *extra)
        assert (code, wrong.count("\n")) == (2, 1)
        assert "第 2 行 “P1” 示例党员一：像名册里的 “p1” 示例党员1（编号相像）" in said
        assert "加 --same" in wrong
    assert (Person.select().count(), Person.get(Person.code == "p1").name) == (8, "示例党员1")
    assert run("people", "import", file, "--same")[0] == 0
    assert (Person.select().count(), Person.get(Person.code == "p1").name) == (8, "示例党员一")


def test_no_such_file_is_one_sentence(run: Run, tmp_path: Path) -> None:
    code, _, wrong = run("people", "import", tmp_path / "nowhere.csv")
    assert code == 2
    assert wrong.startswith("不能读写“")
    assert wrong.count("\n") == 1


def test_no_table_is_one_sentence(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("姓名\n甲\n", "utf-8")
    assert run("people", "import", file) == (
        2,
        "",
        "第一行缺少“编号”（code）这一列。第一行应有：编号、姓名、所在单位编号、党员身份、流动。\n",
    )
