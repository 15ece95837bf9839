"""Who may submit when: phases in a time zone, and tries a day."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.competitions.definition import CourseRules
from app.submissions.quota import Window, day, quota, window

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


def test_only_todays_submissions_are_charged() -> None:
    now = at("2026-06-01 15:00")
    charged = [at("2026-06-01 03:59:59"), at("2026-06-01 04:00"), at("2026-06-01 14:00")]

    found = quota(rules(("x", "2026-01-01 00:00", None), per_day=5), NEW_YORK, now, charged)

    assert (found.used, found.left, found.resets_at) == (2, 3, at("2026-06-02 04:00"))


def test_more_used_than_allowed_leaves_none_and_never_less() -> None:
    now = at("2026-06-01 15:00")

    assert quota(rules(("x", "2026-01-01 00:00", None), per_day=1), NEW_YORK, now, [now, now]).left == 0


def test_without_a_limit_there_is_nothing_to_count_down() -> None:
    now = at("2026-06-01 15:00")

    assert quota(rules(("x", "2026-01-01 00:00", None)), NEW_YORK, now, [now]).left is None
