"""Whether the process lives, and whether it can do its work."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text, update

from app import health
from app.clock import db_now
from app.database import Database
from app.queue import workers
from models.gradings import Lane
from models.workers import Worker
from tests.app.world import World
from tests.databases import Backend

Open = Callable[[str | None], TestClient]
BOTH = (Lane.CHECK, Lane.EVALUATE)


def add_worker(records: Database, *, name: str = "w", level: str = "A", lanes: tuple[Lane, ...] = BOTH) -> None:
    with records.write() as session:
        workers.register(session, name, lanes, level, {}, {})


def test_with_a_live_worker_the_service_is_ready(program: Open, records: Database) -> None:
    add_worker(records, name="lab-1")

    response = program(None).get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "grading": True,
        "checks": {"database": "", "migrations": "", "store": "", "disk": "", "worker": ""},
        "workers": ["lab-1: level A, check and evaluate"],
    }


def test_a_worker_of_its_own_kind_says_so(program: Open, records: Database) -> None:
    with records.write() as session:
        workers.register(session, "gpu-1", BOTH, "B", {}, {}, ("demo", "final"), "cuda")

    told = program(None).get("/readyz").json()["workers"]
    assert told == ["gpu-1: level B, check and evaluate, on cuda, only demo, final"]


def test_without_a_worker_uploads_are_taken_and_that_nothing_is_graded_is_told_apart(program: Open) -> None:
    assert program(None).get("/readyz").status_code == 200

    response = program(None).get("/readyz?worker=true")

    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["grading"]) == (True, False)
    assert "no worker is alive" in response.json()["checks"]["worker"]


def test_a_worker_that_fell_silent_is_none(program: Open, records: Database) -> None:
    add_worker(records)
    with records.write() as session:
        session.execute(update(Worker).values(beat_at=db_now(timedelta(seconds=-7))))

    assert program(None).get("/readyz?worker=true").status_code == 503


@pytest.mark.parametrize(("level", "lanes"), [("C", BOTH), ("A", (Lane.CHECK,))])
def test_a_worker_that_cannot_evaluate_is_not_enough(
    program: Open, records: Database, level: str, lanes: tuple[Lane, ...]
) -> None:
    add_worker(records, level=level, lanes=lanes)

    response = program(None).get("/readyz?worker=true")

    assert response.status_code == 503
    assert "evaluate" in response.json()["checks"]["worker"]


def test_a_full_disk_is_told(program: Open, records: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_worker(records)
    monkeypatch.setattr(health, "free_bytes", lambda folder: -1)

    response = program(None).get("/readyz")

    assert response.status_code == 503
    assert "uploads are refused" in response.json()["checks"]["disk"]


def test_tables_of_another_release_are_told(program: Open, records: Database) -> None:
    add_worker(records)
    with records.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'older'"))

    response = program(None).get("/readyz")

    assert response.status_code == 503
    assert "secateur migrate" in response.json()["checks"]["migrations"]


def test_a_file_store_that_is_gone_is_told(program: Open, records: Database, world: World) -> None:
    add_worker(records)
    (world.folder / "files").rename(world.folder / "elsewhere")

    response = program(None).get("/readyz")

    assert response.status_code == 503
    assert "uploads are refused" in response.json()["checks"]["store"]


def test_a_ruined_database_makes_it_unready_and_leaves_it_alive(
    program: Open, service: FastAPI, world: World, backend: Backend
) -> None:
    backend.ruin(world.database_url)

    response = program(None).get("/readyz")

    assert response.status_code == 503
    assert "does not answer" in response.json()["checks"]["database"]
    assert program(None).get("/healthz").json() == {"status": "ok"}
