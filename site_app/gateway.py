"""Between the server and the site: nobody who sends slowly, or has to wait, holds up the voters.

A WSGI thread that reads a body waits for as long as its sender likes: as many half-sent forms as
there are threads stop the site. Here bodies arrive while others are served, and whole requests
are answered by one thread a worker.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from flask import Flask

PATIENCE = 30
LARGE = 256 * 1024
LARGE_AT_ONCE = 4
LIFELINE = "SURVEYS_LIFELINE"
PLAIN = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
TOO_LATE = (
    "没有在半分钟内收到或处理，请再试一次。 / Not received or done in time; please try again.\n"
)
WITHOUT_LENGTH = "请求须写明长度（Content-Length）。 / A request must give its length.\n"

Environ = dict[str, Any]
Answer = tuple[int, list[tuple[str, str]], bytes]


class Served(Flask):
    """A Flask application that granian can serve through its own interface, RSGI."""

    may_wait: Callable[[Environ], bool] = staticmethod(lambda environ: False)
    """Which requests wait for a turn of their own: another thread answers them."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """A worker begins; it ends with whoever started the server."""
        self.voters, self.others = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        if line := os.environ.get(LIFELINE):
            ends = (int(line), os.getppid())
            threading.Thread(target=_end_with_the_starter, args=ends, daemon=True).start()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer a request, unless it is not whole in time or its turn does not come."""
        environ = _environ(scope)
        if "HTTP_TRANSFER_ENCODING" in environ:  # granian does not tell whether it came to its end
            protocol.response_bytes(411, PLAIN, WITHOUT_LENGTH.encode())
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._receive(environ, protocol)
                if waits := self.may_wait(environ):
                    answer = await loop.run_in_executor(self.others, self._answer, environ)
        except TimeoutError:
            answer = 503, PLAIN, TOO_LATE.encode()
        else:
            if not waits:
                answer = await loop.run_in_executor(self.voters, self._answer, environ)
        protocol.response_bytes(*answer)

    async def _receive(self, environ: Environ, protocol: Any) -> None:
        """Read the body; what is longer than the site takes is left to be refused by its length."""
        most = self.config["MAX_CONTENT_LENGTH"]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = b""
        if 0 < length <= most:
            async with self.large if length > LARGE else nullcontext():
                body = await protocol()
        environ["wsgi.input"] = io.BytesIO(body)

    def _answer(self, environ: Environ) -> Answer:
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], error: object = None, /) -> Any:
            head[:] = status, headers

        body = self(environ, start)
        try:
            content = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        return int(head[0][:3]), head[1], content


def _environ(scope: Any) -> Environ:
    """What WSGI says of a request (PEP 3333)."""
    name, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header in set(scope.headers.keys()):
        if "_" in header:  # it would pass for another header, one with a hyphen
            continue
        key = header.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        environ[key] = ("; " if header == "cookie" else ",").join(scope.headers.get_all(header))
    return environ


def _end_with_the_starter(line: int, server: int) -> None:
    """Wait until nobody holds the other end of a pipe; then end, through the server if it lives."""
    os.read(line, 1)
    os.kill(server if os.getppid() == server else os.getpid(), signal.SIGTERM)
