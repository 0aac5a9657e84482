"""`flask --app wsgi questionnaires …`: the library, and what is wrong with a file."""

from __future__ import annotations

import click
from flask_babel import gettext as _

from site_app.commands import BadInput, Commands
from site_app.i18n import say, sentence
from site_app.questionnaires import library
from site_app.questionnaires.views import ABOUT
from site_app.words import SEEN_BY, UNIT_KIND
from surveys.messages import N_, Refused
from surveys.questionnaires import Question, Questionnaire

questionnaire_group = Commands("questionnaires", help=N_("问卷库。"))


@questionnaire_group.command("list", help=N_("列出问卷：编号、对应条目、标题。"))
def list_all() -> None:
    """List the questionnaires: id, items of the plan, title."""
    for form in library.library().values():
        items = _("、").join(map(str, form.plan_items))
        click.echo(f"{form.id}\t{items}\t{say(form.title)}")


@questionnaire_group.command("show", help=N_("看一份问卷：问什么、问谁、评谁、谁看结果。"))
@click.argument("name")
def show(name: str) -> None:
    """Show a questionnaire: what is asked, of whom, about whom, and who sees the result."""
    form = library.library().get(name)
    if form is None:
        raise Refused(N_("没有“%(id)s”这份问卷。用 questionnaires list 查看。"), id=name[:40])
    for line in _lines(form):
        click.echo(line)


def _lines(form: Questionnaire) -> list[str]:
    groups = _("、").join(f"{say(group['label'])} {group['weight']}" for group in form.groups)
    return [
        f"{form.id}\t{say(form.title)}",
        say(form.intro),
        "",
        *(f"{n}. {_said(question)}" for n, question in enumerate(form.questions, start=1)),
        "",
        _("测评对象：%(about)s", about=_(ABOUT[form.about])),
        _("单位类型：%(kinds)s", kinds=_("、").join(_(UNIT_KIND[kind]) for kind in form.kinds)),
        _("票类和权重：%(groups)s", groups=groups),
        _("参加方式：%(how)s", how=_("凭测评码") if form.needs_codes else _("公开，扫码就答")),
        _("最少人数：%(n)s", n=form.rules.get("minimum", 5)),
        _("谁能看结果：%(who)s", who=_("、").join(_(SEEN_BY[each]) for each in form.audience)),
        _("对应条目：%(items)s", items=_("、").join(map(str, form.plan_items))),
    ]


def _said(question: Question) -> str:
    options = " / ".join(say(option.label) for option in question.options)
    return f"{say(question.text)}  [{options}]" if options else say(question.text)


@questionnaire_group.command("check", help=N_("检查每份问卷文件；有错的，指出行号和原因。"))
def check() -> None:
    """Check every file; each that is broken is named with its line and the reason."""
    found = library.shelf()
    for each in found.broken:
        click.echo(sentence(each), err=True)
    if found.broken:
        raise BadInput(_("有 %(n)s 份问卷文件不能用，请改正。", n=len(found.broken)))
    click.echo(_("%(n)s 份问卷都能用。", n=len(found.forms)))
