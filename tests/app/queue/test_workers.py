"""Who works, who is dead, and what becomes of a dead worker's gradings."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.clock import db_now
from app.database import Database
from app.queue import tickets, workers
from app.queue.tickets import Result, Ticket
from app.queue.workers import GRADING_DEADLINE, Identity
from models.gradings import Grading, Lane, State
from models.workers import Worker
from tests.app.world import World, hand_in

BOTH = (Lane.CHECK, Lane.EVALUATE)
DEAD_AFTER = timedelta(seconds=6)


def register(queue: Database, name: str) -> Identity:
    with queue.write() as session:
        return workers.register(session, name, BOTH, "A", {"level": "A"}, {"secateur": "0.1.0"})


def claim(queue: Database, worker: Identity) -> Ticket:
    with queue.write() as session:
        ticket = tickets.claim(session, worker.id, BOTH)
    assert ticket is not None
    return ticket


def silence(queue: Database, worker: Identity, age: timedelta) -> None:
    with queue.write() as session:
        session.execute(update(Worker).where(Worker.id == worker.id).values(beat_at=db_now(-age)))


def sweep(queue: Database) -> int:
    with queue.write() as session:
        return workers.sweep(session, DEAD_AFTER)


def beat(queue: Database, worker: Identity) -> bool:
    with queue.write() as session:
        return workers.beat(session, worker)


def state_of(queue: Database, ticket: Ticket) -> tuple[State, int]:
    with queue.read() as session:
        found = session.get_one(Grading, ticket.grading_id)
        return found.state, found.losses


def finish(queue: Database, ticket: Ticket) -> bool:
    with queue.write() as session:
        return tickets.finish(session, ticket, Result(State.SCORED, {}, None, 0.0, "0"), {})


def alive(queue: Database) -> list[str]:
    with queue.read() as session:
        return [worker.name for worker in workers.alive(session, DEAD_AFTER)]


def test_a_worker_that_starts_again_gets_its_work_back_at_once(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    old = claim(queue, worker)

    again = register(queue, worker.name)

    assert again.id == worker.id
    assert state_of(queue, old) == (State.QUEUED, 1)
    assert claim(queue, again).fence > old.fence
    assert not finish(queue, old)


def test_others_keep_theirs_when_a_worker_starts_again(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, register(queue, "worker-2"))

    register(queue, worker.name)

    assert state_of(queue, held) == (State.RUNNING, 0)


def test_a_process_whose_name_was_taken_learns_it_from_its_heartbeat(queue: Database, worker: Identity) -> None:
    assert beat(queue, worker)

    again = register(queue, worker.name)

    assert not beat(queue, worker)
    assert beat(queue, again)


def test_a_silent_workers_gradings_are_given_back(queue: Database, world: World, worker: Identity) -> None:
    for _ in range(2):
        hand_in(queue, world, "ada")
    held = [claim(queue, worker), claim(queue, worker)]
    silence(queue, worker, timedelta(seconds=7))

    assert sweep(queue) == 2
    assert [state_of(queue, ticket) for ticket in held] == [(State.QUEUED, 1)] * 2
    assert sweep(queue) == 0


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=5)])
def test_a_worker_that_was_heard_of_keeps_its_grading(
    queue: Database, world: World, worker: Identity, age: timedelta
) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)
    silence(queue, worker, age)

    assert sweep(queue) == 0
    assert finish(queue, held)


def test_a_worker_that_thaws_finds_its_ticket_gone(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    frozen = claim(queue, worker)
    silence(queue, worker, timedelta(seconds=20))
    sweep(queue)
    other = claim(queue, register(queue, "worker-2"))

    assert beat(queue, worker)  # it lives, and is told by the fence, not by its name
    assert not finish(queue, frozen)
    assert finish(queue, other)


def test_what_has_ended_is_not_given_back(queue: Database, world: World, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    ended = claim(queue, worker)
    finish(queue, ended)
    silence(queue, worker, timedelta(hours=1))

    assert sweep(queue) == 0
    assert state_of(queue, ended) == (State.SCORED, 0)


def test_no_grading_runs_past_the_deadline(queue: Database, world: World, worker: Identity) -> None:
    for _ in range(2):
        hand_in(queue, world, "ada")
    endless, fresh = claim(queue, worker), claim(queue, worker)
    with queue.write() as session:
        late = db_now(-GRADING_DEADLINE - timedelta(seconds=1))
        session.execute(update(Grading).where(Grading.id == endless.grading_id).values(claimed_at=late))

    assert sweep(queue) == 1
    assert state_of(queue, endless) == (State.QUEUED, 1)
    assert state_of(queue, fresh) == (State.RUNNING, 0)


def test_only_workers_that_were_heard_of_are_alive(queue: Database, worker: Identity) -> None:
    other = register(queue, "worker-2")
    assert alive(queue) == ["worker-1", "worker-2"]

    silence(queue, other, timedelta(seconds=7))

    assert alive(queue) == ["worker-1"]
