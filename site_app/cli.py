"""The command line: `flask --app wsgi …`. Bad input is one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _

from site_app import config, serve, storage, uploads
from site_app.accounts.commands import account_group
from site_app.backup.commands import backup_group
from site_app.commands import Command, Commands, refusals, teach_click
from site_app.demo import load
from site_app.plan.commands import plan_group
from site_app.questionnaires.commands import questionnaire_group
from site_app.roster.commands import people_group, units_group
from site_app.rounds.commands import round_group
from surveys.messages import N_

db_group = Commands("db", help=N_("数据库。"))
demo_group = Commands("demo", help=N_("演示数据。"))


@db_group.command("upgrade", help=N_("建立数据库，或更新到最新结构。"))
def db_upgrade() -> None:
    """Make the database, or bring it to the newest schema."""
    applied = storage.upgrade()
    click.echo(_("数据库已是最新（这次更新 %(n)s 项）。", n=len(applied)))


@demo_group.command("load", help=N_("在空网站里装入演示数据。"))
def demo_load() -> None:
    """Fill an empty site with the demonstration district."""
    load.load(storage.keys(), click.echo)


@demo_group.command("wipe", help=N_("删除全部演示数据，留下空网站。"))
@click.option("--yes", is_flag=True, help=N_("不再询问。"))
def demo_wipe(yes: bool) -> None:
    """Remove the demonstration, all of it, and leave an empty site."""
    if not yes:
        click.confirm(_("网站里的全部数据都将删除，演示期间导入的也在内，继续吗？"), abort=True)
    load.wipe(storage.keys())
    uploads.forget_all()
    storage.upgrade()
    click.echo(_("演示数据已全部删除，网站现在是空的。接下来："))
    click.echo("  flask --app wsgi units import units.csv")
    click.echo("  flask --app wsgi people import people.csv")
    click.echo("  flask --app wsgi plan import plan.txt")
    click.echo("  flask --app wsgi account add NAME UNIT-CODE")
    click.echo("  flask --app wsgi account link NAME")


@click.command("settings", cls=Command, help=N_("列出每一项设置：现在的值和用处。"))
@with_appcontext
@refusals()
def settings() -> None:
    """List every setting: its value now and what it is for."""
    site = current_app.config["SITE"]
    for each in config.SETTINGS:
        click.echo(f"{each.name}={site.shown[each.name]}\n    {_(each.help)}")


@click.command(
    "serve", cls=Command, help=N_("更新数据库，第一次装入演示数据，给出链接，开始服务。")
)
@with_appcontext
@refusals()
def serve_command() -> None:
    """Migrate, load the demonstration on the first start, print the links and serve."""
    serve.run(current_app.config["SITE"], Path(current_app.root_path).parent)


def init_app(app: Flask) -> None:
    """Register the commands."""
    teach_click()
    for group in (
        db_group,
        demo_group,
        account_group,
        backup_group,
        plan_group,
        units_group,
        people_group,
        round_group,
        questionnaire_group,
    ):
        app.cli.add_command(group)
    app.cli.add_command(settings)
    app.cli.add_command(serve_command)
