"""The bars of a weight histogram: how many weights have which size, by powers of two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOWEST = -20
"""Smaller ones, below a millionth, share one bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The weights whose absolute value is from `low` to below `high`; `share` of the tallest bar."""

    low: float
    high: float
    count: int
    share: float


def bars(magnitudes: Mapping[str, Any] | None) -> Sequence[Bar]:
    """The bars from the smallest weights to the largest; empty where a report has none."""
    if not magnitudes or not magnitudes["counts"]:
        return []
    counts: dict[int, int] = {}
    for exponent, count in enumerate(magnitudes["counts"], magnitudes["lowest"]):
        place = max(exponent, LOWEST - 1)
        counts[place] = counts.get(place, 0) + count
    tallest = max(counts.values())
    return [
        Bar(0.0 if place < LOWEST else 2.0**place, 2.0 ** (place + 1), count, count / tallest)
        for place, count in sorted(counts.items())
    ]
