"""Every questionnaire of the library, over HTTP: from draft to a published result that verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from site_app.accounts import sign_in
from site_app.plan import calls as plan_calls
from surveys import archive
from surveys.__main__ import main
from surveys.models import Archive, Group, Person, Round, Score, Subject, Unit
from surveys.questionnaires import Questionnaire, files, questionnaire
from tests import factories
from tests.factories import AFTER, DURING, START, District
from tests.helpers.desk import SetClock, reloaded, text
from tests.helpers.live import Form, Page

LIBRARY = files.shelf().forms
VOTERS = 8
"""Enough that five have answered each line, though one in four or so leaves it blank."""
NAMES = ["示例甲", "示例乙", "示例丙", "示例丁"]


pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def begin(set_clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(START)
    monkeypatch.setattr(sign_in, "SIGNED_IN", timedelta(days=30))


def form_of(page: Page, to: str = "") -> Form:
    """The form of a page that is sent to such an address: the one with the most to say."""
    found = [each for each in page.forms if each.method == "post"]
    found = [each for each in found if to in (each.action or page.url).partition("?")[0]]
    found = [each for each in found if "sign-out" not in each.action]
    assert found, f"{page.url} ({page.status}) has no form: {page.text[:300]}"
    return max(found, key=lambda form: len(form.choices) * 100 + len(form.fields))


class Browser:
    """Fills in forms as they stand on the pages, and insists on good pages."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> Page:
        answer = self.client.get(path)
        text(answer)
        return Page(path, answer.status_code, [], answer.data)

    def send(self, page: Page, to: str = "", **filled: Any) -> Page:
        form = form_of(page, to)
        path = form.action or page.url
        answer = self.client.post(path, data={**form.fields, **filled})
        if answer.status_code == 303:
            return self.get(answer.headers["Location"])
        text(answer)
        return Page(path, answer.status_code, [], answer.data)


def answers_on(form: Form, voter: int) -> dict[str, str]:
    """Something for each question that a form asks, not the same from every voter.

    A quarter of the radio groups and boxes are answered otherwise; what is capped is given once.
    """
    filled: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for number, (name, values) in enumerate(form.choices.items()):
        question, _, part = name.partition(".")
        if part and "" in values:  # a place in a ranking: the first ones are given in turn
            ranks[question] = ranks.get(question, 0) + 1
            filled[name] = str(ranks[question]) if str(ranks[question]) in values else ""
        elif part:
            ticked = sum(each.startswith(f"{question}.") for each in filled)
            if ticked < 2:
                filled[name] = values[0]
        elif name.startswith("g-") and values[:2] == ["yes", "no"] and "abstain" not in values:
            if number == voter % len(form.choices):
                filled[name] = "yes"
        else:
            filled[name] = values[(number + voter) % len(values)]
    for name in form.texts:
        if name.startswith("g-"):
            filled[name] = str(70 + 3 * voter)
        elif name.startswith("q-"):
            filled[name] = "示例意见"
    return {name: value for name, value in filled.items() if value}


def place_for(form: Questionnaire, district: District) -> Unit:
    """A unit of the first kind that a questionnaire is for."""
    if form.kinds[0] == "branch":
        return district.branch
    found = Unit.get_or_none(Unit.kind == form.kinds[0])
    return found or factories.unit("x1", "示范单位", form.kinds[0], district.root)


def prepared(desk: Browser, form: Questionnaire, place: Unit) -> Round:
    """A draft from the questionnaire, its settings filled in."""
    made = desk.send(
        desk.get("/desk/rounds/new"), "/desk/rounds/new", questionnaire=form.id, title="示范"
    )
    assert made.status == 200
    round_ = Round.select().order_by(Round.id.desc()).get()
    settings = desk.get(f"/desk/rounds/{round_.id}/edit")
    names = ["p1", *NAMES] if form.about == "persons" else NAMES
    if form.about == "units":
        names = ["c1", "甲二示范社区"]
    names = names[: form.most_listed]
    filled = {
        "chosen": str(place.id),
        "opens_at": "2026-03-02T09:00",
        "ends_at": "2026-03-09T09:00",
        **({"listed": "\r\n".join(names)} if form.listed else {}),
    }
    shown = desk.send(settings, **filled)
    assert "已保存" in shown.text, shown.text
    return reloaded(round_)


def slips(desk: Browser, round_: Round) -> list[str]:
    """A code for each voter of each group, as the printed page shows them."""
    page = desk.get(f"/desk/rounds/{round_.id}/codes")
    names = re.findall(r'name="(n-\d+-\d+)"', page.body.decode())
    wanted = {name: str(VOTERS) for name in names}
    assert len(wanted) == Group.select().where(Group.round == round_).count()
    made = desk.send(page, "codes", **wanted).body.decode()
    return re.findall(r"<code>([^<]+)</code>", made)


def answer_openly(people: Browser, round_: Round) -> None:
    """As many of each group on each page that has a poster."""
    groups = [group.key for group in Group.select().where(Group.round == round_)]
    for subject in Subject.select().where(Subject.round == round_, Subject.rated):
        for voter in range(VOTERS * len(groups)):
            page = people.get(f"/s/{round_.id}/{subject.key}?again=1")
            filled = answers_on(form_of(page), voter)
            if len(groups) > 1:
                filled["group"] = groups[voter // VOTERS]
            assert "谢谢" in people.send(page, f"/s/{round_.id}", **filled).text


def answer_by_code(people: Browser, codes: list[str]) -> None:
    """Each code opens a sheet or a page; it is filled in and submitted."""
    for voter, code in enumerate(codes):
        asked = people.send(people.get("/v"), "/v", code=code)
        if any(form.action == "/v/review" for form in asked.forms):
            filled = answers_on(form_of(asked, "/v/review"), voter)
            review = people.send(asked, "/v/review", **filled)
            done = people.send(review, "/v/cast")
        else:
            done = people.send(asked, "/s/", **answers_on(form_of(asked, "/s/"), voter))
        assert "谢谢" in done.text or "已提交" in done.text, done.text


@pytest.fixture
def desk(signed_in: FlaskClient) -> Browser:
    return Browser(signed_in)


@pytest.fixture
def people(client: FlaskClient) -> Browser:
    return Browser(client)


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_from_draft_to_a_published_result_that_verifies(
    name: str,
    desk: Browser,
    people: Browser,
    district: District,
    set_clock: SetClock,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    form = LIBRARY[name]
    assert form.title["zh"] in desk.get(f"/desk/questionnaires/{name}").text
    round_ = prepared(desk, form, place_for(form, district))
    here = f"/desk/rounds/{round_.id}"
    codes = slips(desk, round_) if round_.needs_codes else []
    opened = desk.send(desk.get(here), "/open")
    assert "测评已开始" in opened.text, opened.text

    set_clock(DURING)
    if codes:
        answer_by_code(people, codes)
    else:
        answer_openly(people, reloaded(round_))
    set_clock(AFTER)
    assert "计票完成" in desk.send(desk.get(f"{here}/count"), "/count").text
    assert "结果已公布" in desk.send(desk.get(here), "/publish", pledge="六月底前整改。").text

    kept = desk.client.get(f"{here}/results/archive.json").data
    file = tmp_path / "kept.json"
    file.write_bytes(kept)
    assert main(["verify", str(file)]) == 0
    assert capsysbinary.readouterr().out == b""
    assert archive.digest(kept) == Archive.get(Archive.round == round_).sha256
    lines = list(Score.select().where(Score.round == round_, Score.disclosure == "full"))
    assert lines
    assert all(line.score is not None and line.rate is not None for line in lines)
    if form.rules.get("bands"):
        assert any(line.grade for line in lines)
    shown = people.client.get(f"/results/{round_.id}")
    assert shown.status_code == 200, "what is not for everybody was held, and has a digest"
    told = shown.get_data(as_text=True)
    assert archive.digest(kept) in told
    for label in () if "P" in form.audience else NAMES:
        assert label not in told
    assert desk.get(f"{here}/results").status == 200


def test_every_survey_and_ballot_of_the_plan_has_its_questionnaire() -> None:
    served: dict[str, set[int]] = {}
    for number, calls in plan_calls.load().items():
        for call in calls:
            if call.form in ("SUR", "BAL"):
                assert call.questionnaire in LIBRARY, f"item {number}: {call.text['zh']}"
            if call.questionnaire:
                served.setdefault(call.questionnaire, set()).add(number)
    assert set(served) == set(LIBRARY)
    for name, numbers in served.items():
        assert numbers <= set(LIBRARY[name].plan_items), name


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_a_questionnaire_says_what_it_must(name: str) -> None:
    form = LIBRARY[name]
    assert form.plan_items
    assert form.rules["minimum"] >= 5
    assert form.rules["sampling"] in ("open", "all", "drawn")
    assert form.about != "persons" or "P" not in form.audience
    assert form.id == name
    chinese = re.compile(r"[\u3400-\u9fff]")
    for texts in texts_of(form.document):
        assert not chinese.search(texts["en"])
        assert chinese.search(texts["zh"])


def texts_of(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield value
        else:
            for each in value.values():
                yield from texts_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_of(each)


def test_who_is_listed_by_code_is_the_person_of_the_roster(
    desk: Browser, district: District, keys: Path
) -> None:
    form = LIBRARY["recommendation"]
    round_ = prepared(desk, form, place_for(form, district))
    slips(desk, round_)
    desk.send(desk.get(f"/desk/rounds/{round_.id}"), "/open")
    made = list(Subject.select().where(Subject.round == round_).order_by(Subject.position))
    assert made[0].person == Person.get(Person.code == "p1")
    assert [each.key for each in made] == ["p1", "no-2", "no-3", "no-4", "no-5"]
    assert [each.label for each in made] == ["示例党员1", *NAMES]


def test_who_is_not_picked_counts_as_not_recommended(
    desk: Browser, people: Browser, district: District, set_clock: SetClock
) -> None:
    form = LIBRARY["recommendation"]
    round_ = prepared(desk, form, place_for(form, district))
    codes = slips(desk, round_)
    desk.send(desk.get(f"/desk/rounds/{round_.id}"), "/open")
    set_clock(DURING)
    picked = Subject.get(Subject.round == round_, Subject.key == "p1")
    for n, code in enumerate(codes):
        asked = people.send(people.get("/v"), "/v", code=code)
        filled = {f"g-{picked.id}-overall": "yes"} if n < VOTERS // 2 else {}
        review = people.send(asked, "/v/review", **filled)
        assert f"空着，算作“不推荐” {4 if filled else 5}" in review.text
        assert "空白票" not in review.text
        people.send(review, "/v/cast")
    set_clock(AFTER)
    desk.send(desk.get(f"/desk/rounds/{round_.id}/count"), "/count")
    rates = [row.rate for row in Score.of(reloaded(round_))]
    assert rates == ["50.00", "0.00", "0.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"listed": "甲\n甲"}, "两行"),
        ({"listed": "长" * 101}, "最多 100 字"),
        ({"listed": "\n".join(map(str, range(401)))}, "最多 400 行"),
        ({"taking_part": "codes-all"}, "不用测评码"),
    ],
)
def test_a_list_that_cannot_be_is_refused_where_it_stands(
    changes: dict[str, str], says: str, desk: Browser, district: District
) -> None:
    round_ = prepared(desk, LIBRARY["course-feedback"], district.root)
    page = desk.get(f"/desk/rounds/{round_.id}/edit")
    form = form_of(page)
    answer = desk.client.post(page.url, data={**form.fields, **changes})
    assert says in text(answer, 422)


def test_a_list_of_several_places_is_a_sheet_for_each(
    desk: Browser, people: Browser, district: District, set_clock: SetClock
) -> None:
    round_ = prepared(desk, LIBRARY["commitment-review"], district.first)
    both = [str(district.first.id), str(district.second.id)]
    page, here = f"/desk/rounds/{round_.id}/edit", f"/desk/rounds/{round_.id}"
    desk.send(desk.get(page), chosen=both)
    assert "“示例甲”上面还没有单位" in desk.get(here).text
    desk.send(desk.get(page), chosen=both, listed="c1：\n修路灯\n种树")
    assert "甲二示范社区 的名单还空着" in desk.get(here).text
    desk.send(desk.get(page), chosen=both, listed="c1：\n修路灯\n种树\n甲二示范社区:\n修路灯")
    codes = re.findall(r'name="(n-\d+-\d+)"', desk.get(f"{here}/codes").body.decode())
    made = desk.send(desk.get(f"{here}/codes"), "codes", **dict.fromkeys(codes, "6"))
    desk.send(desk.get(here), "/open")
    set_clock(DURING)
    answer_by_code(people, re.findall(r"<code>([^<]+)</code>", made.body.decode()))
    set_clock(AFTER)
    desk.send(desk.get(f"{here}/count"), "/count")
    lines = Score.of(reloaded(round_))
    assert [each.subject.label for each in lines] == [
        "甲一示范社区：修路灯",
        "甲一示范社区：种树",
        "甲二示范社区：修路灯",
    ]
    assert [each.disclosure for each in lines] == ["full"] * 3


def test_an_empty_list_keeps_a_round_from_opening(desk: Browser, district: District) -> None:
    round_ = prepared(desk, LIBRARY["course-feedback"], district.root)
    desk.send(desk.get(f"/desk/rounds/{round_.id}/edit"), listed=" \n ")
    assert "名单还空着" in desk.get(f"/desk/rounds/{round_.id}").text


def test_a_round_keeps_its_questionnaire_when_the_file_changes(
    desk: Browser, district: District, tmp_path: Path
) -> None:
    folder = tmp_path / "questionnaires"
    folder.mkdir()
    source = (questionnaire.LIBRARY / "gain-and-trust.toml").read_text("utf-8")
    mine = folder / "mine.toml"
    mine.write_text(source.replace('"gain-and-trust"', '"mine"'), "utf-8")
    round_ = prepared(desk, files.read(mine), district.first)
    before = questionnaire.of(round_)
    mine.write_text(
        source.replace('"gain-and-trust"', '"mine"')
        .replace("version = 2", "version = 3")
        .replace("信得过", "相信"),
        "utf-8",
    )
    assert "相信" in desk.get("/desk/questionnaires/mine").text
    assert questionnaire.of(reloaded(round_)) == before
    mine.unlink()
    assert desk.client.get("/desk/questionnaires/mine").status_code == 404
    desk.send(desk.get(f"/desk/rounds/{round_.id}"), "/open")
    assert questionnaire.of(reloaded(round_)).version == 2
