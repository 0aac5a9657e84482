"""Large mode: big letters and one question, or one person, a screen; the first says what is asked.

The whole form is on every page, and all steps but one are hidden: nothing that was filled in needs
another place than its own input. That the mode is on rides in the form and in links, never in a
cookie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import request

from site_app.answers import forms
from site_app.answers.pages import Booth, Place

MODE = frozenset({"large", "at", "done", "step", "keep", "clear"})
"""Names that say how a page is read, the mode, where it was, its mark, and those of buttons."""
START, LAST = "start", "send"


@dataclass(frozen=True, slots=True)
class Steps:
    """The screens of a form by the ids of their elements; `shown` is none where all are."""

    ids: tuple[str, ...]
    shown: str | None

    def hides(self, step: str) -> bool:
        """Whether a part of the page is on another screen."""
        return self.shown is not None and step != self.shown

    def number(self, step: str) -> int:
        """Which screen it is, from 1: the start is none of those that are filled in."""
        return self.ids.index(step)

    @property
    def count(self) -> int:
        """How many screens there are after the start."""
        return len(self.ids) - 1

    def before(self, step: str) -> str | None:
        """The screen that *back* leads to."""
        place = self.ids.index(step)
        return self.ids[place - 1] if place else None

    def after(self, step: str) -> str | None:
        """The screen that *next* leads to."""
        place = self.ids.index(step) + 1
        return self.ids[place] if place < len(self.ids) else None


def is_large() -> bool:
    """Whether the reader wants the page large: by the address, else by the form."""
    return request.args.get("large", request.form.get("large")) == "1"


def of_survey(place: Place, wrong: Sequence[str] = ()) -> Steps:
    """The screens of a resident's page."""
    ids = ["step-code"] * place.round.needs_codes
    ids += ["step-group"] * (len(place.groups) > 1)
    ids += [f"ask-{question.id}" for question in place.questions]
    ids += ["step-comment"] * bool(place.form.comment)
    return _steps([START, *ids, LAST], wrong)


def of_ballot(booth: Booth, wrong: Sequence[str] = ()) -> Steps:
    """The screens of a sheet: one a person, between the first and the last."""
    return _steps([START, *(f"s{person[0]}" for person in booth.people), LAST], wrong)


def _steps(ids: Sequence[str], wrong: Iterable[str]) -> Steps:
    """The screen of what is wrong comes first, then the one asked for, then the one before it."""
    if not is_large():
        return Steps(tuple(ids), None)
    wishes = [_step_of(field) for field in wrong] or [
        request.form.get("step", ""),
        request.form.get("at", ""),
    ]
    fallback = LAST if wrong else ids[_begun()]
    return Steps(tuple(ids), next((wish for wish in wishes if wish in ids), fallback))


def _begun() -> bool:
    """Whether something was filled in: then the first question comes at once."""
    return any(
        value and name.startswith((forms.ANSWER, forms.LINE))
        for name, value in request.form.items()
    )


def _step_of(field: str) -> str:
    """The screen that an input stands on."""
    if field.startswith(forms.ANSWER):
        return "ask-" + field[len(forms.ANSWER) :].split(".", maxsplit=1)[0]
    if field.startswith(forms.LINE):
        return "s" + field.split("-")[1]
    return f"step-{field}"


def done(booth: Booth, kept: Mapping[str, str]) -> frozenset[str]:
    """The lines of a sheet that are filled in altogether, by the ids of their rows."""
    return frozenset(
        f"s{person[0]}"
        for person in booth.people
        if all(
            kept.get(f"{forms.LINE}{person[0]}-{question.id}", "").strip()
            for question in booth.questions
        )
    )


def answered(place: Place, kept: Mapping[str, str]) -> frozenset[str]:
    """The questions of a survey that something was said to, by the ids of their elements."""
    given = {name.split(".")[0] for name, value in kept.items() if value.strip()}
    return frozenset(
        f"ask-{question.id}" for question in place.questions if forms.ANSWER + question.id in given
    )
