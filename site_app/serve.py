"""`make serve`: everything up to the running server, and the three links of the demonstration."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC
from pathlib import Path
from types import FrameType

import click
from flask_babel import gettext as _

from site_app import auth, clock, config, demo, storage
from site_app.models import Account, SiteFact, is_demonstration
from surveys.db import database
from surveys.messages import N_, Refused
from surveys.models import Round, Unit

HOST = "127.0.0.1"
WORKERS = 2


def base_url(site: config.Config) -> str:
    """Where the site is reached: PUBLIC_URL, or this machine."""
    return site.public_url or f"http://{HOST}:{site.port}"


def check_port(port: int) -> None:
    """Refuse a port that something else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Refused(
                N_("端口 %(port)s 已被占用。请换一个再启动，例如：PORT=%(other)s make serve"),
                port=port,
                other=port + 1 if port < 65535 else 8000,
            ) from None


def run(site: config.Config, root: Path) -> None:
    """Prepare the site and serve it until Ctrl-C; the exit code is 0 when it was ended so."""
    check_port(site.port)
    storage.upgrade()
    if demo.was_interrupted():
        demo.wipe(storage.keys())
        SiteFact.delete().where(SiteFact.name == "wiped").execute()
    if not Unit.select().exists() and not Round.select().exists() and not demo.was_wiped():
        demo.load(storage.keys(), click.echo)
    welcome = [*links(site), _("按 Ctrl-C 结束。")]
    database.close()
    _serve(site, root, welcome)


def links(site: config.Config) -> list[str]:
    """The three people's links while the demonstration is loaded; else where the site is."""
    here = f"http://{HOST}:{site.port}"
    if not is_demonstration():
        return [_("网站") + f"  {here}/"]
    survey, code = demo.doors(storage.keys(), clock.now().astimezone(UTC))
    desk = auth.make_link(Account.get(Account.name == demo.ORGANISER))
    return [
        _("居民问卷") + f"  {here}{survey}",
        _("党员测评") + f"  {here}/v#{code}",
        _("组织者工作台") + f"  {here}{desk}",
    ]


def command(port: int, *more: str, application: str = "wsgi:app") -> list[str]:
    """How the server is started; tests and bench start theirs just so.

    Two workers of one thread each: more threads gain nothing, the path is bound by the processor,
    and without a bound the server opens hundreds, each with a connection of its own. A worker that
    dies is replaced; one that is told to end before it is quite up never hears it, and is killed.
    """
    return [
        str(Path(sys.executable).parent / "granian"),
        "--interface",
        "wsgi",
        "--host",
        HOST,
        "--port",
        str(port),
        "--workers",
        str(WORKERS),
        "--blocking-threads",
        "1",
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        "10",
        "--no-ws",
        "--log-level",
        "warning",
        *more,
        application,
    ]


def _serve(site: config.Config, root: Path, welcome: list[str]) -> None:
    # In a session of its own: Ctrl-C must reach its workers through it, not beside it.
    server = subprocess.Popen(  # noqa: S603 - our own command
        command(site.port), cwd=root, env=os.environ, start_new_session=True
    )

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        server.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    if _answers(server, site.port):
        click.echo("\n".join(welcome))
        sys.stdout.flush()
    code = server.wait()
    sys.exit(0 if code in (0, -signal.SIGINT, -signal.SIGTERM) else code)


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
