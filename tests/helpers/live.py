"""The real server, started and ended by its pid, and a small browser that fills in forms."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from site_app import config, serve

ROOT = Path(__file__).parents[2]
PATIENCE = 30
THANKS = "谢谢"
SETTINGS = ("INSTANCE_DIR", "DATABASE_URL", "KEYS_DIR", "SECRET_KEY", "PORT", "PUBLIC_URL", "LANG")


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((config.HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def environment(instance: Path, **more: str) -> dict[str, str]:
    """The surroundings of a site in a folder of its own; nothing of ours leaks into it."""
    ours = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**ours, "INSTANCE_DIR": str(instance), "PYTHONUNBUFFERED": "1", **more}


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str], how: int = signal.SIGINT) -> int:
    """End a process that we started, by its pid; its exit code."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            kill(process)
    return process.wait()


def kill(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """Kill -9 a process that we started, and its own; workers would live on without it."""
    if process.poll() is None:
        for pid in (*children(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


def children(pid: int) -> list[int]:
    """The worker processes of a server."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass
class Server:
    """The site as `make serve` runs it, on an instance folder that is ready."""

    instance: Path
    application: str = "wsgi:app"
    more: tuple[str, ...] = ("--access-log", "--workers-kill-timeout", "2")
    settings: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    port: int = 0

    @property
    def log(self) -> Path:
        """Everything the server ever said, on stdout and stderr."""
        return self.instance.parent / f"{self.instance.name}.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.port = free_port()
        given = environment(self.instance, PORT=str(self.port), **self.settings)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                serve.command(self.port, *self.more, application=self.application),
                cwd=self.folder,
                env=given,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until_it_answers(self.port, self.process, self.log)

    def fill_disk(self, full: bool) -> None:
        """Let no file grow any more, as on a full disk; or let files grow again.

        Python ignores SIGXFSZ, so that a write beyond the limit is an error like any other.
        """
        soft = 0 if full else resource.RLIM_INFINITY
        for pid in children(self.process.pid):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

    def stop(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        return end(self.process)

    def kill(self) -> None:
        """Kill -9 the server and its workers."""
        kill(self.process)

    def kill_worker(self) -> None:
        """Kill -9 one of its workers."""
        os.kill(children(self.process.pid)[0], signal.SIGKILL)

    def browser(self) -> Browser:
        """A new browser that knows nothing yet."""
        return Browser(self.port)


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the first answer of a server; a dead one is an error with its last words."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with suppress(OSError, HTTPException):
            connection = HTTPConnection(config.HOST, port, timeout=PATIENCE)
            connection.request("GET", "/no-such-page")
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.05)
    end(process)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-2000:]}")


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """A server for the length of a block; whatever happens it is ended."""
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass
class Form:
    """A form as a browser sees it: fields with their values, and the choices of each radio."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    buttons: dict[str, list[str]] = field(default_factory=dict)

    def body(self, filled: Mapping[str, str] | None = None) -> str:
        """What is sent; `filled` stands over what the page had."""
        return urlencode({**self.fields, **(filled or {})})

    def chosen(self, pick: Callable[[int, list[str]], str | None]) -> dict[str, str]:
        """A choice for each radio group: `pick` gets its place and its values."""
        picked = {name: pick(n, values) for n, (name, values) in enumerate(self.choices.items())}
        return {name: value for name, value in picked.items() if value is not None}


class _Reader(HTMLParser):
    """Collects forms, links of a page's parts, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.parts: list[str] = []
        self.text: list[str] = []
        self.area: str | None = None
        self.select: str | None = None
        self.inside = False
        self.silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            self.inside = True
        elif tag in ("script", "img") and given.get("src"):
            self.parts.append(given["src"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.parts.append(given.get("href", ""))
        self.silent = tag in ("script", "style")
        if not self.inside or not self.forms:
            return
        form = self.forms[-1]
        if tag == "button" and name:
            form.buttons.setdefault(name, []).append(value)
        elif tag == "textarea" and name:
            form.fields[name] = ""
            form.texts.append(name)
            self.area = name
        elif tag == "select" and name:
            form.choices[name] = []
            self.select = name
        elif tag == "option" and self.select:
            form.choices[self.select].append(value)
            if "selected" in given:
                form.fields[self.select] = value
        elif tag == "input" and name:
            self._input(form, name, value, given)

    def _input(self, form: Form, name: str, value: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.fields[name] = value
        elif kind == "submit":
            form.buttons.setdefault(name, []).append(value)
        else:
            form.fields[name] = value
            if kind != "hidden":
                form.texts.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            if self.area is not None:
                # HTML leaves out one line break right after the tag.
                fields = self.forms[-1].fields
                fields[self.area] = fields[self.area].removeprefix("\n")
            self.area = None
        elif tag == "select":
            self.select = None
        self.silent = False

    def handle_data(self, data: str) -> None:
        if self.area is not None and self.forms:
            self.forms[-1].fields[self.area] += data
        elif not self.silent:
            self.text.append(data)


@dataclass
class Page:
    """A page as it came: status, headers, bytes, and what can be read and filled in."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __post_init__(self) -> None:
        reader = _Reader(self.body.decode("utf-8", "replace"))
        self.forms, self.parts = reader.forms, reader.parts
        self.text = " ".join(" ".join(reader.text).split())

    def form(self, to: str = "") -> Form:
        """The form to fill in: of those that post, the one with the most to say."""
        posting = [form for form in self.forms if form.method == "post" and to in form.action]
        assert posting, f"{self.url} ({self.status}) has no form: {self.text[:300]}"
        return max(posting, key=lambda form: len(form.choices) * 100 + len(form.fields))


class Browser:
    """Fetches pages and posts forms over one connection, with cookies as they were set."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.every_cookie: set[str] = set()

    def open(self, method: str, url: str, body: str | None = None) -> Page:
        """One request, no redirect followed."""
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Connection": "close", "Accept-Language": "zh-CN"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection(config.HOST, self.port, timeout=2 * PATIENCE)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            page = Page(path, answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()
        for name, value in page.headers:
            if name.lower() == "set-cookie":
                for key, morsel in SimpleCookie(value).items():
                    self.cookies[key] = morsel.value
                    self.every_cookie.add(value)
        return page

    def get(self, url: str) -> Page:
        """A page, redirects followed."""
        return self._follow(self.open("GET", url))

    def send(self, page: Page, form: Form, filled: Mapping[str, str] | None = None) -> Page:
        """Post a form of a page, redirects followed."""
        target = urljoin(page.url, form.action or page.url)
        return self._follow(self.open("POST", target, form.body(filled)))

    def _follow(self, page: Page) -> Page:
        for _ in range(5):
            if page.status not in (301, 302, 303, 307, 308):
                return page
            where = next(value for name, value in page.headers if name.lower() == "location")
            page = self.open("GET", urljoin(page.url, where))
        raise AssertionError("redirected in a circle")


def is_thanks(page: Page) -> bool:
    """Whether a page thanks for a submission."""
    return page.status == 200 and THANKS in page.text


def up_to_the_last_step(browser: Browser, code: str) -> tuple[Page, Form]:
    """A member's way with a code: the ballot, a second-best grade in every line, the review."""
    door = browser.get("/v")
    typing = door.form()
    ballot = browser.send(door, typing, {typing.texts[0]: code})
    sheet = ballot.form()
    review = browser.send(ballot, sheet, sheet.chosen(lambda number, values: values[1]))
    return review, review.form(to="/v/cast")


def with_code(form: Form, old: str, new: str) -> dict[str, str]:
    """What to fill in for a reviewed sheet to be another code's."""
    return {
        name: new
        for name, value in form.fields.items()
        if value.replace("-", "").upper() == old.replace("-", "")
    }
