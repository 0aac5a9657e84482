"""What the papers beside the code say is so: settings, commands, links, worked examples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask

from site_app.config import SETTINGS
from surveys import archive, scoring
from surveys.__main__ import differences
from surveys.scoring import disclosure

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh.md"]
SCORING = ["docs/scoring.md", "docs/scoring.zh.md"]
WRITING = ["docs/questionnaires.md", "docs/questionnaires.zh.md"]
PAPERS = [*READMES, *SCORING, "CONTRIBUTING.md", "CHANGELOG.md", *WRITING]
PICTURES = re.compile(r"docs/pictures/readme-[a-z]+\.png")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FIGURE = re.compile(r"(?<![\d.])\d+\.\d\d(?!\d)")
COLUMNS = {
    **{"Subject": "subject", "Valid": "valid", "Score": "score", "Rate": "rate"},
    **{"Pooled rate": "pooled_rate", "Interval": "interval", "Rank": "rank", "Grade": "grade"},
    **{"Flags": "flags", "Notes": "notes", "Answered": "answered", "Kept as": "disclosure"},
    **{"对象": "subject", "有效": "valid", "得分": "score", "肯定率": "rate"},
    **{"合计率": "pooled_rate", "区间": "interval", "名次": "rank", "等次": "grade"},
    **{"提示": "flags", "说明": "notes", "答了的": "answered", "标记": "disclosure"},
}
RULES = 11


def text_of(paper: str) -> str:
    return (ROOT / paper).read_text("utf-8")


def row_of(paper: str, name: str) -> str:
    """The line of a paper's table that begins with this name."""
    rows = [line for line in text_of(paper).splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1, f"{paper}: {name} stands in {len(rows)} rows"
    return rows[0]


@pytest.mark.parametrize("paper", READMES)
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each.name)
def test_each_setting_is_in_the_readme_with_its_default(paper: str, setting: Any) -> None:
    default = row_of(paper, setting.name).split("|")[2]
    assert not setting.default or f"`{setting.default}`" in default


@pytest.mark.parametrize("paper", READMES)
def test_the_readme_names_no_other_setting(paper: str) -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of(paper), re.MULTILINE))
    assert named == {each.name for each in SETTINGS}


@pytest.mark.parametrize("paper", READMES)
def test_each_command_is_in_the_readme(paper: str, site: Flask) -> None:
    for name, command in site.cli.commands.items():
        row = row_of(paper, name)
        if isinstance(command, click.Group):
            for verb in command.commands:
                assert f"`{verb}`" in row, f"{paper}: {name} {verb}"


@pytest.mark.parametrize("paper", PAPERS)
def test_each_link_leads_somewhere(paper: str) -> None:
    links = [each for each in LINK.findall(text_of(paper)) if not each.startswith("https://")]
    for link in links:
        target = (ROOT / paper).parent / link.partition("#")[0]
        assert target.exists() or PICTURES.fullmatch(link), f"{paper}: {link}"


@pytest.mark.parametrize("paper", READMES)
def test_each_picture_is_described(paper: str) -> None:
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text_of(paper))
    assert len(pictures) == 2
    assert all(len(said) > 10 for said, _ in pictures)


def examples(paper: str) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """The archives of a paper: number of the section, the archive's text, the table after it."""
    for number, section in enumerate(text_of(paper).split("\n## ")[1:], 1):
        for part in re.split(r"(?=^```json$)", section, flags=re.MULTILINE)[1:]:
            fence = FENCE.match(part)
            assert fence, f"{paper}: a block of section {number} does not end"
            yield str(number), fence[1], table_in(part[fence.end() :])


def table_in(text: str) -> list[dict[str, str]]:
    """The first table of a text as rows by heading."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]] if lines else []


def said(value: Any) -> str:
    """A value of a score as the tables of the papers write it."""
    if value is None or value == []:
        return "—"
    if isinstance(value, list):
        numbers = all(re.fullmatch(r"[\d.]+", str(each)) for each in value)
        return "–".join(map(str, value)) if numbers else ", ".join(f"`{each}`" for each in value)
    return str(value)


def computed(text: str) -> dict[str, dict[str, Any]]:
    """What an archive gives, by subject: scores, those of groups, who answered and disclosure."""
    read = archive.from_document(json.loads(text))
    shown = disclosure.disclosures(read)
    answered = {each.id: each.answered(read.questions) for each in read.subjects}
    return {
        each.subject: {
            **each.as_document(),
            **each.as_document()["groups"],
            "answered": answered[each.subject],
            "disclosure": f"`{shown[each.subject]}`",
        }
        for each in scoring.score(read)
    }


@pytest.mark.parametrize("paper", SCORING)
def test_each_example_gives_what_its_table_says(paper: str) -> None:
    sections = set()
    for section, text, table in examples(paper):
        if '"disclosure"' in text:
            continue
        sections.add(section)
        scores = computed(text)
        subjects = [row[next(iter(row))] for row in table]
        assert subjects == list(scores), f"{paper}, section {section}"
        for row, score in zip(table, scores.values(), strict=True):
            for heading, cell in row.items():
                right = said(score[COLUMNS.get(heading, heading)])
                assert cell == right, f"{paper}, section {section}: {heading} {cell}, not {right}"
    assert len(sections) == RULES + 1


@pytest.mark.parametrize("paper", SCORING)
def test_each_figure_in_the_prose_was_computed(paper: str) -> None:
    figures: dict[str, set[str]] = {}
    for section, text, _ in examples(paper):
        figures.setdefault(section, set()).update(FIGURE.findall(json.dumps(computed(text))))
    for number, section in enumerate(text_of(paper).split("\n## ")[1:], 1):
        prose = FENCE.sub("", section)
        unknown = set(FIGURE.findall(prose)) - figures.get(str(number), set())
        assert not unknown, f"{paper}, section {number}: {unknown}"


@pytest.mark.parametrize("paper", SCORING)
def test_the_kept_archive_is_the_first_example_of_hiding(paper: str) -> None:
    texts = [text for _, text, _ in examples(paper)]
    (kept,) = (text for text in texts if '"disclosure"' in text)
    (given,) = (text for text in texts if '"id": "few"' in text and text != kept)
    assert archive.to_bytes(disclosure.hide(archive.read(given))).decode("utf-8") == kept
    assert list(differences(archive.read(kept))) == []


def test_both_languages_have_the_same_examples() -> None:
    one, other = ([text for _, text, _ in examples(paper)] for paper in SCORING)
    assert one == other
