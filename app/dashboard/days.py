"""Scores by day: pure statistics over moments and numbers."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import quantiles
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Day:
    """The scored submissions of a local day: how many, and where their scores lie."""

    day: date
    count: int
    least: float
    quarter: float
    median: float
    three_quarters: float
    most: float


def by_day(points: Iterable[tuple[float, float]], zone: ZoneInfo) -> Sequence[Day]:
    """The days on which something was scored, in order, from POSIX timestamps and scores."""
    ordered = sorted(points)
    if not ordered:
        return []
    days = list(_days(ordered[0][0], ordered[-1][0], zone))
    begins = [begin for _, begin in days]
    found: dict[int, list[float]] = {}
    for moment, score in ordered:
        found.setdefault(bisect_right(begins, moment) - 1, []).append(score)
    return [_day(days[place][0], sorted(scores)) for place, scores in sorted(found.items())]


def _days(first: float, last: float, zone: ZoneInfo) -> Iterable[tuple[date, float]]:
    """Each local day from one moment to another, with the moment at which it begins."""
    day = datetime.fromtimestamp(first, zone).date()
    while (begin := datetime.combine(day, time(), zone).astimezone(UTC).timestamp()) <= last:
        yield day, begin
        day += timedelta(days=1)


def _day(day: date, scores: Sequence[float]) -> Day:
    low, middle, high = quantiles(scores, method="inclusive") if len(scores) > 1 else (scores[0],) * 3
    return Day(day, len(scores), scores[0], low, middle, high, scores[-1])
