"""From an archive to its scores: rules 1 to 11, exact, in fractions.

Nothing is rounded before it is shown; every comparison is of unrounded numbers. Standard library
only.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt
from typing import Any

from surveys.archive import BEFORE, Archive, Cell, Question, Rules, Subject

Z = Fraction("1.959963984540054")
"""The 97.5 % point of the standard normal distribution, for intervals of 95 %."""

ROOT_DIGITS = 10**60
Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Score:
    """What a subject came to. Scores lie in 0–100, rates and intervals in 0–1; none is missing."""

    subject: str
    valid: int
    score: Fraction | None
    groups: Mapping[str, Fraction | None]
    rate: Fraction | None
    pooled_rate: Fraction | None
    interval: Interval | None
    rank: tuple[int, int] | None
    grade: str | None
    flags: tuple[str, ...]
    notes: tuple[str, ...]

    def as_document(self) -> dict[str, Any]:
        """The score as it is shown: numbers as text, rounded half-up to two decimals."""
        return {
            "subject": self.subject,
            "valid": self.valid,
            "score": shown(self.score),
            "groups": {key: shown(score) for key, score in self.groups.items()},
            "rate": shown(self.rate, 100),
            "pooled_rate": shown(self.pooled_rate, 100),
            "interval": self.interval and [shown(end, 100) for end in self.interval],
            "rank": self.rank and list(self.rank),
            "grade": self.grade,
            "flags": sorted(self.flags),
            "notes": sorted(self.notes),
        }


def shown(number: Fraction | None, times: int = 1) -> str | None:
    """A number for people: half-up to two decimals, as text; none stays none."""
    if number is None:
        return None
    hundredths = (number * times * 200 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def joined_subjects(archive: Archive) -> list[Subject]:
    """Rule 2: the subjects, with their small groups joined where none of them has a parent."""
    if archive.has_tree:
        return list(archive.subjects)
    return [_joined(each, archive) for each in archive.subjects]


def _joined(subject: Subject, archive: Archive) -> Subject:
    """The subject with its small groups joined, two at a time, until none is left small."""
    if subject.void:
        return subject
    order = list(archive.rules.weights)
    cells = list(subject.cells)
    while True:
        counts = [(cell.answered(archive.questions), place) for place, cell in enumerate(cells)]
        smallest = sorted((count, place) for count, place in counts if count)
        if len(smallest) < 2 or smallest[0][0] >= archive.least:
            return replace(subject, cells=tuple(cells))
        first, second = (cells[place] for place in sorted(place for _, place in smallest[:2]))
        cells[cells.index(first)] = _join(first, second, order)
        cells.remove(second)


def _join(first: Cell, second: Cell, order: Sequence[str]) -> Cell:
    tallies: dict[str, Counter[str]] = {}
    for cell in (first, second):
        for question, tally in cell.tallies.items():
            tallies.setdefault(question, Counter()).update(tally)
    issued = None
    if first.issued is not None and second.issued is not None:
        issued = first.issued + second.issued
    return Cell(
        groups=tuple(sorted(first.groups + second.groups, key=order.index)),
        issued=issued,
        returned=first.returned + second.returned,
        spoilt=first.spoilt + second.spoilt,
        tallies=tallies,
    )


def valued(cell: Cell, question: Question) -> list[tuple[Fraction, int, bool]]:
    """Rule 3: the answers that carry a value, ascending: value, how many, whether positive."""
    found = []
    for key, times in cell.tallies.get(question.id, {}).items():
        answer = question.scale.answer(key)
        if times and answer is not None and answer.value is not None:
            found.append((answer.value, times, answer.positive))
    return sorted(found)


def mean(
    answers: Sequence[tuple[Fraction, int, bool]], trim: tuple[int, int] | None
) -> Fraction | None:
    """Rule 3: the mean of the values; trimmed at each end where there are more than `over`.

    `over` is at least twice what is cut at each end, so something is left.
    """
    valid = sum(times for _, times, _ in answers)
    if valid == 0:
        return None
    cut = trim[1] if trim and valid > trim[0] else 0
    total, passed = Fraction(0), 0
    for value, times, _ in answers:
        first, last = max(passed, cut), min(passed + times, valid - cut)
        total += value * max(0, last - first)
        passed += times
    return total / (valid - 2 * cut)


def group_score(cell: Cell, archive: Archive) -> Fraction | None:
    """Rule 4: the weighted mean of the questions' means; none where no question has one."""
    total = weights = Fraction(0)
    for question in archive.questions.values():
        if question.weight > 0:
            own = mean(valued(cell, question), archive.rules.trim)
            if own is not None:
                total += question.weight * own
                weights += question.weight
    return total / weights if weights else None


def wilson(rate: Fraction, n: Fraction) -> Interval:
    """Rule 7: the score interval of Wilson (1927) for a rate among n, at 95 %.

    It cannot leave 0–1: `root` never rounds up, and is exact for rates of 0 and 1.
    """
    middle = rate + Z * Z / (2 * n)
    reach = Z * root(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return (middle - reach) / scale, (middle + reach) / scale


def root(number: Fraction) -> Fraction:
    """The square root to sixty digits, never above it; exact where it is rational."""
    product = number.numerator * number.denominator * ROOT_DIGITS**2
    return Fraction(isqrt(product), number.denominator * ROOT_DIGITS)


def effective_size(parts: Sequence[tuple[Fraction, int]]) -> Fraction:
    """Rule 7: Kish's effective sample size (1965) of weighted groups: (weight, valid) each."""
    whole = sum((weight for weight, _ in parts), Fraction(0))
    return 1 / sum(((weight / whole) ** 2 / n for weight, n in parts), Fraction(0))


def interval(
    rate: Fraction, parts: Sequence[tuple[Fraction, int]], population: int | None
) -> Interval:
    """Rule 7: the interval of a weighted rate, with the correction for a finite population."""
    size = effective_size(parts)
    valid = sum(n for _, n in parts)
    if population is not None:
        if valid >= population:
            return rate, rate
        size = size * (population - 1) / (population - valid)
    return wilson(rate, size)


def _weight(cell: Cell, rules: Rules) -> Fraction:
    return sum((rules.weights[group] for group in cell.groups), Fraction(0))


def issued(cells: Sequence[Cell]) -> int | None:
    """Rule 8: the codes issued over all these cells; none where one of them does not know."""
    known = [cell.issued for cell in cells if cell.issued is not None]
    return sum(known) if len(known) == len(cells) else None


def _flags(subject: Subject, headline: Question, valid: int, rules: Rules) -> tuple[str, ...]:
    """Rule 8: whole numbers compared, over all groups."""
    counts: Counter[str] = Counter()
    for cell in subject.cells:
        counts.update(cell.tallies.get(headline.id, {}))
    raised = []
    for flag in rules.flags:
        base = issued(subject.cells) if flag.of_issued else valid
        share = flag.share
        n = sum(counts[option] for option in flag.options) * share.denominator
        if base and (n > share.numerator * base if flag.over else n < share.numerator * base):
            raised.append(flag.id)
    return tuple(raised)


def has_few_answers(cell: Cell, archive: Archive) -> bool:
    """Rule 11: whether a number of this group hangs on fewer than k valid answers."""
    return any(
        0 < sum(times for _, times, _ in valued(cell, question)) < archive.rules.minimum
        for question in archive.questions.values()
        if question.weight > 0 or question.id == archive.headline
    )


def grade_of(score: Fraction | None, bands: Sequence[tuple[str, Fraction]]) -> str | None:
    """Rule 9: the band with the highest `min` that the score reaches."""
    reached = [(least, grade) for grade, least in bands if score is not None and least <= score]
    return max(reached)[1] if reached else None


def _all_groups(cells: Sequence[Cell], rules: Rules) -> list[Cell]:
    """The cells, with an empty one for each group of the rules that has none."""
    seen = {group for cell in cells for group in cell.groups}
    empty = [Cell((group,), None, 0, 0, {}) for group in rules.weights if group not in seen]
    order = list(rules.weights)
    return sorted([*cells, *empty], key=lambda cell: order.index(cell.groups[0]))


def score_subject(subject: Subject, archive: Archive) -> Score:
    """Rules 1, 3 to 9 and 11 for one subject, its groups joined already; the rank is none yet."""
    rules, headline = archive.rules, archive.questions[archive.headline]
    cells = _all_groups(subject.cells, rules)
    answers = [valued(cell, headline) for cell in cells]
    valids = [sum(times for _, times, _ in each) for each in answers]
    valid = sum(valids)
    if subject.void:
        nothing = dict.fromkeys((cell.key for cell in cells), None)
        return Score(subject.id, valid, None, nothing, None, None, None, None, None, (), ("void",))
    notes = []
    if any(len(cell.groups) > 1 for cell in cells):
        notes.append("merged")
    groups = {cell.key: group_score(cell, archive) for cell in cells}
    score = _weighted([(_weight(cell, rules), groups[cell.key]) for cell in cells])
    if score is not None and None in groups.values():
        notes.append("withheld" if rules.withhold else "renormalised")
        score = None if rules.withhold else score
    positives = [sum(times for _, times, good in each if good) for each in answers]
    parts = [(_weight(c, rules), n, p) for c, n, p in zip(cells, valids, positives, strict=True)]
    rate = _weighted([(weight, Fraction(p, n) if n else None) for weight, n, p in parts])
    sized = [(weight, n) for weight, n, _ in parts if n]
    span = None
    if rate is not None and rules.sampling == "drawn":
        span = interval(rate, sized, subject.population)
    if valid and rules.sampling == "open":
        notes.append("non-probability")
    if archive.format != BEFORE and any(has_few_answers(cell, archive) for cell in cells):
        notes.append("few-answers")
    graded = valid > 0 or archive.format == BEFORE
    return Score(
        subject=subject.id,
        valid=valid,
        score=score,
        groups=groups,
        rate=rate,
        pooled_rate=Fraction(sum(positives), valid) if valid else None,
        interval=span,
        rank=None,
        grade=grade_of(score, rules.bands) if graded else None,
        flags=_flags(subject, headline, valid, rules),
        notes=tuple(notes),
    )


def _weighted(parts: Sequence[tuple[Fraction, Fraction | None]]) -> Fraction | None:
    """Rules 5 and 6: the weighted mean of what is there; none where nothing is."""
    there = [(weight, number) for weight, number in parts if number is not None]
    if not there:
        return None
    weights = sum((weight for weight, _ in there), Fraction(0))
    return sum((weight * number for weight, number in there), Fraction(0)) / weights


def ranked(scores: Sequence[Score], rules: Rules) -> list[Score]:
    """Rule 10: the scores with their rank ranges, from the best place possible to the worst."""
    if rules.rank_by is None:
        return list(scores)
    spans: list[Interval | None] = []
    for each in scores:
        point = None if each.score is None else (each.score, each.score)
        span = each.interval if rules.rank_by == "rate" else point
        spans.append(span if each.valid >= rules.rank_from else None)
    lows = sorted(span[0] for span in spans if span)
    highs = sorted(span[1] for span in spans if span)
    placed = []
    for each, span in zip(scores, spans, strict=True):
        if span:
            above = len(lows) - bisect_right(lows, span[1])
            below = bisect_left(highs, span[0])
            placed.append(replace(each, rank=(1 + above, len(lows) - below)))
        elif "void" not in each.notes and each.valid < rules.rank_from:
            placed.append(replace(each, notes=(*each.notes, "too-few-to-rank")))
        else:
            placed.append(each)
    return placed


def score(archive: Archive) -> list[Score]:
    """The scores of an archive, in the order of its subjects; hidden subjects have none."""
    subjects = [each for each in joined_subjects(archive) if not each.hidden]
    return ranked([score_subject(each, archive) for each in subjects], archive.rules)
