"""The server as a process: those who guess, its end, what it leaves, who holds its port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from flask import Flask

from site_app import config, serve
from site_app.accounts import sign_in
from surveys.db import database
from tests import factories
from tests.bench import load
from tests.factories import District
from tests.helpers.live import (
    ROOT,
    Browser,
    Server,
    children,
    end,
    environment,
    free_port,
    is_thanks,
    running,
    up_to_the_last_step,
    with_code,
)
from tests.site_app.test_serve import SERVE, refused_start

pytestmark = pytest.mark.server

NOW = datetime.now(UTC).replace(microsecond=0)
LIVE = {"opens": NOW - timedelta(hours=1), "ends": NOW + timedelta(days=1)}


@pytest.fixture
def prepared(site: Flask, district: District, tmp_path: Path) -> Server:
    return Server(tmp_path, settings={"SECRET_KEY": "only-for-tests"})


def answered(port: int, path: str = "/v", within: float = 5) -> bool:
    connection = HTTPConnection(config.HOST, port, timeout=within)
    with suppress(OSError, HTTPException), closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False


def until(true: Callable[[], object], seconds: float = 20) -> bool:
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if true():
            return True
        time.sleep(0.05)
    return False


# What others send, or wait for


def test_voters_do_not_wait_for_those_who_guess_passwords(
    prepared: Server, district: District
) -> None:
    """Four clients that try passwords as fast as they can: the door stays about as quick."""
    district.organiser.password_hash = sign_in.hasher.hash("a long example")
    district.organiser.save()
    with running(prepared) as server:

        def waits(seconds: float) -> float:
            return load.drive(server.port, [load.get("/v")] * 10_000, 1, seconds).wait(0.5)

        def guess(stop: float) -> int:
            browser, tries = server.browser(), 0
            page = browser.get("/sign-in")
            while time.monotonic() < stop:
                wrong = {"name": "organiser", "password": "wrong example"}
                assert browser.send(page, page.form("/sign-in"), wrong).status == 403
                tries += 1
            return tries

        waits(1)
        quiet = waits(2)
        with ThreadPoolExecutor(5) as pool:
            guessing = [pool.submit(guess, time.monotonic() + 4) for _ in range(4)]
            loud = waits(3)
            assert sum(each.result() for each in guessing) >= 4
    assert loud < 3 * quiet + 5, (quiet, loud)


# The end


@contextmanager
def served(instance: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`make serve`; whatever happens, nothing of it is left."""
    port = free_port()
    log = instance.parent / "serve.log"
    with log.open("ab") as written:
        process = subprocess.Popen(
            ["env", "--default-signal=HUP", *SERVE],  # as a terminal has it
            cwd=ROOT,
            env=environment(instance, PORT=str(port), SECRET_KEY="only-for-tests"),
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert until(lambda: answered(port, "/"), 40), log.read_text()
        yield process, port
    finally:
        end(process)


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((config.HOST, port))
            return True
    return False


def count(file: Path) -> int:
    with closing(sqlite3.connect(file)) as copy:
        return int(
            copy.execute("SELECT count(*) FROM access_code WHERE state = 'spent'").fetchone()[0]
        )


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_after_a_clean_stop_the_one_file_holds_every_vote(
    site: Flask, district: District, keys: Path, tmp_path: Path, how: int
) -> None:
    codes = factories.open_appraisal(keys, district, count=50, **LIVE)[1]
    database.close()
    with served(tmp_path) as (process, port):
        review, sheet = up_to_the_last_step(Browser(port), codes[0])
        for code in codes:
            assert is_thanks(Browser(port).send(review, sheet, with_code(sheet, codes[0], code)))
        process.send_signal(how)
        assert process.wait(30) == 0
    copy = shutil.copy(tmp_path / "data" / "site.sqlite", tmp_path / "copy.sqlite")
    assert count(Path(copy)) == 50


def test_a_stop_while_another_program_reads_says_that_the_file_is_not_whole(
    site: Flask, district: District, tmp_path: Path
) -> None:
    reader = sqlite3.connect(database.database, isolation_level=None)
    with closing(reader), served(tmp_path) as (process, _port):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM unit").fetchall()
        sign_in.make_link(district.organiser)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert "site.sqlite-wal" in (tmp_path.parent / "serve.log").read_text()


def test_told_all_at_once_every_process_ends(
    site: Flask, district: District, tmp_path: Path
) -> None:
    """As systemd tells every process of a unit, unless its file says otherwise."""
    for _ in range(3):
        with served(tmp_path) as (process, port):
            (server,) = children(process.pid)
            everyone = [*children(server), server, process.pid]
            for pid in everyone:
                os.kill(pid, signal.SIGTERM)
            assert process.wait(30) == 0
            assert free(port)


def test_when_the_starter_is_killed_nothing_serves_on(
    site: Flask, district: District, tmp_path: Path
) -> None:
    with served(tmp_path) as (process, port):
        (server,) = children(process.pid)
        process.kill()
        assert until(lambda: free(port) and not Path(f"/proc/{server}").exists())


def test_killed_servers_and_workers_are_replaced(
    site: Flask, district: District, tmp_path: Path
) -> None:
    with served(tmp_path) as (process, port):
        (server,) = children(process.pid)
        for _ in range(3):
            with suppress(OSError, IndexError):
                os.kill(children(server)[0], signal.SIGKILL)
            time.sleep(0.5)
        assert until(lambda: answered(port))
        (server,) = children(process.pid)
        workers = children(server)
        os.kill(server, signal.SIGKILL)
        assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
        assert until(lambda: answered(port))


# Who holds the port


def test_a_start_beside_itself_names_the_process_to_end(
    site: Flask, district: District, tmp_path: Path
) -> None:
    with served(tmp_path) as (process, port):
        assert refused_start(tmp_path, port).endswith(f"kill {process.pid}")


def test_a_start_beside_another_program_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((config.HOST, 0))
        taken.listen()
        sentence = refused_start(tmp_path / "instance", taken.getsockname()[1])
    assert str(os.getpid()) in sentence
    assert "PORT=" in sentence


def test_a_start_beside_what_an_earlier_one_left_says_so(
    site: Flask, district: District, tmp_path: Path
) -> None:
    """A server whose starter did not take it along; killing a worker alone would not end it."""
    port = free_port()
    given = environment(tmp_path, PORT=str(port), SECRET_KEY="only-for-tests")
    left = subprocess.Popen(serve.command(port), cwd=ROOT, env=given, start_new_session=True)
    try:
        assert until(lambda: answered(port, "/"), 40)
        assert refused_start(tmp_path, port).endswith(f"kill {left.pid}")
    finally:
        end(left)


# The journal


def test_what_a_long_reader_let_the_journal_grow_to_is_given_back(
    site: Flask, district: District
) -> None:
    wal = Path(f"{database.database}-wal")
    with closing(sqlite3.connect(database.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM unit").fetchall()
        for number in range(40):
            database.execute_sql("UPDATE unit SET name = ?", (str(number % 10) * 400_000,))
        grown = wal.stat().st_size
        reader.execute("ROLLBACK")
    for name in ("示范社区", "示范村", "示范支部"):
        database.execute_sql("UPDATE unit SET name = ?", (name,))
    assert grown > 16 * 1024 * 1024
    assert wal.stat().st_size <= 4 * 1024 * 1024 + 64 * 1024
