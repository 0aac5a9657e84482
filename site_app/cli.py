"""The command line: `flask --app wsgi …`. Bad input is one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import gettext as _

from site_app import (
    auth,
    backup_commands,
    config,
    demo,
    plan_commands,
    questionnaire_commands,
    roster_commands,
    round_commands,
    serve,
    storage,
    uploads,
)
from site_app.commands import Command, Commands, refusals, teach_click, unit_of
from site_app.models import Account, SignIn, SignInLink
from surveys.db import writing
from surveys.messages import N_, Refused

db_group = Commands("db", help=N_("数据库。"))
demo_group = Commands("demo", help=N_("演示数据。"))
account_group = Commands("account", help=N_("组织者的账号。"))


@db_group.command("upgrade", help=N_("建立数据库，或更新到最新结构。"))
def db_upgrade() -> None:
    """Make the database, or bring it to the newest schema."""
    applied = storage.upgrade()
    click.echo(_("数据库已是最新（这次更新 %(n)s 项）。", n=len(applied)))


@demo_group.command("load", help=N_("在空网站里装入演示数据。"))
def demo_load() -> None:
    """Fill an empty site with the demonstration district."""
    demo.load(storage.keys(), click.echo)


@demo_group.command("wipe", help=N_("删除全部演示数据，留下空网站。"))
@click.option("--yes", is_flag=True, help=N_("不再询问。"))
def demo_wipe(yes: bool) -> None:
    """Remove the demonstration, all of it, and leave an empty site."""
    if not yes:
        click.confirm(_("网站里的全部数据都将删除，演示期间导入的也在内，继续吗？"), abort=True)
    demo.wipe(storage.keys())
    uploads.forget_all()
    storage.upgrade()
    click.echo(_("演示数据已全部删除，网站现在是空的。接下来："))
    click.echo("  flask --app wsgi units import units.csv")
    click.echo("  flask --app wsgi people import people.csv")
    click.echo("  flask --app wsgi plan import plan.txt")
    click.echo("  flask --app wsgi account add NAME UNIT-CODE")
    click.echo("  flask --app wsgi account link NAME")


def _account(name: str) -> Account:
    found = Account.get_or_none(Account.name == name)
    if found is None:
        raise Refused(N_("没有“%(name)s”这个账号。先用 account add 建立。"), name=name)
    return found


@account_group.command("add", help=N_("建立账号 NAME，能看单位 UNIT_CODE 和它的下级。"))
@click.argument("name")
@click.argument("unit_code")
def account_add(name: str, unit_code: str) -> None:
    """Make an account NAME that sees the unit UNIT_CODE and all below it."""
    unit = unit_of(unit_code)
    if not 1 <= len(name.strip()) <= 60 or not name.isprintable():
        raise Refused(N_("账号名须为 1 到 60 个可见字符。"))
    with writing():
        if Account.get_or_none(Account.name == name.strip()):
            raise Refused(N_("已经有“%(name)s”这个账号了。"), name=name)
        Account.create(name=name.strip(), unit=unit)
    auth.record("account-add", unit=unit, detail=name.strip())
    click.echo(_("账号已建立。用 account link %(name)s 生成登录链接。", name=name))


@account_group.command("link", help=N_("生成 NAME 的登录链接：15 分钟内有效，只能用一次。"))
@click.argument("name")
def account_link(name: str) -> None:
    """Print a link that signs NAME in once, within 15 minutes."""
    found = _account(name)
    path = auth.make_link(found)
    auth.record("account-link", unit=found.unit, detail=name)
    click.echo(serve.base_url(current_app.config["SITE"]) + path)


@account_group.command("password", help=N_("给 NAME 设密码；以前的登录和链接随即失效。"))
@click.argument("name")
@click.password_option(prompt=N_("密码"), help=N_("新密码；不写则会询问。"))
def account_password(name: str, password: str) -> None:
    """Set the password of NAME; its sign-ins end, and links made before no longer work."""
    auth.check_password(password)
    found = _account(name)
    found.password_hash = auth.hasher.hash(password)
    with writing():
        found.save()
        for way_in in (SignIn, SignInLink):
            way_in.delete().where(way_in.account == found).execute()
    auth.record("account-password", unit=found.unit, detail=name)
    click.echo(_("密码已设好。"))


@account_group.command("remove", help=N_("删除账号 NAME；它的登录随即失效。"))
@click.argument("name")
def account_remove(name: str) -> None:
    """Remove the account NAME; its sign-ins end at once."""
    found = _account(name)
    with writing():
        found.delete_instance()
    auth.record("account-remove", unit=found.unit, detail=name)
    click.echo(_("账号已删除。"))


@account_group.command("list", help=N_("列出账号和各自所管的单位。"))
def account_list() -> None:
    """List the accounts and the units they see."""
    for each in Account.select().order_by(Account.name):
        click.echo(f"{each.name}\t{each.unit.code}\t{each.unit.name}")


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
        backup_commands.backup_group,
        plan_commands.plan_group,
        roster_commands.units_group,
        roster_commands.people_group,
        round_commands.round_group,
        questionnaire_commands.questionnaire_group,
    ):
        app.cli.add_command(group)
    app.cli.add_command(settings)
    app.cli.add_command(serve_command)
