"""`flask --app wsgi backup …`: copies of the database that can be trusted, and the way back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from flask_babel import gettext as _

from site_app import storage
from site_app.backup import files
from site_app.commands import Commands
from site_app.i18n import date_time, sentence
from surveys.messages import N_, Refused

backup_group = Commands("backup", help=N_("备份数据库；密钥不在其中。"))

FILE = click.argument("file", type=click.Path(path_type=Path))


@backup_group.command("create", help=N_("把数据库备份到新文件 FILE，网站不用停。"))
@FILE
def create(file: Path) -> None:
    """Back the database up to the new FILE, while the site runs; never beside the keys."""
    if storage.keys() in file.resolve().parents:
        raise Refused(N_("备份不能放在密钥文件夹里：拿到两样的人就能读出答卷。请换一个地方。"))
    files.create(file)
    _say(files.verify(file))


@backup_group.command("verify", help=N_("核对备份 FILE 是否完整，什么也不动。"), mending=True)
@FILE
def verify(file: Path) -> None:
    """Say whether the backup FILE is whole, of what site and of when."""
    _say(files.verify(file))


@backup_group.command(
    "restore", help=N_("用备份 FILE 恢复数据库，并逐条说明对测评意味着什么。"), mending=True
)
@FILE
@click.option("--replace", is_flag=True, help=N_("代替现有的数据库；原来的改名保留。"))
def restore(file: Path, replace: bool) -> None:
    """Put the backup FILE in the place of the database, and say what that means for each round."""
    files.restore(file, replace=replace)
    for each in files.consequences(storage.keys()):
        click.echo(f"- {sentence(each)}")
    click.echo(_("数据库已恢复。接下来启动网站，或先运行 flask --app wsgi db upgrade。"))


def _say(found: storage.Found) -> None:
    click.echo(
        _(
            "备份完整：%(time)s，网站 %(site)s，测评 %(rounds)s 次。",
            time=date_time(datetime.fromisoformat(str(found.backup_at))),
            site=found.site_id or "-",
            rounds=len(found.checks),
        )
    )
