"""The command line: help everywhere, one sentence and 2 on bad input, all or nothing."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask

from site_app import clock, models
from site_app.models import Account
from surveys.ballots import seal
from surveys.db import database
from surveys.models import TABLES, Archive, Composite, Person, Round, Score, Unit
from tests import factories
from tests.factories import AFTER, DURING, START, District
from tests.helpers import live
from tests.helpers.live import ROOT

HAN = re.compile(r"[\u3400-\u9fff]")


def run(site: Flask, *words: str, code: int = 0, given: str | None = None) -> str:
    result: Result = site.test_cli_runner().invoke(args=words, input=given)
    assert result.exit_code == code, f"{words}: {result.output} {result.exception!r}"
    if code == 2:
        assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.output


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, each in group.commands.items():
        yield (*path, name)
        if isinstance(each, click.Group):
            yield from commands(each, (*path, name))


HELP = """
import json
from tests.site_app.test_cli import commands
from wsgi import app

runner = app.test_cli_runner()
ours = [each for each in commands(app.cli) if each[0] not in ("shell", "run", "routes")]
said = {" ".join(each): runner.invoke(args=[*each, "--help"]).output for each in ours}
print(json.dumps(said))
"""


@pytest.mark.parametrize(("lang", "chinese"), [("zh_CN.UTF-8", True), ("en_US.UTF-8", False)])
def test_every_command_has_help_in_the_language_of_the_terminal(
    tmp_path: Path, lang: str, chinese: bool
) -> None:
    environment = {**os.environ, "LANG": lang, "INSTANCE_DIR": str(tmp_path)}
    asked = subprocess.run(
        [sys.executable, "-c", HELP], cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )
    said: dict[str, str] = json.loads(asked.stdout)
    assert {"round count", "units import", "plan import", "serve"} <= set(said)
    for words, text in said.items():
        lines = text.splitlines()
        assert len(lines) > 3, words
        for line in (lines[0], lines[2], lines[-1]):
            assert bool(HAN.search(line)) == chinese, f"{words}: {line}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("account", "link", "nobody"), "没有“nobody”这个账号"),
        (("account", "add", "new", "nowhere"), "没有编号为“nowhere”的单位"),
        (("account", "add", "organiser", "d"), "已经有"),
        (("account", "password", "organiser", "--password", "short"), "密码至少 10"),
        (("round", "show", "99"), "没有第 99 号测评"),
        (("round", "create", "no-such", "d", "c1", "--opens", "2026-01-01", "--ends", "x"), "问卷"),
        (("demo", "load"), "已有数据"),
        (("demo", "wipe", "--yes"), "没有演示数据"),
        (("plan", "import", "no-such-file.txt"), "no-such-file.txt"),
        (("plan", "import"), "缺少 FILE"),
        (("plan", "import", "plan.txt", "--year", "abc"), "--year 须为"),
        (("plan", "imort"), "没有命令 imort 是不是 'import'？"),
        (("plan", "import", "--nosuch"), "没有选项 --nosuch"),
        (("settings", "--all"), "看不懂"),
        (("round", "show", "first"), "ROUND_ID 须为"),
        (("round", "show", "9" * 30), "ROUND_ID 须为"),
        (("round", "delay", "99", "tomorrow", "示例原因"), "没有第 99 号测评"),
        (("units", "import", "no-such-file.csv"), "no-such-file.csv"),
    ],
)
def test_bad_input_is_one_sentence(
    site: Flask, district: District, words: tuple[str, ...], says: str
) -> None:
    assert says in run(site, *words, code=2)


def test_a_password_is_asked_for_in_chinese(site: Flask, district: District) -> None:
    asked = run(site, "account", "password", "organiser", given="one\nother\n", code=1)
    assert asked.split("\n")[:3] == ["密码: ", "再输入一次: ", "两次输入的不一样，请重新输入。"]
    assert "已中止" in asked


def test_the_sentences_are_english_for_an_english_terminal(
    site: Flask, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert "There is no account “nobody”" in run(site, "account", "link", "nobody", code=2)
    assert "plan import --help" in run(site, "plan", "import", code=2)


def test_an_account_is_made_and_signs_in_by_link(site: Flask, district: District) -> None:
    run(site, "account", "add", "second", "s1")
    link = run(site, "account", "link", "second").strip()
    assert link.startswith("https://surveys.example.org/sign-in/")
    path = link.removeprefix("https://surveys.example.org")
    assert site.test_client().get(path).status_code == 303
    assert "second" in run(site, "account", "list")
    run(site, "account", "password", "second", "--password", "long enough")
    run(site, "account", "remove", "second")
    assert Account.get_or_none(Account.name == "second") is None


def test_a_new_password_signs_everybody_out_and_ends_old_links(
    site: Flask, district: District
) -> None:
    run(site, "account", "add", "second", "s1")
    paths = [
        run(site, "account", "link", "second").strip().removeprefix("https://surveys.example.org")
        for _ in range(2)
    ]
    stranger = site.test_client()
    assert stranger.get(paths[0]).status_code == 303
    assert stranger.get("/desk").status_code == 200
    run(site, "account", "password", "second", "--password", "long enough")
    assert stranger.get("/desk").status_code == 303
    assert stranger.get(paths[1]).status_code == 403


def test_settings_are_listed_and_the_secret_is_not(site: Flask) -> None:
    text = run(site, "settings")
    assert "PUBLIC_URL=https://surveys.example.org" in text
    assert "only-for-tests" not in text


def test_a_round_lives_its_whole_life_on_the_command_line(
    site: Flask, district: District, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: START)
    window = ("--opens", "2026-03-02T09:00", "--ends", "2026-03-09T09:00")
    run(site, "round", "create", "member-appraisal", "d", "b1", *window)
    assert "至少要 6 个" in run(site, "round", "show", "1")
    codes = run(site, "round", "codes", "1", "b1", "8").split()
    run(site, "round", "open", "1")
    for code in codes:
        factories.vote(keys, code, {"p1": "qualified"})
    monkeypatch.setattr(clock, "now", lambda: DURING)
    run(site, "round", "count", "1", code=2)
    run(site, "round", "delay", "1", "2026-03-10T09:00", "示例原因")
    monkeypatch.setattr(clock, "now", lambda: AFTER + timedelta(days=1))
    assert "对一下钟" in run(site, "round", "count", "1", code=2)
    run(site, "round", "count", "1", "--clock-is-right")
    run(site, "round", "publish", "1", "六月底前。")
    run(site, "round", "pledge", "1", "已办结。")
    assert "p1\t示例党员1\t80.00" in run(site, "round", "scores", "1")
    file = tmp_path / "archive.json"
    run(site, "round", "archive", "1", str(file))
    assert file.read_bytes() == bytes(Archive.get().document)
    assert "已公布" in run(site, "round", "list")
    assert {(each.account_name, each.action) for each in models.AuditEntry.select()} == {
        ("", action)
        for action in ("create", "codes", "open", "delay", "count", "publish", "pledge")
    }


@pytest.mark.parametrize(
    "wrong",
    [
        ("--opens", "2026-03-09T09:00", "--ends", "2026-03-02T09:00"),
        ("--opens", "2026-03-02", "--ends", "2026-03-09T09:00"),
        ("--opens", "2026-03-02T09:00", "--ends", "2026-03-09T09:00", "--weight", "nobody=1"),
        ("--opens", "2026-03-02T09:00", "--ends", "2026-03-09T09:00", "--weight", "residents"),
    ],
)
def test_a_refused_draft_leaves_nothing(
    site: Flask, district: District, wrong: tuple[str, ...]
) -> None:
    run(site, "round", "create", "resident-satisfaction", "d", "c1", *wrong, code=2)
    assert Round.select().count() == 0


def test_the_date_of_counting_is_the_day_where_the_site_is(
    site: Flask, district: District, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_ = factories.open_survey(keys, district)
    late = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: late)
    run(site, "round", "count", str(round_.id), "--anyway")
    assert json.loads(Archive.get().document)["round"]["closed_on"] == "2026-04-01"


@pytest.mark.server
def test_the_demonstration_comes_whole_and_goes_whole(site: Flask, keys: Path) -> None:
    run(site, "demo", "load")
    kinds = [unit.kind for unit in Unit.select()]
    assert kinds.count("subdistrict") == 3
    assert kinds.count("community") + kinds.count("village") == 12
    assert kinds.count("branch") == 24
    assert 350 < Person.select().count() < 450
    assert models.PlanItem.select().count() == 44
    assert [each.state for each in Round.select().order_by(Round.id)] == [
        *(["published"] * 4),
        "open",
        "open",
    ]
    first = list(Score.published().join(Unit, on=Score.unit == Unit.id).where(Unit.code == "s1c1"))
    rates = [float(row.rate or 0) for row in first if "居民" in row.round.title]
    assert rates[0] > rates[1] + 20, "the first community clearly rises"
    assert [each.state for each in Composite.select()] == ["published"]
    zone = site.config["SITE"].zone
    hours = {
        (each.opens_at.astimezone(zone).hour, each.ends_at.astimezone(zone).hour)
        for each in Round.select()
    }
    assert hours == {(9, 18)}
    kept = keys.parent / "data" / "uploads" / "people.csv"
    kept.parent.mkdir()
    kept.write_text("示例党员")
    assert "units import" in run(site, "demo", "wipe", "--yes")
    assert not kept.exists()
    left = {table.__name__ for table in (*TABLES, *models.TABLES) if table.select().exists()}
    assert left == {"SiteFact"}
    assert not seal.held(keys)
    run(site, "demo", "wipe", "--yes", code=2)


def test_codes_are_voided_and_made_anew_on_the_command_line_until_the_end(
    site: Flask, district: District, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    round_, _codes = factories.open_appraisal(keys, district)
    monkeypatch.setattr(clock, "now", lambda: DURING)
    number = str(round_.id)
    assert "作废了 8 个" in run(site, "round", "void", number, "b1")
    assert len(run(site, "round", "codes", number, "b1", "8").split()) == 8
    assert "没有“Z”这个票类" in run(site, "round", "void", number, "b1", "--group", "Z", code=2)
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    for words in (("void", number, "b1"), ("codes", number, "b1", "8")):
        assert "参与率就不准了" in run(site, "round", *words, code=2)
    survey = factories.open_survey(keys, district)
    refused = run(site, "round", "codes", str(survey.id), "c1", "8", code=2)
    assert "不用测评码" in refused


def test_a_full_disk_is_told_and_not_that_the_database_wants_an_upgrade(site: Flask) -> None:
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    database.execute_sql(f"PRAGMA max_page_count = {pages}")
    said = run(site, "demo", "load", code=2)
    assert "磁盘满了" in said
    assert "upgrade" not in said


@pytest.mark.server
@pytest.mark.parametrize(
    "words",
    [
        ("db", "upgrade"),
        ("round", "codes", "1", "b1", "8", "--reason", "示例原因"),
        ("round", "open", "1"),
        ("account", "add", "another", "d"),
    ],
)
def test_a_disk_that_takes_nothing_is_one_sentence_and_nothing_is_half_done(
    site: Flask, district: District, keys: Path, words: tuple[str, ...]
) -> None:
    end = clock.now() + timedelta(days=7)
    draft = factories.draft(district.root, [district.branch], "member-appraisal", ends=end)
    factories.codes(keys, draft, district.branch, 8)
    database.close()
    if words[0] == "db":
        shutil.rmtree(keys)
        shutil.rmtree(keys.parent / "data")

    def tried(most: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=live.environment(site.config["SITE"].instance),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, -1)),
        )

    said = tried(0)
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert "磁盘" in said.stderr
    assert not seal.held(keys)
    assert tried(-1).returncode == 0
