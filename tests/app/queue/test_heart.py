import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import monotonic, sleep

import pytest
from sqlalchemy import select

from app.database import Database
from app.queue import tickets
from app.queue import worker as worker_process
from app.queue.heart import Heart
from app.queue.tickets import Ticket
from app.queue.worker import Role
from app.queue.workers import Identity, register
from app.settings import Settings
from grader.airlock.layers import ALL_LAYERS, Layer
from grader.airlock.runner import Airlock
from models.gradings import Grading, Lane, State
from models.workers import Worker
from tests.app.queue.test_workers import claim, silence
from tests.app.world import World, hand_in

BOTH = (Lane.CHECK, Lane.EVALUATE)
SEVERAL_BEATS_SECONDS = 0.5
QUICK = Settings(worker_beat_seconds=0.05, worker_dead_seconds=0.4)


def beating(queue: Database, identity: Identity) -> tuple[Heart, threading.Event, threading.Event]:
    stop, still = threading.Event(), threading.Event()
    heart = Heart(queue, identity, QUICK, stop, still)
    return heart, stop, still


def until(look: Callable[[], bool]) -> None:
    end = monotonic() + 20
    while not look():
        assert monotonic() < end, "waited 20 s"
        sleep(0.01)


def state(queue: Database, ticket: Ticket) -> tuple[State, int]:
    with queue.read() as session:
        grading = session.get_one(Grading, ticket.grading_id)
        return grading.state, grading.losses


def test_a_heart_gives_back_what_a_dead_worker_held(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)
    silence(queue, worker, timedelta(seconds=7))
    with queue.write() as session:
        other = register(session, "worker-2", BOTH, "A", {}, {})
    heart, _, still = beating(queue, other)

    heart.start()

    until(lambda: state(queue, held) == (State.QUEUED, 1))
    still.set()
    heart.join()


def test_a_beat_that_was_held_up_takes_nobodys_work(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)
    silence(queue, worker, timedelta(seconds=7))
    with queue.write() as session:
        other = register(session, "worker-2", BOTH, "A", {}, {})
    heart, _, _ = beating(queue, other)
    heart._last -= QUICK.worker_dead_seconds

    heart._beat()

    assert state(queue, held) == (State.RUNNING, 0)


def test_a_worker_whose_name_was_taken_is_told_to_stop(queue: Database, worker: Identity) -> None:
    heart, stop, still = beating(queue, worker)
    with queue.write() as session:
        register(session, worker.name, BOTH, "A", {}, {})

    heart.start()

    until(stop.is_set)
    still.set()
    heart.join()


def test_a_lost_ticket_is_neither_given_back_nor_given_up(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)
    outdated = replace(held, fence=held.fence - 1)

    with queue.write() as session:
        tickets.give_back(session, outdated, "late")
        tickets.give_up(session, outdated, "late")

    assert state(queue, held) == (State.RUNNING, 0)


def test_without_a_jail_submissions_wait(world: World, queue: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker at level C claims nothing, beats on, and says its level."""
    hand_in(queue, world, "ada")
    settings = Settings(data_dir=world.folder, database_url=world.database_url, worker_beat_seconds=0.05)
    monkeypatch.setattr(worker_process, "Airlock", partial(Airlock, layers=ALL_LAYERS - {Layer.SECCOMP}))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def end_it() -> None:
        try:
            until(lambda: _levels(queue) == ["C"])
            sleep(SEVERAL_BEATS_SECONDS)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_it).start()
    try:
        status = worker_process.run(settings, Role("no-jail", BOTH, {}))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert status == 0
    assert _levels(queue) == ["C"]
    with queue.read() as session:
        grading = session.scalars(select(Grading)).one()
        assert (grading.state, grading.fence, grading.losses) == (State.QUEUED, 0, 0)


def _levels(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Worker.airlock_level)))
