"""`flask --app wsgi account …`: accounts, sign-in links, passwords."""

from __future__ import annotations

import click
from flask import current_app
from flask_babel import gettext as _

from site_app import config
from site_app.accounts import audit, sign_in
from site_app.commands import Commands, unit_of
from site_app.models import Account, SignIn, SignInLink
from surveys.db import writing
from surveys.messages import N_, Refused

account_group = Commands("account", help=N_("组织者的账号。"))


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
    audit.record("account-add", unit=unit, detail=name.strip())
    click.echo(_("账号已建立。用 account link %(name)s 生成登录链接。", name=name))


@account_group.command("link", help=N_("生成 NAME 的登录链接：15 分钟内有效，只能用一次。"))
@click.argument("name")
def account_link(name: str) -> None:
    """Print a link that signs NAME in once, within 15 minutes."""
    found = _account(name)
    path = sign_in.make_link(found)
    audit.record("account-link", unit=found.unit, detail=name)
    click.echo(config.base_url(current_app.config["SITE"]) + path)


@account_group.command("password", help=N_("给 NAME 设密码；以前的登录和链接随即失效。"))
@click.argument("name")
@click.password_option(prompt=N_("密码"), help=N_("新密码；不写则会询问。"))
def account_password(name: str, password: str) -> None:
    """Set the password of NAME; its sign-ins end, and links made before no longer work."""
    sign_in.check_password(password)
    found = _account(name)
    found.password_hash = sign_in.hasher.hash(password)
    with writing():
        found.save()
        for way_in in (SignIn, SignInLink):
            way_in.delete().where(way_in.account == found).execute()
    audit.record("account-password", unit=found.unit, detail=name)
    click.echo(_("密码已设好。"))


@account_group.command("remove", help=N_("删除账号 NAME；它的登录随即失效。"))
@click.argument("name")
def account_remove(name: str) -> None:
    """Remove the account NAME; its sign-ins end at once."""
    found = _account(name)
    with writing():
        found.delete_instance()
    audit.record("account-remove", unit=found.unit, detail=name)
    click.echo(_("账号已删除。"))


@account_group.command("list", help=N_("列出账号和各自所管的单位。"))
def account_list() -> None:
    """List the accounts and the units they see."""
    for each in Account.select().order_by(Account.name):
        click.echo(f"{each.name}\t{each.unit.code}\t{each.unit.name}")
