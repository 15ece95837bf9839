"""How SQLite goes about what a student's pages ask, though nothing tells it how many rows share a value."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from app.database import Database
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
OF_ALL = ("ix_gradings_state_lane_id", "ix_submissions_competition_id_id", "ix_submissions_competition_id_received_at")
"""Indexes by which all scored gradings are found, or all submissions of a competition."""


@contextmanager
def plans() -> Iterator[list[str]]:
    """Each statement that any engine is given meanwhile, and how SQLite goes about it."""
    seen: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            seen.append("\n".join([statement, *(row[3] for row in rows)]))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


@pytest.mark.only_on("sqlite", reason="Postgres finds out by itself how many rows share a value")
@pytest.mark.parametrize("page", ["/competitions/demo", "/submissions?competition=demo", "/submissions/{}"])
def test_a_students_pages_read_no_submissions_of_all_others(
    page: str, browser: Open, records: Database, world: World
) -> None:
    for score in ("1/4", "3/4"):
        number = hand_in(records, world, "ada", file=score)
        settle(records, number, Fraction(score))
    client = browser("ada")
    client.get(page.format(number))  # whatever is read once and kept

    with plans() as seen:
        answer = client.get(page.format(number))

    assert answer.status_code == 200
    assert len(seen) > 3
    assert [plan for plan in seen if any(index in plan for index in OF_ALL)] == []
