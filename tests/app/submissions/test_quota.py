"""How often an entrant may submit: a day, in all, refused files apart, and what staff gave beyond that."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.competitions.course_rules import SubmissionRule
from app.submissions.quota import Quota, Tries, quota

NEW_YORK = ZoneInfo("America/New_York")
TAIPEI = ZoneInfo("Asia/Taipei")


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-06-01 15:00")


def left_of(charged: list[datetime], refused: int = 0, extra: int = 0, **rule: Any) -> Quota:
    tries = Tries(charged, [NOW] * refused, extra)
    return quota(SubmissionRule(**rule), NEW_YORK, NOW, tries)


def test_only_todays_submissions_are_charged() -> None:
    found = left_of([at("2026-06-01 03:59:59"), at("2026-06-01 04:00"), at("2026-06-01 14:00")], per_day=5)

    assert (found.used, found.left, found.resets_at) == (2, 3, at("2026-06-02 04:00"))


def test_more_used_than_allowed_leaves_none_and_never_less() -> None:
    assert left_of([NOW, NOW], per_day=1).left == 0


def test_without_a_limit_there_is_nothing_to_count_down() -> None:
    found = left_of([NOW], refused=7)

    assert (found.left, found.refused_left, found.may_try, found.next_at) == (None, None, True, None)


@pytest.mark.parametrize(
    ("now", "left", "next_at"),
    [
        ("2023-03-30 15:59:59", 0, "2023-03-30 16:00"),  # a second before midnight in Taipei
        ("2023-03-30 16:00:00", 5, None),
    ],
)
def test_the_day_changes_at_midnight_in_taipei(now: str, left: int, next_at: str | None) -> None:
    tries = Tries([at("2023-03-29 16:00"), *[at("2023-03-30 15:00")] * 4])

    found = quota(SubmissionRule(per_day=5), TAIPEI, at(now), tries)

    assert (found.left, found.next_at) == (left, at(next_at) if next_at else None)


def test_a_limit_in_all_leaves_no_next_time() -> None:
    found = left_of([NOW - timedelta(days=each) for each in range(1, 4)], per_day=5, total=3)

    assert (found.left, found.left_in_all, found.may_try, found.next_at) == (0, 0, False, None)


def test_the_smaller_of_both_limits_holds() -> None:
    assert left_of([NOW - timedelta(days=1)] * 4, per_day=5, total=6).left == 2


def test_refused_files_are_counted_apart() -> None:
    found = left_of([NOW], refused=3, per_day=5, refused_per_day=3)

    assert (found.left, found.refused_left, found.may_try, found.next_at) == (4, 0, False, at("2026-06-02 04:00"))


def test_after_the_close_there_is_no_next_time() -> None:
    rule = SubmissionRule(per_day=1)

    assert quota(rule, NEW_YORK, NOW, Tries([NOW]), closes=at("2026-06-02 03:59:59")).next_at is None
    assert quota(rule, NEW_YORK, NOW, Tries([NOW]), closes=at("2026-06-02 04:00")).next_at == at("2026-06-02 04:00")


def test_extra_tries_are_used_up_by_what_goes_beyond_a_day() -> None:
    yesterday = NOW - timedelta(days=1)

    assert left_of([], extra=3, per_day=2).left == 5
    assert left_of([NOW] * 2, extra=3, per_day=2).left == 3
    assert left_of([yesterday] * 4, extra=3, per_day=2).left == 3
    assert left_of([yesterday] * 4 + [NOW] * 3, extra=3, per_day=2).left == 0
    assert left_of([yesterday] * 4, extra=3, total=4).left == 3


@given(
    days=st.lists(st.integers(0, 9), max_size=40),
    per_day=st.integers(1, 4),
    extra=st.integers(0, 6),
)
def test_whoever_submits_while_something_is_left_never_uses_more_than_was_given(
    days: list[int], per_day: int, extra: int
) -> None:
    charged: list[datetime] = []
    for day in sorted(days):
        now = NOW + timedelta(days=day)
        found = quota(SubmissionRule(per_day=per_day), NEW_YORK, now, Tries(charged, extra=extra))
        if found.may_try:
            charged.append(now)

    beyond = [max(0, charged.count(NOW + timedelta(days=day)) - per_day) for day in range(10)]
    assert sum(beyond) <= extra
    for day in set(days):
        wanted, got = days.count(day), charged.count(NOW + timedelta(days=day))
        assert got >= min(wanted, per_day)
