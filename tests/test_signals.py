"""Signals for the eye: each at its threshold, none from what is hidden, none that counts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from surveys import archive, disclosure, signals
from surveys.models import Round
from tests import archives, factories
from tests.factories import District
from tests.test_results import Fetch


def cell(good: int, poor: int = 0, issued: int | None = None) -> dict[str, Any]:
    papers = {} if issued is None else {"issued": issued}
    tally = {key: n for key, n in (("good", good), ("poor", poor)) if n}
    return {**papers, "returned": good + poor, "tallies": {"q1": tally}}


def kinds(subjects: list[dict[str, Any]], **rules: Any) -> list[str]:
    groups = rules.pop("groups", None)
    kept = disclosure.hide(
        archive.from_document(archives.document(subjects, groups, minimum=3, **rules))
    )
    document = json.loads(archive.to_bytes(kept))
    scores = {line["subject"]: line for line in document["scores"]}
    lines = [
        signals.Line(each["id"], each["groups"], scores[each["id"]])
        for each in document["subjects"]
        if each["disclosure"] == "full"
    ]
    return [each.kind for each in signals.found(lines, document["rules"])]


def test_a_turnout_of_no_more_than_one_half_is_a_signal() -> None:
    assert kinds([{"id": "s", "groups": {"all": cell(9, issued=19)}}]) == ["turnout"]
    assert kinds([{"id": "s", "groups": {"all": cell(9, 1, issued=20)}}]) == ["turnout"]
    assert kinds([{"id": "s", "groups": {"all": cell(9, 1, issued=19)}}]) == []
    assert kinds([{"id": "s", "groups": {"all": cell(9)}}]) == []


def test_more_than_a_third_excellent_is_a_signal_and_a_third_is_none() -> None:
    bands = [{"grade": "优秀", "min": 90}, {"grade": "合格", "min": 60}]

    def graded(excellent: int, others: int) -> list[str]:
        subjects = [{"id": f"e{n}", "groups": {"all": cell(9)}} for n in range(excellent)]
        subjects += [{"id": f"o{n}", "groups": {"all": cell(8, 2)}} for n in range(others)]
        return kinds(subjects, bands=bands)

    assert graded(2, 4) == []
    assert graded(3, 5) == ["excellent"]


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
    folder = Path(signals.__file__).parent
    for name in ("scoring", "disclosure", "closing", "rounds", "archive"):
        assert "signals" not in (folder / f"{name}.py").read_text("utf-8")


def test_the_desk_shows_signals_and_the_public_page_does_not(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_, codes = factories.open_appraisal(keys, district, 20)
    for turn, code in enumerate(codes[:9]):
        pair = ("p1", "p2") if turn % 2 else ("p3", "p4")
        factories.vote(keys, code, dict.fromkeys(pair, "excellent"))
    round_ = factories.published(keys, Round.get_by_id(round_.id))
    desk = page(f"/desk/rounds/{round_.id}/results", client=signed_in)
    assert "收回的票没有超过发出的一半" in desk
    assert "建议为最高等次的超过三分之一" in desk
    for path in (f"/results/{round_.id}", "/results"):
        assert "超过三分之一" not in page(path)
