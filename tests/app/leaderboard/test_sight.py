"""What of an axis is in sight."""

from fractions import Fraction

import pytest

from app.leaderboard.sight import CELLS, Axis

SIX_TENTHS = Fraction(3, 5)


@pytest.mark.parametrize(("low", "high"), [(0.7, 0.8), (0.5, 0.55), (0.5, 0.7)])
def test_a_value_near_what_is_in_sight_comes_into_it(low: float, high: float) -> None:
    found = Axis(low, high).showing([SIX_TENTHS])

    assert found.low < 0.6 < found.high
    assert (found.low <= low, found.high >= high) == (True, True)


def test_a_value_far_away_does_not() -> None:
    assert Axis(0.81, 0.82).showing([SIX_TENTHS]) == Axis(0.81, 0.82)


def test_nearness_on_a_logarithmic_axis_is_that_of_its_scale() -> None:
    assert Axis(100, 1000, is_log=True).showing([Fraction(5000)]).high > 5000
    assert Axis(100, 1000, is_log=True).showing([Fraction(200_000), Fraction(0)]) == Axis(100, 1000, is_log=True)


@pytest.mark.parametrize("axis", [Axis(0.25, 0.75), Axis(10, 1000, is_log=True)])
def test_a_grid_goes_from_end_to_end(axis: Axis) -> None:
    found = axis.grid([])

    assert [float(found[0]), float(found[-1]), len(found)] == [axis.low, axis.high, CELLS + 1]
    assert sorted(found) == found


def test_a_grid_holds_exact_values_between_two_that_are_close_by() -> None:
    found = list(Axis(0.5, 0.9).grid([SIX_TENTHS, Fraction(2)]))

    place = found.index(SIX_TENTHS)
    assert 0 < SIX_TENTHS - found[place - 1] == found[place + 1] - SIX_TENTHS < Fraction(1, 10**6)
    assert Fraction(2) not in found
