"""Questions that are not scored, in archives: checked, summed, hidden; they touch no score."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import archive, scoring
from surveys.__main__ import differences
from surveys.scoring import disclosure, unscored
from tests.helpers import archives
from tests.surveys.scoring.test_disclosure import singled_out

WISHES = ["a", "b", "c"]
EXTRA: list[dict[str, Any]] = [
    {
        "id": "w",
        "kind": "several",
        "options": [{"id": key} for key in WISHES],
        "least": 1,
        "most": 2,
    },
    {"id": "r", "kind": "ranking", "options": [{"id": key} for key in WISHES], "most": 2},
]


@st.composite
def with_kinds(draw: st.DrawFn, plain: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """An archive with several picks and a ranking, given by the ballots that are its own."""
    document = copy.deepcopy(draw(plain))
    document["questionnaire"]["questions"] += copy.deepcopy(EXTRA)
    cells = {each["id"]: each["groups"] for each in document["subjects"]}
    parents = {each["id"]: each.get("parent") for each in document["subjects"]}
    own = {
        key: {g: cell["returned"] for g, cell in groups.items()} for key, groups in cells.items()
    }
    for key, parent in parents.items():
        for group in cells[key] if parent else ():
            own[parent][group] -= cells[key][group]["returned"]
    for key in cells:
        for group, ballots in own[key].items():
            for _ in range(ballots):
                picks = draw(st.sampled_from([(), ("a",), ("b",), ("a", "c"), ("b", "c")]))
                order = draw(st.sampled_from([(), ("a", "b"), ("b", "c"), ("c", "b")]))
                said = [("w", each) for each in (("#", *picks) if picks else ())]
                said += [("r", f"{each}#{place}") for place, each in enumerate(order, start=1)]
                at: str | None = key
                while at is not None:
                    for question, answer in said:
                        tally = cells[at][group]["tallies"].setdefault(question, {})
                        tally[answer] = tally.get(answer, 0) + 1
                    at = parents[at]
    return document


def without(document: dict[str, Any]) -> dict[str, Any]:
    """The same archive with the scored questions alone."""
    bare = copy.deepcopy(document)
    bare["questionnaire"]["questions"] = bare["questionnaire"]["questions"][:2]
    for subject in bare["subjects"]:
        for cell in subject["groups"].values():
            for key in ("w", "r"):
                cell["tallies"].pop(key, None)
    return bare


def kept(document: dict[str, Any]) -> bytes:
    return archive.to_bytes(disclosure.hide(archive.from_document(document)))


SMALL = st.one_of(archives.flat(), archives.trees(4))


@given(document=with_kinds(st.one_of(archives.flat(least=5), archives.trees(4))))
def test_they_touch_no_score(document: dict[str, Any]) -> None:
    full, bare = archive.from_document(document), archive.from_document(without(document))
    assert scoring.score(full) == scoring.score(bare)


def test_a_ranking_of_one_place_is_answered_by_whoever_fills_it() -> None:
    subject = {"id": "s", "groups": {"all": {"returned": 9, "tallies": {"r": {"a#1": 5}}}}}
    document = archives.document([subject])
    document["questionnaire"]["questions"].append({**EXTRA[1], "most": 1})
    assert disclosure.disclosures(archive.from_document(document)) == {"s": "full"}


@pytest.mark.parametrize(
    ("tallies", "kept_as"),
    [
        ({"w": {"#": 5, "a": 5, "b": 3}}, "full"),
        # Eight picks, four people.
        ({"w": {"#": 4, "a": 4, "b": 4}}, "few"),
        ({"r": {"a#1": 4, "b#1": 1, "b#2": 3, "c#2": 2}}, "full"),
        # Eight places, four people.
        ({"r": {"a#1": 4, "b#2": 4}}, "few"),
        ({"q1": {"good": 4}, "w": {"#": 1, "a": 1}}, "few"),
    ],
)
def test_whoever_answers_one_is_somebody_who_answered(
    tallies: dict[str, dict[str, int]], kept_as: str
) -> None:
    subject = {"id": "s", "groups": {"all": {"returned": 9, "tallies": tallies}}}
    document = archives.document([subject])
    document["questionnaire"]["questions"] += copy.deepcopy(EXTRA)
    assert disclosure.disclosures(archive.from_document(document)) == {"s": kept_as}


@given(document=with_kinds(SMALL))
def test_hiding_twice_is_hiding_once_and_the_kept_file_verifies(document: dict[str, Any]) -> None:
    once = kept(document)
    again = archive.read(once)
    assert archive.to_bytes(disclosure.hide(again)) == once
    assert list(differences(again)) == []


@given(document=with_kinds(SMALL), seed=st.integers(0, 99))
def test_the_bytes_do_not_tell_in_which_order_answers_came(
    document: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    mixed = copy.deepcopy(document)
    for subject in mixed["subjects"]:
        for cell in subject["groups"].values():
            for question, tally in cell["tallies"].items():
                answers = list(tally.items())
                chance.shuffle(answers)
                cell["tallies"][question] = dict(answers)
            questions = list(cell["tallies"].items())
            chance.shuffle(questions)
            cell["tallies"] = dict(questions)
    assert kept(mixed) == kept(document)


@given(document=with_kinds(archives.trees(4)))
def test_hidden_subjects_keep_none_of_their_tallies(document: dict[str, Any]) -> None:
    assert singled_out(document) is None
    for subject in archive.read(kept(document)).subjects:
        assert (subject.disclosure == "full") or not subject.cells


@given(document=with_kinds(archives.flat()), seed=st.integers(0, 99))
def test_the_order_of_options_changes_no_share_and_no_mean_rank(
    document: dict[str, Any], seed: int
) -> None:
    mixed = list(WISHES)
    random.Random(seed).shuffle(mixed)
    for subject in document["subjects"]:
        for cell in subject["groups"].values():
            tally = cell["tallies"].get("w", {})
            own = {each.option: each.share for each in unscored.shares(WISHES, tally)}
            assert {each.option: each.share for each in unscored.shares(mixed, tally)} == own
            ranks = cell["tallies"].get("r", {})
            means = {each.option: each.mean for each in unscored.standings(WISHES, 2, ranks)}
            again = {each.option: each.mean for each in unscored.standings(mixed, 2, ranks)}
            assert again == means
            assert sum(means.values()) == (6 if means else 0)


def good() -> dict[str, Any]:
    tallies = {
        "q1": {"good": 6},
        "w": {"#": 4, "a": 3, "b": 2, "c": 1},
        "r": {"a#1": 3, "b#1": 1, "b#2": 2, "c#2": 2},
    }
    double = {key: {a: 2 * n for a, n in tally.items()} for key, tally in tallies.items()}
    document = archives.document(
        [
            {"id": "p", "groups": {"all": {"returned": 12, "tallies": double}}},
            {"id": "c", "parent": "p", "groups": {"all": {"returned": 6, "tallies": tallies}}},
        ]
    )
    document["questionnaire"]["questions"] += copy.deepcopy(EXTRA)
    return copy.deepcopy(document)


CHILD = "subjects/1/groups/all/tallies"
PARENT = "subjects/0/groups/all/tallies"
MISTAKES = [
    ("questionnaire/headline", "w", "questionnaire.headline: must be a question with a scale"),
    (
        "questionnaire/questions/2/kind",
        "guess",
        "questions[2].kind: must be one of several, ranking",
    ),
    ("questionnaire/questions/2/kind", "text", "questions[2].kind"),
    ("questionnaire/questions/2/most", 4, "questions[2].most"),
    ("questionnaire/questions/2/least", 3, "questions[2].least"),
    ("questionnaire/questions/2/least", None, "questions[2].least: is missing"),
    ("questionnaire/questions/2/scale", "s", "questions[2].scale: unknown key"),
    ("questionnaire/questions/2/weight", 1, "questions[2].weight: unknown key"),
    ("questionnaire/questions/3/least", 1, "questions[3].least: unknown key"),
    ("questionnaire/questions/3/most", "2", "questions[3].most: must be a whole number"),
    ("questionnaire/questions/3/id", "w", 'questions[3].id: id "w" stands twice'),
    ("questionnaire/questions/3/options/1/id", "a", 'options[1].id: id "a" stands twice'),
    ("questionnaire/questions/3/options/1/value", 5, "options[1].value: unknown key"),
    (f"{CHILD}/w/#", 7, "tallies.w: more answers than ballots"),
    (f"{CHILD}/w/a", 5, "tallies.w: more picks of an option than people who answered (#)"),
    (f"{CHILD}/w/c", 4, "tallies.w: the picks are not 1 to 2 a person"),
    (f"{CHILD}/w/d", 1, 'tallies.w: unknown option "d"'),
    (f"{CHILD}/r/a#1", 2, "tallies.r: the places are not filled equally often"),
    (f"{CHILD}/r", {"a#1": 4, "a#2": 4}, "tallies.r: an option was placed more often"),
    (f"{CHILD}/r/a#3", 1, 'tallies.r: unknown option "a#3"'),
    (f"{CHILD}/r/a#01", 1, 'tallies.r: unknown option "a#01"'),
    (f"{CHILD}/r/a", 1, 'tallies.r: unknown option "a"'),
    (f"{CHILD}/r/#1", 1, 'tallies.r: unknown option "#1"'),
    (f"{CHILD}/r/a#1", 2.5, "tallies.r.a#1: must be a whole number"),
    (f"{PARENT}/w/a", 2, "tallies.w.a: fewer than in the subjects below it"),
    (f"{PARENT}/w/#", 11, "beyond the subjects below it"),
]


@pytest.mark.parametrize(("path", "value", "says"), MISTAKES)
def test_a_mistake_is_named_with_its_place(path: str, value: Any, says: str) -> None:
    document = good()
    archive.from_document(document)
    at: Any = document
    *parts, last = path.split("/")
    for part in parts:
        at = at[int(part)] if isinstance(at, list) else at[part]
    at[last] = value
    with pytest.raises(archive.ArchiveError) as refused:
        archive.from_document(document)
    assert says in str(refused.value)


def test_shares_and_mean_ranks_are_those_worked_out_by_hand() -> None:
    tally = good()["subjects"][1]["groups"]["all"]["tallies"]
    assert unscored.picked_by(tally["w"]) == unscored.ranked_by(tally["r"]) == 4
    assert unscored.shares(WISHES, tally["w"]) == [
        unscored.Share("a", 3, Fraction(3, 4)),
        unscored.Share("b", 2, Fraction(1, 2)),
        unscored.Share("c", 1, Fraction(1, 4)),
    ]
    # a: three times first, once left out, so third; b: 1, 2, 2 and 3; c: 2, 2, 3 and 3.
    assert unscored.standings(WISHES, 2, tally["r"]) == [
        unscored.Standing("a", Fraction(3 + 3, 4), 3),
        unscored.Standing("b", Fraction(1 + 4 + 3, 4), 1),
        unscored.Standing("c", Fraction(4 + 6, 4), 0),
    ]


def test_where_nobody_answered_there_is_no_share_and_no_rank() -> None:
    assert unscored.shares(WISHES, {}) == unscored.standings(WISHES, 2, {}) == []


@pytest.mark.parametrize("paper", ["docs/scoring.md", "docs/scoring.zh.md"])
def test_the_worked_example_of_the_papers_gives_what_they_say(paper: str) -> None:
    text = (Path(__file__).parents[3] / paper).read_text("utf-8")
    given = next(part for part in text.split("```json\n")[1:] if '"kind"' in part)
    read = archive.read(given.partition("```")[0])
    (cell,) = read.subjects[0].cells
    picked = unscored.shares(list(read.questions["wishes"].scale.options), cell.tallies["wishes"])
    assert [each.share * 100 for each in picked] == [75, 50, 25]
    ranked = unscored.standings(
        list(read.questions["needs"].scale.options), 2, cell.tallies["needs"]
    )
    assert [(each.option, str(float(each.mean))) for each in ranked] == [
        ("law", "1.6"),
        ("phone", "2.0"),
        ("health", "2.4"),
    ]


def test_which_of_the_hidden_gave_which_answer_does_not_show() -> None:
    """A hidden child and its hidden neighbour swap two answers: the kept bytes are the same."""

    def child(name: str, people: int, **tallies: dict[str, int]) -> dict[str, Any]:
        cell = {"returned": people, "tallies": tallies}
        return {"id": name, "parent": "p", "groups": {"all": cell}}

    def town(small: dict[str, dict[str, int]], other: dict[str, dict[str, int]]) -> dict[str, Any]:
        children = [
            child("a", 10, w={"#": 10, "a": 10}, r={"a#1": 10, "b#2": 10}),
            child("b", 7, **other),
            child("c", 3, **small),
        ]
        whole: dict[str, dict[str, int]] = {}
        for each in children:
            for question, tally in each["groups"]["all"]["tallies"].items():
                sums = whole.setdefault(question, {})
                for answer, times in tally.items():
                    sums[answer] = sums.get(answer, 0) + times
        top = {"id": "p", "groups": {"all": {"returned": 20, "tallies": whole}}}
        document = archives.document([top, *children])
        document["questionnaire"]["questions"] += copy.deepcopy(EXTRA)
        return document

    one = {"w": {"#": 3, "a": 3}, "r": {"a#1": 3, "b#2": 3}}
    seven = {"w": {"#": 7, "b": 7, "c": 7}, "r": {"c#1": 7, "b#2": 7}}
    swapped_one = {"w": {"#": 3, "a": 2, "b": 1, "c": 1}, "r": {"a#1": 2, "c#1": 1, "b#2": 3}}
    swapped_seven = {
        "w": {"#": 7, "a": 1, "b": 6, "c": 6},
        "r": {"a#1": 1, "c#1": 6, "b#2": 7},
    }
    first = kept(town(one, seven))
    assert first == kept(town(swapped_one, swapped_seven))
    assert [each.disclosure for each in archive.read(first).subjects] == [
        *("full", "full", "complement", "few")
    ]


def run_shares(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-S", "-m", "surveys", "shares", *words]
    root = Path(__file__).parents[3]
    return subprocess.run(command, cwd=root, input=given, capture_output=True, check=False)


def test_the_command_prints_the_shares_of_what_is_shown_in_a_bare_python() -> None:
    printed = json.loads(run_shares("-", given=kept(good())).stdout)["shares"]
    assert [(each["subject"], each["question"], each["answered"]) for each in printed] == [
        ("p", "w", 8),
        ("p", "r", 8),
        ("c", "w", 4),
        ("c", "r", 4),
    ]
    assert printed[2]["options"][0] == {"id": "a", "share": "75.00", "picks": 3}
    assert printed[3]["options"][0] == {"id": "a", "mean_rank": "1.50", "first": 3}
    for words, data in (((), b""), (("-",), b"{}"), (("no-such-file",), b"")):
        ended = run_shares(*words, given=data)
        assert ended.returncode == 2
        assert len(ended.stderr.splitlines()) == 1
