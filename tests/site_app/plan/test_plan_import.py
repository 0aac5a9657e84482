"""A plan document is imported in the browser and on the command line, and its items corrected."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from site_app.models import AuditEntry, Plan, PlanItem
from site_app.plan import calls, document, store
from surveys.db import database
from tests import factories
from tests.conftest import check_house_rules, form_token, sign_in
from tests.site_app.plan.test_plan_store import TEXT

IMPORT = "/desk/plan/import"

Page = Callable[..., str]


@pytest.fixture
def published(site: Flask) -> Plan:
    database.connect(reuse_if_open=True)
    return store.store(document.parse(TEXT), calls.load(), replace=False)


# --- organisers import -----------------------------------------------------------------------


def send(browser: FlaskClient, data: bytes, **fields: str) -> TestResponse:
    token = form_token(browser.get(IMPORT))
    file = FileStorage(io.BytesIO(data), "plan.txt")
    boundary, body = encode_multipart({"csrf_token": token, "file": file, **fields})
    return browser.post(IMPORT, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def hidden(page: str, name: str) -> str:
    """A hidden field's value as a browser sends it back: lines ended by CR LF."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1]).replace("\n", "\r\n")


def confirm(browser: FlaskClient, preview: str, **fields: str) -> TestResponse:
    sent = {name: hidden(preview, name) for name in ("csrf_token", "text", "year")}
    return browser.post(
        IMPORT, data={**sent, "confirm": "1", **fields}, content_type="multipart/form-data"
    )


def preview_of(browser: FlaskClient, text: str, **fields: str) -> str:
    response = send(browser, text.encode(), **fields)
    assert response.status_code == 200
    page = response.get_data(as_text=True)
    check_house_rules(page)
    return page


def test_an_import_is_previewed_then_confirmed(page: Page, signed_in: FlaskClient) -> None:
    page(IMPORT, client=signed_in)
    preview = preview_of(signed_in, TEXT)
    assert "2 个部分，3 个条目" in preview
    assert "修好路灯" in preview
    assert "编号连续，没有重复" in preview
    assert Plan.select().count() == 0
    done = confirm(signed_in, preview)
    assert (done.status_code, done.location) == (303, "/plan/2026")
    assert "2026 年的工作要点已导入" in page("/plan/2026", client=signed_in)
    assert PlanItem.get(PlanItem.number == 1).paragraphs == ["每月一次。", "换着花样学。"]
    assert AuditEntry.get(AuditEntry.action == "plan-import").detail.startswith("2026")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_file_is_read_as_the_office_saved_it(signed_in: FlaskClient, encoding: str) -> None:
    response = send(signed_in, TEXT.encode(encoding))
    assert "2 个部分，3 个条目" in response.get_data(as_text=True)


def test_the_preview_names_gaps_repeats_and_lines_left_out(signed_in: FlaskClient) -> None:
    text = "仅供学习 禁止外传 用后删除\n" + TEXT.replace("2.亮明", "1.亮明") + "5.再修一盏。修。\n"
    preview = preview_of(signed_in, text)
    assert "编号 1 重复" in preview
    assert "第 5 条之前缺" in preview
    assert "已略去：仅供学习 禁止外传 用后删除" in preview


def test_markup_in_a_file_is_only_text(signed_in: FlaskClient, page: Page) -> None:
    preview = preview_of(signed_in, TEXT.replace("修好路灯", '<b>"修&好"</b>路灯'))
    assert "<b>" not in preview
    confirm(signed_in, preview)
    assert PlanItem.get(PlanItem.number == 3).title == '<b>"修&好"</b>路灯'
    assert "<b>" not in page("/plan/2026/3")


def test_the_year_may_be_typed(signed_in: FlaskClient) -> None:
    preview = preview_of(signed_in, TEXT.replace("2026年", ""), year="2027")
    confirm(signed_in, preview)
    assert Plan.get().year == 2027


def test_a_plan_is_replaced_only_when_ticked(signed_in: FlaskClient, published: Plan) -> None:
    preview = preview_of(signed_in, TEXT.replace("修好", "换掉"))
    assert "会替换什么" in preview
    assert "文字有变动的条目</dt><dd>3</dd>" in preview
    refused = confirm(signed_in, preview)
    assert refused.status_code == 409
    again = refused.get_data(as_text=True)
    check_house_rules(again)
    assert "2026 年已经有一份工作要点了" in again
    assert "换掉路灯" in again
    assert PlanItem.get(PlanItem.plan == published, PlanItem.number == 3).title == "修好路灯"
    assert confirm(signed_in, again, replace="on").status_code == 303
    now = PlanItem.get(PlanItem.plan == Plan.get(Plan.year == 2026), PlanItem.number == 2)
    assert store.attached(now) == ["member-appraisal", "model-nomination"]


BAD = {
    "an empty file": (b"", "文件是空的"),
    "only spaces": ("　 \n\n".encode(), "文件是空的"),
    "a picture renamed": (b"\x89PNG\r\n\x1a\n" + bytes(200), "不是纯文本"),
    "a wrong encoding": (bytes(range(128, 256)) * 9, "编码"),
    "no sections": ("2026年工作要点\n只有一段话。".encode(), "没有找到章节"),
    "no items": ("2026年工作要点\n一、打牢基础\n只有一段话。".encode(), "没有找到任何条目"),
    "20 MB": (b"x" * (20 * 2**20), "文件超过 2 MB"),
    "a long text": (("一、长\n1.条。" + "长" * 600_000).encode(), "文件太长"),
    "a year out of range": (TEXT.replace("2026年", "1900年").encode(), "年份"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_gets_a_sentence_and_changes_nothing(signed_in: FlaskClient, what: str) -> None:
    data, says = BAD[what]
    response = send(signed_in, data, replace="on")
    text = response.get_data(as_text=True)
    assert response.status_code == 422
    check_house_rules(text)
    assert says in text
    assert 'name="replace"' not in text  # asked where there is something to replace
    assert Plan.select().count() == 0


def test_a_file_with_one_item_is_doubted_but_can_be_imported(signed_in: FlaskClient) -> None:
    preview = preview_of(signed_in, "2026年工作要点\n一、打牢基础\n1.学习。每月一次。")
    assert "1 个部分，1 个条目" in preview
    assert "只找到一个条目" in preview
    assert confirm(signed_in, preview).status_code == 303


def test_numbers_that_go_back_are_told_and_mended(signed_in: FlaskClient) -> None:
    preview = preview_of(signed_in, TEXT.replace("1.固定", "5.固定"))
    assert "退回到 2" in preview


@pytest.mark.parametrize("year", ["26", "二〇二六", "-1", "99999"])
def test_a_bad_year_gets_a_sentence_and_stays_in_its_field(
    signed_in: FlaskClient, year: str
) -> None:
    response = send(signed_in, TEXT.encode(), year=year)
    assert response.status_code == 422
    assert f'value="{year}"' in response.get_data(as_text=True)


def test_no_file_chosen_is_said(signed_in: FlaskClient) -> None:
    token = form_token(signed_in.get(IMPORT))
    response = signed_in.post(IMPORT, data={"csrf_token": token})
    assert response.status_code == 422
    assert "还没有选文件" in response.get_data(as_text=True)


def test_a_confirmation_with_its_text_gone_is_refused(signed_in: FlaskClient) -> None:
    token = form_token(signed_in.get(IMPORT))
    response = signed_in.post(IMPORT, data={"csrf_token": token, "confirm": "1"})
    assert response.status_code == 422
    assert "文件是空的" in response.get_data(as_text=True)


@pytest.mark.parametrize("path", [IMPORT, "/desk/plan/2026/3"])
def test_only_the_districts_organisers_change_the_plan(
    site: Flask, published: Plan, district: factories.District, page: Page, path: str
) -> None:
    below = sign_in(site, district.community_organiser)
    page(path, client=below, status=404)
    assert site.test_client().get(path).status_code == 303
    assert IMPORT not in page("/", client=below)


# --- organisers correct ----------------------------------------------------------------------

ITEM = "/desk/plan/2026/3"


def correct(browser: FlaskClient, form: str, **fields: object) -> TestResponse:
    kept = {name: hidden(form, name) for name in ("csrf_token", "seen")}
    return browser.post(ITEM, data={**kept, **fields})


def test_an_item_is_corrected_and_gets_a_questionnaire(
    page: Page, signed_in: FlaskClient, published: Plan
) -> None:
    form = page(ITEM, client=signed_in)
    assert 'value="修好路灯"' in form
    done = correct(
        signed_in,
        form,
        title="修好每盏路灯",
        text="年中前修一半。\r\n\r\n年底前修完。",
        questionnaires=["resident-satisfaction", "member-appraisal"],
    )
    assert (done.status_code, done.location) == (303, "/plan/2026/3")
    shown = page("/plan/2026/3", client=signed_in)
    assert "第 3 条已保存。" in shown
    for part in ("3. 修好每盏路灯", "年中前修一半。", "居民满意度调查", "党员年度民主评议"):
        assert part in shown
    assert AuditEntry.get(AuditEntry.action == "plan-edit").detail == "2026/3"


def test_two_windows_on_one_item_lose_nothing(
    page: Page, signed_in: FlaskClient, published: Plan
) -> None:
    mine = yours = page(ITEM, client=signed_in)
    assert correct(signed_in, yours, title="别人改的", text="甲。").status_code == 303
    refused = correct(signed_in, mine, title="我改的", text="乙。")
    assert refused.status_code == 409
    again = refused.get_data(as_text=True)
    check_house_rules(again)
    assert "刚被别人改动" in again
    assert 'value="我改的"' in again
    assert "<strong>别人改的</strong>" in again
    assert correct(signed_in, again, title="两人都认的", text="甲乙。").status_code == 303
    assert "两人都认的" in page("/plan/2026/3")


def test_a_refused_correction_keeps_what_was_typed(
    page: Page, signed_in: FlaskClient, published: Plan
) -> None:
    refused = correct(signed_in, page(ITEM, client=signed_in), title=" ", text="打了很多字。")
    text = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "标题须为" in text
    assert "打了很多字。</textarea>" in text


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def run(site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """`flask plan import`, given the file's bytes; its exit code, output and error."""

    def import_(data: bytes, *options: str, lang: str = "zh_CN.UTF-8") -> tuple[int, str, str]:
        monkeypatch.setenv("LANG", lang)
        file = tmp_path / "plan.txt"
        file.write_bytes(data)
        runner = site.test_cli_runner()
        result = runner.invoke(args=["plan", "import", str(file), *options])
        return result.exit_code, result.stdout, result.stderr

    return import_


def test_the_command_imports_and_says_what_it_found(run: Callable[..., object]) -> None:
    text = "禁止外传 仅供学习\n" + TEXT
    code, said, _error = run(text.encode("gb18030"))
    assert code == 0
    assert said.splitlines() == [
        "2 个部分，3 个条目",
        "第 1 行不是要点正文，已略去：禁止外传 仅供学习",
    ]
    assert Plan.get().year == 2026


def test_a_dry_run_writes_nothing_and_says_what_stands_in_the_way(
    run: Callable[..., object],
) -> None:
    assert run(TEXT.encode())[0] == 0
    code, said, _error = run(TEXT.replace("修好", "换掉").encode(), "--dry-run")
    assert code == 0
    assert "没有写入" in said
    assert "已经有一份" in said
    assert PlanItem.get(PlanItem.number == 3).title == "修好路灯"


def test_the_command_replaces_only_when_told(run: Callable[..., object]) -> None:
    other = TEXT.replace("修好", "换掉").encode()
    assert run(TEXT.encode())[0] == 0
    code, said, error = run(other)
    assert (code, said) == (2, "")
    assert "已经有一份工作要点" in error
    assert run(other, "--replace")[0] == 0
    assert PlanItem.get(PlanItem.number == 3).title == "换掉路灯"


@pytest.mark.parametrize("what", [each for each in BAD if each != "a long text"])
def test_the_command_refuses_a_bad_file_in_one_sentence(
    run: Callable[..., object], what: str
) -> None:
    data, says = BAD[what]
    code, said, error = run(data)
    assert (code, said, error.count("\n")) == (2, "", 1)
    assert says in error
    assert Plan.select().count() == 0


def test_the_command_names_a_file_that_is_not_there(site: Flask, tmp_path: Path) -> None:
    result = site.test_cli_runner().invoke(args=["plan", "import", str(tmp_path / "none.txt")])
    assert result.exit_code == 2
    assert "none.txt" in result.stderr
    assert result.stderr.count("\n") == 1
