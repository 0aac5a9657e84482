"""Signals for the eye: each at its threshold, none from what is hidden, none that counts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from surveys import archive
from surveys.archive import round_file
from surveys.counting import count, tally
from surveys.models import Round
from surveys.rounds import lifecycle
from surveys.scoring import disclosure, round_scores, signals
from tests import factories
from tests.factories import District
from tests.helpers import archives
from tests.helpers.desk import post
from tests.helpers.results import Fetch


def cell(good: int, poor: int = 0, issued: int | None = None) -> dict[str, Any]:
    papers = {} if issued is None else {"issued": issued}
    tally = {key: n for key, n in (("good", good), ("poor", poor)) if n}
    return {**papers, "returned": good + poor, "tallies": {"q1": tally}}


def kinds(subjects: list[dict[str, Any]], **rules: Any) -> list[str]:
    groups, decided = rules.pop("groups", None), rules.pop("decided", {})
    kept = disclosure.hide(
        archive.from_document(archives.document(subjects, groups, minimum=3, **rules))
    )
    document = json.loads(archive.to_bytes(kept))
    scores = {line["subject"]: line for line in document["scores"]}
    lines = [
        signals.Line(
            each["id"],
            each.get("groups", {}),
            scores.get(each["id"], {}),
            decided=decided.get(each["id"], ""),
        )
        for each in document["subjects"]
    ]
    return [each.kind for each in signals.found(lines, document["rules"])]


def test_a_turnout_of_no_more_than_one_half_is_a_signal() -> None:
    assert kinds([{"id": "s", "groups": {"all": cell(9, issued=19)}}]) == ["turnout"]
    assert kinds([{"id": "s", "groups": {"all": cell(9, 1, issued=20)}}]) == ["turnout"]
    assert kinds([{"id": "s", "groups": {"all": cell(9, 1, issued=19)}}]) == []
    assert kinds([{"id": "s", "groups": {"all": cell(9)}}]) == []


def test_more_than_a_third_decided_excellent_is_a_signal_and_a_third_is_none() -> None:
    """Of all that are there, hidden ones too; what the votes suggest is no signal."""
    bands = [{"grade": "优秀", "min": 90}, {"grade": "合格", "min": 60}]

    def graded(excellent: int, others: int, answers: int = 9) -> list[str]:
        every = [f"e{n}" for n in range(excellent)] + [f"o{n}" for n in range(others)]
        subjects = [{"id": each, "groups": {"all": cell(answers)}} for each in every]
        decided = {each: "优秀" if each.startswith("e") else "合格" for each in every}
        return kinds(subjects, bands=bands, decided=decided)

    assert graded(2, 4) == []
    assert graded(3, 5) == ["excellent"]
    assert graded(3, 6) == []
    assert graded(3, 5, answers=2) == ["excellent"], "all are hidden, and were decided all the same"
    assert graded(0, 6) == [], "six are suggested excellent, none is decided so"


def test_a_group_empty_or_joined_is_a_signal() -> None:
    groups = [{"id": "A"}, {"id": "B"}]
    assert kinds([{"id": "s", "groups": {"A": cell(9)}}], groups=groups) == ["empty"]
    joined = [{"id": "s", "groups": {"A": cell(9), "B": cell(2)}}]
    assert kinds(joined, groups=groups) == ["joined"]


def test_almost_all_back_and_all_content_everywhere_is_too_good_to_be_true() -> None:
    subjects = [{"id": f"s{n}", "groups": {"all": cell(19, issued=20)}} for n in range(3)]
    assert kinds(subjects) == ["too-good"]
    assert kinds(subjects[:2]) == []
    for change in (cell(18, issued=20), cell(18, 1, issued=20), cell(19)):
        other = copy.deepcopy(subjects)
        other[1]["groups"]["all"] = change
        assert kinds(other) == []


def test_of_what_is_hidden_nothing_is_signalled() -> None:
    assert kinds([{"id": "s", "groups": {"all": cell(2, issued=20)}}]) == []


def test_nothing_that_counts_knows_of_signals() -> None:
    for module in (round_scores, disclosure, count, tally, lifecycle, round_file):
        assert "signals" not in Path(module.__file__).read_text("utf-8")


def test_the_desk_shows_signals_and_the_public_page_does_not(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_, codes = factories.open_appraisal(keys, district, 21)
    for turn, code in enumerate(codes[:10]):
        pair = ("p1", "p2") if turn % 2 else ("p3", "p4")
        factories.vote(keys, code, dict.fromkeys(pair, "excellent"))
    round_ = factories.published(keys, Round.get_by_id(round_.id))
    desk = page(f"/desk/rounds/{round_.id}/results", client=signed_in)
    assert "收回的票没有超过发出的一半" in desk
    assert "评定为最高等次" not in desk, "four are suggested excellent, none is decided so"
    meeting = f"/desk/rounds/{round_.id}/meeting"
    assert "建议优秀 4 人，上限 2 人：请会议研究确定。" in page(meeting, client=signed_in)
    here = f"/desk/rounds/{round_.id}/results"
    for n, name in enumerate(("p1", "p2", "p3"), 1):
        grade = {f"grade-{factories.subject(round_, name).id}": "优秀"}
        assert post(signed_in, f"{here}/{name}/grade", grade, form=here).status_code == 303
        told = "评定为最高等次的有 3 个，上限是 2 个：甲一示范社区第一支部"
        desk = page(here, client=signed_in)
        assert (told in desk) == (n == 3), "said where it was decided"
    assert "上限是 2 个： <span" in page(here, client=signed_in), "and among the signals"
    for path in (f"/results/{round_.id}", "/results"):
        assert "最高等次" not in page(path)
