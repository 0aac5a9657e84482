"""What the commands share: bad input is one sentence on stderr, in the reader's language, and 2."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
import peewee
from flask_babel import force_locale
from flask_babel import gettext as _

from site_app.i18n import sentence
from surveys.messages import Refused


class BadInput(click.ClickException):
    """A command that was refused: the sentence alone, without click's usage lines."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence where errors belong."""
        click.echo(self.format_message(), file=file, err=True)


class Unavailable(BadInput):
    """A command that could not run, whatever its input."""

    exit_code = 1


def language() -> str:
    """The language of the terminal: English where `LANG` says so, else Chinese."""
    return "en" if os.environ.get("LANG", "").lower().startswith("en") else "zh"


@contextmanager
def refusals() -> Iterator[None]:
    """Speak the reader's language inside, and turn what is refused into `BadInput`."""
    with force_locale(language()):
        try:
            yield
        except Refused as refused:
            raise BadInput(sentence(refused)) from refused
        except OSError as wrong:
            if wrong.filename is None:
                raise
            raise BadInput(
                _(
                    "不能读写“%(file)s”（%(reason)s）。请检查路径和权限。",
                    file=wrong.filename,
                    reason=wrong.strerror,
                )
            ) from wrong
        except peewee.OperationalError as wrong:
            raise Unavailable(
                _(
                    "数据库现在用不了（%(reason)s）。还没有建好时，请先运行 "
                    "flask --app wsgi db upgrade；正忙时，请过一会儿再试。",
                    reason=wrong,
                )
            ) from wrong
