"""Files of questionnaires: what is wrong is told with file, line and reason; others work."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app import create_app
from surveys.questionnaires import files, questionnaire
from surveys.questionnaires.files import BrokenFile

GOOD = (questionnaire.LIBRARY / "team-appraisal.toml").read_text("utf-8")
MINE = GOOD.replace('id = "team-appraisal"', 'id = "mine"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "questionnaires"
    made.mkdir()
    return made


def wrong(folder: Path, text: str | bytes) -> BrokenFile:
    """What is said of a file."""
    file = folder / "mine.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    (found,) = files.shelf(folder).broken
    assert found.file == "mine.toml"
    assert "mine.toml" in str(found)
    assert "\n" not in str(found)
    assert "mine" not in files.shelf(folder).forms
    return found


def swapped(old: str, new: str, count: int = -1) -> str:
    assert old in MINE
    return MINE.replace(old, new, count)


def line_with(text: str, words: str, nth: int = 1) -> int:
    """The number of the nth line in which the words stand."""
    found = [n for n, line in enumerate(text.splitlines(), 1) if words in line]
    return found[nth - 1]


QUESTION = '[[questions]]\nid = "q{n}"\nscale = "grades"\ntext = {{ zh = "甲", en = "a" }}\n'
SAY = '[[questions]]\nid = "words"\nkind = "text"\ntext = { zh = "说说", en = "Say" }\n\n[[groups]]'
PICK = """[[questions]]
id = "pick"
kind = "several"
most = 3
text = { zh = "选", en = "Pick" }
options = [
  { id = "a", label = { zh = "甲", en = "A" } },
  { id = "b", label = { zh = "乙", en = "B" } },
]

[[groups]]"""

BAD: list[tuple[str, str, str, int]] = [
    (swapped('id = "unity"', 'id = "politics"'), "“politics”出现了两次", 'id = "politics"', 2),
    (swapped('id = "good", value', 'id = "poor", value'), "“poor”出现了两次", 'id = "poor"', 2),
    (swapped('scale = "grades"', 'scale = "marks"', 1), "量表“marks”", 'scale = "marks"', 1),
    (
        swapped('headline = "overall"', 'headline = "words"').replace("[[groups]]", SAY, 1),
        "不是单选题",
        "headline",
        1,
    ),
    (swapped('headline = "overall"', 'headline = "all"'), "不在题目里", "headline", 1),
    (
        re.sub(r'(?m)^scale = "grades"\n(weight = 2\n)?', 'scale = "grades"\nweight = 0\n', MINE),
        "权重（weight）都是 0",
        "weight = 0",
        1,
    ),
    (swapped(", positive = true", ""), "没有一个肯定的选项", "[scales.grades]", 1),
    (swapped("minimum = 5", "minimum = 2"), "这里是 2", "minimum = 2", 1),
    (swapped("minimum = 5", "minimum = true"), "3 以上的整数", "minimum", 1),
    (swapped("min = 75", "min = 60"), "下限（min）都是 60", "min = 60", 2),
    (swapped('options = ["poor"]', 'options = ["awful"]'), "“awful”不是", '["awful"]', 1),
    (swapped('options = ["poor"]', 'options = ["abstain"]'), "“abstain”不是", '["abstain"]', 1),
    (swapped("weight = 40", "weight = 0"), "“A”的权重", "weight = 0", 1),
    (swapped('id = "unity"', 'id = "unity"\nkind = "grid"'), "“grid”没有", '"grid"', 1),
    (swapped('id = "unity"', 'id = "unity"\nleast = 2'), "“least”", "least", 1),
    (
        MINE.replace("[[groups]]", SAY, 1).replace("needs_codes", "listed = true\nneeds_codes"),
        "只能用单选和打分",
        'kind = "text"',
        1,
    ),
    (MINE.replace("[[groups]]", PICK, 1), "不能超过选项数", "most = 3", 1),
    (swapped('audience = "O"', 'audience = "Q"'), "audience", "audience", 1),
    (swapped('about = "units"', 'about = "cats"'), "about", "about", 1),
    (swapped('about = "units"', 'about = "persons"').replace('"O"', '"P"'), "对人", "audience", 1),
    (swapped('kinds = ["subdistrict"', 'kinds = ["town"'), "“town”", "kinds", 1),
    (swapped("version = 2", "version = 1.5"), "版本号", "version", 1),
    (swapped('en = "Excellent"', 'fr = "Excellent"'), "中文（zh）和英文（en）", "Excellent", 1),
    (swapped("needs_codes = true\n", ""), "只能是 open", "sampling", 1),
    (
        swapped("needs_codes = true\n", "")
        .replace('sampling = "all"', 'sampling = "open"')
        .replace('over = "1/3"', 'over = "1/3", of = "issued"'),
        "按发出的测评码算",
        'of = "issued"',
        1,
    ),
    (swapped("headline =", "colour = 1\nheadline ="), "“colour”", "colour", 1),
    (swapped('id = "mine"', 'id = "我的"'), "只能用英文字母", "id =", 1),
    (swapped('id = "mine"', 'id = "team-appraisal"'), "已有一份问卷", "id =", 1),
    (swapped("[rules]", "[rules"), "不是有效的 TOML", "[rules", 1),
    (
        MINE + "".join("\n" + QUESTION.format(n=n) for n in range(3000)),
        "这里有 3006 道",
        'id = "q94"',
        1,
    ),
]


@pytest.mark.parametrize(("text", "says", "words", "nth"), BAD, ids=[each[1] for each in BAD])
def test_what_is_wrong_is_named_with_its_line(
    folder: Path, text: str, says: str, words: str, nth: int
) -> None:
    found = wrong(folder, text)
    assert says in str(found)
    line = line_with(text, words, nth)
    # Of a whole table, the line with its heading will do.
    assert found.line in (line, line - 1), f"line {found.line}: {found}"


def test_what_has_no_line_is_named_with_its_reason(folder: Path) -> None:
    assert "UTF-8" in str(wrong(folder, b"\xff\xfe"))
    assert "“headline”" in str(wrong(folder, MINE.replace('headline = "overall"\n', "")))
    assert "缺少" in str(wrong(folder, ""))
    rules = '[rules]\nminimum = 5\nsampling = "all"\nflags = 3\n'
    assert "写法不对" in str(wrong(folder, MINE.partition("[rules]")[0] + rules))
    deep = f"{MINE.splitlines()[0]}\nkinds = {'[' * 5000}"
    assert str(wrong(folder, deep))
    many = MINE + "".join(QUESTION.format(n=n) for n in range(10_000))
    assert "太大了" in str(wrong(folder, many))


def test_a_good_file_works_and_a_broken_one_beside_it_keeps_nobody_from_it(folder: Path) -> None:
    (folder / "a.toml").write_text("nonsense", "utf-8")
    (folder / "b.toml").write_text(MINE, "utf-8")
    (folder / "readme.txt").write_text("not a questionnaire", "utf-8")
    shelf = files.shelf(folder)
    assert shelf.own == {"mine"}
    assert [each.file for each in shelf.broken] == ["a.toml"]
    assert set(shelf.forms) == {*files.shelf().forms, "mine"}


def test_no_two_files_have_one_id(folder: Path) -> None:
    (folder / "a.toml").write_text(MINE, "utf-8")
    (folder / "b.toml").write_text(MINE.replace("version = 2", "version = 3"), "utf-8")
    shelf = files.shelf(folder)
    assert shelf.forms["mine"].version == 2
    assert [(each.file, each.line) for each in shelf.broken] == [("b.toml", 1)]


def test_the_shipped_files_are_whole() -> None:
    shelf = files.shelf()
    assert not shelf.broken
    assert set(shelf.forms) == set(questionnaire.library())


def test_the_site_starts_and_names_what_is_broken(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "bad.toml").write_text(swapped("minimum = 5", "minimum = 1"), "utf-8")
    with caplog.at_level(logging.WARNING, logger="site"):
        create_app({"INSTANCE_DIR": str(tmp_path)})
    line = line_with(MINE, "minimum = 5")
    assert [record.getMessage() for record in caplog.records] == [
        f"问卷文件 bad.toml 第 {line} 行：最少人数（minimum）须为 3 以上的整数，这里是 1。"
    ]


def test_the_commands_list_show_and_check(site: Flask, folder: Path) -> None:
    run = site.test_cli_runner().invoke
    listed = run(args=["questionnaires", "list"])
    assert listed.exit_code == 0
    assert "resident-satisfaction\t3、10、12\t居民满意度调查" in listed.output.splitlines()
    shown = run(args=["questionnaires", "show", "training-needs"])
    assert "想学" in shown.output
    assert "最少人数：5" in shown.output
    assert run(args=["questionnaires", "show", "nothing"]).exit_code == 2
    fine = run(args=["questionnaires", "check"])
    assert (fine.exit_code, "都能用" in fine.output) == (0, True)

    (folder / "mine.toml").write_text(MINE, "utf-8")
    assert "mine\t7" in run(args=["questionnaires", "list"]).output
    (folder / "bad.toml").write_text(swapped("[rules]", "[rules"), "utf-8")
    broken = run(args=["questionnaires", "check"])
    assert broken.exit_code == 2
    assert re.search(r"bad\.toml 第 \d+ 行：不是有效的 TOML", broken.output)


def test_the_pages_show_the_library_and_what_is_broken(
    signed_in: FlaskClient, folder: Path, page: Callable[..., str]
) -> None:
    (folder / "bad.toml").write_text(swapped("minimum = 5", "minimum = 1"), "utf-8")
    (folder / "mine.toml").write_text(MINE, "utf-8")
    listed = page("/desk/questionnaires", client=signed_in)
    assert "bad.toml" in listed
    assert "/desk/questionnaires/mine" in listed
    assert "本站自加" in listed
    shown = page("/desk/questionnaires/training-needs", client=signed_in)
    assert "第 3 位" in shown
    assert "<fieldset" in shown
    page("/desk/questionnaires/paper-panel", client=signed_in)
    page("/desk/questionnaires/none", client=signed_in, status=404)
