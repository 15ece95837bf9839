"""What of an axis is in sight, and the places of a grid on it: pure."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import log10
from typing import NamedTuple

CELLS = 16
"""Cells of a grid."""
REACH = 2
"""A value comes into sight where it is no further away than so many times what is in sight already."""
MARGIN = 0.06
"""Left free beyond it, as a share of the axis."""
HAIR = 10**7
"""An exact value has a place of the grid on each side, this part of the axis away: what ends at it ends there."""


class Axis(NamedTuple):
    """What is in sight from `low` to `high`. A logarithmic axis has both above 0."""

    low: float
    high: float
    is_log: bool = False

    @property
    def span(self) -> float:
        """The length, in its own scale; below 0 where `high` lies before `low`."""
        return log10(self.high / self.low) if self.is_log else self.high - self.low

    def showing(self, values: Iterable[Fraction]) -> "Axis":
        """The axis with those values in sight that are near enough to what is."""
        low, high = self.low, self.high
        for value in map(float, values):
            beyond = max(self._to(value), -self._from(value)) if value > 0 or not self.is_log else 0
            if 0 < beyond <= REACH * self.span:
                margin = MARGIN * (self.span + beyond)
                low, high = min(low, self._moved(value, -margin)), max(high, self._moved(value, margin))
        return Axis(low, high, self.is_log)

    def grid(self, exact: Iterable[Fraction]) -> Sequence[Fraction]:
        """Places from end to end, short decimals, and the exact values that are in sight."""
        places = {Fraction(f"{self._moved(self.low, self.span * cell / CELLS):.6g}") for cell in range(CELLS + 1)}
        hair = Fraction(f"{(self.high - self.low) / HAIR:.3g}")
        for value in exact:
            if self.low < value < self.high:
                places |= {value - hair, value, value + hair}
        return sorted(places)

    def _from(self, value: float) -> float:
        return Axis(self.low, value, self.is_log).span

    def _to(self, value: float) -> float:
        return Axis(self.high, value, self.is_log).span

    def _moved(self, value: float, by: float) -> float:
        return float(value * 10**by) if self.is_log else value + by
