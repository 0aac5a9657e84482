"""`flask --app wsgi plan …`: import a plan document on the command line."""

from __future__ import annotations

from pathlib import Path

import click
from flask_babel import gettext as _

from site_app.accounts import audit
from site_app.commands import Commands
from site_app.i18n import sentence
from site_app.plan import document as plan_document
from site_app.plan import store, text, views
from surveys.messages import N_

plan_group = Commands("plan", help=N_("年度工作要点。"))


@plan_group.command(
    "import", help=N_("读取工作要点文件 FILE（.txt 或 .md）并公布；说明找到多少条，略去哪几行。")
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=int, help=N_("年度；不写则取标题里的。"))
@click.option("--dry-run", is_flag=True, help=N_("只说会导入什么，不写入。"))
@click.option("--replace", is_flag=True, help=N_("替换这一年已有的工作要点。"))
def import_(file: Path, year: int | None, dry_run: bool, replace: bool) -> None:
    """Read FILE (.txt or .md in UTF-8, GB18030 or UTF-16) and publish it as its year's plan.

    Prints how much was found, then a line for each thing to look at: gaps and repeats in the
    numbers, lines that were left out.
    """
    with file.open("rb") as source:
        data = source.read(text.MAX_BYTES + 1)
    document = plan_document.parse(text.decode(data), year)
    store.check_year(document.year)
    if not dry_run:
        store.store(document, None, replace)
        audit.record("plan-import", detail=f"{document.year}: {document.summary}")
    click.echo(views.summary(document))
    for remark in views.remarks(document):
        click.echo(remark)
    if dry_run:
        _say_before_storing(document, replace)


def _say_before_storing(document: plan_document.PlanDocument, replace: bool) -> None:
    """What a dry run adds: nothing was written, and what would stand in the way."""
    click.echo(_("这是试运行，没有写入任何内容。"))
    try:
        store.check_free(document, replace)
    except store.Exists as exists:
        click.echo(sentence(exists))
