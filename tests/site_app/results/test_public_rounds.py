"""What the public learns of a round that is not for everybody: that it was held, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.plan import document, store
from site_app.results import public_rounds
from surveys import ballots
from surveys.models import Archive, Group, Round, Score, Unit
from tests import factories
from tests.factories import AFTER, DURING, END, District
from tests.helpers.answering import stored
from tests.helpers.desk import SetClock
from tests.helpers.results import Fetch, answered_survey, voted_appraisal

OWN = "甲一示范社区班子里示例某人的测评"
NEUTRAL = "领导班子民主测评"


def open_team(keys: Path, district: District, place: Unit) -> tuple[Round, list[str]]:
    """A secret appraisal of a team, for organisers alone; open, and eight codes for each class."""
    draft = factories.draft(district.root, [place], "team-appraisal", title=OWN, plan_items=[7])
    given = []
    for group in Group.select().where(Group.round == draft):
        given += ballots.issue_codes(keys, draft, place, group, 8)
    return factories.opened(keys, draft), given


@pytest.fixture
def team(keys: Path, district: District, set_clock: SetClock) -> tuple[Round, list[str]]:
    lines = "\n".join(f"{number}.示范条目{number}。示范内容。" for number in range(1, 9))
    text = f"2026年示范区组织工作要点\n\n一、示范工作\n\n{lines}\n"
    store.store(document.parse(text), None, replace=False)
    set_clock(DURING)
    return open_team(keys, district, district.first)


def voted(client: FlaskClient, team: tuple[Round, list[str]]) -> Round:
    """All but one vote, and all are content."""
    round_, codes = team
    for code in codes[1:]:
        sent = {"code": code, "q-overall": "excellent"}
        assert client.post(f"/s/{round_.id}/c1", data=sent).status_code == 200
    assert stored(round_) == len(codes) - 1
    return round_


def test_no_page_tells_the_title_of_a_secret_round_about_units_or_what_it_asks(
    client: FlaskClient, page: Fetch, keys: Path, team: tuple[Round, list[str]], set_clock: SetClock
) -> None:
    round_ = voted(client, team)
    public = ("/", "/plan/2026", "/plan/2026/7", "/results")
    for path in public:
        assert OWN not in page(path)
    assert NEUTRAL in page("/plan/2026/7")
    page(f"/results/{round_.id}", status=404)
    set_clock(AFTER)
    done = factories.published(keys, Round.get_by_id(round_.id))
    for path in (*public, f"/results/{round_.id}"):
        assert OWN not in page(path)
        assert "100.00" not in page(path)
    for path in ("archive.json", "c1/how"):
        page(f"/results/{round_.id}/{path}", status=404)
    digest = Archive.get(Archive.round == done).sha256
    for path in ("/results", f"/results/{round_.id}"):
        assert NEUTRAL in page(path)
        assert digest in page(path)
    assert "收回" in page(f"/results/{round_.id}")
    assert json.loads(Archive.get(Archive.round == done).document)["scores"][0]["rate"] == "100.00"


def test_no_poster_no_words_for_chats_and_no_address_lead_to_a_secret_round(
    signed_in: FlaskClient, client: FlaskClient, page: Fetch, team: tuple[Round, list[str]]
) -> None:
    round_, codes = team
    desk = page(f"/desk/rounds/{round_.id}", client=signed_in)
    assert "海报" not in desk
    for path in ("posters", "poster/c1"):
        page(f"/desk/rounds/{round_.id}/{path}", client=signed_in, status=404)
    for path in (f"/s/{round_.id}/c1", f"/s/{round_.id}/C1/"):
        page(path, status=404)
    question = "q-overall"
    for sent in ({}, {"code": "nothing"}, {"keep": "1"}, {"code": "nothing", "keep": "1"}):
        answer = client.post(f"/s/{round_.id}/c1", data=sent)
        assert f'name="{question}"' not in answer.get_data(as_text=True)
        assert "甲一示范社区" not in answer.get_data(as_text=True)
    # Whoever has a code is asked behind the door, and what was filled in survives a mistyped code.
    assert f'name="{question}"' in page("/v", method="POST", data={"code": codes[0]})
    mistyped = client.post(f"/s/{round_.id}/c1", data={"code": "nothing", question: "excellent"})
    assert f'name="{question}" value="excellent"' in mistyped.get_data(as_text=True)
    again = page("/v", method="POST", data={"code": codes[0], question: "excellent"})
    assert 'value="excellent" checked' in again


def test_a_code_of_another_round_is_not_taken_at_the_address_of_a_secret_one(
    client: FlaskClient, keys: Path, district: District, team: tuple[Round, list[str]]
) -> None:
    _other, (code, *_rest) = open_team(keys, district, district.second)
    sent = {"code": code, "q-overall": "excellent"}
    assert client.post(f"/s/{team[0].id}/c1", data=sent).status_code == 404
    assert stored(team[0]) == 0


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("member-appraisal", "公布后可以打印会议用表和每人一张的结果单。"),
        ("model-nomination", "公布后可以打印会议用表。"),
        ("cadre-appraisal", "公布后可以打印每人一张的结果单。"),
        ("secretary-report", "结果只给组织者看。"),
        ("department-climate", "结果只给组织者看。"),
    ],
)
def test_only_the_sheets_that_there_will_be_are_promised(
    signed_in: FlaskClient, page: Fetch, district: District, form: str, says: str
) -> None:
    place = district.branch if form.startswith(("member", "model")) else district.root
    listed = ["p1"] if form in ("cadre-appraisal", "secretary-report") else []
    round_ = factories.draft(district.root, [place], form, listed=listed)
    key = Round.update(state="closed", key_check=b"x", closed_at=AFTER)
    key.where(Round.id == round_.id).execute()
    Archive.create(round=round_, document=b"{}", sha256="0" * 64, counts=[])
    words = page(f"/desk/rounds/{round_.id}", client=signed_in)
    assert says in words
    for other in ("会议用表", "每人一张"):
        assert (other in words) == (other in says)
    for sheets, word in (("meeting", "会议用表"), ("persons", "每人一张")):
        status = signed_in.get(f"/desk/rounds/{round_.id}/{sheets}").status_code
        assert (status != 404) == (word in says)


def test_of_several_that_stand_beside_each_other_no_one_is_said_to_be_the_whole(
    page: Fetch, keys: Path, district: District
) -> None:
    courses = ["示例课程甲", "示例课程乙"]
    made = factories.draft(district.root, [district.root], "course-feedback", listed=courses)
    round_ = factories.opened(keys, made)
    for key, answer in (("no-1", "very"), ("no-2", "not")):
        options = round_.questionnaire["scales"][round_.questionnaire["questions"][0]["scale"]]
        ids = [option["id"] for option in options["options"]]
        factories.answer(keys, round_, key, {"overall": ids[0 if answer == "very" else -2]}, 6)
    published = factories.published(keys, round_)
    first, second = Score.of(published)
    assert first.score == "100.00" != second.score
    assert "100.00" not in page("/results")
    assert "100.00" in page(f"/results/{published.id}")


def test_an_item_of_the_plan_knows_its_rounds_but_no_drafts(
    site: Flask, keys: Path, district: District, set_clock: Callable[..., None]
) -> None:
    set_clock(END + timedelta(seconds=1))
    factories.draft(district.root, [district.first], plan_items=[10])
    factories.published(keys, answered_survey(keys, district, title="示范调查甲", plan_items=[10]))
    answered_survey(keys, district, title="示范调查乙", plan_items=[10, 12])
    factories.published(keys, voted_appraisal(keys, district, plan_items=[10]))
    with site.test_request_context():
        found = public_rounds.rounds_of_item(2026, 10)
        assert [(each.title, each.phase) for each in found] == [
            ("示范调查乙", "ended"),
            ("党员年度民主评议", "published"),
            ("示范调查甲", "published"),
        ]
        waiting, persons, published = found
        assert (waiting.url, waiting.score, waiting.turnout) == (None, None, None)
        assert persons.url
        assert (persons.score, persons.rate, persons.valid) == (None, None, None)
        assert published.note == "满意率 74.19%，满意度 74.19"
        assert [each.title for each in public_rounds.rounds_of_item(2026, 12)] == ["示范调查乙"]
        assert public_rounds.rounds_of_item(2025, 10) == []


def test_of_a_survey_for_organisers_alone_the_public_learns_that_it_was_held(
    keys: Path, district: District, page: Fetch, signed_in: FlaskClient
) -> None:
    round_ = answered_survey(keys, district, title="内部示范调查")
    Round.update(questionnaire={**round_.questionnaire, "audience": "O"}).execute()
    factories.published(keys, Round.get_by_id(round_.id))
    assert "内部示范调查" not in page("/results")
    held = page(f"/results/{round_.id}")
    assert Archive.get(Archive.round == round_).sha256 in held
    for kept_back in ("内部示范调查", "75.00", "甲一示范社区"):
        assert kept_back not in held
    page(f"/results/{round_.id}/archive.json", status=404)
    page("/units/c1", status=404)
    assert "75.00" in page(f"/desk/rounds/{round_.id}/results", client=signed_in)
