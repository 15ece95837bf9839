"""No state lasts for ever: whatever a grading waits for, and whoever holds it is killed, it comes to an end."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count, product

import pytest
from sqlalchemy import update

from app.clock import db_now
from app.database import Database
from app.queue import tickets, workers
from app.queue.tickets import MAX_LOSSES, Result, Ticket
from app.queue.workers import GRADING_DEADLINE, Identity
from models.gradings import Grading, Lane, Phase, State
from models.workers import Worker
from tests.app.world import World, hand_in

BOTH = (Lane.CHECK, Lane.EVALUATE)
DEAD_AFTER = timedelta(seconds=6)
OPEN = [state for state in State if not state.is_end]
WAITING = [Phase.READING, Phase.WAITING]
"""What a grading that nobody holds may say of itself."""
WORKING = [phase for phase in Phase if phase is not Phase.DONE]
SITUATIONS = [
    *((State.QUEUED, *each) for each in product(Lane, WAITING)),
    *((State.RUNNING, *each) for each in product(Lane, WORKING)),
]


def test_the_situations_below_are_all_that_do_not_end_by_themselves() -> None:
    assert OPEN == [State.QUEUED, State.RUNNING]
    assert {state for state, _, _ in SITUATIONS} == set(OPEN)
    assert len(SITUATIONS) == len(Lane) * (len(WAITING) + len(WORKING))


@pytest.fixture
def others(queue: Database) -> Iterator[Identity]:
    """Workers without end, each of which has another name."""
    return (registered(queue, f"worker-{number}") for number in count(2))


def registered(queue: Database, name: str) -> Identity:
    with queue.write() as session:
        return workers.register(session, name, BOTH, "A", {}, {})


def bring_about(queue: Database, number: int, worker: Identity, state: State, lane: Lane, phase: Phase) -> None:
    """A grading in that situation; what runs is held by that worker, what waits may have been put off."""
    with queue.write() as session:
        held = {"worker_id": worker.id, "claimed_at": db_now(), "fence": 1} if state is State.RUNNING else {}
        session.execute(
            update(Grading)
            .where(Grading.id == number)
            .values(state=state, lane=lane, phase=phase, is_live=lane is not Lane.SHADOW, **held)
        )


def kill(queue: Database, worker: Identity) -> None:
    """It says no more that it lives, and somebody else looks."""
    with queue.write() as session:
        session.execute(update(Worker).where(Worker.id == worker.id).values(beat_at=db_now(-DEAD_AFTER)))
    with queue.write() as session:
        workers.sweep(session, DEAD_AFTER)


def claimed(queue: Database, worker: Identity) -> Ticket | None:
    with queue.write() as session:
        session.execute(update(Grading).values(not_before=None))  # the wait after a loss is over
        return tickets.claim(session, worker.id, BOTH)


def state_of(queue: Database, number: int) -> State:
    with queue.read() as session:
        return session.get_one(Grading, number).state


def test_whoever_held_it_is_killed_and_another_one_ends_it(
    queue: Database, world: World, others: Iterator[Identity]
) -> None:
    for state, lane, phase in SITUATIONS:
        number, victim = hand_in(queue, world, "ada"), next(others)
        bring_about(queue, number, victim, state, lane, phase)
        kill(queue, victim)

        ticket = claimed(queue, next(others))
        assert ticket is not None, (state, lane, phase)
        with queue.write() as session:
            assert tickets.finish(session, ticket, Result(State.SCORED, {}, None, 0.0, "0"), {})
        assert state_of(queue, number) is State.SCORED


@pytest.mark.parametrize("state", OPEN)
def test_where_everybody_who_takes_it_is_killed_it_ends_as_failed(
    queue: Database, world: World, worker: Identity, others: Iterator[Identity], state: State
) -> None:
    number = hand_in(queue, world, "ada")
    bring_about(queue, number, worker, state, Lane.EVALUATE, Phase.WAITING)
    kill(queue, worker)

    tries = int(state is State.RUNNING)
    while claimed(queue, victim := next(others)) is not None:
        kill(queue, victim)
        tries += 1

    assert (state_of(queue, number), tries) == (State.FAILED, MAX_LOSSES)


def test_a_worker_that_lives_and_never_comes_to_an_end_loses_it_at_the_deadline(
    queue: Database, world: World, worker: Identity
) -> None:
    number = hand_in(queue, world, "ada")
    bring_about(queue, number, worker, State.RUNNING, Lane.EVALUATE, Phase.EVALUATING)
    with queue.write() as session:
        overdue = db_now(-GRADING_DEADLINE - timedelta(seconds=1))
        session.execute(update(Grading).where(Grading.id == number).values(claimed_at=overdue))
        workers.beat(session, worker)
    with queue.write() as session:
        assert workers.sweep(session, DEAD_AFTER) == 1

    assert state_of(queue, number) is State.QUEUED
