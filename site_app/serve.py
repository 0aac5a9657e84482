"""`make serve`: everything up to the running server, and the three links of the demonstration."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
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
    for line in links(site):
        click.echo(line)
    click.echo(_("按 Ctrl-C 结束。"))
    sys.stdout.flush()
    database.close()
    _serve(site, root)


def links(site: config.Config) -> list[str]:
    """The three people's links while the demonstration is loaded; else where the site is."""
    here = f"http://{HOST}:{site.port}"
    if not is_demonstration():
        return [f"{_('网站')}  {here}/"]
    survey, code = demo.doors(storage.keys(), clock.now().astimezone(UTC))
    desk = auth.make_link(Account.get(Account.name == demo.ORGANISER))
    return [
        f"{_('居民问卷')}  {here}{survey}",
        f"{_('党员测评')}  {here}/v#{code}",
        f"{_('组织者工作台')}  {here}{desk}",
    ]


def command(port: int, *more: str, application: str = "wsgi:app") -> list[str]:
    """How the server is started; tests and bench start theirs just so.

    Two workers of one thread each: more threads gain nothing, the path is bound by the processor,
    and without a bound the server opens hundreds, each with a connection of its own.
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
        "--no-ws",
        "--log-level",
        "warning",
        *more,
        application,
    ]


def _serve(site: config.Config, root: Path) -> None:
    server = subprocess.Popen(command(site.port), cwd=root, env=os.environ)  # noqa: S603 - our own

    def end(number: int, frame: FrameType | None) -> None:
        server.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    code = server.wait()
    sys.exit(0 if code in (0, -signal.SIGINT, -signal.SIGTERM) else code)
