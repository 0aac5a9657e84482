"""The yearly appraisal of members: the suggested grade is the overall column's, as on paper."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from surveys import archive, scoring
from surveys.models import Round, Score
from surveys.questionnaires import questionnaire
from tests import factories
from tests.factories import District

VALUES = {"excellent": 100, "qualified": 80, "basic": 60, "unqualified": 0, "abstain": None}
counts = st.fixed_dictionaries({grade: st.integers(0, 12) for grade in VALUES})


@given(overall=counts, conviction=counts, conduct=counts, duty=counts)
def test_whatever_the_other_columns_say_the_overall_column_is_the_score(
    overall: dict[str, int],
    conviction: dict[str, int],
    conduct: dict[str, int],
    duty: dict[str, int],
) -> None:
    form = questionnaire.library()["member-appraisal"]
    columns = {"overall": overall, "conviction": conviction, "conduct": conduct, "duty": duty}
    returned = max(sum(each.values()) for each in columns.values())
    subject = {"id": "p1", "groups": {"members": {"returned": returned, "tallies": columns}}}
    document = {
        "format": archive.FORMAT,
        "questionnaire": form.for_archive(),
        "rules": {"groups": [{"id": "members", "weight": 1}], **form.rules},
        "subjects": [subject],
    }
    (score,) = scoring.score(archive.from_document(document))
    valued = [(VALUES[grade], n) for grade, n in overall.items() if VALUES[grade] is not None]
    valid = sum(n for _value, n in valued)
    mean = Fraction(sum((value or 0) * n for value, n in valued), valid) if valid else None
    assert score.score == mean
    ladder = ((90, "优秀"), (75, "合格"), (60, "基本合格"), (0, "不合格"))
    expected = next((grade for least, grade in ladder if mean is not None and mean >= least), None)
    assert score.grade == expected


def test_who_has_no_excellent_overall_is_not_suggested_excellent(
    keys: Path, district: District
) -> None:
    """All may be excellent in conviction, conduct and duty; overall, two of eight are."""
    round_, codes = factories.open_appraisal(keys, district)
    for code in codes:
        factories.vote_fully(
            keys,
            code,
            {
                f"p{n}": dict.fromkeys(("conviction", "conduct", "duty"), "excellent")
                | {"overall": "excellent" if n <= 2 else "qualified"}
                for n in range(1, 9)
            },
        )
    round_ = factories.closed(keys, Round.get_by_id(round_.id))
    grades = [row.grade for row in Score.select().where(Score.round == round_)]
    assert grades == ["优秀"] * 2 + ["合格"] * 6
