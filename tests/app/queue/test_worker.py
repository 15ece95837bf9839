"""What a worker does after a fault of ours: whose fault it counts as, whether it lives on, and how long it waits."""

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.database import Database
from app.observability.traces import Traces
from app.queue import worker as worker_process
from app.queue.grading import Grader
from app.queue.own_store import OtherStore
from app.queue.tickets import Ticket
from app.queue.worker import Role
from app.queue.workers import Identity
from app.storage import Store, StoreAway
from grader.airlock.runner import Airlock
from grader.errors import AirlockUnavailable, DefinitionError
from grader.running import READING_JOB
from models.gradings import Lane, State
from tests.app.queue.test_heart import state
from tests.app.queue.test_workers import claim
from tests.app.world import World, hand_in

BOTH = (Lane.CHECK, Lane.EVALUATE)
MISSING = FileNotFoundError(errno.ENOENT, "no such file")


class Broken:
    """A grader that meets a fault of ours."""

    def __init__(self, database: Database, error: Exception, store: Store | None = None) -> None:
        self.database, self.error, self.traces, self.store = database, error, Traces(), store

    def grade(self, ticket: Ticket, *, at_once: bool) -> bool:
        raise self.error


class Away:
    """A database that refuses so many writes before it lets one through."""

    def __init__(self, database: Database, refusals: int) -> None:
        self.database, self.refusals = database, refusals

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.refusals:
            self.refusals -= 1
            raise OperationalError("UPDATE gradings", {}, Exception("the server closed the connection"))
        with self.database.write() as session:
            yield session


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "TROUBLE_SECONDS", 0.01)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have ended this process."""
    seen: list[str] = []
    monkeypatch.setattr(worker_process, "end_for_want_of_memory", lambda: seen.append("memory"))
    return seen


def graded_by(database: Database | Away, ticket: Ticket, error: Exception, store: Store | None = None) -> None:
    broken: Grader = Broken(database, error, store)  # type: ignore[assignment, arg-type] # all that the worker asks of one
    worker_process._grade(broken, ticket, threading.Event())


def test_a_jail_that_is_gone_costs_the_grading_nothing(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    with pytest.raises(AirlockUnavailable):
        graded_by(queue, held, AirlockUnavailable("no jail"))

    assert state(queue, held) == (State.QUEUED, 0)


def test_rules_that_cannot_be_computed_end_the_grading_at_once(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    graded_by(queue, held, DefinitionError("the formula divides by zero"))

    assert state(queue, held) == (State.FAILED, 0)


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.ENOMEM, "cannot allocate memory")])
def test_a_worker_without_memory_ends_after_it_has_given_back_its_ticket(
    world: World, queue: Database, worker: Identity, ends: list[str], error: Exception
) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    graded_by(queue, held, error)

    assert state(queue, held) == (State.QUEUED, 1)
    assert ends == ["memory"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE])
def test_a_full_disk_costs_the_grading_nothing_and_the_worker_lives_on(
    world: World, queue: Database, worker: Identity, ends: list[str], number: int
) -> None:
    hand_in(queue, world, "ada")
    for _ in range(10):
        held = claim(queue, worker)
        graded_by(queue, held, OSError(number, "no room"))

        assert state(queue, held) == (State.QUEUED, 0)
    assert ends == []


def test_a_file_that_is_missing_is_tried_again_and_counted(
    world: World, queue: Database, worker: Identity, ends: list[str]
) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    graded_by(queue, held, MISSING, Store(world.folder))

    assert state(queue, held) == (State.QUEUED, 1)
    assert ends == []


def test_a_worker_whose_store_is_another_one_ends_and_costs_nobody_a_try(
    world: World, queue: Database, worker: Identity, tmp_path: Path
) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    with pytest.raises(OtherStore, match="none of the 1 data sets"):
        graded_by(queue, held, MISSING, Store(tmp_path / "elsewhere"))

    assert state(queue, held) == (State.QUEUED, 0)


def test_a_file_that_is_missing_while_the_store_goes_away_costs_no_try(
    world: World, queue: Database, worker: Identity
) -> None:
    class Gone(Store):
        def has_dataset(self, digest: str) -> bool:
            raise StoreAway("connection refused")

    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    graded_by(queue, held, MISSING, Gone(world.folder))

    assert state(queue, held) == (State.QUEUED, 0)


def test_a_ticket_is_given_back_once_when_the_database_is_there_again(
    world: World, queue: Database, worker: Identity
) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)

    graded_by(Away(queue, refusals=3), held, RuntimeError("too bad"))

    assert state(queue, held) == (State.QUEUED, 1)


def test_a_worker_that_is_asked_to_stop_waits_for_no_database(world: World, queue: Database, worker: Identity) -> None:
    hand_in(queue, world, "ada")
    held = claim(queue, worker)
    stop = threading.Event()
    stop.set()
    broken: Grader = Broken(Away(queue, refusals=10**9), RuntimeError("too bad"))  # type: ignore[assignment, arg-type]

    worker_process._grade(broken, held, stop)

    assert state(queue, held) == (State.RUNNING, 0)


def test_a_worker_takes_its_name_as_soon_as_the_database_is_there(queue: Database) -> None:
    away: Database = Away(queue, refusals=3)  # type: ignore[assignment] # all that is asked of one

    identity = worker_process._register(away, threading.Event(), Role("late", BOTH, {}), Airlock(READING_JOB))

    assert identity is not None
    assert identity.name == "late"
