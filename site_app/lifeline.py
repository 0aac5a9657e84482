"""A worker ends with whoever started its server: nothing serves on that nobody can end."""

from __future__ import annotations

import os
import signal
import threading

LINE = "SURVEYS_LIFELINE"
"""The setting that names the reading end of a pipe whose other end the starter holds."""


def hold() -> None:
    """Watch the starter, where there is one: a worker calls this as it begins."""
    if line := os.environ.get(LINE):
        ends = (int(line), os.getppid())
        threading.Thread(target=_end_with_the_starter, args=ends, daemon=True).start()


def _end_with_the_starter(line: int, server: int) -> None:
    """Wait until nobody holds the other end; then end, through the server if it lives."""
    os.read(line, 1)
    os.kill(server if os.getppid() == server else os.getpid(), signal.SIGTERM)
