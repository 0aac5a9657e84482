"""The life of a composite: its sources and subjects chosen, figures signed, computed, published.

What it is computed from is copied into its document: values of counted rounds with the digests of
their archives, signed figures, deductions. Whatever is changed afterwards takes the document away,
until it is published; then it stands as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

from peewee import chunked

from surveys import archive
from surveys.archive import composite_file
from surveys.composites import signed_figures, sources
from surveys.composites.rules import Sheet
from surveys.composites.sources import COUNTED, rules_of, sources_of, subjects_of
from surveys.composites.subjects import Judged, in_sources, named, told_apart
from surveys.db import writing
from surveys.inputs import BadSetting, at, paragraph, title
from surveys.messages import N_, Refused
from surveys.models import (
    Composite,
    CompositeDeduction,
    CompositeSource,
    CompositeSubject,
    Round,
    Unit,
    reach,
)
from surveys.questionnaires import questionnaire

__all__ = ["Judged", "in_sources", "named"]

MOST_SUBJECTS = 20_000


def create(sheet: Sheet, owner: Unit, name: str) -> Composite:
    """A composite by these rules, which it keeps: later changes of the file do not touch it."""
    name = title(name)
    with writing():
        return Composite.create(title=name, owner=owner, rules=sheet.document)


def _change(composite: Composite) -> None:
    """Inside each transaction that changes a composite: what was computed no longer holds."""
    touched = (
        Composite.update(
            state="draft",
            document=None,
            sha256=None,
            computed_at=None,
            revision=Composite.revision + 1,
        )
        .where(Composite.id == composite.id, Composite.state != "published")
        .execute()
    )
    if not touched:
        raise Refused(N_("这项综合评定已经公布，不能再改。"))


def rounds_for(composite: Composite) -> list[Round]:
    """The counted rounds that may be a part's source, newest first."""
    about = rules_of(composite).about
    found = (
        Round.select()
        .where(Round.owner.in_(reach(composite.owner)), Round.state.in_(COUNTED))
        .order_by(Round.closed_at.desc(), Round.id.desc())
    )
    return [each for each in found if about == "persons" or questionnaire.of(each).about == "units"]


def composites_for(composite: Composite) -> list[Composite]:
    """The published composites that may be a part's source, newest first; never itself."""
    about = rules_of(composite).about
    found = (
        Composite.select()
        .where(
            Composite.owner.in_(reach(composite.owner)),
            Composite.state == "published",
            Composite.id != composite.id,
        )
        .order_by(Composite.published_at.desc(), Composite.id.desc())
    )
    return [each for each in found if about == "persons" or rules_of(each).about == "units"]


def choose_sources(composite: Composite, chosen: Mapping[str, tuple[str, int] | None]) -> None:
    """Take the parts' values from these: part → (`round` or `composite`, its id), or none."""
    sheet = rules_of(composite)
    allowed = {("round", each.id) for each in rounds_for(composite)}
    allowed |= {("composite", each.id) for each in composites_for(composite)}
    rows = []
    for part in sheet.parts_from("round"):
        source = chosen.get(part)
        if source is None:
            continue
        if source == ("composite", composite.id):
            raise BadSetting(f"source-{part}", N_("综合评定不能拿自己当一部分。请另选。"))
        if source not in allowed:
            raise BadSetting(
                f"source-{part}",
                N_("“%(part)s”选的测评还没有计票，或者不在您的范围之内。请另选。"),
                part=sheet.labels[part],
            )
        if source[0] == "composite" and sheet.rules.parts[part].measure == "rate":
            raise BadSetting(
                f"source-{part}",
                N_("“%(part)s”取的是满意率，综合评定没有满意率。请选一次测评。"),
                part=sheet.labels[part],
            )
        kind = "round" if source[0] == "round" else "other"
        rows.append({"composite": composite, "part": part, kind: source[1]})
    with writing():
        _change(composite)
        CompositeSource.delete().where(CompositeSource.composite == composite).execute()
        for row in rows:
            CompositeSource.create(**row)


def choose_subjects(composite: Composite, judged: Sequence[Judged]) -> None:
    """Judge these; figures and deductions of those that stay are kept."""
    if len(judged) > MOST_SUBJECTS:
        raise BadSetting("codes", N_("最多 %(most)s 个对象。"), most=MOST_SUBJECTS)
    known = {each.key: each for each in subjects_of(composite)}
    keep = {each.key for each in judged}
    with writing():
        _change(composite)
        gone = [each.id for key, each in known.items() if key not in keep]
        for some in chunked(gone, 500):
            CompositeSubject.delete().where(CompositeSubject.id.in_(some)).execute()
        for position, each in enumerate(told_apart(judged)):
            values = {
                "label": each.label,
                "place_label": each.place,
                "unit": each.unit,
                "position": position,
            }
            if each.key in known:
                CompositeSubject.update(values).where(
                    CompositeSubject.id == known[each.key].id
                ).execute()
            else:
                CompositeSubject.create(composite=composite, key=each.key, **values)


def set_figures(
    composite: Composite,
    part: str,
    typed: Mapping[str, signed_figures.Typed],
    by: str,
    now: datetime,
    today: date,
) -> int:
    """Keep signed figures, all or none; how many changed."""
    found = signed_figures.changes(composite, part, typed, by, now, today)
    if found:
        with writing():
            _change(composite)
            found.write()
    return len(found)


def deduct(
    composite: Composite,
    subject: CompositeSubject,
    points: str,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Take points off a subject, with the reason."""
    with at("points"):
        value = signed_figures.number_of(signed_figures.plain(points).removesuffix("分"))
        if not 0 < Fraction(value) <= 100:
            raise Refused(N_("扣分须大于 0、不超过 100。"))
    with at("reason"):
        why = paragraph(reason, N_("请写明扣分的理由。"))
        if len(why) > composite_file.LONGEST_REASON:
            raise Refused(N_("理由最多 %(most)s 字。"), most=composite_file.LONGEST_REASON)
    with writing():
        _change(composite)
        CompositeDeduction.create(
            subject=subject, points=value, reason=why, entered_by=by, entered_at=now
        )


def undeduct(composite: Composite, deduction: CompositeDeduction) -> None:
    """Take a deduction back."""
    with writing():
        _change(composite)
        deduction.delete_instance()


def audience(composite: Composite) -> str:
    """Who may see the result: whom the rules name, and each source's own audience too allows."""
    letters = rules_of(composite).audience
    for source in sources_of(composite).values():
        target = source.target
        theirs = (
            audience(target) if isinstance(target, Composite) else questionnaire.of(target).audience
        )
        letters = "".join(each for each in letters if "P" in theirs or each in theirs)
    return letters or "O"


def plan_years(composite: Composite) -> set[int]:
    """The years of the plan that its rounds belong to, those in composites within it too."""
    years: set[int | None] = set()
    for source in sources_of(composite).values():
        target = source.target
        years |= plan_years(target) if isinstance(target, Composite) else {target.plan_year}
    return {year for year in years if year is not None}


def compute(composite: Composite, now: datetime, today: date) -> None:
    """Compute the scores and keep the document, with its digest; again as often as wanted."""
    if not CompositeSubject.select().where(CompositeSubject.composite == composite).exists():
        raise Refused(N_("还没有选评定对象。请先选对象，再计算。"))
    made = sources.assembled(composite, today)
    document = composite_file.to_bytes(made)
    with writing():
        done = (
            Composite.update(
                state="computed",
                document=document,
                sha256=archive.digest(document),
                computed_at=now,
            )
            .where(
                Composite.id == composite.id,
                Composite.state != "published",
                Composite.revision == composite.revision,
            )
            .execute()
        )
    if not done:
        raise Refused(N_("计算的时候有人改了内容，或者已经公布。请看一下再算。"))


def suggested(composite: Composite) -> dict[str, str | None]:
    """Key of a subject → the grade that its computed score gives."""
    scores = archive.parsed(bytes(composite.document or b"{}")).get("scores", ())
    return {each["subject"]: each.get("grade") for each in scores}


def decide(
    composite: Composite, subject: CompositeSubject, grade: str, reason: str, by: str, now: datetime
) -> None:
    """Record the grade that people decided on; a reason is due when it departs from the score.

    No grade takes the decision back. It stands apart from the document, and outlives another
    computing.
    """
    grades = [each for each, _least in rules_of(composite).rules.bands]
    if grade and grade not in grades:
        raise Refused(N_("等次只能是：%(grades)s。"), grades="、".join(grades))
    if composite.state == "draft":
        raise Refused(N_("请先计算，再评定等次。"))
    reason = reason.strip() if grade else ""
    if reason or (grade and grade != suggested(composite)[subject.key]):
        with at("why"):
            reason = paragraph(reason, N_("决定的等次与得分建议的不同，请写明理由。"))
    values = {
        "decided_grade": grade or None,
        "decided_reason": reason,
        "decided_by": by if grade else None,
        "decided_at": now if grade else None,
    }
    with writing():
        if not Composite.select().where(
            Composite.id == composite.id, Composite.state != "published"
        ):
            raise Refused(N_("这项综合评定已经公布，不能再改。"))
        CompositeSubject.update(values).where(CompositeSubject.id == subject.id).execute()


def publish(composite: Composite, sha256: str, now: datetime) -> None:
    """Publish what was computed; `sha256` is of what the organiser saw.

    Not before each of its rounds: their scores would be out before their time.
    """
    for source in sources_of(composite).values():
        if source.target.state != "published":
            raise Refused(
                N_("“%(title)s”还没有公布。请先公布它，再公布综合评定。"), title=source.target.title
            )
    grades = suggested(composite)
    for each in subjects_of(composite):
        differs = each.decided_grade and each.decided_grade != grades.get(each.key)
        if differs and not each.decided_reason:
            raise Refused(
                N_("%(name)s：评定的等次与现在的得分不同，还没有写理由。"), name=each.label
            )
    with writing():
        done = (
            Composite.update(state="published", published_at=now)
            .where(
                Composite.id == composite.id,
                Composite.state == "computed",
                Composite.sha256 == sha256,
            )
            .execute()
        )
    if not done:
        raise Refused(
            N_("现在没有可公布的得分，或者您看过之后有人又改过。请重新计算，看过再公布。")
        )


def discard(composite: Composite) -> None:
    """Delete a composite that was not published, with all that was typed in."""
    with writing():
        _change(composite)
        composite.delete_instance()


def visible_to(unit: Unit) -> Iterable[Composite]:
    """The composites owned within a unit's reach, newest first."""
    return Composite.select().where(Composite.owner.in_(reach(unit))).order_by(Composite.id.desc())
