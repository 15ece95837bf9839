"""What a worker takes next: evaluations wait while checks come one upon the other, and not for long."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from app.queue import taking
from app.queue.taking import Turns
from app.queue.tickets import Ticket
from models.gradings import Lane

BOTH = (Lane.CHECK, Lane.EVALUATE)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> "Time":
    time = Time()
    monkeypatch.setattr(taking, "time", time)
    return time


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


def ticket(lane: Lane) -> Ticket:
    return Ticket(1, 1, 1, lane, 1, "0" * 64, is_live=True, claimed_at=datetime.now(UTC))


def worked(turns: Turns, time: Time, lanes: Iterable[Lane | None], *, evaluates: bool = False) -> None:
    """Takes from these lanes one after the other, a tenth of a second each; None: there was nothing to take."""
    for lane in lanes:
        turns.note(None if lane is None else ticket(lane))
        time.now += 0.1
        if lane is not None:
            turns.note_end(was_check=lane is Lane.CHECK and not evaluates)


def test_after_several_checks_only_checks_are_taken(time: Time) -> None:
    turns = Turns()
    worked(turns, time, [Lane.CHECK] * (taking.RUSH_CHECKS - 1))
    assert turns.lanes(BOTH) == BOTH

    worked(turns, time, [Lane.CHECK])

    assert turns.is_rush
    assert turns.lanes(BOTH) == (Lane.CHECK,)


def test_a_rejudge_keeps_its_turn_then(time: Time) -> None:
    turns = Turns()

    worked(turns, time, [Lane.CHECK] * taking.LIVE_IN_A_ROW)

    assert turns.lanes(BOTH) == (Lane.CHECK, Lane.SHADOW)
    assert turns.lanes((Lane.CHECK,)) == (Lane.CHECK,)


def test_that_ends_when_none_came_for_a_moment(time: Time) -> None:
    turns = Turns()
    worked(turns, time, [Lane.CHECK] * taking.RUSH_CHECKS)

    time.now += taking.RUSH_SECONDS
    assert turns.lanes(BOTH) == BOTH
    turns.note(None)
    worked(turns, time, [Lane.CHECK])

    assert not turns.is_rush


def test_a_rush_without_an_end_is_none_until_there_were_no_checks_for_as_long(time: Time) -> None:
    turns = Turns()
    worked(turns, time, [Lane.CHECK] * 3 * round(10 * taking.LONGEST_RUSH_SECONDS))
    assert turns.lanes(BOTH) == BOTH

    worked(turns, time, [None, Lane.EVALUATE, *[Lane.CHECK] * taking.RUSH_CHECKS])
    assert not turns.is_rush

    worked(turns, time, [Lane.EVALUATE] * round(10 * taking.LONGEST_RUSH_SECONDS))
    worked(turns, time, [Lane.CHECK] * taking.RUSH_CHECKS)
    assert turns.is_rush


def test_a_rush_long_ago_takes_nothing_from_the_next_one_however_many_checks_came_between(time: Time) -> None:
    turns = Turns()
    worked(turns, time, [Lane.CHECK] * taking.RUSH_CHECKS)
    for _ in range(round(taking.LONGEST_RUSH_SECONDS)):
        time.now += taking.RUSH_SECONDS
        worked(turns, time, [None, Lane.CHECK, Lane.EVALUATE])
    assert not turns.is_rush

    worked(turns, time, [Lane.CHECK] * taking.RUSH_CHECKS)

    assert turns.is_rush


def test_gaps_of_a_rush_take_no_turn_from_a_rejudge(time: Time) -> None:
    turns = Turns()

    worked(turns, time, [*[Lane.CHECK] * (taking.LIVE_IN_A_ROW - 1), None, Lane.CHECK])

    assert turns.shadow_first


def test_a_short_gap_does_not_end_it(time: Time) -> None:
    turns = Turns()

    worked(turns, time, [*[Lane.CHECK] * taking.RUSH_CHECKS, None, None, Lane.CHECK])

    assert turns.is_rush


@pytest.mark.parametrize("between", [Lane.EVALUATE, Lane.SHADOW])
def test_an_evaluation_between_them_ends_it(time: Time, between: Lane) -> None:
    turns = Turns()

    worked(turns, time, [Lane.CHECK, Lane.CHECK, between, Lane.CHECK, Lane.CHECK])

    assert not turns.is_rush


def test_files_that_are_evaluated_at_once_are_no_rush(time: Time) -> None:
    turns = Turns()

    worked(turns, time, [Lane.CHECK] * taking.RUSH_CHECKS, evaluates=True)

    assert not turns.is_rush


def test_a_rejudge_has_its_turn_after_so_much_live_work(time: Time) -> None:
    turns = Turns()
    worked(turns, time, [Lane.EVALUATE] * taking.LIVE_IN_A_ROW)
    assert turns.shadow_first

    worked(turns, time, [Lane.SHADOW])

    assert not turns.shadow_first
