"""`flask --app wsgi units …` and `people …`: the rosters as files, in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from site_app import auth
from site_app.commands import Commands, language, refusals
from site_app.i18n import sentence
from surveys import csv_table, roster
from surveys.messages import N_, Refused

MOST_ERRORS = 20

units_group = Commands("units", help=N_("单位：区、街道、社区、支部等。"))
people_group = Commands("people", help=N_("各单位的人员。"))

FILE_IN = click.argument("file", type=click.Path(path_type=Path))
FILE_OUT = click.argument("file", type=click.Path(path_type=Path), default="-")
DRY_RUN = click.option("--dry-run", is_flag=True, help=N_("只说会改什么，不写入。"))


@units_group.command(
    "import",
    help=N_("从 CSV 文件 FILE 新增和修改单位，有错则都不写入。列：编号、名称、类型、上级编号。"),
)
@FILE_IN
@DRY_RUN
def import_units(file: Path, dry_run: bool) -> None:
    """Add and change units from FILE, a CSV; all of it or nothing.

    Columns: code, name, kind, parent (编号、名称、类型、上级编号). The code is the key; units that
    are not in the file stay as they are.
    """
    _import("units", roster.UNITS, file, dry_run)


@units_group.command("export", help=N_("把单位写成 CSV 文件 FILE；不写文件名则直接显示。"))
@FILE_OUT
def export_units(file: Path) -> None:
    """Write the units to FILE as CSV, or to the standard output."""
    _export(roster.units_csv, file)


@people_group.command(
    "import",
    help=N_(
        "从 CSV 文件 FILE 新增和修改人员，有错则都不写入；先导入单位。"
        "列：编号、姓名、所在单位编号、党员身份、流动。"
    ),
)
@FILE_IN
@DRY_RUN
def import_people(file: Path, dry_run: bool) -> None:
    """Add and change people from FILE, a CSV; all of it or nothing.

    Columns: code, name, unit, membership, floating (编号、姓名、所在单位编号、党员身份、流动). The
    code is the key; people who are not in the file stay as they are. Import their units first.
    """
    _import("people", roster.PEOPLE, file, dry_run)


@people_group.command("export", help=N_("把人员写成 CSV 文件 FILE；不写文件名则直接显示。"))
@FILE_OUT
def export_people(file: Path) -> None:
    """Write the people to FILE as CSV, or to the standard output."""
    _export(roster.people_csv, file)


def _import(what: str, register: roster.Register[Any], file: Path, dry_run: bool) -> None:
    with refusals():
        with file.open("rb") as source:
            data = source.read(csv_table.MOST_BYTES + 1)
        preview = register.preview(data)
        _say_errors(preview)
        if not dry_run:
            roster.apply(preview)
            auth.record(
                f"{what}-import",
                detail=f"+{len(preview.added)} ~{len(preview.changed)}",
            )
        elif preview.errors:
            raise Refused(N_("文件里有 %(n)s 处错误，请改正。"), n=len(preview.errors))
        if preview.table.unused:
            click.echo(_("用不到的列，略去：") + "、".join(preview.table.unused))
        click.echo(
            _(
                "新增 %(added)s 条，修改 %(changed)s 条，相同 %(same)s 条；"
                "文件里没有、保持不变的 %(absent)s 条。",
                added=len(preview.added),
                changed=len(preview.changed),
                same=preview.same,
                absent=preview.absent,
            )
        )
        if dry_run:
            click.echo(_("这是试运行，没有写入任何内容。"))


def _say_errors(preview: roster.Preview[Any]) -> None:
    """A line for each error: row, column, value, what is expected."""
    for error in preview.errors[:MOST_ERRORS]:
        click.echo(
            _(
                "第 %(row)s 行 [%(column)s] “%(value)s”：%(expected)s",
                row=error.row,
                column=error.column or "-",
                value=error.value,
                expected=sentence(error),
            )
        )
    if len(preview.errors) > MOST_ERRORS:
        more = len(preview.errors) - MOST_ERRORS
        click.echo(_("还有 %(n)s 条没有列出。", n=more))


def _export(make: Callable[..., bytes], file: Path) -> None:
    with refusals():
        data = make(None, language())
        with click.open_file(str(file), "wb") as target:
            target.write(data)
