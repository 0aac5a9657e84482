"""The rules of a round: read with their reasons, changed while it is a draft, then locked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from site_app.rounds import rules
from surveys import archive, rounds
from surveys.models import Round
from surveys.questionnaires import questionnaire
from tests import factories
from tests.factories import DURING, District
from tests.helpers.desk import post, reloaded, text

BAD = [
    ("value-grades-basic", "101", "须为 0 到 100 的数"),
    ("value-grades-basic", "-1", "须为 0 到 100 的数"),
    ("value-grades-basic", "NaN", "须为 0 到 100 的数"),
    ("value-grades-unqualified", "", "提示只能用有分值的选项"),
    ("band-1-min", "90", "两个等次的最低分一样"),
    ("band-1-grade", "很好", "有两个等次名称相同"),
    ("band-1-grade", "", "请给每一档写上名称"),
    ("flag-0-share", "4/3", "请写成 1/3 这样的分数"),
    ("flag-0-share", "1/0", "请写成 1/3 这样的分数"),
    ("flag-0-share", "0.3", "请写成 1/3 这样的分数"),
    ("flag-0-side", "beside", "请选“超过”或“不到”"),
    ("flag-0-of", "everybody", "请选占有效回答还是占应到"),
    ("flag-0-options", "nothing", "提示只能用有分值的选项"),
    ("quota-0-amount", "3/2", "请写成 1/3 这样的分数"),
    ("quota-0-what", "", "请选一个选项"),
    ("quota-0-what", "overall/nothing", "不能使用"),
    ("rank_by", "luck", "请选择按什么排名"),
    ("empty_group", "", "请选择有的票类没有有效回答时怎么办"),
]


def form_of(round_: Round, **changes: str) -> MultiDict[str, str]:
    """The form as the browser sends it, with some fields changed."""
    form = rules.stored(round_)
    for name, value in changes.items():
        form[name] = value
    return form


def sent(browser: FlaskClient, round_: Round, **changes: str) -> Any:
    path = f"/desk/rounds/{round_.id}/rules"
    return post(browser, path, form_of(round_, **changes).to_dict(flat=False))


@pytest.fixture
def draft(district: District, set_clock: Callable[..., None]) -> Round:
    set_clock(DURING)
    return factories.draft(district.root, [district.branch], "member-appraisal")


def test_saving_what_stands_there_changes_nothing_but_the_revision(
    draft: Round, signed_in: FlaskClient
) -> None:
    assert sent(signed_in, draft).status_code == 303
    saved = reloaded(draft)
    before, after = questionnaire.of(draft), questionnaire.of(saved)
    assert after.for_archive() == before.for_archive()
    assert after.quotas == before.quotas
    assert saved.rules == {**draft.rules, "empty_group": "renormalise"}
    assert saved.revision == draft.revision + 1


def test_each_rule_can_be_changed_in_a_draft(draft: Round, signed_in: FlaskClient) -> None:
    answer = sent(
        signed_in,
        draft,
        **{
            "value-grades-qualified": "８5.5",
            "band-0-min": "92",
            "band-4-grade": "再议",
            "band-4-min": "30",
            "flag-0-share": "2/8",
            "flag-2-options": "basic",
            "flag-2-share": "1/2",
            "flag-2-side": "over",
            "quota-0-amount": "2",
            "trim_over": "10",
            "trim_each": "1",
            "empty_group": "withhold",
            "rank_by": "score",
            "rank_from": "30",
        },
    )
    assert answer.status_code == 303
    saved = reloaded(draft)
    form = questionnaire.of(saved)
    assert next(o.value for o in form.questions[0].options if o.id == "qualified") == "85.5"
    assert form.quotas[0].most(30) == 2
    assert saved.rules["bands"][0] == {"grade": "优秀", "min": 92}
    assert {"grade": "再议", "min": 30} in saved.rules["bands"]
    assert saved.rules["flags"][0]["over"] == "1/4"
    assert saved.rules["flags"][2]["options"] == ["basic"]
    assert saved.rules["trim"] == {"over": 10, "each_end": 1}
    assert saved.rules["rank"] == {"by": "score", "from": 30}
    assert saved.rules["empty_group"] == "withhold"
    page = text(signed_in.get(f"/desk/rounds/{draft.id}/rules"))
    assert 'value="85.5"' in page
    assert "organiser" in page


@pytest.mark.parametrize(("name", "value", "says"), BAD)
def test_a_bad_rule_gets_one_sentence_keeps_what_was_typed_and_changes_nothing(
    draft: Round, signed_in: FlaskClient, name: str, value: str, says: str
) -> None:
    before = reloaded(draft).__data__
    answer = sent(signed_in, draft, **{"band-0-grade": "很好", name: value})
    page = text(answer, 422)
    assert says in page
    assert 'value="很好"' in page or name == "band-1-grade"
    assert reloaded(draft).__data__ == before


def test_a_flag_may_be_of_the_codes_issued(draft: Round, signed_in: FlaskClient) -> None:
    assert sent(signed_in, draft, **{"flag-0-of": "issued"}).status_code == 303
    first, *others = reloaded(draft).rules["flags"]
    assert first == draft.rules["flags"][0] | {"of": "issued"}
    assert others == draft.rules["flags"][1:]
    page = text(signed_in.get(f"/desk/rounds/{draft.id}/rules"))
    assert '<option value="issued" selected>应到（发出的测评码）</option>' in page
    assert sent(signed_in, reloaded(draft)).status_code == 303
    assert reloaded(draft).rules["flags"] == [first, *others]
    (said,) = (each.now for each in words(signed_in, draft) if each.key == "flags")
    assert said.startswith("不合格 超过应到（发出的测评码）的 1/3；")
    assert sent(signed_in, reloaded(draft), **{"flag-0-of": "valid"}).status_code == 303
    assert reloaded(draft).rules["flags"] == draft.rules["flags"]


def words(browser: FlaskClient, round_: Round) -> list[rules.Shown]:
    """A round's rules as its page says them."""
    with browser.application.test_request_context("/?lang=zh"):
        return rules.in_words(reloaded(round_))


def test_where_anybody_answers_no_flag_is_of_the_codes_issued(
    district: District, signed_in: FlaskClient, set_clock: Callable[..., None]
) -> None:
    set_clock(DURING)
    form = questionnaire.library()["resident-satisfaction"]
    made = rounds.create(form, district.root, "示范")
    assert 'name="flag-0-of"' not in text(signed_in.get(f"/desk/rounds/{made.id}/rules"))
    option = next(each.id for each in form.questions[0].options if each.value is not None)
    flag = {"flag-0-options": option, "flag-0-share": "1/2", "flag-0-side": "over"}
    answer = sent(signed_in, made, **flag, **{"flag-0-of": "issued"})
    assert "只能占有效回答" in text(answer, 422)
    assert sent(signed_in, made, **flag, **{"flag-0-of": "valid"}).status_code == 303


@pytest.mark.parametrize(("over", "each"), [("3", "2"), ("x", "1"), ("5", "")])
def test_trimming_leaves_something(
    draft: Round, signed_in: FlaskClient, over: str, each: str
) -> None:
    text(sent(signed_in, draft, trim_over=over, trim_each=each), 422)


def test_some_answer_must_be_positive(draft: Round, signed_in: FlaskClient) -> None:
    form = form_of(draft)
    for name in [name for name in form if name.startswith("positive-")]:
        del form[name]
    answer = post(signed_in, f"/desk/rounds/{draft.id}/rules", form.to_dict(flat=False))
    assert "至少有一个选项算肯定" in text(answer, 422)


def test_of_two_windows_the_second_is_told(draft: Round, signed_in: FlaskClient) -> None:
    first = form_of(draft)
    assert sent(signed_in, draft).status_code == 303
    first["band-0-min"] = "95"
    path = f"/desk/rounds/{draft.id}/rules"
    answer = post(signed_in, path, first.to_dict(flat=False))
    assert "您的改动没有保存" in text(answer, 409)
    assert reloaded(draft).rules["bands"][0]["min"] == 90


def test_from_its_opening_on_the_rules_are_locked_and_say_who_decided(
    keys: Path, draft: Round, district: District, signed_in: FlaskClient
) -> None:
    sent(signed_in, draft, **{"band-0-min": "95"})
    factories.codes(keys, reloaded(draft), district.branch, 8)
    form = form_of(reloaded(draft), **{"band-0-min": "50"})
    opened = factories.opened(keys, reloaded(draft))
    page = text(signed_in.get(f"/desk/rounds/{opened.id}/rules"))
    assert "优秀</span> 95 分起" in page
    assert "优秀</span> 90 分起" in page  # the questionnaire's own
    assert 'name="band-0-min"' not in page
    assert "修改计分规则" in page
    path = f"/desk/rounds/{opened.id}"
    assert post(signed_in, f"{path}/rules", form.to_dict(flat=False), form=path).status_code == 409
    assert reloaded(opened).rules["bands"][0]["min"] == 95


@pytest.mark.parametrize("form", sorted(questionnaire.library()))
def test_the_rules_of_every_questionnaire_can_be_shown_and_saved(
    form: str, district: District, signed_in: FlaskClient, set_clock: Callable[..., None]
) -> None:
    set_clock(DURING)
    made = rounds.create(questionnaire.library()[form], district.root, "示范")
    text(signed_in.get(f"/desk/rounds/{made.id}/rules?lang=zh"))
    assert sent(signed_in, made).status_code == 303
    saved = reloaded(made)
    assert questionnaire.of(saved).for_archive() == questionnaire.of(made).for_archive()
    assert questionnaire.of(saved).quotas == questionnaire.of(made).quotas
    assert archive.from_document(
        {
            "format": archive.FORMAT,
            "questionnaire": questionnaire.of(saved).for_archive(),
            "rules": rounds.rules_document(saved),
            "subjects": [],
        }
    )
