"""How people arrive: codes and addresses as phones and chats have them, early, late or twice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from surveys import rounds
from surveys.models import Round
from surveys.models.ballots import Rating
from tests import factories
from tests.helpers.answering import SetClock, checked, fresh_token, lines, stored, text_of, token_in

TAILS = ("/", "。", "%20", " ", "%E3%80%80", "，", "/。", "！")


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    set_clock(factories.DURING)


@pytest.fixture
def survey(keys: Path, district: factories.District) -> Round:
    return factories.open_survey(keys, district)


@pytest.mark.parametrize(
    "typed",
    [
        "C1",
        "ｃ１",
        *(f"c1{tail}" for tail in TAILS),
        "C1/",
        "c1&wechat_redirect",
        "c1&from=timeline",
    ],
)
def test_an_address_typed_by_hand_leads_to_its_page(
    client: FlaskClient, survey: Round, typed: str
) -> None:
    answer = client.get(f"/s/{survey.id}/{typed}")
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/s/{survey.id}/c1"
    in_english = client.get(f"/s/{survey.id}/{typed}?lang=en&_external=1&code=x")
    assert in_english.headers["Location"].partition("?")[0] == f"/s/{survey.id}/c1"


def test_an_address_that_could_mean_two_pages_means_none(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    twin = factories.unit("C1", "甲四示范社区", "community", district.subdistrict)
    round_ = factories.opened(keys, factories.draft(district.root, [district.first, twin]))
    for code, name in (("c1", "甲一示范社区"), ("C1", "甲四示范社区")):
        assert name in text_of(client.get(f"/s/{round_.id}/{code}"))
    assert client.get(f"/s/{round_.id}/c1。").status_code == 404


@pytest.mark.parametrize(
    "path", ["/s/{n}/s1", "/s/{n}/c1/c2", "/s/{n}/。", "/s/{n}/c", "/s/" + "9" * 5000 + "/c1"]
)
def test_an_address_that_means_no_page_is_not_found(
    client: FlaskClient, survey: Round, path: str
) -> None:
    assert client.get(path.format(n=survey.id)).status_code == 404


def test_a_poster_scanned_before_the_round_is_opened_says_that_it_has_not_begun(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    draft = factories.draft(district.root, [district.first], title="示范机密标题")
    for path in (f"/s/{draft.id}/c1", f"/s/{draft.id}/C1。"):
        answer = client.get(path)
        assert answer.status_code == 200
        text = text_of(answer)
        assert "还没有开始" in text
        for secret in ("机密", "满意", "总的来说", "甲一示范社区"):
            assert secret not in text, "a draft is nobody's business"
    for none in (f"/s/{draft.id}/c2", f"/s/{draft.id}/nowhere", f"/s/{draft.id + 1}/c1"):
        assert client.get(none).status_code == 404
    ballot = factories.draft(district.root, [district.branch], "member-appraisal")
    assert client.get(f"/s/{ballot.id}/b1").status_code == 404
    rounds.abandon(keys, draft, "发错了问卷")
    assert "已经取消" in text_of(client.get(f"/s/{draft.id}/c1"))


def test_a_page_open_while_its_round_is_given_up_says_so(
    client: FlaskClient, survey: Round, keys: Path, district: factories.District
) -> None:
    made = factories.draft(district.root, [district.first], needs_codes=True)
    code = factories.codes(keys, made, district.first, 6)[0]
    coded = factories.opened(keys, made)
    for round_, sent in ((survey, {"token": fresh_token(client, survey)}), (coded, {"code": code})):
        rounds.abandon(keys, round_, "发错了问卷")
        answer = client.post(f"/s/{round_.id}/c1", data={**sent, "q-overall": "mostly"})
        assert answer.status_code == 410
        text = text_of(answer)
        assert "这次测评已经取消" in text
        assert "已经截止" not in text
        assert checked(text, "q-overall") == "mostly"
        assert "已经取消" in text_of(client.get(f"/s/{round_.id}/c1"))


def test_a_ballot_open_while_its_round_is_given_up_says_so(
    client: FlaskClient, district: factories.District, keys: Path
) -> None:
    round_, codes = factories.open_appraisal(keys, district)
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    rounds.abandon(keys, round_, "发错了问卷")
    for path in ("/v", "/v/review", "/v/cast"):
        answer = client.post(path, data={"code": codes[0], names[0]: "basic"})
        assert answer.status_code == 410
        assert "这次测评已经取消" in text_of(answer)
        assert "已经截止" not in text_of(answer)
    for line in ("g-" + "9" * 5000 + "-overall", "g--overall", "g-x", "g-999-overall"):
        assert client.post("/v/cast", data={"code": codes[0], line: "basic"}).status_code == 400


def test_of_things_each_may_be_answered_about_once_and_a_community_once_a_round(
    client: FlaskClient, keys: Path, district: factories.District, survey: Round
) -> None:
    listed = [f"示例课程{number}" for number in range(1, 13)]
    made = factories.draft(district.root, [district.first], "course-feedback", listed=listed)
    courses = factories.opened(keys, made)
    for round_, first, others in (
        (courses, "no-1", {"no-2": 1, "no-10": 1, "no-1": 0}),
        (survey, "c1", {"c2": 0, "c1": 0}),
    ):
        page = text_of(client.get(f"/s/{round_.id}/{first}"))
        name = page.split('name="q-', 1)[1].split('"', 1)[0]
        option = page.split(f'name="q-{name}" value="', 1)[1].split('"', 1)[0]
        sent = {"token": token_in(page), f"q-{name}": option}
        assert client.post(f"/s/{round_.id}/{first}?lang=en", data=sent).status_code == 200
        for other, asks in others.items():
            text = client.get(f"/s/{round_.id}/{other}").get_data(as_text=True)
            assert ('name="token"' in text) is bool(asks), other


def test_a_page_sent_again_after_a_new_secret_key_counts_once(
    site: Flask, client: FlaskClient, survey: Round
) -> None:
    sent = {"token": fresh_token(client, survey), "q-overall": "satisfied"}
    thanks = client.post(f"/s/{survey.id}/c1", data=sent).get_data(as_text=True)
    site.secret_key = "another-only-for-tests"
    again = client.post(f"/s/{survey.id}/c1", data=sent)
    assert again.status_code == 409
    assert "已经收到了，只算一次" in text_of(again)
    assert stored(survey) == Rating.select().count() == 1
    mark = {"done": thanks.split('name="done" value="', 1)[1].split('"', 1)[0], "keep": "1"}
    assert "谢谢您" in text_of(client.post(f"/s/{survey.id}/c1", data=mark)), "no empty form"


@pytest.mark.parametrize("page", ["survey", "door", "ballot", "review", "refused"])
def test_no_link_leads_away_from_a_page_that_is_filled_in(
    client: FlaskClient, survey: Round, keys: Path, district: factories.District, page: str
) -> None:
    """A chat has one window: who follows a link and comes back finds an empty form."""
    _round, codes = factories.open_appraisal(keys, district)
    text = {
        "survey": lambda: client.get(f"/s/{survey.id}/c1"),
        "door": lambda: client.get("/v"),
        "ballot": lambda: client.post("/v", data={"code": codes[0]}),
        "review": lambda: client.post("/v/review", data={"code": codes[0]}),
        "refused": lambda: client.post(f"/s/{survey.id}/c1", data={"q-overall": "x"}),
    }[page]().get_data(as_text=True)
    for link in re.findall('<a [^>]*href="([^"]*)"', text):
        assert link.startswith(("#", "?")), link
    assert "_blank" not in text
    if page != "review":
        assert "<summary>怎么保密</summary>" in text


@pytest.mark.parametrize("path", ["/v/cast", "/v/review"])
def test_enter_in_the_address_bar_after_a_refused_sheet_leads_to_the_door(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/v")
