"""`flask --app wsgi round …`: the life of a round on the command line, by the same verbs."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask_babel import gettext as _

from site_app import clock, storage
from site_app.accounts import audit, clock_face
from site_app.commands import Commands, unit_of, write_new
from site_app.i18n import date_time, end_time, local, sentence
from site_app.models import LARGEST_ID
from site_app.plan import store
from site_app.questionnaires import library
from site_app.rounds import draft_form
from site_app.words import PHASE
from surveys import ballots, counting, rounds
from surveys.messages import N_, Refused
from surveys.models import Archive, Group, Round, Score, Unit
from surveys.rounds import electorate, listed_subjects, readiness

round_group = Commands("round", help=N_("测评：问卷调查和无记名投票。"))

ROUND_ID = click.argument("round_id", type=click.IntRange(1, LARGEST_ID))
CLOCK_IS_RIGHT = click.option(
    "--clock-is-right", is_flag=True, help=N_("网站的时钟与记录对不上，但已核对无误。")
)


def _round(round_id: int) -> Round:
    found = Round.get_or_none(Round.id == round_id)
    if found is None:
        raise Refused(N_("没有第 %(id)s 号测评。用 round list 查看。"), id=round_id)
    return found


@round_group.command("list", help=N_("列出全部测评和各自的状态。"))
def list_rounds() -> None:
    """List all rounds with their states."""
    for each in Round.select().order_by(Round.id):
        phase = _(PHASE[rounds.phase(each, clock.now())])
        click.echo("\t".join([str(each.id), phase, each.title, *_lost(each)]))


def _lost(round_: Round) -> list[str]:
    lost = storage.lost_of(round_)
    return [sentence(lost)] if lost else []


@round_group.command(
    "create", help=N_("用问卷 QUESTIONNAIRE_ID 建草稿：由单位 OWNER 组织，在单位 PLACES 之内进行。")
)
@click.argument("questionnaire_id")
@click.argument("owner")
@click.argument("places", nargs=-1, required=True)
@click.option("--title", help=N_("标题；不写则用问卷的。"))
@click.option("--opens", required=True, help=N_("开始时间，如 2026-12-01T09:00。"))
@click.option("--ends", required=True, help=N_("截止时间，如 2026-12-14T18:00。"))
@click.option("--codes/--no-codes", default=False, help=N_("只凭一次性测评码参加。"))
@click.option("--minimum", default=5, help=N_("最少人数，不足则不显示；不写为 5。"))
@click.option(
    "--subject", multiple=True, metavar="NAME", help=N_("测评对象，用于名单由人填写的问卷。")
)
@click.option("--weight", multiple=True, metavar="GROUP=NUMBER", help=N_("一类参评人的权重。"))
def create(
    questionnaire_id: str,
    owner: str,
    places: tuple[str, ...],
    title: str | None,
    opens: str,
    ends: str,
    codes: bool,
    minimum: int,
    subject: tuple[str, ...],
    weight: tuple[str, ...],
) -> None:
    """Make a draft of QUESTIONNAIRE_ID, owned by the unit OWNER, about the units PLACES (codes)."""
    form = library.library().get(questionnaire_id)
    if form is None:
        raise Refused(
            N_("没有“%(id)s”这份问卷。现有：%(known)s。"),
            id=questionnaire_id,
            known="、".join(library.library()),
        )
    weights = dict(each.partition("=")[::2] for each in weight)
    zone = current_app.config["SITE"].zone
    latest = store.of_day(local(clock.now()).date())
    settings = rounds.Settings(
        title=title or form.title["zh"],
        plan_year=latest.year if latest else None,
        plan_items=form.plan_items,
        chosen=[unit_of(code).id for code in places],
        weights=weights,
        opens_at=draft_form.instant(opens, zone, "opens_at"),
        ends_at=draft_form.instant(ends, zone, "ends_at"),
        needs_codes=codes,
        minimum=minimum,
        sampling=form.rules["sampling"],
        listed=listed_subjects.read_names("\n".join(subject)),
    )
    made = rounds.create(form, unit_of(owner), settings.title, codes)
    try:
        rounds.revise(made, settings, made.revision)
    except Refused:
        made.delete_instance()
        raise
    audit.record("create", made, detail=made.title)
    click.echo(_("第 %(id)s 号测评已建为草稿。", id=made.id))
    _say_issues(made)


def _say_issues(round_: Round) -> None:
    round_ = Round.get_by_id(round_.id)
    for issue in rounds.issues_before_opening(round_, clock.now()):
        click.echo(f"- {sentence(issue)}")
    for caution in readiness.cautions(round_, clock.now()):
        click.echo(sentence(caution))


@round_group.command("show", help=N_("看一次测评：状态、还缺什么、参与情况。"))
@ROUND_ID
def show(round_id: int) -> None:
    """Show a round: state, what is missing, turnout."""
    found = _round(round_id)
    click.echo(f"{found.title}\t{_(PHASE[rounds.phase(found, clock.now())])}")
    if found.opens_at and found.ends_at:
        click.echo(f"{date_time(found.opens_at)} – {end_time(found.ends_at)}")
    if found.state == "draft":
        _say_issues(found)
    for words in _lost(found):
        click.echo(words)
    for row in counting.turnout(found):
        issued = "" if row["issued"] is None else f"/{row['issued']}"
        click.echo(f"{row['place']}\t{row['group']['zh']}\t{row['returned']}{issued}")
    kept = Archive.get_or_none(Archive.round == found)
    if kept:
        click.echo(f"SHA-256 {kept.sha256}")


@round_group.command("codes", help=N_("给单位 PLACE 生成 COUNT 个测评码，只显示这一次。"))
@ROUND_ID
@click.argument("place")
@click.argument("count", type=int)
@click.option("--group", "group_key", help=N_("参评人类别；不写则是第一类。"))
@click.option("--reason", default="", help=N_("比应参加的人多发的原因。"))
def codes(round_id: int, place: str, count: int, group_key: str | None, reason: str) -> None:
    """Make COUNT codes for the unit PLACE and print them, this one time."""
    found, unit, group = _codes_of(round_id, place, group_key)
    due = electorate.account_for(found, [ballots.Wanted(unit, group, count)], reason)
    storage.remember_codes_key()
    made = ballots.issue_codes(storage.keys(), found, unit, group, count)
    why = f" {reason[:300]}" if due else ""
    audit.record("codes", found, unit, f"{group.label['zh']} {count}{why}")
    for code in made:
        click.echo(code)


@round_group.command("void", help=N_("作废单位 PLACE 没用过的测评码。"))
@ROUND_ID
@click.argument("place")
@click.option("--group", "group_key", help=N_("参评人类别；不写则是第一类。"))
def void(round_id: int, place: str, group_key: str | None) -> None:
    """Void the unspent codes of the unit PLACE."""
    found, unit, group = _codes_of(round_id, place, group_key)
    gone = ballots.void_codes(found, unit, group)
    audit.record("void", found, unit, f"{group.label['zh']} {gone}")
    click.echo(_("作废了 %(n)s 个没用过的测评码。", n=gone))


def _codes_of(round_id: int, place: str, group_key: str | None) -> tuple[Round, Unit, Group]:
    """A round whose codes can change now, with the unit and group that a command names."""
    found, unit = _round(round_id), unit_of(place)
    rounds.check_codes_can_change(found, clock.now())
    if unit.id not in found.chosen:
        raise Refused(N_("“%(unit)s”不在这次测评的范围之内。"), unit=unit.name)
    groups = {group.key: group for group in rounds.groups_of(found)}
    group = groups.get(group_key or next(iter(groups)))
    if group is None:
        raise rounds.no_group(str(group_key), groups)
    return found, unit, group


@round_group.command("open", help=N_("开始测评；此后凡影响答卷含义的都不能再改。"))
@ROUND_ID
@CLOCK_IS_RIGHT
@click.option("--reason", default="", help=N_("测评码和应参加人数不一样的原因。"))
def open_(round_id: int, clock_is_right: bool, reason: str) -> None:
    """Open a draft: from then on nothing that changes the meaning of an answer can change."""
    found = _round(round_id)
    clock_face.check(clock_is_right)
    for caution in readiness.cautions(found, clock.now()):
        click.echo(sentence(caution), err=True)
    rounds.open_round(storage.keys(), found, clock.now(), reason)
    audit.record("open", found, detail=reason[:500])
    click.echo(_("测评已开始。"))


@round_group.command("delay", help=N_("把截止时间推后到 NEW_END，写明原因 REASON。"))
@ROUND_ID
@click.argument("new_end")
@click.argument("reason")
def delay(round_id: int, new_end: str, reason: str) -> None:
    """Move the end of an open round later to NEW_END, for a REASON."""
    found = _round(round_id)
    moment = draft_form.new_end(new_end, current_app.config["SITE"].zone)
    rounds.delay(found, moment, reason, clock.now())
    audit.record("delay", found, detail=f"{new_end} {reason}"[:500])
    click.echo(_("截止时间已推后。"))


@round_group.command("count", help=N_("计票：只有一次，不能撤回，之后单张答卷即销毁。"))
@ROUND_ID
@CLOCK_IS_RIGHT
@click.option("--anyway", is_flag=True, help=N_("什么结果也不会留下时，仍然计票。"))
def count(round_id: int, clock_is_right: bool, anyway: bool) -> None:
    """Count an ended round: once, final; single answers are gone afterwards."""
    found = _round(round_id)
    clock_face.check(clock_is_right)
    for step in counting.closing(storage.keys(), found, local(clock.now()), anyway):
        click.echo(f"{step.done}/{step.total}", err=True)
    audit.record("count", found)
    click.echo(f"SHA-256 {Archive.get(Archive.round == found).sha256}")


@round_group.command("publish", help=N_("公布结果，附整改承诺 PLEDGE：做什么、何时做完。"))
@ROUND_ID
@click.argument("pledge")
def publish(round_id: int, pledge: str) -> None:
    """Publish a counted round with the paragraph PLEDGE: what we will do, and by when."""
    found = _round(round_id)
    rounds.publish(found, pledge, clock.now())
    audit.record("publish", found)
    click.echo(_("结果已公布。"))


@round_group.command("pledge", help=N_("在已公布的结果下补充一段 TEXT。"))
@ROUND_ID
@click.argument("text")
def pledge(round_id: int, text: str) -> None:
    """Add a paragraph TEXT under a published result."""
    found = _round(round_id)
    rounds.add_pledge(found, text, clock.now())
    audit.record("pledge", found)
    click.echo(_("已补充。"))


@round_group.command("abandon", help=N_("终止未计票的测评：答卷销毁，原因 REASON 保留。"))
@ROUND_ID
@click.argument("reason")
def abandon(round_id: int, reason: str) -> None:
    """Give up a round that is not counted: its answers are destroyed, the REASON is kept."""
    found = _round(round_id)
    rounds.abandon(storage.keys(), found, reason)
    audit.record("abandon", found, detail=reason[:500])
    click.echo(_("测评已终止，答卷已销毁。"))


@round_group.command(
    "archive", help=N_("把存档写到 FILE，可用 python3 -m surveys verify FILE 核对。")
)
@ROUND_ID
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def archive(round_id: int, file: Path) -> None:
    """Write the kept archive of a counted round to FILE, for `python3 -m surveys verify FILE`."""
    kept = Archive.get_or_none(Archive.round == _round(round_id))
    if kept is None:
        raise Refused(N_("这次测评还没有计票，没有存档。"))
    write_new(file, bytes(kept.document))
    click.echo(f"SHA-256 {kept.sha256}")


@round_group.command("scores", help=N_("显示计票后的得分。"))
@ROUND_ID
def scores(round_id: int) -> None:
    """Print the scores of a counted round."""
    for row in Score.of(_round(round_id)):
        click.echo(f"{row.subject.key}\t{row.subject.label}\t{row.score or '-'}\t{row.rate or '-'}")
