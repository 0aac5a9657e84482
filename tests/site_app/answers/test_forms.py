"""What a form takes and refuses, for each kind of question; no site is needed for that."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from site_app.answers import forms
from surveys.questionnaires import questionnaire

POINTS = {"points": {"min": 0, "max": 10, "positive_from": 6}}


def satisfaction() -> questionnaire.Questionnaire:
    return questionnaire.library()["resident-satisfaction"]


def appraisal() -> questionnaire.Questionnaire:
    return questionnaire.library()["member-appraisal"]


def with_points() -> questionnaire.Questionnaire:
    """The residents' survey with its headline asked in points."""
    document = dict(satisfaction().document)
    document["scales"] = {**document["scales"], "ten": POINTS}
    document["questions"] = [dict(each) for each in document["questions"]]
    document["questions"][0]["scale"] = "ten"
    return questionnaire.from_document(document)


def survey(
    sent: list[tuple[str, str]], form: questionnaire.Questionnaire | None = None, **how: Any
) -> forms.SurveyForm:
    return forms.survey_form(form or satisfaction(), **how)(MultiDict(sent))


def refused(form: forms.SurveyForm | forms.SheetForm) -> list[tuple[str, str]]:
    """The sentences of a refused form, with the inputs that they are about."""
    assert not form.validate()
    return [(str(each), each.field) for each in form.refusals()]


def test_a_question_may_be_left() -> None:
    form = survey([("q-overall", "satisfied"), ("q-help", ""), ("comment", "")])
    assert form.validate()
    assert form.answers() == {"overall": "satisfied"}
    assert form.comment_text() == ""


def test_the_headline_comes_first_whatever_its_place_in_the_file() -> None:
    document = dict(satisfaction().document)
    document["questions"] = list(reversed(document["questions"]))
    ordered = forms.in_order(questionnaire.from_document(document))
    assert [question.id for question in ordered][:2] == ["overall", "members"]


def test_an_option_that_the_scale_has_not_is_refused() -> None:
    [(words, field)] = refused(survey([("q-overall", "delighted")]))
    assert words == "第 1 题的回答不在选项之内。请重新选择。"
    assert field == "q-overall"


def test_two_answers_to_one_question_are_refused() -> None:
    [(words, field)] = refused(survey([("q-help", "satisfied"), ("q-help", "mostly")]))
    assert words == "第 2 题收到了两个回答，只能有一个。请重新选择。"
    assert field == "q-help"


@pytest.mark.parametrize("name", ["q-salary", "group", "g-1-overall", "admin"])
def test_a_question_that_is_not_on_the_form_is_refused(name: str) -> None:
    [(words, _field)] = refused(survey([("q-overall", "satisfied"), (name, "1")]))
    assert words == "收到了问卷上没有的题目。请核对后再提交。"


def test_a_page_with_nothing_on_it_is_no_answer() -> None:
    [(words, field)] = refused(survey([("q-overall", ""), ("comment", "  \n ")]))
    assert words.startswith("您还没有填写任何一题")
    assert field == "q-overall"


def test_a_comment_alone_is_an_answer() -> None:
    form = survey([("comment", "路灯坏了")])
    assert form.validate()
    assert form.comment_text() == "路灯坏了"


def test_a_comment_of_a_megabyte_gets_a_sentence() -> None:
    [(words, field)] = refused(survey([("comment", "长" * 1_000_000)]))
    assert words == "意见最多 500 字，您写了 1000000 字。请删短一些。"
    assert field == "comment"


def test_control_characters_of_a_comment_are_dropped_and_line_breaks_stay() -> None:
    form = survey([("comment", "第一行\r\n第二\x00\x1b行")])
    assert form.validate()
    assert form.comment_text() == "第一行\n第二行"


@pytest.mark.parametrize(("typed", "points"), [("7", 7), ("０", 0), (" 10 ", 10), ("", None)])
def test_points_are_whole_numbers_in_range_full_width_forgiven(
    typed: str, points: int | None
) -> None:
    form = survey([("q-overall", typed), ("q-help", "mostly")], with_points())
    assert form.validate()
    assert form.answers().get("overall") == points


@pytest.mark.parametrize("typed", ["11", "-1", "7.5", "很好", "十", "1" * 40, "7e0"])
def test_points_out_of_range_are_refused_with_the_range(typed: str) -> None:
    [(words, field)] = refused(survey([("q-overall", typed)], with_points()))
    assert words == "第 1 题请填 0 到 10 的整数，或者空着。"
    assert field == "q-overall"


@pytest.mark.parametrize("sent", [[], [("group", "c")], [("group", "a"), ("group", "b")]])
def test_where_there_are_groups_one_must_be_told(sent: list[tuple[str, str]]) -> None:
    form = survey([("q-overall", "mostly"), *sent], groups=["a", "b"])
    assert refused(form) == [("请先选您属于哪一类。", "group")]


def test_the_group_told_is_read() -> None:
    form = survey([("q-overall", "mostly"), ("group", "b")], groups=["a", "b"])
    assert form.validate()
    assert form["group"].data == "b"


PEOPLE = {7: "甲", 8: "乙"}


def sheet(sent: list[tuple[str, str]]) -> forms.SheetForm:
    return forms.sheet_form(appraisal())(MultiDict(sent), PEOPLE)


def test_a_sheet_names_every_subject_blank_lines_too() -> None:
    form = sheet([("code", "x"), ("g-7-overall", "excellent"), ("g-7-duty", "")])
    assert form.validate()
    assert form.sheet() == {7: {"overall": "excellent"}, 8: {}}


def test_what_is_wrong_on_a_sheet_names_person_and_line() -> None:
    form = sheet([("g-7-duty", "superb"), ("g-8-overall", "basic"), ("g-8-overall", "abstain")])
    assert refused(form) == [
        ("甲 的第 3 项不能这样填。请重新选择，只选一个。", "g-7-duty"),
        ("乙 的第 4 项不能这样填。请重新选择，只选一个。", "g-8-overall"),
    ]


@pytest.mark.parametrize("name", ["g-9-overall", "g-7-salary", "g--overall", "g-07-overall"])
def test_a_person_or_line_that_is_not_on_the_sheet_is_refused(name: str) -> None:
    [(words, _field)] = refused(sheet([(name, "excellent")]))
    assert words == "答卷上有不在名单上的人或题目。请核对后再提交。"


def test_a_sheet_has_no_comment() -> None:
    [(words, _field)] = refused(sheet([("comment", "他常常迟到")]))
    assert words == "收到了问卷上没有的题目。请核对后再提交。"
