"""Files of questionnaires: the shipped library, and the folder into which a site drops its own.

A file is checked harder than the copy that a round keeps: what is wrong is named by file, line and
reason before anybody makes a round of it, and the other files stay usable.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from surveys.messages import N_, Refused
from surveys.questionnaires import checks, questionnaire
from surveys.questionnaires.checks import Fault
from surveys.questionnaires.questionnaire import LIBRARY, Questionnaire

MOST_BYTES = 500_000
HEADER = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]")
AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class BrokenFile(Refused):
    """What is wrong with a file: its name, the line where one can be told, and the reason."""

    def __init__(self, file: str, reason: Refused, line: int | None = None) -> None:
        if line is None:
            super().__init__(N_("问卷文件 %(file)s：%(reason)s"), file=file, reason=reason)
        else:
            super().__init__(
                N_("问卷文件 %(file)s 第 %(line)s 行：%(reason)s"),
                file=file,
                line=line,
                reason=reason,
            )
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Shelf:
    """The questionnaires that can be used, by id; the site's own ones; what is broken."""

    forms: Mapping[str, Questionnaire]
    own: frozenset[str] = frozenset()
    broken: tuple[BrokenFile, ...] = ()


@dataclass(slots=True)
class _Lines:
    """The lines of a TOML file by the table that they stand in: `questions[2]`, `scales.grades`."""

    places: list[tuple[int, str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> _Lines:
        """Read them; a table of an array is numbered from 0."""
        found, counts, place = cls(), dict[str, int](), ""
        for number, line in enumerate(text.splitlines(), start=1):
            header = HEADER.match(line)
            if header and "=" not in line.partition("]")[0]:
                place = header[2]
                if header[1]:
                    counts[place] = counts.get(place, -1) + 1
                    place = f"{place}[{counts[place]}]"
            found.places.append((number, place, re.sub(r"\s", "", line)))
        return found

    def line(self, fault: Fault) -> int | None:
        """The line of a fault: its needle in its table, else where the table begins."""
        needle = re.sub(r"\s", "", fault.needle)
        table = [each for each in self.places if each[1] == fault.place]
        for lines in (table, self.places):
            nth = fault.nth
            for number, _, line in lines:
                nth -= line.count(needle) if needle else 1
                if nth <= 0:
                    return number
        return table[0][0] if table else None


def read(path: Path) -> Questionnaire:
    """Read a questionnaire's file; `BrokenFile` says what is wrong with it."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BrokenFile(
                path.name, Refused(N_("文件超过 %(most)s KB，太大了。"), most=MOST_BYTES // 1000)
            )
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        raise BrokenFile(path.name, Refused(N_("不是 UTF-8 编码，请另存为 UTF-8。"))) from None
    except OSError as wrong:
        raise BrokenFile(
            path.name, Refused(N_("读不了（%(what)s）。"), what=wrong.strerror)
        ) from None
    except tomllib.TOMLDecodeError as wrong:
        at = AT_LINE.search(str(wrong))
        what = AT_LINE.sub("", str(wrong)).strip()
        raise BrokenFile(
            path.name,
            Refused(N_("不是有效的 TOML（%(what)s）。"), what=what),
            int(at[1]) if at else None,
        ) from None
    except RecursionError:
        raise BrokenFile(path.name, Refused(N_("括号套得太深。"))) from None
    fault = checks.first_fault(document)
    if fault is None:
        try:
            return questionnaire.from_document(document)
        except questionnaire.QuestionnaireError as wrong:
            reason = Refused(N_("%(what)s。"), what=wrong.params["reason"])
            raise BrokenFile(path.name, reason) from None
    raise BrokenFile(path.name, fault.reason, _Lines.of(text).line(fault)) from None


def shelf(own: Path | None = None) -> Shelf:
    """The shipped library and the files of a site's own folder; what is broken stands aside."""
    if own is None or not own.is_dir():
        return _shipped()
    # A file that was changed is read again; reading them all for each page would cost it 100 ms.
    files = []
    for path in sorted(own.glob("*.toml")):
        try:
            stat = path.stat()
        except OSError:
            continue
        files.append((path, stat.st_mtime_ns, stat.st_size))
    return _with_own(tuple(files))


@lru_cache(maxsize=1)
def _shipped() -> Shelf:
    return _stocked(Shelf({}), sorted(LIBRARY.glob("*.toml")))


@lru_cache(maxsize=8)
def _with_own(files: tuple[tuple[Path, int, int], ...]) -> Shelf:
    shipped = _shipped()
    full = _stocked(shipped, [path for path, *_ in files])
    return Shelf(full.forms, frozenset(full.forms) - frozenset(shipped.forms), full.broken)


def _stocked(before: Shelf, files: Iterable[Path]) -> Shelf:
    """The shelf with these files put on it, in the order of the plan; an id that is taken stays."""
    forms, broken = dict(before.forms), list(before.broken)
    for path in files:
        try:
            form = read(path)
        except BrokenFile as wrong:
            broken.append(wrong)
            continue
        if form.id in forms:
            taken = Refused(N_("编号“%(id)s”已有一份问卷在用，请换一个编号（id）。"), id=form.id)
            line = _Lines.of(path.read_text("utf-8")).line(Fault(taken, "", "id="))
            broken.append(BrokenFile(path.name, taken, line))
            continue
        forms[form.id] = form
    in_order = sorted(
        forms.items(), key=lambda each: (min(each[1].plan_items, default=999), each[0])
    )
    return Shelf(dict(in_order), before.own, tuple(broken))
