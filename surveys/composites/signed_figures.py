"""Figures that somebody signs for, as they are typed or pasted: read, checked, kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from peewee import chunked

from surveys import spreadsheet
from surveys.inputs import BadSetting
from surveys.messages import N_, Refused
from surveys.models import Composite, CompositeFigure, CompositeSubject
from surveys.spreadsheet import Column

NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
LONGEST_NAME = 60

COLUMNS = (
    Column("code", {"zh": "编号", "en": "code"}, ("对象编号", "人员编号", "单位编号")),
    Column("figure", {"zh": "数值", "en": "figure"}, ("得分", "分数", "value", "score")),
    Column("signed_by", {"zh": "签字人", "en": "signed by"}, ("签名", "评分人", "signer")),
    Column("signed_on", {"zh": "签字日期", "en": "signed on"}, ("日期", "date")),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed about one subject; all empty where there is no figure."""

    figure: str
    signed_by: str
    signed_on: str


class WrongFigures(Refused):
    """Figures of which nothing was kept; `each` says what is wrong with every one."""

    def __init__(self, each: Sequence[Refused]) -> None:
        super().__init__(N_("有 %(n)s 处要改，什么也没有保存。"), n=len(each))
        self.each = list(each)


def plain(text: str) -> str:
    """What was typed without spaces, full-width digits and signs as ASCII."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def number_of(text: str) -> str:
    """A decimal number of what was typed, or `Refused`."""
    if not NUMBER.fullmatch(text):
        raise Refused(N_("“%(text)s”不是数字。请写 92、92.5 这样的数。"), text=text[:40])
    return text


def figure_of(text: str) -> tuple[str, str | None]:
    """`92.5` → a value of 0–100; `45/50` → a numerator and its denominator."""
    above, stroke, below = plain(text).removesuffix("%").removesuffix("分").partition("/")
    value = number_of(above)
    if not stroke:
        if Fraction(value) > 100:
            raise Refused(
                N_("%(text)s 超过 100。请写 0 到 100 的数，或者“完成数/总数”。"), text=value
            )
        return value, None
    denominator = number_of(below)
    if Fraction(denominator) == 0:
        raise Refused(
            N_("%(text)s 的分母是 0，没法算。请写总数，或者空着。"), text=f"{value}/{below}"
        )
    if Fraction(value) > Fraction(denominator):
        raise Refused(
            N_("%(text)s 的完成数比总数还大。请核对这两个数。"), text=f"{value}/{denominator}"
        )
    return value, denominator


def day_of(text: str, today: date) -> str:
    """The day of a signature, 2026-12-31; `Refused` for none and for one to come."""
    found = DAY.fullmatch(plain(text))
    try:
        day = date(*(int(each) for each in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Refused(
            N_("“%(text)s”不是日期。请写 2026-12-31 这样的日期。"), text=text.strip()[:40]
        )
    if day > today:
        raise Refused(N_("签字日期 %(day)s 还没有到。"), day=day.isoformat())
    return day.isoformat()


def signer_of(text: str) -> str:
    """Who signed, or `Refused`."""
    name = text.strip()
    if not name:
        raise Refused(N_("没有写谁签字。"))
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(N_("签字人最多 %(most)s 字，不能有换行等特殊字符。"), most=LONGEST_NAME)
    return name


def typed_in(composite: Composite, part: str) -> dict[str, Typed]:
    """Key of a subject → its figure as it would be typed."""
    rows = (
        CompositeFigure.select(CompositeFigure, CompositeSubject)
        .join(CompositeSubject)
        .where(CompositeSubject.composite == composite, CompositeFigure.part == part)
    )
    return {
        row.subject.key: Typed(
            f"{row.value}/{row.denominator}" if row.denominator else row.value,
            row.signed_by,
            row.signed_on,
        )
        for row in rows
    }


def from_csv(data: bytes, keys: Iterable[str]) -> dict[str, Typed]:
    """A table of figures by the subjects' keys; `WrongFigures` names unknown and doubled ones."""
    known = set(keys)
    found: dict[str, Typed] = {}
    wrong: list[Refused] = []
    for row in spreadsheet.read(data, COLUMNS).rows:
        code = row.cells["code"]
        if code not in known:
            wrong.append(
                Refused(
                    N_("第 %(row)s 行：没有编号为“%(code)s”的对象。"), row=row.number, code=code
                )
            )
        elif code in found:
            wrong.append(
                Refused(N_("第 %(row)s 行：编号“%(code)s”出现两次。"), row=row.number, code=code)
            )
        else:
            found[code] = Typed(row.cells["figure"], row.cells["signed_by"], row.cells["signed_on"])
    if wrong:
        raise WrongFigures(wrong)
    return found


def to_csv(
    subjects: Iterable[CompositeSubject], known: Mapping[str, Typed], language: str
) -> bytes:
    """The table to fill in: every subject with the figure it has."""
    nothing = Typed("", "", "")
    rows = []
    for subject in subjects:
        each = known.get(subject.key, nothing)
        rows.append([subject.key, each.figure, each.signed_by, each.signed_on])
    return spreadsheet.write(COLUMNS, language, rows)


@dataclass(frozen=True, slots=True)
class Changes:
    """Figures to write, and the ids of the subjects that lose theirs."""

    part: str
    rows: Sequence[dict[str, object]]
    gone: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows) + len(self.gone)

    def write(self) -> None:
        """Write them, inside a transaction."""
        changed = [*self.gone, *(row["subject"] for row in self.rows)]
        for some in chunked(changed, 500):
            CompositeFigure.delete().where(
                CompositeFigure.part == self.part, CompositeFigure.subject.in_(some)
            ).execute()
        for rows in chunked(self.rows, 50):
            CompositeFigure.insert_many(rows).execute()


def changes(
    composite: Composite, part: str, typed: Mapping[str, Typed], by: str, now: datetime, today: date
) -> Changes:
    """What was typed and differs from what is kept: all of it right, or `WrongFigures`.

    An empty figure takes a subject's away; subjects that are not named keep theirs.
    """
    known = typed_in(composite, part)
    rows: list[dict[str, object]] = []
    gone, wrong = [], []
    for subject in CompositeSubject.select().where(CompositeSubject.composite == composite):
        each = typed.get(subject.key)
        if each is None or each == known.get(subject.key):
            continue
        if not each.figure.strip():
            if subject.key in known:
                gone.append(subject.id)
            continue
        try:
            value, denominator = figure_of(each.figure)
            signer, day = signer_of(each.signed_by), day_of(each.signed_on, today)
        except Refused as refused:
            field, words = f"figure-{subject.key}", N_("%(name)s：%(refused)s")
            wrong.append(BadSetting(field, words, name=subject.label, refused=refused))
            continue
        rows.append(
            {
                "subject": subject.id,
                "part": part,
                "value": value,
                "denominator": denominator,
                "signed_by": signer,
                "signed_on": day,
                "entered_by": by,
                "entered_at": now,
            }
        )
    if wrong:
        raise WrongFigures(wrong)
    return Changes(part, rows, gone)
