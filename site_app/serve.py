"""`make serve`: everything up to the running server, and the three links of the demonstration."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from types import FrameType

import click
from flask_babel import gettext as _

from site_app import clock, config, lifeline, storage
from site_app.accounts import sign_in
from site_app.config import HOST
from site_app.demo import load
from site_app.models import Account, SiteFact, is_demonstration
from surveys import db
from surveys.db import database
from surveys.messages import N_, Refused
from surveys.models import Round, Unit

WORKERS = 2
LONGEST_END = 15


def check_port(site: config.Config) -> None:
    """Refuse a port that something else listens on, and say what it is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, site.port))
        except OSError:
            raise _taken(site) from None


def _taken(site: config.Config) -> Refused:
    """Who holds the port, as far as this user may know, and what to do."""
    other = site.port + 1 if site.port < 65535 else 8000
    pid = next(_listeners(site.port), None)
    if pid is None:
        return Refused(
            N_("端口 %(port)s 已被占用。请换一个再启动，例如：PORT=%(other)s make serve"),
            port=site.port,
            other=other,
        )
    file = db.path_of(site.database_url).resolve()
    ours = {str(file), str(file.parent)}  # `_serve` holds the folder open, and its server too
    message = N_(
        "端口 %(port)s 已被进程 %(pid)s（%(command)s）占用。"
        "请结束它，或换一个端口，例如：PORT=%(other)s make serve"
    )
    if any(ours & _opened(each) for each in _listeners(site.port)):
        message = N_(
            "端口 %(port)s 上是本网站自己的进程 %(pid)s（%(command)s），已在运行，"
            "或是上次没有结束的。要重新启动，请先结束它：kill %(first)s"
        )
    first = pid
    while (up := _parent(first)) > 1 and (
        os.getpgid(up) == os.getpgid(pid) or str(file.parent) in _opened(up)
    ):
        first = up
    title = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
    command = title[:80].strip()
    return Refused(message, port=site.port, pid=pid, command=command, other=other, first=first)


def _listeners(port: int) -> Iterator[int]:
    """The processes of this user that listen on a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {f"socket:[{row[9]}]" for row in rows if (row[1][-5:], row[3]) == (f":{port:04X}", "0A")}
    numbers = sorted(int(each.name) for each in Path("/proc").glob("[0-9]*"))
    return (pid for pid in numbers if ours & _opened(pid))


def _opened(pid: int) -> set[str]:
    """What a process has open; nothing where that is not for this user to know."""
    try:
        return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return set()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def run(site: config.Config, root: Path) -> None:
    """Prepare the site and serve it until Ctrl-C; the exit code is 0 when it was ended so."""
    check_port(site)
    storage.upgrade()
    if load.was_interrupted():
        load.wipe(storage.keys())
        SiteFact.delete().where(SiteFact.name == "wiped").execute()
    if not Unit.select().exists() and not Round.select().exists() and not load.was_wiped():
        load.load(storage.keys(), click.echo)
    buffered = _(
        "对外服务时，前面要有收完整个请求才转来的网页服务器（nginx 本来如此）："
        "直接连到这个端口，几个只发一半的请求就能堵住网站。"
    )
    welcome = [*links(site), buffered, _("按 Ctrl-C 结束。")]
    _fold_in()
    code = _serve(site, root, welcome)
    _fold_in()
    sys.exit(code)


def _fold_in() -> None:
    """Bring what waits in the journal into the database: its one file, copied, is then whole."""
    database.connect(reuse_if_open=True)
    held = database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    database.close()
    if held:
        told = _("另一个程序正在用数据库：site.sqlite 现在不完整，要备份请连同 site.sqlite-wal。")
        click.echo(told, err=True)


def links(site: config.Config) -> list[str]:
    """The three people's links while the demonstration is loaded; else where the site is."""
    here = f"http://{HOST}:{site.port}"
    if not is_demonstration():
        return [_("网站") + f"  {here}/"]
    survey, code = load.doors(storage.keys(), clock.now().astimezone(UTC))
    desk = sign_in.make_link(Account.get(Account.name == load.ORGANISER))
    return [
        _("居民问卷") + f"  {here}{survey}",
        _("党员测评") + f"  {here}/v#{code}",
        _("组织者工作台") + f"  {here}{desk}",
    ]


def command(port: int, *more: str, application: str = "wsgi:app") -> list[str]:
    """How the server is started; tests and bench start theirs just so.

    Two workers of two threads: while one thread counts a round, the other answers voters; more
    gain nothing, the path is bound by the processor, and without a bound the server opens hundreds,
    each with a connection of its own. A worker that dies is replaced; one that is told to end
    before it is quite up never hears it, and is killed.
    """
    options = (
        f"--interface wsgi --host {HOST} --port {port} --workers {WORKERS} --blocking-threads 2 "
        "--respawn-failed-workers --workers-kill-timeout 10 --no-ws --log-level warning"
    )
    granian = Path(sys.executable).parent / "granian"
    return [str(granian), *options.split(), *more, application]


def _serve(site: config.Config, root: Path, welcome: list[str]) -> int:
    """Serve until told to end; the exit code. A server that served and then dies is replaced."""
    # While this process lives it holds one end of a pipe; the workers end when it is gone.
    line, _held = os.pipe()
    folder = os.open(db.path_of(site.database_url).parent, os.O_RDONLY)  # by it `_taken` knows us
    told: list[float] = []
    server: subprocess.Popen[bytes] | None = None

    def end(number: int, frame: FrameType | None) -> None:
        """Tell the server; each second after that, it and its workers, who may not have heard."""
        told.append(time.monotonic())
        signal.alarm(1)
        if server is not None:
            late = told[-1] - told[0] > LONGEST_END
            with suppress(ProcessLookupError):
                if len(told) == 1:
                    os.kill(server.pid, signal.SIGTERM)
                else:
                    os.killpg(server.pid, signal.SIGKILL if late else signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup leaves it
        signal.signal(signal.SIGHUP, end)
    while not told:
        # In a session of its own: Ctrl-C must reach its workers through it, not beside it.
        server = subprocess.Popen(  # noqa: S603 - our own command
            command(site.port),
            cwd=root,
            env={**os.environ, lifeline.LINE: str(line)},
            pass_fds=[line, folder],
            start_new_session=True,
        )
        served = _answers(server, site.port)
        if served and welcome:
            click.echo("\n".join(welcome))
            sys.stdout.flush()
            welcome = []
        code = server.wait()
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # workers that a killed server left behind
        if not told and (code == 0 or not served):
            return code
        if not told:
            click.echo(_("服务器意外结束（%(code)s），正在重新启动。", code=code), err=True)
            time.sleep(1)
    signal.alarm(0)
    return 0


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the server takes connections: a link that is shown works. False when it ends."""
    while server.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False
