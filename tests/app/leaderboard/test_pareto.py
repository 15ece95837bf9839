"""The frontier against its definition, pair by pair."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leaderboard.pareto import Point, frontier

NUMBERS = st.fractions(-2, 2, max_denominator=3)
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), max_size=25)


def at_least(one: Fraction, other: Fraction, high: bool) -> bool:
    return one >= other if high else one <= other


def dominates(one: Point, other: Point, x_high: bool, y_high: bool) -> bool:
    no_worse = at_least(one[0], other[0], x_high) and at_least(one[1], other[1], y_high)
    return no_worse and one != other


@given(POINTS, st.booleans(), st.booleans())
def test_on_the_frontier_is_what_no_other_point_dominates(points: list[Point], x_high: bool, y_high: bool) -> None:
    expected = [not any(dominates(other, each, x_high, y_high) for other in points) for each in points]

    assert list(frontier(points, x_high=x_high, y_high=y_high)) == expected


@pytest.mark.parametrize("high", [True, False])
def test_equal_points_share_the_frontier(high: bool) -> None:
    point = (Fraction(1), Fraction(2))

    assert list(frontier([point, point, point], x_high=high, y_high=high)) == [True] * 3


def test_no_points_have_no_frontier() -> None:
    assert list(frontier([], x_high=True, y_high=True)) == []


def test_numbers_that_are_equal_as_floats_alone_are_told_apart() -> None:
    less, more = Fraction(2**80, 2**81 - 1), Fraction(2**80 + 1, 2**81 - 1)
    assert float(less) == float(more)

    assert list(frontier([(Fraction(1), less), (Fraction(1), more)], x_high=False, y_high=True)) == [False, True]


def test_of_one_column_alone_the_best_are_the_frontier() -> None:
    points = [(Fraction(value), Fraction(value)) for value in (3, 1, 2, 1)]

    assert list(frontier(points, x_high=False, y_high=False)) == [False, True, False, True]
