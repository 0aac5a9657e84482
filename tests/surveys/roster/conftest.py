"""What tests of the roster share: a command as it is typed, and a composite about people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from surveys import composites
from surveys.composites import rules as composite_rules
from surveys.models import Composite
from tests.factories import District

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(site: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command: exit code, standard output, standard error."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    def command(*words: str | Path) -> tuple[int, str, str]:
        done = site.test_cli_runner().invoke(args=[str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr

    return command


def a_composite_of_people(district: District, name: str) -> Composite:
    rules = composite_rules.library().values()
    return composites.create(
        next(each for each in rules if each.about == "persons"), district.root, name
    )
