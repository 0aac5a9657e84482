"""What the commands share: they speak the reader's language, and refuse in one sentence, with 2."""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click
from flask import current_app
from flask.cli import AppGroup, FlaskGroup
from flask_babel import force_locale
from flask_babel import gettext as _

from site_app.i18n import sentence, sentence_outside
from surveys import db
from surveys.messages import N_, Refused
from surveys.models import Unit

SENTENCE_END = ".。"
TRANSLATIONS = Path(__file__).parent / "translations"
REASONS: dict[type[OSError], str] = {
    FileExistsError: N_("已经有这个文件"),
    FileNotFoundError: N_("不存在"),
    IsADirectoryError: N_("这是一个文件夹"),
    NotADirectoryError: N_("路径里有一段不是文件夹"),
    PermissionError: N_("没有权限"),
}


class BadInput(click.ClickException):
    """A command that was refused: the sentence alone, without click's usage lines."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence where errors belong."""
        click.echo(self.format_message(), file=file, err=True)


def language() -> str:
    """The language of the terminal: English where `LANG` says so, else Chinese."""
    return "en" if os.environ.get("LANG", "").lower().startswith("en") else "zh"


def running() -> bool:
    """Whether a command of ours is what the site is being made for, rather than a server."""
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, FlaskGroup)


def teach_click() -> None:
    """Let click, which asks gettext for its own words, find Chinese ones for a Chinese reader."""
    os.environ["LANGUAGE"] = language()
    gettext.bindtextdomain("click", TRANSLATIONS)
    gettext.textdomain("click")


def mistyped(wrong: click.UsageError) -> Refused:
    """What click could not read in a command line, as a sentence of ours."""
    command = wrong.ctx.command_path if wrong.ctx else "flask"
    param = getattr(wrong, "param", None)
    name = param.get_error_hint(wrong.ctx).strip("'") if param else ""
    if isinstance(wrong, click.MissingParameter):
        return Refused(N_("缺少 %(name)s。用法见：%(command)s --help"), name=name, command=command)
    if param is not None and param.type.name.startswith("integer"):
        return Refused(
            N_("%(name)s 须为范围之内的整数。用法见：%(command)s --help"),
            name=name,
            command=command,
        )
    return Refused(
        N_("看不懂这条命令（%(reason)s）。用法见：%(command)s --help"),
        reason=wrong.format_message().rstrip(SENTENCE_END),
        command=command,
    )


@contextmanager
def readable() -> Iterator[None]:
    """Turn a mistyped command line into `BadInput`, without click's usage lines."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as wrong:
        raise BadInput(sentence_outside(mistyped(wrong), language())) from wrong


def unit_of(code: str) -> Unit:
    """The unit with a code; `Refused` where there is none."""
    found: Unit | None = Unit.get_or_none(Unit.code == code)
    if found is None:
        raise Refused(N_("没有编号为“%(code)s”的单位。请先导入单位。"), code=code)
    return found


def spoken(message: str) -> str:
    """A msgid in the language of the terminal, which needs no site to be asked for."""
    return sentence_outside(Refused(message), language())


class Command(click.Command):
    """A command whose `help` and whose options' are msgids; it says what was mistyped."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = self.help and spoken(self.help)
        for option in self.params:
            if isinstance(option, click.Option):
                option.help = option.help and spoken(option.help)
                option.prompt = option.prompt and spoken(option.prompt)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the command line."""
        with readable():
            return super().make_context(*args, **kwargs)


class Commands(Command, AppGroup):
    """Commands that say in one sentence what was mistyped, the name of the command included."""

    command_class = Command

    def command(  # type: ignore[override]
        self, *args: Any, mending: bool = False, **kwargs: Any
    ) -> Callable[..., Any]:
        """Mark a command of the group; what it refuses is one sentence (`refusals`)."""
        marked = super().command(*args, **kwargs)
        return lambda run: marked(refusals(mending=mending)(run))

    def invoke(self, ctx: click.Context) -> Any:
        """Read the rest of the command line and run it."""
        with readable():
            return super().invoke(ctx)


@contextmanager
def refusals(*, mending: bool = False) -> Iterator[None]:
    """Speak the reader's language inside, and turn what is refused into `BadInput`.

    A site that cannot start refuses every command but one that is `mending` it.
    """
    with force_locale(language()):
        try:
            if "REFUSED" in current_app.config and not mending:
                raise current_app.config["REFUSED"]
            yield
        except Refused as refused:
            raise BadInput(sentence(refused)) from refused
        except (OSError, *db.ERRORS) as wrong:
            trouble = db.what_is_wrong(wrong)
            if trouble:
                raise BadInput(sentence(trouble)) from wrong
            if not isinstance(wrong, OSError) or wrong.filename is None:
                raise
            raise BadInput(
                _(
                    "不能读写“%(file)s”（%(reason)s）。请检查路径和权限。",
                    file=wrong.filename,
                    reason=_(REASONS.get(type(wrong), str(wrong.strerror))),
                )
            ) from wrong


def write_new(file: Path, data: bytes) -> None:
    """Write a new file for its owner alone, or to the standard output for `-`; never over one."""
    if str(file) == "-":
        click.echo(data, nl=False)
        return
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        target.write(data)
