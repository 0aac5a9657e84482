"""Each kind of question: what its file may say, what a form takes, how it is packed and counted."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from site_app.answers import forms
from surveys.ballots import comments
from surveys.counting import tally
from surveys.questionnaires import kinds, questionnaire
from tests.helpers import kinds_form
from tests.helpers.kinds_form import FULL, changed

FORM = kinds_form.form()
BY_ID = {question.id: question for question in FORM.questions}


def sent(**given: str) -> forms.SurveyForm:
    """A survey as a browser sends it; `wishes__light` stands for `q-wishes.light`."""
    names = [(f"q-{name.replace('__', '.')}", value) for name, value in given.items()]
    return forms.survey_form(FORM)(MultiDict(names))


def refused(**given: str) -> tuple[str, str]:
    form = sent(**given)
    assert not form.validate()
    [wrong] = form.refusals()
    return str(wrong), wrong.field


def test_the_form_knows_every_kind_of_the_table() -> None:
    assert {question.kind for question in FORM.questions} == set(kinds.KINDS)


def test_every_kind_is_read_from_what_a_browser_sends() -> None:
    form = sent(
        overall="good",
        square="abstain",
        marks="７",
        wishes__light="1",
        wishes__lift="1",
        needs__law="2",
        needs__health="3",
        needs__phone="1",
        needs__music="",
        name=" 老槐树广场 ",
        why="因为那里有一棵老槐树。\r\n大家都认得。",
    )
    assert form.validate()
    assert form.answers() == FULL


def test_every_kind_may_be_left() -> None:
    form = sent(overall="bad", marks="", needs__law="", needs__phone=" ", name="", why=" \n ")
    assert form.validate()
    assert form.answers() == {"overall": "bad"}


@pytest.mark.parametrize("question", ["wishes", "needs", "name", "why"])
def test_an_answer_to_any_kind_alone_is_an_answer(question: str) -> None:
    parts = {
        "wishes": {"wishes__light": "1", "wishes__road": "1"},
        "needs": {"needs__law": "1", "needs__phone": "2", "needs__music": "3"},
    }
    form = sent(**parts.get(question, {question: "示例"}))
    assert form.validate()
    assert set(form.answers()) == {question}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"wishes__light": "1"}, "第 4 题要选 2 项以上，您选了 1 项；不想答的，可以全不选。"),
        (
            {f"wishes__{part}": "1" for part in ("light", "road", "green", "lift")},
            "第 4 题最多选 3 项，您选了 4 项。请去掉几项。",
        ),
        ({"needs__law": "0"}, "第 5 题的名次只能是 1 到 3。请重新选择。"),
        ({"needs__law": "4"}, "第 5 题的名次只能是 1 到 3。请重新选择。"),
        ({"needs__law": "最前"}, "第 5 题的名次只能是 1 到 3。请重新选择。"),
        (
            {"needs__law": "1", "needs__phone": "1"},
            "第 5 题有两项都排在第 1 位，每一位只能有一项。请改一改。",
        ),
        (
            {"needs__law": "1", "needs__phone": "3"},
            "第 5 题还没有排完：第 2 位空着。请排出第 1 到第 3 位；不想答的，可以全空着。",
        ),
        ({"name": "长" * 21}, "第 6 题最多写 20 字，您写了 21 字。请删短一些。"),
        ({"why": "长" * 400_000}, "第 7 题最多写 500 字，您写了 400000 字。请删短一些。"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(given: dict[str, str], says: str) -> None:
    words, field = refused(**given)
    assert words == says
    assert field == f"q-{next(iter(given)).partition('__')[0]}"


@pytest.mark.parametrize("name", ["wishes", "wishes__roof", "overall__good", "needs__", "x__y"])
def test_a_part_that_a_question_has_not_is_refused(name: str) -> None:
    words, _field = refused(overall="good", **{name: "1"})
    assert words == "收到了问卷上没有的题目。请核对后再提交。"


def test_one_line_stays_one_line_and_control_characters_are_dropped() -> None:
    form = sent(name="老\r\n槐\x00树")
    assert form.validate()
    assert form.answers() == {"name": "老 槐树"}


# Packing and counting

PICKS = st.lists(
    st.sampled_from(BY_ID["wishes"].answers.parts), min_size=2, max_size=3, unique=True
)
ORDERS = st.permutations(BY_ID["needs"].answers.parts).map(lambda order: tuple(order[:3]))
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "overall": st.sampled_from(["good", "bad", "unknown"]),
        "square": st.sampled_from(["yes", "no", "abstain"]),
        "marks": st.integers(0, 10),
        "wishes": PICKS.map(tuple),
        "needs": ORDERS,
        "name": st.text("好啊", min_size=1, max_size=20),
        "why": st.text("好啊", min_size=1, max_size=200),
    },
)


@given(answers=ANSWERS)
def test_every_rating_has_one_length_whatever_was_answered(answers: dict[str, Any]) -> None:
    assert len(FORM.pack(answers)) == FORM.width == len(FORM.pack({})) == len(FORM.columns())


@given(answers=ANSWERS, words=st.text("好啊", min_size=1, max_size=20))
def test_no_byte_of_a_rating_depends_on_what_was_written(
    answers: dict[str, Any], words: str
) -> None:
    assert FORM.pack({**answers, "name": words, "why": words}) == FORM.pack(
        {key: value for key, value in answers.items() if key not in ("name", "why")}
    )


def by_hand(papers: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often each answer was given, from the answers themselves."""
    found: Counter[tuple[str, str]] = Counter()
    for answers in papers:
        for key, answer in answers.items():
            if key == "wishes":
                found.update((key, pick) for pick in ("#", *answer))
            elif key == "needs":
                found.update((key, f"{each}#{n}") for n, each in enumerate(answer, start=1))
            elif key not in ("name", "why"):
                found[key, str(answer)] += 1
    return found


@given(papers=st.lists(ANSWERS, max_size=30))
def test_both_ways_of_counting_agree_with_counting_the_answers_by_hand(
    papers: list[dict[str, Any]],
) -> None:
    columns = FORM.columns()
    for way in (tally.count_by_columns, tally.count_by_papers):
        count = tally.Count()
        way(count, [((1, 1), FORM.pack(answers)) for answers in papers], FORM.width)
        found: Counter[tuple[str, str]] = Counter()
        for (_cell, place, packed), times in count.answers.items():
            question, column = columns[place]
            key = question.answers.tally_key(column, packed)
            if key is not None:
                found[question.id, key] += times
        assert found == by_hand(papers)


@pytest.mark.parametrize(
    "answers",
    [
        {"wishes": ("light",)},
        {"wishes": ("light", "light")},
        {"wishes": ("light", "roof")},
        {"wishes": "light"},
        {"needs": ("law", "law", "phone")},
        {"needs": ("law", "phone")},
        {"needs": ("law", "phone", "roof")},
        {"marks": 11},
        {"overall": "superb"},
        {"name": "长" * 21},
        {"name": 3},
        {"roof": "x"},
    ],
)
def test_what_is_no_answer_is_never_packed(answers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wishes|needs|marks|overall|name|roof"):
        FORM.pack(answers)


# Files


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (changed("wishes", kind="guess"), "questions.wishes.kind: must be one of choice, points"),
        (changed("wishes", most=5), "questions.wishes.most: a whole number from 1 to 4"),
        (changed("wishes", least=4), "questions.wishes.least: a whole number from 1 to 3"),
        (changed("wishes", least=0), "questions.wishes.least"),
        (changed("wishes", most=True), "questions.wishes.most"),
        (changed("wishes", options=[]), "questions.wishes.options: 2 to 50"),
        (changed("wishes", options=kinds_form.options(a="一") * 4), 'id "a" stands twice'),
        (changed("wishes", options=[{"id": "a"}, {"id": "b"}]), "a.label: a text needs"),
        (changed("wishes", weight=1), "questions.wishes.weight: unknown key"),
        (changed("needs", least=1), "questions.needs.least: unknown key"),
        (changed("needs", most=0), "questions.needs.most"),
        (changed("name", lines=0), "questions.name.lines"),
        (changed("name", most=501), "questions.name.most"),
        (changed("name", scale="vote"), "questions.name.scale: unknown key"),
        (changed("marks", scale="vote"), "questions.marks.kind: a scale of options has no points"),
        (changed("square", kind="choice", scale="ten"), "a scale of points is no choice"),
        (changed("square", scale="nine"), "nine"),
        (changed("name", id="why"), "'why' is no id, or stands twice"),
        (changed("name", id="a b"), "'a b' is no id"),
        (changed("name", help={"zh": "x"}), "questions.name.help"),
        (changed(headline="why"), "headline: must be a question of kind choice or points"),
        (changed(headline="wishes"), "headline: must be a question of kind choice or points"),
        (changed("overall", weight=0), "all weights are 0"),
        (changed(about="persons", audience="O"), "cannot be asked on a sheet about many"),
    ],
)
def test_a_broken_question_is_named_with_the_reason(document: dict[str, Any], says: str) -> None:
    with pytest.raises(questionnaire.QuestionnaireError) as refusal:
        questionnaire.from_document(document)
    assert says in str(refusal.value)


def test_a_headline_without_a_positive_option_asks_for_no_rate() -> None:
    document = changed()
    document["scales"]["satisfaction"]["options"][0]["positive"] = False
    with pytest.raises(questionnaire.QuestionnaireError, match="no option is positive"):
        questionnaire.from_document(document)


def test_the_archive_has_the_tallied_kinds_and_never_the_words() -> None:
    questions = FORM.for_archive()["questions"]
    assert [each["id"] for each in questions] == ["overall", "square", "marks", "wishes", "needs"]
    assert [each.get("kind") for each in questions] == [None, None, None, "several", "ranking"]
    assert (questions[3]["least"], questions[3]["most"], questions[4]["most"]) == (2, 3, 3)


def test_every_kind_of_the_table_is_drawn_by_a_macro_of_its_name() -> None:
    path = Path(__file__).parents[3] / "templates" / "answers" / "kinds.html"
    drawn = set(re.findall(r"{% macro (\w+)\(", path.read_text("utf-8")))
    assert drawn == set(kinds.KINDS)


@given(text=st.text("好啊a\n", max_size=500), place=st.integers(0, 100))
def test_what_a_text_answers_is_sealed_with_it_and_adds_nothing_to_its_length(
    text: str, place: int
) -> None:
    padded = comments.pad(text, place)
    assert len(padded) == comments.BYTES
    assert (comments.place_in(padded), comments.unpad(padded)) == (place, text)


def test_a_comment_sealed_before_there_were_texts_is_still_a_comment() -> None:
    old = comments.pad("旧的意见")[:-1]
    assert (comments.place_in(old), comments.unpad(old)) == (0, "旧的意见")
