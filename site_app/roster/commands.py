"""`flask --app wsgi units …` and `people …`: the rosters as files, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from site_app.accounts import audit
from site_app.commands import Commands, language, write_new
from site_app.i18n import sentence
from site_app.roster import views
from surveys import roster, spreadsheet
from surveys.messages import N_, Refused
from surveys.models import Person, Unit
from surveys.roster import identity_numbers

MOST_ERRORS = 20

units_group = Commands("units", help=N_("单位：区、街道、社区、支部等。"))
people_group = Commands("people", help=N_("各单位的人员。"))

FILE_IN = click.argument("file", type=click.Path(path_type=Path))
FILE_OUT = click.argument("file", type=click.Path(path_type=Path), default="-")
DRY_RUN = click.option("--dry-run", is_flag=True, help=N_("只说会改什么，不写入。"))
ALIKE = click.option(
    "--same/--new",
    default=None,
    help=N_("像名册里已有的，都是同一个（沿用原来的编号），还是都是另外的（照文件新增）。"),
)
CODE = click.argument("code")


def _teach(
    group: Commands, what: str, table: type[Person] | type[Unit], helps: tuple[str, str, str]
) -> None:
    """Give a group the three commands that both rosters have, with a help for each."""
    register = views.REGISTERS[what]

    @group.command("import", help=helps[0])
    @FILE_IN
    @DRY_RUN
    @ALIKE
    def import_(file: Path, dry_run: bool, same: bool | None) -> None:
        """Add and change rows from FILE, all or none; what is not in it stays as it is."""
        _import(what, register, file, dry_run, same)

    @group.command("export", help=helps[1])
    @FILE_OUT
    def export(file: Path) -> None:
        """Write the roster to FILE as CSV, or to the standard output."""
        data = register.csv(None, language())
        write_new(file, data)

    @group.command("remove", help=helps[2])
    @CODE
    def remove(code: str) -> None:
        """Take CODE off the roster: left where results name it, else deleted."""
        who = table.get_or_none(table.code == code)
        if who is None:
            raise Refused(N_("名册里没有编号“%(code)s”。"), code=code)
        click.echo(views.remove(who))


UNITS_HELP = (
    N_("从 CSV 文件 FILE 新增和修改单位，有错则都不写入。列：编号、名称、类型、上级编号。"),
    N_("把单位写成 CSV 文件 FILE；不写文件名则直接显示。"),
    N_("把单位 CODE 移出名册：有测评结果的记为已离开，没有的删去。"),
)
PEOPLE_HELP = (
    N_(
        "从 CSV 文件 FILE 新增和修改人员，有错则都不写入；先导入单位。"
        "列：编号、姓名、所在单位编号、党员身份、流动。"
    ),
    N_("把人员写成 CSV 文件 FILE；不写文件名则直接显示。"),
    N_("把人员 CODE 移出名册：有测评结果的记为已离开，没有的删去。"),
)
_teach(units_group, "units", Unit, UNITS_HELP)
_teach(people_group, "people", Person, PEOPLE_HELP)


@people_group.command(
    "rename-ids",
    help=N_("把像身份证号的人员编号换成短编号；新旧对照写成 CSV 文件 FILE，不写文件名则直接显示。"),
)
@FILE_OUT
def rename_ids(file: Path) -> None:
    """Give those whose code is an identity number a short one; old and new to FILE, once."""
    renamed = identity_numbers.rename_identities(lambda data: write_new(file, data))
    audit.record("people-rename-ids", detail=str(renamed))
    click.echo(
        _(
            "换了 %(n)s 人的编号；没计票的测评、草稿名单和综合评定草稿也跟着换了。"
            "已计票的存档、已算出的综合评定和日志是定稿，里面还是原来的编号；从这些存档取值的综合评定草稿也一样。"
            "对照表有身份证号，请妥善保管；正在运行的网站请重新启动。",
            n=renamed,
        ),
        err=True,
    )


def _import(
    what: str, register: roster.Register[Any], file: Path, dry_run: bool, same: bool | None
) -> None:
    with file.open("rb") as source:
        data = source.read(spreadsheet.MOST_BYTES + 1)
    preview = register.preview(data, None, {} if same is None else {0: "same" if same else "new"})
    _say_errors(preview)
    _say_alike(preview)
    if preview.errors and dry_run:
        raise Refused(N_("文件里有 %(n)s 处错误，请改正。"), n=len(preview.errors))
    if preview.undecided and not preview.errors:
        raise Refused(
            N_(
                "有 %(n)s 行像是名册里已有的，什么也没有写入。"
                "都是同一个的，加 --same；都是另外的，加 --new；两种都有的，请在网页上导入。"
            ),
            n=preview.undecided,
        )
    if not dry_run:
        roster.apply(preview)
        audit.record(f"{what}-import", detail=f"+{len(preview.added)} ~{len(preview.changed)}")
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


def _say_alike(preview: roster.Preview[Any]) -> None:
    """A line for each row that looks like one that is there, until it is decided."""
    for each in preview.alike if preview.undecided else ():
        click.echo(
            _(
                "第 %(row)s 行 “%(code)s” %(name)s：像名册里的 %(like)s（%(why)s）",
                row=each.number,
                code=each.row.code,
                name=each.row.name,
                like="、".join(f"“{row.code}” {row.name}" for row in each.like),
                why=_("编号相像") if each.by_code else _("同一单位里同名"),
            )
        )


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
