"""From a questionnaire to the form that checks what was sent: WTForms validates, templates draw.

A survey about one unit has an input for each question, `q-<question>`; what has parts to fill in
singly has one for each part, `q-<question>.<part>`. A sheet about many has a grid of
`g-<subject>-<question>`. To WTForms all of it is one field: thirty people on four questions as 120
fields cost six times more.
What is wrong stands in the fields' errors as `BadAnswer`, which names the input that it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import wtforms

from surveys.ballots import comments
from surveys.messages import N_, Refused
from surveys.questionnaires import Answers, Question, Questionnaire
from surveys.questionnaires.kinds.base import Answer, Sent

ANSWER = "q-"
LINE = "g-"
ENVELOPE = frozenset({"token", "code", "keep", "clear", "large", "at", "step"})
"""Names that travel with answers and are none: the number, the code, buttons, how it is read."""

Given = Any
"""What a browser sent: a multi-dictionary with `getlist`, or none."""


class BadAnswer(Refused):
    """Something sent that does not fit the form; `field` is the name of its input."""

    def __init__(self, message: str, field: str, **params: object) -> None:
        super().__init__(message, **params)
        self.field = field


def in_order(form: Questionnaire) -> list[Question]:
    """The questions as a resident meets them: the headline first."""
    return sorted(form.questions, key=lambda question: question.id != form.headline)


def read_answer(question: Question, number: int, name: str, given: Sequence[str]) -> Answer:
    """The answer in what was given under a name; none for nothing, `BadAnswer` for a wrong one."""
    sent = [("", each) for each in given if each.strip()]
    return _read(question, number, name, sent) if sent else None


def _read(question: Question, number: int, name: str, sent: Sent) -> Answer:
    try:
        return question.answers.parse(sent)
    except Refused as wrong:
        raise BadAnswer(wrong.message, name, n=number, **wrong.params) from None


class Questions(wtforms.Field):
    """The answers of a survey in one field: question id → answer."""

    def process(self, formdata: Any, *_unused: object, **_also: object) -> None:
        """Keep what was sent; the form knows its questions."""
        self.process_errors: list[BadAnswer] = []
        self.data: dict[str, Answer] = {}
        self.given: Given = formdata

    def pre_validate(self, form: SurveyForm) -> None:
        """Read the answer to each question out of its inputs."""
        for number, question in enumerate(form.questions, start=1):
            name = ANSWER + question.id
            try:
                answer = (
                    self._of_parts(question, number, name)
                    if question.answers.parts
                    else read_answer(question, number, name, self._under(name))
                )
            except BadAnswer as wrong:
                self.errors.append(wrong)
                continue
            if answer is not None:
                self.data[question.id] = answer

    def _of_parts(self, question: Question, number: int, name: str) -> Answer:
        sent = [
            (part, each)
            for part in question.answers.parts
            for each in self._under(f"{name}.{part}")
        ]
        return _read(question, number, name, sent)

    def _under(self, name: str) -> Sequence[str]:
        found: Sequence[str] = self.given.getlist(name) if self.given else ()
        return found


class GroupField(wtforms.Field):
    """Which class of raters one belongs to; must be told where there are several."""

    def __init__(self, keys: Sequence[str], **about: Any) -> None:
        super().__init__(**about)
        self.keys = tuple(keys)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the group's key."""
        if len(valuelist) != 1 or valuelist[0] not in self.keys:
            raise ValueError(BadAnswer(N_("请先选您属于哪一类。"), self.name))
        self.data = valuelist[0]


class CommentField(wtforms.Field):
    """Free text, apart from the answers."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Clean the text, or say that it is too long."""
        try:
            self.data = comments.clean("\n".join(valuelist))
        except comments.TooLong as long:
            raise ValueError(BadAnswer(long.message, self.name, **long.params)) from None


class Grid(wtforms.Field):
    """The answers about all subjects of a sheet in one field: subject id → question id → answer."""

    def process(self, formdata: Any, *_unused: object, **_also: object) -> None:
        """Keep what was sent; what fits is known when the sheet's subjects are."""
        self.process_errors: list[BadAnswer] = []
        self.data: dict[int, dict[str, Answer]] = {}
        self.given: dict[str, list[str]] = (
            {name: formdata.getlist(name) for name in formdata if name.startswith(LINE)}
            if formdata
            else {}
        )

    def pre_validate(self, form: SheetForm) -> None:
        """Read the answers about each of the sheet's subjects, and refuse all others."""
        known = set()
        for subject, label in form.subjects.items():
            line = self.data[subject] = {}
            for number, question in enumerate(form.questions, start=1):
                name = f"{LINE}{subject}-{question.id}"
                known.add(name)
                given = self.given.get(name)
                if not given:
                    continue
                try:
                    answer = read_answer(question, number, name, given)
                except BadAnswer:
                    self.errors.append(
                        BadAnswer(
                            N_("%(name)s 的第 %(n)s 项不能这样填。请重新选择，只选一个。"),
                            name,
                            name=label,
                            n=number,
                        )
                    )
                    continue
                if answer is not None:
                    line[question.id] = answer
        if not known.issuperset(self.given):
            self.errors.append(BadAnswer(N_("答卷上有不在名单上的人或题目。请核对后再提交。"), ""))


class _Form(wtforms.Form):
    """What the forms share: strange inputs are refused, and all errors stand in one list."""

    def process(self, formdata: Any = None, *more: Any, **also: Any) -> None:
        """Remember the names of what was sent."""
        self._sent = list(formdata or ())
        super().process(formdata, *more, **also)

    def belongs(self, name: str) -> bool:
        """Whether an input of this name is on the form."""
        return name in self._fields or name in ENVELOPE

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field, and that nothing else was sent."""
        fine: bool = super().validate(extra_validators)
        if all(map(self.belongs, self._sent)):
            return fine
        self.form_errors.append(BadAnswer(N_("收到了问卷上没有的题目。请核对后再提交。"), ""))
        return False

    def refusals(self) -> list[BadAnswer]:
        """What is wrong, in the order of the form."""
        return [*self.form_errors, *(wrong for field in self for wrong in field.errors)]


class SurveyForm(_Form):
    """What a resident says about one unit; made for a questionnaire by `survey_form`."""

    questions: ClassVar[tuple[Question, ...]]
    inputs: ClassVar[frozenset[str]]

    def belongs(self, name: str) -> bool:
        """A question's inputs belong here: its own, or one for each of its parts."""
        return name in self.inputs or super().belongs(name)

    def answers(self) -> Answers:
        """The answers by question id."""
        read: Answers = self["asked"].data
        return read

    def comment_text(self) -> str:
        """The comment; empty where there is none."""
        return str(self["comment"].data or "") if "comment" in self else ""

    def validate(self, extra_validators: Any = None) -> bool:
        """A page on which nothing was filled in is no answer."""
        fine = super().validate(extra_validators)
        if fine and not self.answers() and not self.comment_text():
            first = ANSWER + self.questions[0].id
            self.form_errors.append(
                BadAnswer(N_("您还没有填写任何一题，所以没有提交。请至少回答一题。"), first)
            )
            return False
        return fine


class SheetForm(_Form):
    """What a member says about the subjects of one sheet; made by `sheet_form`."""

    questions: ClassVar[tuple[Question, ...]]
    grid = Grid()

    def __init__(self, formdata: Any, subjects: Mapping[int, str]) -> None:
        """Bind what was sent to the sheet's subjects: id → name."""
        self.subjects = subjects
        super().__init__(formdata)

    def belongs(self, name: str) -> bool:
        """Lines of the grid are the grid's to judge."""
        return name.startswith(LINE) or super().belongs(name)

    def sheet(self) -> dict[int, dict[str, Answer]]:
        """Subject id → answers by question id, for `ballots.cast`."""
        read: dict[int, dict[str, Answer]] = self["grid"].data
        return read


def _inputs(questions: Iterable[Question]) -> Iterator[str]:
    for question in questions:
        name = ANSWER + question.id
        parts = question.answers.parts
        yield from (f"{name}.{part}" for part in parts) if parts else (name,)


def survey_form(form: Questionnaire, groups: Sequence[str] = ()) -> type[SurveyForm]:
    """The form of a survey; `groups` are the keys to choose from, where there are several.

    Making a class costs more than using it: make it once a round.
    """
    questions = tuple(in_order(form))
    fields: dict[str, Any] = {"questions": questions, "inputs": frozenset(_inputs(questions))}
    if len(groups) > 1:
        fields["group"] = GroupField(groups)
    fields["asked"] = Questions()
    if form.comment:
        fields["comment"] = CommentField()
    return type("SurveyForm", (SurveyForm,), fields)


def sheet_form(form: Questionnaire) -> type[SheetForm]:
    """The form of a sheet about many."""
    return type("SheetForm", (SheetForm,), {"questions": form.questions})
