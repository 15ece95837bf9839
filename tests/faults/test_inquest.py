"""What a campaign says of a submission that failed, on each database."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.clock import read_clock
from app.database import Database
from models.gradings import State
from tests.app.world import World, copied, hand_in, live_grading
from tests.databases import Backend
from tests.faults.inquest import Deed, failures
from tests.faults.witness import call_witness


@pytest.fixture
def populated(backend: Backend, slow_world: World, tmp_path: Path) -> Iterator[tuple[Database, World]]:
    with copied(backend, slow_world, tmp_path / "data") as world, closing(Database(world.database_url)) as database:
        yield database, world


def test_each_loss_is_told_with_what_was_done_before_it(populated: tuple[Database, World]) -> None:
    database, world = populated
    with database.write() as session:
        call_witness(session.connection())
    number, other = (hand_in(database, world, "ada", file=file) for file in ("lost", "rejected"))
    for fault in ("the worker was silent", "the zygote is gone"):
        with database.write() as session:
            grading = live_grading(session, number)
            grading.losses, grading.fault = grading.losses + 1, fault
    with database.write() as session:
        for each, end in ((number, State.FAILED), (other, State.REJECTED)):
            grading = live_grading(session, each)
            grading.finished_at = read_clock(session)
            grading.state = end
    now = time.time()
    deeds = [
        Deed("kill_worker", now - 3, now),
        Deed("cut_power", now - 90, now - 60),
        Deed("later", now + 60, now + 61),
    ]

    def ask(statement: str, **values: object) -> list[tuple[Any, ...]]:
        with database.read() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    (told,) = failures(ask, deeds)
    head, first, second = told.splitlines()
    ends = ask("SELECT state FROM ends ORDER BY state")

    assert head.startswith(f"{number}: ")
    assert "the worker was silent, after kill_worker" in first
    assert "the zygote is gone, after kill_worker" in second
    assert "cut_power" not in told
    assert "later" not in told
    assert ends == [("failed",), ("rejected",)]
