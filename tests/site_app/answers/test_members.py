"""Members vote: what they see, and what is never lost, doubled or told."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import peewee
import pytest
from flask.testing import FlaskClient

from surveys import ballots
from surveys.counting import tally
from surveys.models import Round
from tests import factories
from tests.helpers.answering import SetClock, checked, lines, stored, text_of


@pytest.fixture(autouse=True)
def during(set_clock: SetClock) -> None:
    """The round is open while nothing else is said."""
    set_clock(factories.DURING)


@pytest.fixture
def ballot(keys: Path, district: factories.District) -> tuple[Round, list[str]]:
    return factories.open_appraisal(keys, district)


def test_a_code_opens_the_ballot_with_nothing_chosen(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    answer = client.post("/v", data={"code": f" {ballot[1][0].lower()} "})
    assert answer.status_code == 200
    text = text_of(answer)
    assert text.count('class="person"') == 8
    assert len(lines(text)) == 8 * 4
    assert not re.search("<input[^>]* checked", text)
    assert "自己那一行请空着" in text
    assert "“优秀”最多 2 人" in text


def test_a_member_reviews_and_submits_once(
    client: FlaskClient, ballot: tuple[Round, list[str]], keys: Path
) -> None:
    round_, codes = ballot
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    sent = {"code": codes[0], **dict.fromkeys(names[4:], "qualified")}
    review = text_of(client.post("/v/review", data=sent))
    assert "还没有提交" in review
    assert "示例党员1" in review
    assert "合格 <b>7</b>" in review
    assert stored(round_) == 0
    thanks = client.post("/v/cast", data=sent)
    assert thanks.status_code == 200
    assert "谢谢您，已经收到了" in text_of(thanks)
    assert not thanks.headers.getlist("Set-Cookie")
    assert stored(round_) == 8
    [papers] = tally.unsealed(keys, round_)
    assert sorted(packed for _cell, packed in papers) == [bytes(4), *[bytes([2, 2, 2, 2])] * 7]


def test_changing_goes_back_with_everything_kept(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    text = text_of(client.post("/v", data={"code": code, names[3]: "basic"}))
    assert checked(text, names[3]) == "basic"
    cleared = {"code": code, names[3]: "basic", names[7]: "basic", "clear": names[3].split("-")[1]}
    text = text_of(client.post("/v", data=cleared))
    assert checked(text, names[3]) is None
    assert checked(text, names[7]) == "basic"


def test_more_of_a_capped_grade_than_the_quota_is_refused_with_the_sheet_kept(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    overall = [name for name in names if name.endswith("-overall")]
    sent = {"code": code, **dict.fromkeys(overall[:3], "excellent")}
    for path in ("/v/review", "/v/cast"):
        answer = client.post(path, data=sent)
        assert answer.status_code == 400
        text = text_of(answer)
        assert "“优秀”最多 2 人，您选了 3 人" in text
        assert [checked(text, name) for name in overall[:4]] == ["excellent"] * 3 + [None]
    assert stored(ballot[0]) == 0


def test_the_quota_speaks_of_the_grade_in_the_readers_words(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    overall = [name for name in names if name.endswith("-overall")]
    sent = {"code": code, **dict.fromkeys(overall[:3], "excellent")}
    text = text_of(client.post("/v/review?lang=en", data=sent))
    summary = text.split('id="refused"', 1)[1].split("</li>", 1)[0]
    assert "Excellent" in summary
    assert "优秀" not in summary


def test_a_blank_sheet_is_named_so_before_it_is_submitted(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    sent = {"code": ballot[1][0]}
    assert "是一张空白票" in text_of(client.post("/v/review", data=sent))
    assert client.post("/v/cast", data=sent).status_code == 200
    assert stored(ballot[0]) == 8


def test_a_second_send_of_a_ballot_says_the_truth(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    sent = {"code": code, names[0]: "basic"}
    client.post("/v/cast", data=sent)
    again = client.post("/v/cast", data={**sent, names[0]: "excellent"})
    assert again.status_code == 409
    assert "这个测评码用过一次，那一次算数" in text_of(again)
    assert stored(ballot[0]) == 8
    reopened = client.post("/v", data={"code": code})
    assert reopened.status_code == 409
    assert "那一份已经收到" in text_of(reopened)


def test_each_code_that_opens_nothing_has_its_own_sentence(
    client: FlaskClient,
    ballot: tuple[Round, list[str]],
    district: factories.District,
    set_clock: SetClock,
) -> None:
    round_, codes = ballot
    unknown = "2222-2222-222E"

    def said(code: str, status: int) -> str:
        answer = client.post("/v", data={"code": code})
        assert answer.status_code == status, code
        return text_of(answer)

    assert "请输入测评码" in said("", 400)
    assert "您输入了 3 个" in said("abc", 400)
    assert "没有“0”这个字符" in said("0222-2222-2222", 400)
    assert "有一处输错了" in said(unknown, 400)
    set_clock(factories.START - timedelta(hours=1))
    assert "还没有开始" in said(codes[0], 410)
    set_clock(factories.AFTER)
    assert "已经截止" in said(codes[0], 410)
    ballots.void_codes(round_, district.branch, factories.group(round_))
    assert "已经作废" in said(codes[0], 400)


def test_after_counting_a_code_is_none_of_an_open_round(
    client: FlaskClient, ballot: tuple[Round, list[str]], keys: Path
) -> None:
    factories.closed(keys, ballot[0])
    answer = client.post("/v", data={"code": ballot[1][0]})
    assert "这个测评码现在不能用" in text_of(answer)


def test_a_code_voided_meanwhile_hands_its_lines_to_the_new_code(
    client: FlaskClient,
    ballot: tuple[Round, list[str]],
    keys: Path,
    district: factories.District,
) -> None:
    round_, codes = ballot
    names = lines(text_of(client.post("/v", data={"code": codes[0]})))
    ballots.void_codes(round_, district.branch, factories.group(round_))
    refused = client.post("/v/cast", data={"code": codes[0], names[0]: "basic"})
    text = text_of(refused)
    assert "已经作废" in text
    assert f'name="{names[0]}" value="basic"' in text
    [new] = factories.codes(keys, round_, district.branch, 1)
    text = text_of(client.post("/v", data={"code": new, names[0]: "basic"}))
    assert checked(text, names[0]) == "basic"


def test_a_late_ballot_is_refused_with_its_lines_on_the_page(
    client: FlaskClient, ballot: tuple[Round, list[str]], set_clock: SetClock
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    set_clock(factories.END)
    for path in ("/v", "/v/review", "/v/cast"):
        answer = client.post(path, data={"code": code, names[0]: "basic"})
        assert answer.status_code == 410
        text = text_of(answer)
        assert "现在交的不能计入" in text
        assert checked(text, names[0]) == "basic"
    assert stored(ballot[0]) == 0


def test_a_busy_database_keeps_the_ballot(
    client: FlaskClient, ballot: tuple[Round, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_given: object) -> None:
        raise peewee.OperationalError("database is locked")

    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    monkeypatch.setattr(ballots, "cast", busy)
    answer = client.post("/v/cast", data={"code": code, names[0]: "basic"})
    assert answer.status_code == 503
    assert checked(text_of(answer), names[0]) == "basic"


@pytest.mark.parametrize(
    ("name", "value"), [("g-99999-overall", "basic"), ("g-1-salary", "basic"), ("q-overall", "x")]
)
def test_a_line_that_is_not_on_the_ballot_is_refused(
    client: FlaskClient, ballot: tuple[Round, list[str]], name: str, value: str
) -> None:
    answer = client.post("/v/cast", data={"code": ballot[1][0], name: value})
    assert answer.status_code == 400
    assert stored(ballot[0]) == 0


def test_an_option_that_is_none_names_the_person_and_links_to_the_line(
    client: FlaskClient, ballot: tuple[Round, list[str]]
) -> None:
    code = ballot[1][0]
    names = lines(text_of(client.post("/v", data={"code": code})))
    text = text_of(client.post("/v/review", data={"code": code, names[1]: "superb"}))
    assert f'href="#{names[1]}">示例党员1 的第 2 项不能这样填' in text
    assert f'id="{names[1]}"' in text


def test_namesakes_are_told_apart(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    factories.person("p80", "示例党员8", district.branch)
    _round, codes = factories.open_appraisal(keys, district)
    text = text_of(client.post("/v", data={"code": codes[0]}))
    assert "示例党员8（p8）" in text
    assert "示例党员8（p80）" in text
    assert "示例党员7（" not in text


def test_namesakes_of_two_branches_on_one_sheet_are_told_apart_by_branch(
    client: FlaskClient, keys: Path, district: factories.District
) -> None:
    second = factories.unit("b2", "甲二示范社区第一支部", "branch", district.second)
    factories.person("n2", "示例党员1", second)
    made = factories.draft(
        district.root, [district.first], "cadre-appraisal", listed=["p1", "n2", "p2"]
    )
    code = factories.codes(keys, made, district.first, 5)[0]
    factories.opened(keys, made)
    text = text_of(client.post("/v", data={"code": code}))
    for name in (district.branch.name, second.name):
        assert f"示例党员1（{name}）" in text
    assert "示例党员2（" not in text, "and nothing where a name stands once"
    review = text_of(client.post("/v/review", data={"code": code}))
    assert "您一项也没有填" in review


def test_a_code_stands_in_no_address_and_no_log(
    client: FlaskClient, ballot: tuple[Round, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    code = ballot[1][0]
    with caplog.at_level(logging.DEBUG):
        text = text_of(client.post("/v", data={"code": code}))
        client.post("/v/cast", data={"code": code, lines(text)[0]: "basic"})
        client.post("/v/cast", data={"code": code, lines(text)[0]: "basic"})
    assert code not in caplog.text
    assert 'method="get"' not in text
    assert not re.search(f'(href|action)="[^"]*{code}', text)
