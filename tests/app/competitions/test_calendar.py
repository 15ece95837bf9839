"""When things happen: phases in a time zone, days, late submissions, the private board."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clock import day
from app.competitions.calendar import Window, closing, late_days, private_from, window
from app.competitions.definition import CourseRules

NEW_YORK = ZoneInfo("America/New_York")
TAIPEI = ZoneInfo("Asia/Taipei")
HOUR = timedelta(hours=1)


def rules(*phases: tuple[str, str, str | None], per_day: int | None = None) -> CourseRules:
    return CourseRules.model_validate(
        {
            "phases": [{"name": name, "opens": opens, "closes": closes} for name, opens, closes in phases],
            "submissions": {"per_day": per_day},
        }
    )


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


AUTUMN = rules(("autumn", "2026-09-01 00:00", "2026-12-18 23:59"))
TWO = rules(("first", "2026-09-01 00:00", "2026-09-30 23:59"), ("second", "2026-11-01 00:00", "2026-11-30 23:59"))


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-09-01 03:59:59", False),
        ("2026-09-01 04:00:00", True),  # New York is four hours behind in summer
        ("2026-12-19 04:59:59.999999", True),  # and five in winter
        ("2026-12-19 05:00:00", False),
    ],
)
def test_a_phase_is_open_from_its_first_to_the_end_of_its_last_minute(now: str, is_open: bool) -> None:
    assert window(AUTUMN, NEW_YORK, at(now)).is_open is is_open


def test_the_same_words_mean_other_moments_in_another_zone() -> None:
    assert window(AUTUMN, TAIPEI, at("2026-12-18 15:59:59")).is_open
    assert not window(AUTUMN, TAIPEI, at("2026-12-18 16:00:00")).is_open


def test_an_end_with_seconds_lasts_to_the_end_of_that_second() -> None:
    exact = rules(("exact", "2026-09-01 00:00", "2026-09-30 23:59:59"))

    assert window(exact, ZoneInfo("UTC"), at("2026-09-30 23:59:59.999999")).is_open
    assert not window(exact, ZoneInfo("UTC"), at("2026-10-01 00:00:00")).is_open


def test_before_the_first_phase_it_is_still_to_come() -> None:
    found = window(TWO, NEW_YORK, at("2026-08-01 00:00"))

    assert found == Window("first", at("2026-09-01 04:00"), at("2026-10-01 03:59:59.999999"), False, False)


def test_between_two_phases_the_next_one_is_told() -> None:
    found = window(TWO, NEW_YORK, at("2026-10-15 00:00"))

    assert (found.phase, found.is_open, found.is_over) == ("second", False, False)


def test_after_the_last_phase_it_is_over() -> None:
    found = window(TWO, NEW_YORK, at("2027-01-01 00:00"))

    assert (found.phase, found.is_open, found.is_over) == ("second", False, True)


def test_a_phase_without_an_end_stays_open() -> None:
    endless = rules(("endless", "2020-01-01 00:00", None))

    assert window(endless, NEW_YORK, at("2126-01-01 00:00")).is_open


@pytest.mark.parametrize(
    ("now", "zone", "hours"),
    [
        ("2026-03-08 15:00", "America/New_York", 23),
        ("2026-11-01 15:00", "America/New_York", 25),
        ("2026-06-01 15:00", "America/New_York", 24),
        ("2026-04-24 10:00", "Africa/Cairo", 23),  # the clock change takes midnight itself away
        ("2026-10-29 10:00", "Africa/Cairo", 25),
    ],
)
def test_a_day_of_a_clock_change_has_23_or_25_hours(now: str, zone: str, hours: int) -> None:
    first, next_first = day(at(now), ZoneInfo(zone))

    assert first <= at(now) < next_first
    assert next_first - first == hours * HOUR


def test_every_moment_of_a_year_belongs_to_the_day_that_it_is_in() -> None:
    moment, ends = at("2026-01-01 05:00"), at("2026-01-01 05:00")
    while moment < at("2027-01-01 05:00"):
        first, next_first = day(moment, NEW_YORK)
        assert first <= moment < next_first
        assert first == ends
        moment = ends = next_first


def test_the_day_is_the_zones_not_utcs() -> None:
    assert day(at("2026-06-02 03:00"), NEW_YORK) == (at("2026-06-01 04:00"), at("2026-06-02 04:00"))


TERM = CourseRules.model_validate(
    {
        "phases": [{"name": "term", "opens": "2023-03-01 00:00", "closes": "2023-03-31 23:59"}],
        "late": {"until": "2023-04-03 23:59", "per_day": 0.1, "grace_minutes": 10},
    }
)
CLOSE = at("2023-03-31 15:59:59.999999")
"""The close in Taipei."""


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(), 0),
        (timedelta(minutes=10), 0),
        (timedelta(minutes=10, microseconds=1), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, microseconds=1), 2),
        (timedelta(days=3), 3),
    ],
)
def test_late_days_are_begun_days_after_the_close_and_grace_costs_nothing(after: timedelta, days: int) -> None:
    assert late_days(TERM, TAIPEI, CLOSE + after) == days


def test_late_submissions_are_taken_until_they_are_not() -> None:
    found = window(TERM, TAIPEI, CLOSE + HOUR)

    assert (found.is_open, found.is_late, found.closes) == (True, True, CLOSE)
    assert found.taken_until == at("2023-04-03 15:59:59.999999")
    assert not window(TERM, TAIPEI, at("2023-04-03 16:00")).is_open
    assert not window(TERM, TAIPEI, CLOSE).is_late


def test_without_a_rule_for_late_submissions_none_is_taken() -> None:
    found = window(AUTUMN, NEW_YORK, at("2026-12-19 05:00"))

    assert (found.is_open, found.late_until) == (False, None)
    assert late_days(AUTUMN, NEW_YORK, at("2027-01-01 00:00")) == 0


def test_an_extension_moves_the_close_and_with_it_lateness() -> None:
    extended = CLOSE + 2 * 24 * HOUR

    assert late_days(TERM, TAIPEI, extended, extended) == 0
    assert late_days(TERM, TAIPEI, extended + HOUR, extended) == 1
    assert not window(TERM, TAIPEI, extended, extended).is_late
    assert closing(TERM, TAIPEI, CLOSE + 10 * 24 * HOUR) == CLOSE + 10 * 24 * HOUR
    assert closing(TERM, TAIPEI, CLOSE - HOUR) == at("2023-04-03 15:59:59.999999")


def test_the_private_board_comes_when_nobody_can_hand_in_any_more() -> None:
    assert private_from(TERM, TAIPEI) == at("2023-04-03 16:00")
    assert private_from(AUTUMN, NEW_YORK) == at("2026-12-19 05:00")
    assert private_from(TERM, TAIPEI, at("2023-04-10 00:00")) == at("2023-04-10 00:00:00.000001")
    assert private_from(rules(("endless", "2020-01-01 00:00", None)), NEW_YORK) is None


def test_the_private_board_may_come_later_and_never_before_ones_own_end() -> None:
    later = TERM.model_copy(
        update={"board": TERM.board.model_copy(update={"private_from": datetime(2023, 4, 8)})}  # noqa: DTZ001
    )

    assert private_from(later, TAIPEI) == at("2023-04-07 16:00")
    assert private_from(later, TAIPEI, at("2023-04-10 00:00")) == at("2023-04-10 00:00:00.000001")
