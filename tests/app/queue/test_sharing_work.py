"""How work is shared out: workers of some competitions alone, rejudges beside a queue that never empties, a full queue."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions import definition
from app.competitions import service as competitions
from app.database import Database
from app.observability.traces import Traces
from app.queue import tickets, workers
from app.queue import worker as worker_process
from app.queue.grading import Grader, _Times
from app.queue.order import anything
from app.queue.parked import Parked
from app.queue.tickets import Ticket
from app.queue.workers import Identity
from app.settings import Settings
from app.storage import Store
from grader.pipeline import Phase
from models.competitions import CompetitionVersion
from models.gradings import Grading, Lane
from models.submissions import Submission
from models.workers import Worker
from tests.app.world import FOLDER, World, hand_in, settle

BOTH = (Lane.CHECK, Lane.EVALUATE)
OTHER = "other-demo"


@pytest.fixture
def other(queue: Database, world: World) -> str:
    """The slug of a second competition of the course."""
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8").replace("slug: demo", f"slug: {OTHER}", 1)
    with queue.write() as session:
        version = session.get_one(CompetitionVersion, world.version_id)
        read = definition.from_yaml(text, "demo.yaml", FOLDER)
        competitions.apply(session, version.competition.course, read, text, version.dataset, None)
    return OTHER


def claimed(queue: Database, worker: Identity, *slugs: str, shadow_first: bool = False) -> Ticket | None:
    with queue.write() as session:
        return tickets.claim(session, worker.id, BOTH, slugs, shadow_first=shadow_first)


def slug_of(queue: Database, ticket: Ticket | None) -> str:
    assert ticket is not None
    with queue.read() as session:
        return session.get_one(Submission, ticket.submission_id).competition.slug


def in_the_shadow(session: Session, number: int) -> None:
    session.execute(update(Grading).where(Grading.submission_id == number).values(lane=Lane.SHADOW, is_live=False))


def test_a_worker_of_some_competitions_takes_theirs_alone(
    queue: Database, world: World, worker: Identity, other: str
) -> None:
    hand_in(queue, world, "ada")
    hand_in(queue, world, "grace", slug=other)

    assert queue.finds(anything(BOTH, (other,)))
    assert slug_of(queue, claimed(queue, worker, other)) == other
    assert claimed(queue, worker, other) is None
    assert not queue.finds(anything(BOTH, (other, "no-such")))
    assert slug_of(queue, claimed(queue, worker)) == "demo"


def test_a_worker_of_some_competitions_takes_no_rejudge_of_another(
    queue: Database, world: World, worker: Identity, other: str
) -> None:
    for number, slug in ((hand_in(queue, world, "ada"), "demo"), (hand_in(queue, world, "ada", slug=other), other)):
        with queue.write() as session:
            in_the_shadow(session, number)
        assert slug_of(queue, claimed(queue, worker, slug)) == slug
        assert claimed(queue, worker, slug) is None


def test_a_worker_says_what_it_grades_and_on_which_device(queue: Database) -> None:
    with queue.write() as session:
        workers.register(session, "gpu-1", BOTH, "A", {}, {}, ("demo",), "cuda")
    with queue.read() as session:
        found = session.scalars(select(Worker).where(Worker.name == "gpu-1")).one()
        assert (found.competitions, found.device) == ("demo", "cuda")


class Endless:
    """A grader in front of which new work waits whenever it has done some; it stops after so many."""

    def __init__(self, queue: Database, world: World, stop: Event, most: int) -> None:
        self.database, self.lanes, self.competitions = queue, BOTH, ()
        self._world, self._stop, self._most, self.traces = world, stop, most, Traces()
        self.given: list[Lane] = []

    def grade(self, ticket: Ticket, *, at_once: bool) -> bool:
        self.given.append(ticket.lane)
        hand_in(self.database, self._world, "ada", file=f"file {len(self.given)}")
        if len(self.given) == self._most:
            self._stop.set()
        return False


def test_a_rejudge_goes_on_beside_live_work_that_never_ends_and_takes_a_tenth_at_most(
    queue: Database, world: World, worker: Identity
) -> None:
    for number in [hand_in(queue, world, "grace", file=f"old {number}") for number in range(4)]:
        with queue.write() as session:
            in_the_shadow(session, number)
    hand_in(queue, world, "ada")
    stop = Event()
    endless = Endless(queue, world, stop, 30)

    worker_process._work(endless, worker, stop)  # type: ignore[arg-type] # all that a worker asks of a grader

    shadows = [number for number, lane in enumerate(endless.given) if lane is Lane.SHADOW]
    assert shadows == [9, 19, 29]


def test_where_too_much_waits_an_upload_is_told_to_come_again_before_it_is_read(
    service: FastAPI,
    settings: Settings,
    records: Database,
    world: World,
    program: Callable[[str | None], TestClient],
) -> None:
    few = settings.model_copy(update={"max_waiting": 2})
    service.state.services = replace(service.state.services, settings=few)
    first, _ = (hand_in(records, world, name) for name in ("grace", "alan"))
    address = "/submissions?competition=demo"

    answer = program("ada").post(address, content=b"\x89HDF\r\n\x1a\n")
    assert (answer.status_code, answer.json()["code"]) == (429, "queue-full")
    assert answer.headers["retry-after"] == "60"
    assert program("instructor").post(address, content=b"\x89HDF\r\n\x1a\n").status_code == 202

    settle(records, first)
    with records.write() as session:
        session.execute(update(Grading).where(Grading.submission_id == first + 1).values(lane=Lane.SHADOW))
    assert program("ada").post(address, content=b"\x89HDF\r\n\x1a\n").status_code == 202
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 4


def test_what_another_machine_ended_is_no_longer_kept_here(queue: Database, world: World) -> None:
    ended, waits = hand_in(queue, world, "ada"), hand_in(queue, world, "grace")
    settle(queue, ended)
    parked = Parked(world.folder)
    for number in (ended, waits):
        (world.folder / "parked" / str(number)).write_bytes(b"an answer")
    grader: Grader = Grader(queue, Store(world.folder), None, None, None, BOTH, parked)  # type: ignore[arg-type]

    grader.tidy()

    assert parked.numbers() == {waits}


def test_a_machine_whose_clock_is_wrong_writes_the_databases_time(
    queue: Database, world: World, worker: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(queue, world, "ada")
    with queue.read() as session:
        before = read_clock(session)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7200)
    ticket = claimed(queue, worker)
    assert ticket is not None
    times = _Times(ticket)
    times.tell(Phase.READING)
    with queue.write() as session:
        assert workers.beat(session, worker)
        assert workers.sweep(session, timedelta(seconds=6)) == 0

    with queue.read() as session:
        after = read_clock(session)
        beat = session.get_one(Worker, worker.id).beat_at
    moments = (ticket.claimed_at, datetime.fromisoformat(times.begun["reading"]), beat)
    assert all(before - timedelta(seconds=1) <= each <= after + timedelta(seconds=1) for each in moments)
