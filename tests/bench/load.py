"""A small load generator: raw sockets kept alive, a few processes, bounded in number and time."""

from __future__ import annotations

import multiprocessing
import re
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from site_app import config

PROCESSES = 2
SILENCE = 15
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """What came of it: how long it took, each answer's wait in seconds, what went wrong."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    errors: int = 0
    bodies: list[bytes] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Good answers per second."""
        return len(self.waits) / self.seconds if self.seconds else 0.0

    def wait(self, share: float) -> float:
        """The wait in milliseconds that so many of the answers kept below."""
        ordered = sorted(self.waits) or [0.0]
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


@dataclass
class Lane:
    """One connection: what was sent last, and when, and what has come back of the answer."""

    line: socket.socket
    sent: float = 0.0
    got: bytes = b""

    def send(self, request: bytes) -> None:
        """Send the next request."""
        self.got = b""
        self.sent = time.perf_counter()
        self.line.sendall(request)

    def whole(self) -> bool:
        """Whether the answer is complete."""
        head, end, body = self.got.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        return bool(end and found and len(body) >= int(found[1]))


def get(path: str) -> bytes:
    """A request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def post(path: str, body: str) -> bytes:
    """A form that is sent."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _drive(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    seconds: float,
    sign: bytes,
    keep: bool,
    report: Connection,
) -> None:
    load, waiting = Load(), iter(requests)
    poll = select.epoll()
    lanes = {}
    for _ in range(connections):
        line = socket.create_connection((config.HOST, port), SILENCE)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lanes[line.fileno()] = Lane(line)
        poll.register(line, select.EPOLLIN)
    start = now = time.perf_counter()
    busy = 0
    for lane in lanes.values():
        if (request := next(waiting, None)) is not None:
            lane.send(request)
            busy += 1
    while busy:
        ready = poll.poll(SILENCE)
        if not ready:
            load.errors += busy
            break
        for handle, _ in ready:
            lane = lanes[handle]
            piece = lane.line.recv(1 << 18)
            lane.got += piece
            if piece and not lane.whole():
                continue
            now = time.perf_counter()
            if piece and lane.got.startswith(b"HTTP/1.1 200 ") and sign in lane.got:
                load.waits.append(now - lane.sent)
                if keep:
                    load.bodies.append(lane.got)
            else:
                load.errors += 1
            request = next(waiting, None) if piece and now - start < seconds else None
            if request is None:
                busy -= 1
                poll.unregister(handle)
            else:
                lane.send(request)
    load.seconds = now - start
    report.send(load)


def drive(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    seconds: float,
    sign: str = "",
    keep: bool = False,
) -> Load:
    """Send requests over so many connections for so long; an answer is good with 200 and `sign`."""
    context = multiprocessing.get_context("fork")
    processes = min(PROCESSES, connections)
    parts = []
    for number in range(processes):
        mine, theirs = context.Pipe(duplex=False)
        arguments = (
            port,
            requests[number::processes],
            connections // processes,
            seconds,
            sign.encode(),
            keep,
            theirs,
        )
        process = context.Process(target=_drive, args=arguments)
        process.start()
        parts.append((process, mine))
    total = Load()
    for process, mine in parts:
        load: Load = mine.recv()
        process.join()
        total.seconds = max(total.seconds, load.seconds)
        total.waits += load.waits
        total.errors += load.errors
        total.bodies += load.bodies
    return total
