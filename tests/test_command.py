"""The command on files that are hard to keep exactly, and on hostile ones."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
E7 = json.loads((Path(__file__).parent / "examples" / "E7.json").read_text("utf-8"))["archive"]


def run(command: str, data: bytes) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors of the command in a Python without site-packages."""
    words = [sys.executable, "-S", "-m", "surveys", command, "-"]
    done = subprocess.run(words, input=data, cwd=ROOT, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", ["89.99999999999999999999999", "1e-5", "0.1", "12.50", "5e1"])
def test_numbers_are_kept_exactly(number: str) -> None:
    text = json.dumps(E7)
    for value in ("100", "80", "60", "0,"):
        text = text.replace(f'"value": {value}', f'"value": {number}{value[-1:].strip("0")}')
    code, kept, _ = run("hide", text.replace('"weight": 40', f'"weight": {number}').encode())
    assert code == 0
    assert run("verify", kept) == (0, b"", b"")
    assert run("hide", kept) == (0, kept, b"")


@pytest.mark.parametrize("number", ["1e40", "1e-40", "1e99"])
def test_what_could_not_be_read_again_is_refused(number: str) -> None:
    text = json.dumps(E7).replace('"weight": 40', f'"weight": {number}')
    code, _, wrong = run("hide", text.encode())
    assert (code, wrong) == (2, b"rules.groups[0].weight: a number of more than 30 digits\n")


def test_a_default_left_out_and_written_out_give_the_same_bytes() -> None:
    short: dict[str, Any] = copy.deepcopy(E7)
    del short["rules"]["minimum"], short["rules"]["empty_group"], short["rules"]["sampling"]
    del short["questionnaire"]["questions"][0]["weight"]
    short["rules"]["flags"], short["round"]["plan_items"] = [], [10]
    assert run("hide", json.dumps(short).encode()) == run("hide", json.dumps(E7).encode())


@pytest.mark.parametrize("key", ["x\ny", "x\x1b[2J", "x\u2028y"])
def test_a_refusal_is_one_line_whatever_the_file_holds(key: str) -> None:
    code, _, wrong = run("score", json.dumps({**E7, key: 1}).encode())
    assert code == 2
    assert len(wrong.decode().splitlines()) == 1
    assert wrong.decode().strip().isprintable()
