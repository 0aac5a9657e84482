"""Identity numbers as codes: no round opens with them; what is not final is renamed."""

from __future__ import annotations

import csv
import io
import stat
from pathlib import Path

import peewee
import pytest

from site_app.models import AuditEntry
from surveys import composites, rounds
from surveys.composites import sources
from surveys.models import Archive, CompositeSubject, Person, Round, Score, Subject
from surveys.roster import identity_numbers
from tests import factories
from tests.factories import AFTER, START, District
from tests.surveys.roster.conftest import Run, a_composite_of_people

IDENTITY = "110101199001011234"


def numbered(*opened: Round) -> None:
    """As a site has it that gave somebody his number for a code before that was refused."""
    Person.update(code=IDENTITY).where(Person.code == "p1").execute()
    mine = (Subject.key == "p1") & Subject.round.in_(opened)
    label = peewee.Value("示例党员1（").concat(IDENTITY + "）")
    Subject.update(key=IDENTITY, label=label).where(mine).execute()


@pytest.fixture
def with_identity(district: District, keys: Path) -> tuple[Round, Round, Round]:
    """A counted ballot, an open one and a draft of a list, all with somebody under his number."""
    counted, _ = factories.open_appraisal(keys, district)
    still, _ = factories.open_appraisal(keys, district)
    numbered(counted, still)
    counted = factories.closed(keys, counted, AFTER)
    draft = factories.draft(district.root, [district.first], "cadre-appraisal", listed=["甲"])
    Round.update(listed=[IDENTITY, "p2", "甲"]).where(Round.id == draft.id).execute()
    return counted, still, draft


def test_identity_numbers_are_renamed_wherever_nothing_is_final(
    run: Run, with_identity: tuple[Round, Round, Round], tmp_path: Path
) -> None:
    counted, still, draft = with_identity
    kept = bytes(Archive.get(Archive.round == counted).document)
    file = tmp_path / "codes.csv"
    code, out, said = run("people", "rename-ids", file)
    assert (code, out) == (0, "")
    assert "换了 1 人的编号" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (line,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
    assert line == {"原编号": IDENTITY, "新编号": "p1", "姓名": "示例党员1"}
    assert Person.select().where(Person.code == "p1").count() == 1
    assert factories.subject(still, "p1").label == "示例党员1（p1）"
    assert Round.get_by_id(draft.id).listed == ["p1", "p2", "甲"]
    assert Round.get_by_id(still.id).revision == still.revision + 1
    assert factories.subject(counted, IDENTITY), "what is counted is final"
    assert bytes(Archive.get(Archive.round == counted).document) == kept
    assert not AuditEntry.select().where(AuditEntry.detail.contains(IDENTITY)).exists()


def test_votes_under_the_old_key_are_counted_under_the_new(
    run: Run, district: District, keys: Path
) -> None:
    ballot, codes = factories.open_appraisal(keys, district)
    numbered(ballot)
    for each in codes[:6]:
        factories.vote(keys, each, {IDENTITY: "qualified", "p2": "qualified"})
    run("people", "rename-ids")
    for each in codes[6:]:
        factories.vote(keys, each, {"p1": "qualified", "p2": "qualified"})
    factories.closed(keys, ballot, AFTER)
    valid = {each.subject.key: each.valid for each in Score.of(Round.get_by_id(ballot.id))}
    assert (valid["p1"], valid["p2"]) == (8, 8)


def test_the_list_goes_to_the_screen_where_no_file_is_named_and_over_no_other_file(
    run: Run, with_identity: tuple[Round, Round, Round], tmp_path: Path
) -> None:
    taken = tmp_path / "codes.csv"
    taken.write_text("mine", "utf-8")
    code, _, said = run("people", "rename-ids", taken)
    assert (code, taken.read_text("utf-8")) == (2, "mine")
    assert "已经有这个文件" in said
    assert Person.select().where(Person.code == IDENTITY).exists(), "nothing half-done"
    assert f"{IDENTITY},p1,示例党员1" in run("people", "rename-ids")[1]


def test_drafts_of_composites_follow_unless_an_archive_knows_the_number(
    with_identity: tuple[Round, Round, Round], district: District
) -> None:
    counted, *_ = with_identity
    free, bound = (a_composite_of_people(district, name) for name in ("甲", "乙"))
    part = sources.rules_of(bound).parts_from("round")[0]
    composites.choose_sources(bound, {part: ("round", counted.id)})
    for each in (free, bound):
        composites.choose_subjects(each, composites.named(each, [IDENTITY]))
    CompositeSubject.update(label=f"示例党员1（{IDENTITY}）").execute()
    identity_numbers.rename_identities(lambda data: None)
    assert {each.label for each in CompositeSubject.select()} == {"示例党员1（p1）"}
    keys = [CompositeSubject.get(composite=each).key for each in (free, bound)]
    assert keys == ["p1", IDENTITY]


@pytest.mark.parametrize(
    ("form", "where", "listed"),
    [("member-appraisal", "chosen", []), ("admission-vote", "listed", ["示例党员1"])],
)
def test_no_round_is_opened_about_somebody_whose_code_is_his_number(
    form: str, where: str, listed: list[str], district: District, keys: Path
) -> None:
    numbered()
    made = factories.draft(district.root, [district.branch], form, listed=listed)
    factories.codes(keys, made, district.branch, 8)
    (issue,) = rounds.issues_before_opening(made, START)
    assert issue.field == where
    assert "people rename-ids" in str(issue)
    assert "示例党员1" in str(issue)
    assert IDENTITY not in str(issue)
    identity_numbers.rename_identities(lambda data: None)
    assert rounds.issues_before_opening(made, START) == []
