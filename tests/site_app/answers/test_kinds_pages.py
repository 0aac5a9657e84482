"""Each kind of question on the site: from a resident's page to the result, in secrecy."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from site_app.results import unscored
from surveys import ballots, rounds
from surveys.ballots import comments, seal
from surveys.db import database
from surveys.models import Archive, Round, TextAnswer
from surveys.models.ballots import Comment, Rating
from surveys.questionnaires import questionnaire
from tests import factories
from tests.conftest import check_house_rules
from tests.factories import AFTER, DURING, District
from tests.helpers import kinds_form
from tests.helpers.answering import text_of
from tests.helpers.kinds_form import FULL


@pytest.fixture
def survey(keys: Path, district: District, set_clock: Callable[..., None]) -> Round:
    set_clock(DURING)
    return kinds_form.open_round(keys, district)


FILLED = {
    "q-overall": "good",
    "q-square": "abstain",
    "q-marks": "7",
    "q-wishes.light": "1",
    "q-wishes.lift": "1",
    "q-needs.law": "2",
    "q-needs.health": "3",
    "q-needs.phone": "1",
    "q-needs.music": "",
    "q-name": "老槐树广场",
    "q-why": "因为那里有一棵老槐树。",
}


def token(text: str) -> str:
    return text.split('name="token" value="', 1)[1].split('"', 1)[0]


def send(client: FlaskClient, survey: Round, **more: str) -> tuple[int, str]:
    page = client.get(f"/s/{survey.id}/c1").get_data(as_text=True)
    check_house_rules(page)
    answer = client.post(f"/s/{survey.id}/c1", data={"token": token(page), **FILLED, **more})
    text = answer.get_data(as_text=True)
    check_house_rules(text)
    return answer.status_code, text


def say(keys: Path, round_: Round, key: str, answers: dict[str, Any], times: int = 1) -> None:
    about = factories.subject(round_, key)
    for _ in range(times):
        number, group = secrets.token_bytes(16), factories.group(round_)
        ballots.cast_openly(keys, round_, number, group, {about.id: answers}, {}, DURING)


def test_a_page_with_every_kind_is_answered_and_thanked_for(
    client: FlaskClient, survey: Round
) -> None:
    status, text = send(client, survey)
    assert (status, "谢谢您，已经收到了" in text) == (200, True)
    assert Rating.select().count() == 1
    assert Comment.select().count() == 2


def test_a_refusal_keeps_what_was_filled_in_of_every_kind(
    client: FlaskClient, survey: Round
) -> None:
    status, text = send(client, survey, **{"q-needs.music": "1", "q-name": "<槐>"})
    assert status == 400
    assert "第 5 题有两项都排在第 1 位" in text
    assert 'name="q-wishes.light" value="1" checked' in text
    assert 'name="q-wishes.road" value="1">' in text
    assert '<option value="2" selected>' in text
    assert 'value="&lt;槐&gt;"' in text
    assert "因为那里有一棵老槐树。</textarea>" in text
    assert Rating.select().count() == Comment.select().count() == 0


@pytest.mark.parametrize("question", ["wishes", "needs", "name"])
def test_one_question_is_cleared_without_script(
    client: FlaskClient, survey: Round, question: str
) -> None:
    _, text = send(client, survey, clear=question)
    left = {
        "wishes": 'value="1" checked' in text,
        "needs": '<option value="2" selected>' in text,
        "name": "老槐树广场" in text,
    }
    assert left == {key: key != question for key in left}


def test_nothing_sealed_tells_by_its_length_or_its_columns_what_was_answered(
    keys: Path, survey: Round
) -> None:
    for answers in (FULL, {}, {"why": "长" * 500}, {"needs": FULL["needs"]}, {"name": "短"}):
        say(keys, survey, "c1", answers)
    assert len({len(bytes(row.sealed)) for row in Rating.select()}) == 1
    assert {len(bytes(row.sealed)) for row in Comment.select()} == {
        comments.BYTES + seal.NONCE_BYTES + 16
    }
    assert Comment.select().count() == 5 * 2, "each sheet has a row for each of the two questions"
    assert TextAnswer.select().count() == 0


def test_a_text_shares_no_key_with_a_rating_and_its_question_is_sealed(
    keys: Path, survey: Round
) -> None:
    say(keys, survey, "c1", FULL)
    ratings = {bytes(row.key) for row in Rating.select()}
    texts = {bytes(row.key) for row in Comment.select()}
    assert len(ratings) == 1
    assert len(texts) == 2
    assert not ratings & texts
    raw = database.execute_sql("SELECT * FROM comment").fetchall()
    assert not any("why" in str(value) for row in raw for value in row)


def counted(keys: Path, survey: Round) -> Round:
    """Nine answers about c1; c3 has too few, and c2 is hidden so that these cannot be told."""
    say(keys, survey, "c1", FULL, 6)
    say(keys, survey, "c1", {**FULL, "wishes": ("light", "road"), "name": "青年广场"}, 2)
    say(keys, survey, "c1", {"overall": "bad"})
    say(keys, survey, "c2", {**FULL, "name": "不该留下"}, 7)
    say(keys, survey, "c3", {**FULL, "name": "不该留下"}, 3)
    return factories.closed(keys, survey)


def test_counting_keeps_tallies_by_kind_and_no_word(keys: Path, survey: Round) -> None:
    done = counted(keys, survey)
    data = bytes(Archive.get(Archive.round == done).document)
    subjects = {each["id"]: each for each in json.loads(data)["subjects"]}
    tallies = subjects["c1"]["groups"]["residents"]["tallies"]
    assert tallies["wishes"] == {"#": 8, "light": 8, "road": 2, "lift": 6}
    assert tallies["needs"] == {"law#2": 8, "health#3": 8, "phone#1": 8}
    assert tallies["square"] == {"abstain": 8}
    assert tallies["marks"] == {"7": 8}
    assert set(tallies) == {"overall", "square", "marks", "wishes", "needs"}
    assert "groups" not in subjects["c2"]
    assert "groups" not in subjects["c3"]
    assert "槐".encode() not in data


def test_texts_are_kept_by_question_for_subjects_that_are_shown(keys: Path, survey: Round) -> None:
    done = counted(keys, survey)
    rows = list(TextAnswer.select().where(TextAnswer.round == done))
    assert sorted((row.question, row.text) for row in rows if row.question == "name") == [
        ("name", "老槐树广场"),
        *[("name", "老槐树广场")] * 5,
        *[("name", "青年广场")] * 2,
    ]
    assert len(rows) == 16
    assert Comment.select().count() == Rating.select().count() == 0
    assert {row.subject_id for row in rows} == {factories.subject(done, "c1").id}


def test_the_public_sees_shares_and_mean_ranks_and_no_words(
    keys: Path, survey: Round, page: Callable[..., str]
) -> None:
    done = counted(keys, survey)
    rounds.publish(done, "六月底前装好路灯。", AFTER)
    text = page(f"/results/{done.id}")
    for shown in ("不计分的题", "路灯", "100.00%（18 人）", "88.89%（16 人）", "平均名次", "1.00"):
        assert shown in text
    for shown in ("75.00</td>", "25.00</td>", "4.00</td>"):
        assert shown in text[text.index("各单位的情况") :]
    assert "老槐树广场" not in text
    assert "青年广场" not in text


def test_organisers_see_the_words_by_question(
    keys: Path, survey: Round, page: Callable[..., str], signed_in: FlaskClient
) -> None:
    done = counted(keys, survey)
    text = page(f"/desk/rounds/{done.id}/results", client=signed_in)
    words = text[text.index("写下的回答") :]
    assert words.index("给广场起个名字") < words.index("青年广场") < words.index("为什么？")
    assert words.count("老槐树广场") == 6
    assert "不该留下" not in text
    assert "75.00</td>" in text


def test_the_protocol_and_the_table_of_scores_know_every_kind(
    keys: Path, survey: Round, signed_in: FlaskClient
) -> None:
    done = counted(keys, survey)
    for path in ("protocol", "results/scores.csv", "results/archive.json"):
        assert signed_in.get(f"/desk/rounds/{done.id}/{path}").status_code == 200


def test_the_page_of_every_kind_is_light(client: FlaskClient, survey: Round) -> None:
    assert len(client.get(f"/s/{survey.id}/c1").data) < 12_000


def test_the_table_of_texts_cannot_say_who_when_or_in_which_order(survey: Round) -> None:
    columns = {row[1] for row in database.execute_sql("PRAGMA table_info(text_answer)")}
    assert columns == {"round_id", "key", "subject_id", "question", "text"}
    (sql,) = database.execute_sql(
        "SELECT sql FROM sqlite_master WHERE name = 'text_answer'"
    ).fetchone()
    assert "WITHOUT ROWID" in sql


def test_no_copy_of_the_database_has_a_word_of_a_text_before_counting(
    keys: Path, survey: Round
) -> None:
    say(keys, survey, "c1", {"name": "极其特别的名字"})
    file = Path(database.database)
    for each in file.parent.glob(f"{file.name}*"):
        assert "极其特别".encode() not in each.read_bytes()


def test_texts_come_with_a_code_too(keys: Path, district: District) -> None:
    draft = rounds.create(kinds_form.form(), district.root, "示例调查", True)
    Round.update(chosen=[district.first.id], opens_at=factories.START, ends_at=factories.END).where(
        Round.id == draft.id
    ).execute()
    codes = factories.codes(keys, Round.get_by_id(draft.id), district.first, 6)
    round_ = factories.opened(keys, Round.get_by_id(draft.id))
    for code in codes:
        right = ballots.find(keys, code, DURING)
        ballots.cast(keys, right, {factories.subject(round_, "c1").id: FULL}, {}, DURING)
    done = factories.closed(keys, round_)
    assert TextAnswer.select().where(TextAnswer.round == done).count() == 12


def test_a_page_of_fifty_subjects_with_long_questions_stays_light(site: Flask) -> None:
    labels = {f"o{n}": f"第{n}个示例选项，文字比较长" for n in range(12)}
    extra = [
        {
            "id": f"w{n}",
            "kind": kind,
            "options": kinds_form.options(**labels),
            "text": kinds_form.both(f"示例题目{n}"),
        }
        for n, kind in enumerate(("several", "several", "ranking"))
    ]
    document = kinds_form.changed()
    document["questions"] += extra
    form = questionnaire.from_document(document)
    tallies = {each["id"]: {"#": 9} | dict.fromkeys(labels, 5) for each in extra[:2]}
    tallies["w2"] = {f"o{n}#{n + 1}": 9 for n in range(12)}
    lines = [
        SimpleNamespace(
            row=SimpleNamespace(disclosure="full", position=n),
            subject=SimpleNamespace(id=n, label=f"示例社区{n}", parent_id=n or None),
            details=SimpleNamespace(cells={"all": {"tallies": tallies}}),
        )
        for n in range(50)
    ]
    with site.test_request_context():
        template = site.jinja_env.get_template("results/unscored.html")
        page = template.make_module({"form": form, "unscored_questions": unscored})
        text = page.section(form, lines, SimpleNamespace(id=1))
    assert text.count("<tr>") > 150
    assert len(text.encode()) < 150_000


def test_beside_points_it_is_said_that_each_number_stays(
    client: FlaskClient, keys: Path, district: District, survey: Round
) -> None:
    """Single numbers are counted: whoever dictated one could look for it."""
    said = "每个分数各有几人打，照原样列出"
    assert said in text_of(client.get(f"/s/{survey.id}/c1"))
    listed = ["示例论文一", "示例论文二"]
    made = factories.draft(district.root, [district.root], "paper-panel", listed=listed)
    code = factories.codes(keys, made, district.root, 9)[0]
    factories.opened(keys, made)
    assert text_of(client.post("/v", data={"code": code})).count(said) == 1
    assert said in text_of(client.post("/v/review", data={"code": code}))
    grades = factories.open_survey(keys, district)
    assert said not in text_of(client.get(f"/s/{grades.id}/c1"))
