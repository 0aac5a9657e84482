"""`flask --app wsgi plan …`: import a plan document on the command line."""

from __future__ import annotations

from pathlib import Path

import click
from flask_babel import gettext as _

from site_app import auth, plan, plan_document, plan_store
from site_app.commands import Commands, refusals
from site_app.i18n import sentence

plan_group = Commands("plan", help="The yearly work plan.")


@plan_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--year", type=int, help="Year of the plan; else the one in its title.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; write nothing.")
@click.option("--replace", is_flag=True, help="Replace the plan which that year has already.")
def import_(file: Path, year: int | None, dry_run: bool, replace: bool) -> None:
    """Read FILE (.txt or .md in UTF-8, GB18030 or UTF-16) and publish it as its year's plan.

    Prints how much was found, then a line for each thing to look at: gaps and repeats in the
    numbers, lines that were left out.
    """
    with refusals():
        with file.open("rb") as source:
            data = source.read(plan_document.MAX_BYTES + 1)
        document = plan_document.parse(plan_document.decode(data), year)
        plan_store.check_year(document.year)
        if not dry_run:
            plan_store.store(document, None, replace)
            auth.record("plan-import", detail=f"{document.year}: {document.summary}")
        click.echo(plan.summary(document))
        for remark in plan.remarks(document):
            click.echo(remark)
        if dry_run:
            _say_before_storing(document, replace)


def _say_before_storing(document: plan_document.PlanDocument, replace: bool) -> None:
    """What a dry run adds: nothing was written, and what would stand in the way."""
    click.echo(_("这是试运行，没有写入任何内容。"))
    try:
        plan_store.check_free(document, replace)
    except plan_store.Exists as exists:
        click.echo(sentence(exists))
