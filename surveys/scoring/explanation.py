"""How a subject's numbers came about: rules 3 to 9 and 11 in steps for a pocket calculator.

Steps are data, exact in fractions. They are worked out here from the archive's types, not asked of
`scoring`: that both come to the same is what the tests hold. Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from surveys.archive import BEFORE, Archive, Cell, Question, Rules, Subject
from surveys.scoring.round_scores import Z

EXACT_ENOUGH = Context(prec=60)
SHOWN_PLACES = 6


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, how often it was given, and how often it counts for the mean once trimmed."""

    key: str
    times: int
    counted: int
    value: Fraction | None
    positive: bool


@dataclass(frozen=True, slots=True)
class QuestionSteps:
    """Rule 3: a question's mean in a group; `cut` values were left out at each end.

    Rule 11: `few` where a number hangs on it, and it has fewer valid answers than k.
    """

    question: str
    weight: Fraction
    answers: tuple[Answered, ...]
    cut: int
    total: Fraction
    counted: int
    mean: Fraction | None
    few: bool

    @property
    def enters(self) -> bool:
        """Whether it has a part in the group's score."""
        return self.mean is not None and self.weight > 0


@dataclass(frozen=True, slots=True)
class GroupSteps:
    """Rule 4: a group's score; `valid` and `positive` are of the headline.

    `answered` are the people who certainly said something: the most answers to one question.
    """

    key: str
    weight: Fraction
    issued: int | None
    returned: int
    spoilt: int
    answered: int
    questions: tuple[QuestionSteps, ...]
    total: Fraction
    weights: Fraction
    score: Fraction | None
    valid: int
    positive: int


@dataclass(frozen=True, slots=True)
class IntervalSteps:
    """Rule 7: Wilson's interval; `shares` are each group's part of the weights with its valid.

    `size` is Kish's effective size, `corrected` the same for a finite population; where all of
    the population answered there is none, and the interval is the rate itself.
    """

    shares: tuple[tuple[Fraction, int], ...]
    size: Fraction
    population: int | None
    corrected: Fraction | None
    middle: Fraction
    reach: Fraction
    scale: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class FlagSteps:
    """Rule 8: whole numbers: count × the share's denominator beside its numerator × base.

    The base is the valid answers or, `of_issued`, the codes issued: none where that is not known.
    """

    flag: str
    options: tuple[str, ...]
    count: int
    share: Fraction
    over: bool
    of_issued: bool
    base: int | None
    left: int
    right: int
    raised: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """All steps of one subject. Of a hidden one there are none: `disclosure` says why."""

    subject: str
    disclosure: str
    groups: tuple[GroupSteps, ...] = ()
    total: Fraction = Fraction(0)
    weights: Fraction = Fraction(0)
    before_withholding: Fraction | None = None
    score: Fraction | None = None
    missing: tuple[str, ...] = ()
    rate: Fraction | None = None
    positive: int = 0
    valid: int = 0
    interval: IntervalSteps | None = None
    bands: tuple[tuple[str, Fraction], ...] = ()
    grade: str | None = None
    flags: tuple[FlagSteps, ...] = ()

    @property
    def pooled_rate(self) -> Fraction | None:
        """Rule 6: positive of valid over all groups."""
        return Fraction(self.positive, self.valid) if self.valid else None


def explain(archive: Archive, subject: Subject) -> Explanation:
    """The steps of one subject of a kept archive, its groups joined already."""
    rules = archive.rules
    if subject.hidden or subject.void:
        return Explanation(subject.id, "void" if subject.void else str(subject.disclosure))
    groups = tuple(_group(cell, archive) for cell in _all_cells(subject, rules))
    there = [group for group in groups if group.score is not None]
    total = sum((group.weight * (group.score or 0) for group in there), Fraction(0))
    weights = sum((group.weight for group in there), Fraction(0))
    missing = tuple(group.key for group in groups if group.score is None)
    found = total / weights if weights else None
    score = None if missing and rules.withhold else found
    rated = [group for group in groups if group.valid]
    rate = None
    if rated:
        shares = sum((g.weight * Fraction(g.positive, g.valid) for g in rated), Fraction(0))
        rate = shares / sum((group.weight for group in rated), Fraction(0))
    interval = None
    if rate is not None and rules.sampling == "drawn":
        interval = _interval(rate, rated, subject.population)
    valid = sum(group.valid for group in groups)
    gradable = score if valid or archive.format == BEFORE else None
    bands = tuple(sorted(rules.bands, key=lambda band: band[1], reverse=True))
    reached = (grade for grade, least in bands if gradable is not None and gradable >= least)
    return Explanation(
        subject=subject.id,
        disclosure="full",
        groups=groups,
        total=total,
        weights=weights,
        before_withholding=found,
        score=score,
        missing=missing,
        rate=rate,
        positive=sum(group.positive for group in groups),
        valid=valid,
        interval=interval,
        bands=bands,
        grade=next(reached, None),
        flags=_flags(subject, archive),
    )


def _all_cells(subject: Subject, rules: Rules) -> list[Cell]:
    """Its cells and an empty one for each group that nobody of was asked, in the rules' order."""
    first = {cell.groups[0]: cell for cell in subject.cells}
    joined = {group for cell in subject.cells for group in cell.groups}
    found = []
    for group in rules.weights:
        if group in first:
            found.append(first[group])
        elif group not in joined:
            found.append(Cell((group,), None, 0, 0, {}))
    return found


def _group(cell: Cell, archive: Archive) -> GroupSteps:
    scored = [each for each in archive.questions.values() if each.scored]
    questions = tuple(_question(cell, each, archive) for each in scored)
    entering = [each for each in questions if each.enters]
    total = sum((each.weight * (each.mean or 0) for each in entering), Fraction(0))
    weights = sum((each.weight for each in entering), Fraction(0))
    headline = next(each for each in questions if each.question == archive.headline)
    valued = [each for each in headline.answers if each.value is not None]
    return GroupSteps(
        key=cell.key,
        weight=sum((archive.rules.weights[group] for group in cell.groups), Fraction(0)),
        issued=cell.issued,
        returned=cell.returned,
        spoilt=cell.spoilt,
        answered=cell.answered(archive.questions),
        questions=questions,
        total=total,
        weights=weights,
        score=total / weights if weights else None,
        valid=sum(each.times for each in valued),
        positive=sum(each.times for each in valued if each.positive),
    )


def _question(cell: Cell, question: Question, archive: Archive) -> QuestionSteps:
    rules, tally = archive.rules, cell.tallies.get(question.id, {})
    given = [
        (key, tally[key], answer)
        for key in question.scale.order(tally)
        if tally[key] and (answer := question.scale.answer(key)) is not None
    ]
    valid = sum(times for _, times, answer in given if answer.value is not None)
    cut = rules.trim[1] if rules.trim is not None and valid > rules.trim[0] else 0
    counted = {key: times for key, times, answer in given if answer.value is not None}
    ascending = sorted((answer.value, key) for key, _, answer in given if answer.value is not None)
    for ends in (ascending, ascending[::-1]):
        left = cut
        for _, key in ends:
            taken = min(left, counted[key])
            counted[key] -= taken
            left -= taken
    answers = tuple(
        Answered(key, times, counted.get(key, 0), answer.value, answer.positive)
        for key, times, answer in given
    )
    zero = Fraction(0)
    total = sum((each.counted * (each.value or zero) for each in answers), zero)
    left_over = sum(counted.values())
    mean = total / left_over if left_over else None
    hangs = question.weight > 0 or question.id == archive.headline
    few = hangs and 0 < valid < rules.minimum and archive.format != BEFORE
    return QuestionSteps(question.id, question.weight, answers, cut, total, left_over, mean, few)


def _interval(rate: Fraction, rated: Sequence[GroupSteps], population: int | None) -> IntervalSteps:
    whole = sum((group.weight for group in rated), Fraction(0))
    shares = tuple((group.weight / whole, group.valid) for group in rated)
    size = 1 / sum((share * share / n for share, n in shares), Fraction(0))
    valid = sum(n for _, n in shares)
    nothing = Fraction(0)
    if population is not None and valid >= population:
        one = Fraction(1)
        return IntervalSteps(shares, size, population, None, rate, nothing, one, rate, rate)
    n = size if population is None else size * (population - 1) / (population - valid)
    middle = rate + Z * Z / (2 * n)
    reach = Z * _root(rate * (1 - rate) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    low, high = max(nothing, (middle - reach) / scale), min(Fraction(1), (middle + reach) / scale)
    return IntervalSteps(shares, size, population, n, middle, reach, scale, low, high)


def _root(number: Fraction) -> Fraction:
    """The square root to sixty digits, exact where it is a short decimal or a ratio of squares."""
    top, bottom = Decimal(number.numerator), Decimal(number.denominator)
    roots = EXACT_ENOUGH.sqrt(top), EXACT_ENOUGH.sqrt(bottom)
    return Fraction(roots[0]) / Fraction(roots[1])


def _flags(subject: Subject, archive: Archive) -> tuple[FlagSteps, ...]:
    headline = archive.questions[archive.headline]
    counts: dict[str, int] = {}
    for cell in subject.cells:
        for key, times in cell.tallies.get(headline.id, {}).items():
            answer = headline.scale.answer(key)
            if answer is not None and answer.value is not None:
                counts[key] = counts.get(key, 0) + times
    codes = [cell.issued for cell in subject.cells]
    issued = None if None in codes else sum(each or 0 for each in codes)
    found = []
    for flag in archive.rules.flags:
        base = issued if flag.of_issued else sum(counts.values())
        count = sum(counts.get(option, 0) for option in flag.options)
        left, right = count * flag.share.denominator, flag.share.numerator * (base or 0)
        raised = bool(base) and (left > right if flag.over else left < right)
        options = tuple(key for key in headline.scale.options if key in flag.options)
        asked = (flag.id, options, count, flag.share, flag.over, flag.of_issued)
        found.append(FlagSteps(*asked, base, left, right, raised))
    return tuple(found)


def text(number: Fraction, places: int = SHOWN_PLACES) -> str:
    """A number of a step: exact where so many decimals say it, else rounded half-up to them."""
    unit = 10**places
    units = (number * unit * 2 + 1) // 2
    plain = f"{units // unit}.{units % unit:0{places}d}".rstrip("0").rstrip(".")
    return plain


def equals(number: Fraction, places: int = SHOWN_PLACES) -> str:
    """The sign before `text`: = where it is exact, ≈ where it was rounded."""
    return "=" if (number * 10**places).denominator == 1 else "≈"
