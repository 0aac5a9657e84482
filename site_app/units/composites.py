"""A unit's published composites over the years: score and grade, each beside the one before.

Read from the kept documents of the composites that everybody may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from site_app.composites import lines as composite_lines
from site_app.composites.lines import Row
from site_app.i18n import local
from site_app.results import comparison
from site_app.ui.dot_charts import TINY, Reading, Trend, over_time
from surveys import composites
from surveys.composites import Sheet, sources
from surveys.models import Composite, CompositeSubject, Unit

DRAWN = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a composite says of the unit, and how that changed since the one before, in words."""

    whole: Composite
    row: Row
    change: str

    @property
    def grade(self) -> str | None:
        """The grade that people decided on, else the one that the score suggests."""
        return self.row.subject.decided_grade or self.row.grade


@dataclass(frozen=True, slots=True)
class Judged:
    """The composites of a unit by the same rules, newest first."""

    sheet: Sheet
    lines: list[Judgement]
    glance: Trend


def of_unit(unit: Unit) -> list[Judged]:
    """A unit's published composites by their rules, those published last coming first."""
    subjects = (
        CompositeSubject.select(CompositeSubject, Composite)
        .join(Composite)
        .where(CompositeSubject.unit == unit, Composite.state == "published")
        .order_by(Composite.published_at.desc(), Composite.id.desc())
    )
    by_rules: dict[str, list[tuple[Sheet, Row, Composite]]] = {}
    for subject in subjects:
        whole = subject.composite
        sheet = sources.rules_of(whole)
        if sheet.about == "units" and "P" in composites.audience(whole):
            (row,) = composite_lines.rows(whole, sheet, [subject])
            by_rules.setdefault(sheet.id, []).append((sheet, row, whole))
    return [_judged(found) for found in by_rules.values()]


def _judged(newest_first: list[tuple[Sheet, Row, Composite]]) -> Judged:
    scores = [row.score for _sheet, row, _whole in newest_first]
    changes = [comparison.score_change(now, then) for now, then in pairwise([*scores, None])]
    readings = [
        Reading(f"{local(whole.published_at):%Y-%m}", row.score)
        for _sheet, row, whole in reversed(newest_first[:DRAWN])
    ]
    return Judged(
        sheet=newest_first[0][0],
        lines=[
            Judgement(whole, row, change)
            for (_sheet, row, whole), change in zip(newest_first, changes, strict=True)
        ],
        glance=over_time(readings, TINY),
    )
