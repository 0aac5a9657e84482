"""The command on files that are hard to keep exactly, and on hostile ones."""

from __future__ import annotations

import copy
import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surveys import archive
from surveys.__main__ import main
from surveys.scoring import disclosure
from tests.helpers import archives

ROOT = Path(__file__).parents[3]
E7 = json.loads((Path(__file__).parents[2] / "examples" / "E7.json").read_text("utf-8"))["archive"]


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


@pytest.mark.parametrize("name", ["nowhere.json", "no\nwhere.json"])
def test_a_file_that_is_not_there_is_named_in_one_line_of_both_languages(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", name]) == 2
    shown = name.replace("\n", "\\n")
    said = capsys.readouterr().err
    assert said == f"不能读取 / cannot read {shown}: No such file or directory\n"


RULES: dict[str, Any] = {
    "sampling": "drawn",
    "rank": {"by": "rate", "from": 5},
    "bands": [{"grade": "1等", "min": 60}, {"grade": "2等", "min": 0}],
    "flags": [{"id": "poor-3", "options": ["poor"], "over": "1/3"}],
}


def verify(data: bytes) -> int:
    """The exit code of `verify`."""
    said = io.TextIOWrapper(io.BytesIO())
    with TemporaryDirectory() as folder, redirect_stdout(said), redirect_stderr(said):
        file = Path(folder) / "kept.json"
        file.write_bytes(data)
        return main(["verify", str(file)])


@given(document=st.one_of(archives.flat(**RULES), archives.trees(**RULES)), data=st.data())
def test_a_kept_file_verifies_until_any_digit_of_its_scores_is_changed(
    document: dict[str, Any], data: st.DataObject
) -> None:
    """Of a count, a score, an interval, a rank, a grade, a flag, a name. What is then no JSON
    (a count that begins with 0) is no archive any more.
    """
    kept = archive.to_bytes(disclosure.hide(archive.from_document(document))).decode()
    assert verify(kept.encode()) == 0
    start = kept.index('\n  "scores": [')
    places = [start + found.start() for found in re.finditer("[0-9]", kept[start:])]
    assume(places)
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([each for each in "0123456789" if each != kept[place]]))
    changed = kept[:place] + digit + kept[place + 1 :]
    assert verify(changed.encode()) == (2 if re.search(r"[^0-9.\"]0[0-9]", changed[start:]) else 1)


@pytest.mark.parametrize("command", ["score", "hide", "verify"])
@pytest.mark.parametrize("named", [True, False])
def test_a_file_of_200_mb_ends_in_a_sentence_and_is_not_read_whole(
    tmp_path: Path, command: str, named: bool
) -> None:
    """With less memory than the file would take."""
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(200 * 2**20)
    words = [sys.executable, "-S", "-m", "surveys", command, str(huge) if named else "-"]
    limited = ["sh", "-c", 'ulimit -v 190000; exec "$@"', "sh", *words]
    with huge.open("rb") as file:
        done = subprocess.run(limited, stdin=file, cwd=ROOT, capture_output=True, check=False)
        assert file.seek(0, io.SEEK_CUR) <= archive.MOST_BYTES + 2**20
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"the file is larger than 64 MB\n"
