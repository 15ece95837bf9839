"""A service whose files are in an object store: uploads, and gradings on a machine that shares nothing else with it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.competitions.stored import RulesCache
from app.database import Database
from app.queue import tickets, workers
from app.queue import worker as worker_process
from app.queue.grading import Grader
from app.queue.tickets import Ticket
from app.storage import Store
from app.storage.remote import RemoteStore
from grader.airlock.runner import Airlock
from grader.running import EVALUATING_JOB, READING_JOB
from models.datasets import Dataset
from models.gradings import Grading, Lane, State
from models.submissions import Submission
from tests.app.storage.conftest import Machine
from tests.app.world import SAMPLES, World, live_grading
from tests.object_store import Network

BOTH = (Lane.CHECK, Lane.EVALUATE)
FILE = SAMPLES / "pruned-93" / "my_model_weights.h5"
ADDRESS = "/submissions?competition=demo"
pytestmark = pytest.mark.only_on("sqlite", reason="it is about files; the rows are the same on both")


@pytest.fixture
def web(service: FastAPI, machine: Machine, network: Network, world: World) -> RemoteStore:
    """The store of the web server's machine, which knows the competition's data set; the network may break."""
    store = machine(endpoint=network.endpoint, seconds=1)
    service.state.services = replace(service.state.services, store=store)
    with service.state.services.database.read() as session:
        digest = session.scalars(select(Dataset.digest)).one()
    Store(world.folder).dataset(digest).rename(store.datasets / digest)
    store.publish_dataset(digest)
    return store


@pytest.fixture
def elsewhere(web: RemoteStore, machine: Machine, network: Network, records: Database) -> Iterator[Grader]:
    """A worker's grader on a machine of its own."""
    store = machine(endpoint=network.endpoint, seconds=1)
    with Airlock(READING_JOB) as reader, Airlock(EVALUATING_JOB) as evaluator, RulesCache(records, store) as rules:
        yield Grader(records, store, rules, reader, evaluator, BOTH)


def claimed(records: Database) -> Ticket:
    with records.write() as session:
        identity = workers.register(session, "far-away", BOTH, "A", {}, {})
        ticket = tickets.claim(session, identity.id, BOTH)
    assert ticket is not None
    return ticket


def live(records: Database) -> Grading:
    with records.read() as session:
        return live_grading(session, 1)


def test_an_upload_while_the_store_is_away_is_refused_and_costs_nothing(
    web: RemoteStore, network: Network, program: Callable[[str], TestClient], records: Database
) -> None:
    network.become("drop")
    answer = program("ada").post(ADDRESS, content=FILE.read_bytes())

    assert (answer.status_code, answer.json()["code"]) == (503, "store-away")
    assert answer.headers["retry-after"] == "30"
    with records.read() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0
    network.become("through")
    assert program("ada").post(ADDRESS, content=FILE.read_bytes()).status_code == 202


def test_a_worker_on_another_machine_grades_and_a_store_that_is_away_costs_no_try(
    elsewhere: Grader,
    network: Network,
    program: Callable[[str], TestClient],
    records: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "TROUBLE_SECONDS", 0.01)
    assert program("ada").post(ADDRESS, content=FILE.read_bytes()).status_code == 202
    for mode in ("drop", "stall") * 4:
        network.become(mode)
        worker_process._grade(elsewhere, claimed(records), threading.Event())
        waiting = live(records)
        assert (waiting.state, waiting.losses, waiting.crashes) == (State.QUEUED, 0, 0)
        assert waiting.fault is not None
        assert "the file store is away" in waiting.fault

    network.become("through")
    worker_process._grade(elsewhere, claimed(records), threading.Event())
    assert live(records).state is State.SCORED


def test_a_download_comes_from_the_store_whichever_machine_it_came_in_at(
    web: RemoteStore, machine: Machine, service: FastAPI, program: Callable[[str], TestClient]
) -> None:
    assert program("ada").post(ADDRESS, content=FILE.read_bytes()).status_code == 202
    service.state.services = replace(service.state.services, store=machine())

    assert program("ada").get("/submissions/1/files/1").content == FILE.read_bytes()
