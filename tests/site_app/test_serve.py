"""`make serve`: three links whose work is there at once, Ctrl-C, a second start, clear refusals."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from site_app import config
from tests.helpers.live import ROOT, Browser, end, environment, free_port

pytestmark = pytest.mark.server

SERVE = [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "serve"]


@contextmanager
def served(instance: Path) -> Iterator[list[str]]:
    """`make serve` up to its links; at the end Ctrl-C, which must end it with 0."""
    port = free_port()
    process = subprocess.Popen(
        SERVE,
        cwd=ROOT,
        env=environment(instance, PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        lines: list[str] = []
        while not lines or "Ctrl-C" not in lines[-1]:
            line = process.stdout.readline()
            assert line, f"it ended: {lines}"
            lines.append(line.strip())
        wait_for(port)
        yield lines
        # A terminal's Ctrl-C reaches every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
        assert "Traceback" not in process.stdout.read()
    finally:
        end(process)
        process.stdout.close()


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection((config.HOST, port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nothing listens")


def rows(instance: Path) -> dict[str, int]:
    """How many rows each table of what people made has."""
    with closing(sqlite3.connect(instance / "data" / "site.sqlite")) as reader:
        return {
            table: reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("unit", "person", "round", "rating", "comment", "score", "plan_item")
        }


def links(lines: list[str]) -> list[str]:
    return [found[0] for line in lines if (found := re.search(r"http://\S+", line))]


def test_the_first_start_prints_three_links_that_show_their_work_at_once_and_ctrl_c_ends_it(
    tmp_path: Path,
) -> None:
    instance = tmp_path / "instance"
    with served(instance) as lines:
        resident, member, desk = links(lines)
        browser = Browser(urlsplit(resident).port or 0)
        page = browser.get(resident)
        assert (page.status, len(page.form().choices)) == (200, 6)
        address, code = member.split("#")
        door = browser.get(address)
        assert door.status == 200
        ballot = browser.send(door, door.form(), {door.form().texts[0]: code})
        assert ballot.status == 200
        assert len(ballot.form().choices) >= 40
        assert browser.get(desk).status == 200
        assert browser.get(desk.rsplit("/", 1)[0]).url.endswith("/sign-in")
        before = rows(instance)
    assert before["person"] > 350
    start = time.monotonic()
    with served(instance) as lines:
        assert time.monotonic() - start < 10
        assert len(links(lines)) == 3
        assert rows(instance) == before


def refused_start(instance: Path, port: int) -> str:
    """The one sentence on stderr of a start that is refused with 2."""
    done = subprocess.run(
        SERVE,
        cwd=ROOT,
        env=environment(instance, PORT=str(port)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.strip().splitlines()
    return sentence


def test_a_port_in_use_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((config.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = refused_start(tmp_path / "instance", port)
    assert str(port) in sentence
    assert "PORT=" in sentence


def test_a_folder_that_cannot_be_written_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert "INSTANCE_DIR" in refused_start(file / "instance", free_port())
