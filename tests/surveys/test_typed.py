"""What people write keeps its spaces, of whatever kind, and its lines."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import inputs
from surveys.ballots import comments
from surveys.questionnaires import questionnaire
from surveys.rounds import listed_subjects

SPACES = "\t　\xa0\u2002\u2009\u202f\u205f\u1680"
BREAKS = ("\n", "\r\n", "\r", "\u2028")


@pytest.mark.parametrize("space", SPACES)
def test_each_kind_of_space_is_a_space(space: str) -> None:
    written = f"{space}路灯{space}坏了{space}"
    assert inputs.plain(written) == comments.clean(written) == "路灯 坏了"
    assert inputs.title(written) == "路灯 坏了"
    assert inputs.paragraph(f"Fix{space}lights", "") == "Fix lights"
    assert listed_subjects.read_names(f"课程{space}一\n课程{space}二") == ["课程 一", "课程 二"]


@pytest.mark.parametrize("kind", BREAKS)
def test_lines_stay_and_a_title_has_one(kind: str) -> None:
    assert inputs.plain(f"一{kind}二") == "一\n二"
    with pytest.raises(inputs.BadSetting, match="不能有换行"):
        inputs.title(f"一{kind}二")


def test_what_cannot_be_seen_is_dropped() -> None:
    assert inputs.plain("路\x00\u200b灯") == inputs.title("路\x00\u200b灯") == "路灯"


def test_a_text_that_answers_a_question_keeps_its_spaces() -> None:
    [why] = [
        each for each in questionnaire.library()["training-needs"].questions if each.kind == "text"
    ][:1]
    assert why.answers.parse([("", "路灯　坏了\t吗")]) == "路灯 坏了 吗"


@given(st.text())
def test_nothing_that_is_seen_is_lost_and_words_stay_apart(text: str) -> None:
    """Independent of how: what is left are the same words, in the same order."""
    seen = re.compile(r"\s+")
    words = ["".join(c for c in each if c.isprintable()) for each in seen.split(text)]
    assert inputs.plain(text).split() == [each for each in words if each]
    assert all(c == "\n" or unicodedata.category(c)[0] != "C" for c in inputs.plain(text))
