"""Scores by local day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.dashboard.days import by_day

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()


def test_days_are_those_of_the_course_and_empty_ones_are_left_out() -> None:
    points = [(at("2026-11-02 23:59:59"), 0.4), (at("2026-11-01 00:00:00"), 0.1), (at("2026-11-04 12:00"), 0.9)]

    found = by_day(points, NEW_YORK)

    assert [(each.day, each.count, each.median) for each in found] == [
        (date(2026, 11, 1), 1, 0.1),
        (date(2026, 11, 2), 1, 0.4),
        (date(2026, 11, 4), 1, 0.9),
    ]


def test_a_day_of_25_hours_is_one_day() -> None:
    # The clock goes back on the first of November: an hour before midnight is the same day.
    assert len(by_day([(at("2026-11-01 00:00"), 0.1), (at("2026-11-01 00:00") + 24.5 * 3600, 0.2)], NEW_YORK)) == 1


def test_quarters_and_the_median_lie_between_the_values() -> None:
    [day] = by_day([(at("2026-11-10 12:00"), score) for score in (0.0, 0.25, 0.5, 0.75, 1.0)], NEW_YORK)

    assert (day.least, day.quarter, day.median, day.three_quarters, day.most) == (0.0, 0.25, 0.5, 0.75, 1.0)


def test_nothing_scored_is_no_day() -> None:
    assert by_day([], NEW_YORK) == []
