"""Points of one entrant: pure rules over exact fractions.

    grade = (min(parts, maximum) + bonus + added) x multipliers, at least 0

Parts by formula lose the share that late days cost; points by hand are as staff gave them. What is added comes before
what multiplies, so that the order in which staff decided does not matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from app.competitions.course_rules import BonusRule, LateRule, PartRule, PointsRule
from app.competitions.exact import exact
from grader.formula import Formula, FormulaError

ZERO, ONE = Fraction(0), Fraction(1)
Numbers = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class PartPoints:
    """One part of a grade. `points` is None where staff have not given any yet; `reason` says why a formula gives 0."""

    name: str
    points: Fraction | None
    most: Fraction | None
    """The most that staff can give; None for a formula."""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bonus:
    """The bonus of an entrant: whether the rank earns it, whether staff confirmed it, and what it adds."""

    is_earned: bool
    is_confirmed: bool
    points: Fraction


@dataclass(frozen=True, slots=True)
class Decided:
    """What staff decided about one entrant.

    `by_hand` holds points and note by part; `adds` points, `factors` factors of the whole grade.
    """

    by_hand: Mapping[str, tuple[Fraction, str]]
    adds: Sequence[Fraction] = ()
    factors: Sequence[Fraction] = ()


@dataclass(frozen=True, slots=True)
class Grade:
    """The points of one entrant, with all that they are made of."""

    parts: Sequence[PartPoints]
    late_factor: Fraction
    """What is left of the points by formula."""
    bonus: Bonus | None
    added: Fraction
    factor: Fraction
    total: Fraction
    is_complete: bool
    """Whether every part by hand was given."""


def grade(rules: PointsRule, late: LateRule | None, numbers: Numbers, decided: Decided) -> Grade:
    """The grade of an entrant of whom these numbers are known; one that lacks a number gets nothing for its formula."""
    late_factor = kept_share(late, int(numbers.get("late_days", ZERO)))
    parts = [_part(rule, numbers, decided, late_factor) for rule in rules.parts]
    earned = sum((part.points for part in parts if part.points is not None), ZERO)
    if rules.maximum is not None:
        earned = min(earned, exact(rules.maximum))
    bonus = _bonus(rules.bonus, numbers, decided)
    added, factor = sum(decided.adds, ZERO), prod(decided.factors, start=ONE)
    total = (earned + (bonus.points if bonus else ZERO) + added) * factor
    complete = all(part.points is not None for part in parts)
    return Grade(parts, late_factor, bonus, added, factor, max(ZERO, total), complete)


def kept_share(late: LateRule | None, days: int) -> Fraction:
    """The share of the points by formula that is left after so many late days, from 0 to 1."""
    return ONE if late is None else max(ZERO, ONE - days * exact(late.per_day))


def passed(score: Fraction | None, baselines: Sequence[Fraction], *, lower_is_better: bool) -> int:
    """How many baselines a score passes: those that it is strictly better than."""
    if score is None:
        return 0
    return sum(score < each if lower_is_better else score > each for each in baselines)


def _part(rule: PartRule, numbers: Numbers, decided: Decided, late_factor: Fraction) -> PartPoints:
    formula = rule.parsed
    if formula is None:
        points, note = decided.by_hand.get(rule.name, (None, ""))
        return PartPoints(rule.name, points, exact(rule.by_hand or "0"), note=note)
    points, reason = _computed(formula, numbers)
    return PartPoints(rule.name, points * late_factor, None, reason)


def _computed(formula: Formula, numbers: Numbers) -> tuple[Fraction, str]:
    missing = sorted(formula.names - numbers.keys())
    if missing:
        return ZERO, f"no {', '.join(missing)}"
    try:
        return formula(numbers), ""
    except FormulaError as error:
        return ZERO, str(error)


def _bonus(rule: BonusRule | None, numbers: Numbers, decided: Decided) -> Bonus | None:
    if rule is None:
        return None
    is_earned = "rank" in numbers and numbers["rank"] <= rule.top
    is_confirmed = rule.name in decided.by_hand
    return Bonus(is_earned, is_confirmed, exact(rule.points) if is_earned and is_confirmed else ZERO)
