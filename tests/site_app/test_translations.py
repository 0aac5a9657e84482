"""Chinese is the source; English is complete."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CLICK = ROOT / "site_app" / "translations" / "zh" / "LC_MESSAGES" / "click.po"
PO = ROOT / "site_app" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
METHODS = [
    ("site_app/**.py", "python"),
    ("surveys/**.py", "python"),
    ("templates/**.html", "jinja2"),
]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
HAN = re.compile(r"[\u3400-\u9fff]")


def messages() -> set[str]:
    found = extract_from_dir(str(ROOT), METHODS, keywords=KEYWORDS, directory_filter=not_hidden)
    return {each[2] if isinstance(each[2], str) else each[2][0] for each in found}


def not_hidden(folder: str) -> bool:
    return not Path(folder).name.startswith((".", "_")) and Path(folder).name != "instance"


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def test_every_message_is_translated(catalogue: Catalog) -> None:
    used = messages()
    assert len(used) > 100, "nothing was extracted"
    missing = [
        message
        for message in sorted(used)
        if HAN.search(message)
        and (
            (entry := catalogue.get(message)) is None
            or entry.fuzzy
            or not all(entry.string if isinstance(entry.string, tuple) else (entry.string,))
        )
    ]
    assert not missing, f"{len(missing)} without English: {missing[:10]}"


def test_no_message_hides_in_an_f_string_where_it_is_not_extracted() -> None:
    for path in [*ROOT.glob("site_app/**/*.py"), *ROOT.glob("surveys/**/*.py")]:
        for inner in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(inner, ast.JoinedStr):
                calls = [each for each in ast.walk(inner) if isinstance(each, ast.Call)]
                hidden = [
                    each.func.id
                    for each in calls
                    if isinstance(each.func, ast.Name)
                    and each.func.id in KEYWORDS
                    and isinstance(each.args[0], ast.Constant)
                ]
                assert not hidden, f"{path.name}:{inner.lineno}"


def test_translations_keep_their_placeholders_and_are_english(catalogue: Catalog) -> None:
    for entry in catalogue:
        if not entry.id:
            continue
        source = entry.id if isinstance(entry.id, str) else entry.id[0]
        strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        for string in strings:
            assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(string)), source
            assert not HAN.search(re.sub("[“”]", "", string)), source


def test_nothing_is_translated_that_is_not_said(catalogue: Catalog) -> None:
    used = messages()
    stale = [e.id for e in catalogue if isinstance(e.id, str) and e.id and e.id not in used]
    assert not stale


def test_what_click_says_is_translated_from_its_own_words() -> None:
    """A msgid that click does not have any more would stay English without a word."""
    sources = (each.read_text("utf-8") for each in Path(click.__file__).parent.glob("*.py"))
    said = "\n".join(sources)
    with CLICK.open("rb") as file:
        ids = [each.id for each in read_po(file, locale="zh") if each.id]
    assert len(ids) > 30
    words = [word for each in ids for word in ([each] if isinstance(each, str) else each)]
    assert [each for each in words if each.lower() not in said.lower()] == []
