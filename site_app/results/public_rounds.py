"""Rounds as the public may know them: that they are held, and what everybody may see of results.

One query for lists: a round's few words, its papers, the score of the whole: of its first subject,
where all others are below that one.
What may be said of a round at all, `is_open` says; every page, poster and address asks it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee
from flask import url_for
from flask_babel import gettext as _

from site_app import clock
from site_app.i18n import end_time, say
from site_app.results import comparison
from site_app.ui import bar_charts
from surveys import rounds
from surveys.models import Archive, Round, Score, Subject, Unit
from surveys.questionnaires import Questionnaire


@dataclass(frozen=True, slots=True)
class Turnout:
    """Papers of a round or a place; `issued` and `void` are missing where no codes were used."""

    issued: int | None
    returned: int
    void: int | None

    @property
    def percent(self) -> str | None:
        """参与率: returned of issued."""
        return bar_charts.percent(self.returned, self.issued) if self.issued else None


@dataclass(frozen=True, slots=True)
class Held:
    """A round in a public list.

    `phase` is waiting, open, ended, closed or published; `url` leads to what everybody may see of
    its result; `valid`, `score` and `rate` are those of the whole, where public,
    and `unit` is the code of the owner where that is the whole, and so has a page of its results.
    """

    id: int
    title: str
    owner: str
    is_public: bool
    phase: str
    opens_at: datetime
    ends_at: datetime
    closed_at: datetime | None
    url: str | None
    turnout: Turnout | None
    sha256: str | None
    valid: int | None
    score: str | None
    rate: str | None
    unit: str | None
    words: Mapping[str, Mapping[str, str]]
    caution: str

    @property
    def rate_word(self) -> str:
        """What its rate is called."""
        return say(self.words["rate"]) if "rate" in self.words else str(_("满意率"))

    @property
    def score_word(self) -> str:
        """What its score is called."""
        return say(self.words["score"]) if "score" in self.words else str(_("满意度"))

    @property
    def note(self) -> str:
        """What may be said of it in a list, in words."""
        if self.url and not self.is_public:
            return str(_("结果按规定不公开，只公布举行情况"))
        if self.score is not None and self.rate is not None:
            return str(
                _(
                    "%(rate_word)s %(rate)s%%，%(score_word)s %(score)s",
                    rate_word=self.rate_word,
                    rate=self.rate,
                    score_word=self.score_word,
                    score=self.score,
                )
            )
        if self.phase == "open":
            return str(_("%(when)s 截止", when=end_time(self.ends_at)))
        return ""


def turnout(counts: Iterable[dict[str, Any]]) -> Turnout:
    """The sum of an archive's lines of papers."""
    lines = list(counts)
    issued = [line["issued"] for line in lines]
    coded = bool(lines) and None not in issued
    return Turnout(
        issued=sum(issued) if coded else None,
        returned=sum(line["returned"] for line in lines),
        void=sum(line["void"] or 0 for line in lines) if coded else None,
    )


def is_open(audience: str) -> bool:
    """Whether all of a round may be said in public: its own title, who is asked what, its result.

    Of any other the public learns that it was held, its turnout and its digest: it goes by the name
    of its questionnaire, and nothing of it hangs on a wall or stands at an address.
    """
    return "P" in audience


def title(round_: Round, form: Questionnaire) -> str:
    """What a round is called in public: in Chinese, as titles of rounds are."""
    return str(round_.title) if is_open(form.audience) else form.title["zh"]


def has_posters(round_: Round, form: Questionnaire) -> bool:
    """Whether its places are on posters, each with an address that asks: not what codes lead to."""
    return not form.on_sheet and (is_open(form.audience) or not round_.needs_codes)


def _part(name: str) -> peewee.Function:
    """A part of the questionnaire as a column, so that a list need not read all of it."""
    return peewee.fn.json_extract(Round.questionnaire, f"$.{name}", coerce=False)


def published() -> peewee.Expression:
    """The rounds that have a public page: of their result, or that they were held."""
    return Round.state == "published"


def held(which: peewee.Expression) -> peewee.ModelSelect[Round]:
    """The query behind `Held`, newest first."""
    others = Subject.select(Subject.id).where(
        Subject.round == Round.id, Subject.parent.is_null(), Subject.position > 0
    )
    beside = peewee.fn.EXISTS(others)
    return (
        Round.select(
            Round.id,
            Round.title,
            Round.state,
            Round.opens_at,
            Round.ends_at,
            Round.closed_at,
            Round.plan_year,
            Round.plan_items,
            Unit.name.alias("owner_name"),
            Unit.code.alias("owner_code"),
            (Score.unit == Round.owner).alias("is_whole"),
            _part("audience").alias("audience"),
            _part("title").alias("form_title"),
            _part("words").alias("words"),
            Archive.sha256,
            Archive.counts,
            Score.valid,
            Score.score,
            Score.rate,
            Score.details,
            Round.rules,
        )
        .join(Unit)
        .join_from(Round, Archive, peewee.JOIN.LEFT_OUTER)
        .join_from(
            Round,
            Score,
            peewee.JOIN.LEFT_OUTER,
            on=((Score.round == Round.id) & (Score.position == 0) & ~beside),
        )
        .where(which)
        .order_by(Round.closed_at.desc(nulls="FIRST"), Round.id.desc())
        .objects()
    )


def as_held(row: Any) -> Held:
    """A row of the query as the public may see it."""
    is_published = row.state == "published"
    is_public = is_open(row.audience)
    for_all = is_published and is_public
    return Held(
        id=row.id,
        title=row.title if is_public else json.loads(row.form_title)["zh"],
        owner=row.owner_name,
        is_public=is_public,
        phase=rounds.phase(row, clock.now()),
        opens_at=row.opens_at,
        ends_at=row.ends_at,
        closed_at=row.closed_at,
        url=url_for("results.show", round_id=row.id) if is_published else None,
        turnout=turnout(row.counts) if is_published and row.counts else None,
        sha256=row.sha256 if is_published else None,
        valid=row.valid if for_all else None,
        score=row.score if for_all else None,
        rate=row.rate if for_all else None,
        unit=row.owner_code if for_all and row.is_whole else None,
        words=json.loads(row.words) if row.words else {},
        caution=comparison.caution(row.rules, row.details) if for_all else "",
    )


def rounds_of_years(*years: int) -> dict[tuple[int, int], list[Held]]:
    """Year and number of an item → the rounds held under it, newest first.

    No drafts, none given up.
    """
    which = Round.plan_year.in_(years) & Round.state.in_(["open", "closed", "published"])
    found: dict[tuple[int, int], list[Held]] = {}
    row: Any
    for row in held(which):
        each = as_held(row)
        for number in row.plan_items:
            found.setdefault((row.plan_year, number), []).append(each)
    return found


def rounds_of_plan(year: int) -> dict[int, list[Held]]:
    """Number of an item → the rounds held under it in a year."""
    return {number: some for (_year, number), some in rounds_of_years(year).items()}


def rounds_of_item(year: int, number: int) -> list[Held]:
    """The rounds held under an item of a year's plan, newest first."""
    return rounds_of_years(year).get((year, number), [])
