"""Points of one entrant, in exact fractions."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.competitions.course_rules import LateRule, PointsRule
from app.competitions.exact import exact
from app.grades.points import Decided, Grade, grade, kept_share, passed

FIVE_DIGITS = [Fraction(text) for text in ("0.44364", "0.68440", "0.78268", "0.82326")]
IN_FULL = [Fraction(correct, 1109) for correct in (492, 759, 868, 913)]
LATE = LateRule.model_validate({"until": "2023-04-02 23:59", "per_day": 0.1})
RULES: dict[str, Any] = {
    "maximum": 10,
    "parts": [
        {"name": "baselines", "formula": "0.5 * (public_baselines + private_baselines)"},
        {"name": "code", "by_hand": 2},
        {"name": "report", "by_hand": 4},
    ],
    "bonus": {"top": 3, "points": 0.5},
}
NOBODY = Decided({})
half, thirds = st.fractions(0, 1, max_denominator=50), st.fractions(-3, 3, max_denominator=9)


def numbers(**values: Any) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in values.items()}


def graded(decided: Decided = NOBODY, late: LateRule | None = None, **values: Any) -> Grade:
    return grade(PointsRule.model_validate(RULES), late, numbers(**values), decided)


def by_hand(**points: str) -> dict[str, tuple[Fraction, str]]:
    return {part.replace("_", " "): (exact(text), "") for part, text in points.items()}


@pytest.mark.parametrize(
    ("correct", "of_five_digits", "of_fractions"),
    [
        (491, 0, 0),
        (492, 1, 0),  # 492/1109 = 0.443642..., above the five digits and not above itself
        (493, 1, 1),
        (758, 1, 1),
        (759, 2, 1),
        (868, 3, 2),
        (913, 4, 3),
        (914, 4, 4),
    ],
)
def test_a_baseline_is_passed_by_what_is_strictly_above_it(
    correct: int, of_five_digits: int, of_fractions: int
) -> None:
    score = Fraction(correct, 1109)

    assert passed(score, FIVE_DIGITS, lower_is_better=False) == of_five_digits
    assert passed(score, IN_FULL, lower_is_better=False) == of_fractions


def test_where_less_is_better_what_is_below_passes() -> None:
    assert [passed(Fraction(each), [Fraction(100)], lower_is_better=True) for each in (99, 100, 101)] == [1, 0, 0]


def test_no_score_passes_nothing() -> None:
    assert passed(None, FIVE_DIGITS, lower_is_better=False) == 0


def test_parts_add_up_and_what_was_not_given_is_not_0() -> None:
    found = graded(Decided(by_hand(code="1.5")), public_baselines=3, private_baselines=2)

    assert [part.points for part in found.parts] == [Fraction(5, 2), Fraction(3, 2), None]
    assert (found.total, found.is_complete) == (Fraction(4), False)


def test_a_formula_that_lacks_a_number_gives_nothing_and_says_which() -> None:
    found = graded(public_baselines=3)

    assert (found.parts[0].points, found.parts[0].reason) == (Fraction(0), "no private_baselines")


def test_a_formula_without_a_value_says_why() -> None:
    rules = PointsRule.model_validate({"parts": [{"name": "x", "formula": "1 / (score - 1)"}]})

    [part] = grade(rules, None, numbers(score=1), NOBODY).parts

    assert (part.points, "divides by zero" in part.reason) == (Fraction(0), True)


def test_late_days_cost_their_share_of_the_formulas_and_nothing_of_what_is_by_hand() -> None:
    found = graded(Decided(by_hand(code="2", report="4")), LATE, public_baselines=4, private_baselines=4, late_days=3)

    assert [part.points for part in found.parts] == [Fraction(28, 10), 2, 4]
    assert kept_share(LATE, 11) == 0
    assert kept_share(None, 11) == 1


@pytest.mark.parametrize(
    ("rank", "confirmed", "points"), [(3, True, "0.5"), (4, True, 0), (3, False, 0), (None, True, 0)]
)
def test_the_bonus_needs_the_rank_and_the_staff(rank: int | None, confirmed: bool, points: Any) -> None:
    values: dict[str, Any] = {} if rank is None else {"rank": rank}

    found = graded(Decided(by_hand(bonus="0.5") if confirmed else {}), **values)

    assert found.bonus is not None
    assert found.bonus.points == found.total == Fraction(points)


def test_the_maximum_holds_for_the_parts_and_the_bonus_comes_on_top() -> None:
    rules = PointsRule.model_validate({**RULES, "maximum": "9.5"})
    decided = Decided(by_hand(code="2", report="4", bonus="0.5"))

    found = grade(rules, None, numbers(public_baselines=4, private_baselines=4, rank=1), decided)

    assert found.total == 10


def test_what_is_added_comes_before_what_multiplies() -> None:
    found = graded(Decided(by_hand(report="4"), adds=[Fraction(1)], factors=[Fraction(9, 10), Fraction(1, 2)]))

    assert (found.factor, found.total) == (Fraction(9, 20), Fraction(9, 4))


def test_nobody_has_less_than_nothing() -> None:
    assert graded(Decided({}, adds=[Fraction(-3)])).total == 0


@given(
    baselines=st.integers(0, 8),
    days=st.integers(0, 20),
    code=st.none() | st.fractions(0, 2, max_denominator=8),
    adds=st.lists(thirds, max_size=3),
    factors=st.lists(half, max_size=3),
    rank=st.none() | st.integers(1, 9),
)
def test_a_grade_is_the_sum_that_its_parts_say_in_whatever_order_staff_decided(
    baselines: int, days: int, code: Fraction | None, adds: list[Fraction], factors: list[Fraction], rank: int | None
) -> None:
    given_by_hand = {"bonus": (Fraction(1, 2), "")} | ({} if code is None else {"code": (code, "")})
    values = {"public_baselines": baselines, "private_baselines": 0, "late_days": days}
    values |= {} if rank is None else {"rank": rank}

    found = graded(Decided(given_by_hand, adds, factors), LATE, **values)

    product = Fraction(1)
    for factor in factors:
        product *= factor
    parts = Fraction(baselines, 2) * max(Fraction(0), 1 - Fraction(days, 10)) + (code or 0)
    bonus = Fraction(1, 2) if rank is not None and rank <= 3 else Fraction(0)
    assert found.total == max(Fraction(0), (min(parts, Fraction(10)) + bonus + sum(adds)) * product)
    assert found == graded(Decided(given_by_hand, adds[::-1], factors[::-1]), LATE, **values)
    assert not found.is_complete
