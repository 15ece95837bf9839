"""The dashboard: what needs staff first, the class, the queue; and that its cost does not grow with rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, update

from app.clock import db_now
from app.database import Database
from app.queue import workers
from app.settings import Settings
from models.gradings import Grading, Lane, State
from models.submissions import Submission
from models.workers import Worker
from tests.app.world import World, hand_in, settings_of, settle

Open = Callable[[str | None], TestClient]
DASHBOARD = "/competitions/demo/dashboard"


@pytest.fixture
def settings(world: World) -> Settings:
    """Nothing is kept from one request to the next."""
    return settings_of(world).model_copy(update={"dashboard_seconds": 0.0})


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any database of this process is asked until the block ends."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def show(program: Open) -> dict[str, Any]:
    answer = program("instructor").get(DASHBOARD)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_what_failed_by_our_fault_and_what_is_stuck_comes_first(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    failed, stuck, fresh = (hand_in(records, world, "ada", file=name) for name in ("a", "b", "c"))
    settle(records, failed, state=State.FAILED)
    with records.write() as session:
        long_ago = update(Grading).where(Grading.submission_id == stuck)
        session.execute(long_ago.values(created_at=db_now(-timedelta(hours=1))))

    found = show(program)

    assert found["failed"] == {"count": 1, "submissions": [failed]}
    assert found["stuck"] == {"count": 1, "submissions": [stuck]}
    assert found["queue"]["checks"] == 2
    page = browser("instructor").get(DASHBOARD).text
    assert f'<a href="/submissions/{failed}">' in page
    assert f'<a href="/submissions/{fresh}">' not in page


def test_a_quiet_competition_needs_nobody(browser: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))

    assert "What needs you" in (page := browser("instructor").get(DASHBOARD).text)
    assert "No submission failed by our fault" in page


def test_the_class_is_told_by_numbers(program: Open, records: Database, world: World) -> None:
    for name, score in (("ada", Fraction(3, 4)), ("ada", Fraction(1, 4)), ("grace", Fraction(1, 2))):
        settle(records, hand_in(records, world, name, file=f"{name}{score}"), score)
    settle(records, hand_in(records, world, "instructor"), Fraction(1))

    found = show(program)

    assert (found["students"], found["active"], found["on_board"]) == (3, 2, 2)
    assert found["full_credit"] == 1  # Ada's last has none
    [day] = found["days"]
    assert (day["count"], day["least"], day["median"], day["most"]) == (3, 0.25, 0.5, 0.75)
    assert found["states"] == {"scored": 4}


def test_workers_are_shown_with_their_silence(program: Open, records: Database, world: World) -> None:
    with records.write() as session:
        for name in ("alive", "silent"):
            workers.register(session, name, (Lane.CHECK,), "A", {}, {})
        silent = update(Worker).where(Worker.name == "silent").values(beat_at=db_now(-timedelta(hours=1)))
        session.execute(silent)

    found = {each["name"]: each for each in show(program)["workers"]}

    assert (found["alive"]["is_alive"], found["silent"]["is_alive"]) == (True, False)
    assert 3599 < found["silent"]["silent_seconds"] < 3900


def test_the_drawing_is_drawn_and_spared_where_nothing_changed(browser: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))
    staff = browser("instructor")

    drawn = staff.get(f"{DASHBOARD}/scores.svg", params={"theme": "dark"})
    again = staff.get(
        f"{DASHBOARD}/scores.svg", params={"theme": "dark"}, headers={"If-None-Match": drawn.headers["etag"]}
    )

    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "median" in drawn.text
    assert again.status_code == 304


@pytest.mark.parametrize("path", [DASHBOARD, f"{DASHBOARD}/scores.svg"])
def test_it_is_for_staff(program: Open, path: str) -> None:
    assert program("ada").get(path).status_code == 403
    assert program("outsider").get(path).status_code == 404


PAGES = [DASHBOARD, f"{DASHBOARD}/scores.svg", "/competitions/demo/submissions", "/competitions/demo/grades"]
PAGES += ["/competitions/demo/leaderboard", "/competitions/demo"]


def test_the_number_of_queries_does_not_grow_with_rows(browser: Open, records: Database, world: World) -> None:
    staff = browser("instructor")
    counts: dict[str, list[int]] = {path: [] for path in PAGES}
    number = 0
    staff.get(DASHBOARD)  # the first request of a process reads the definition
    for size in (3, 9, 27):
        while number < size:
            number += 1
            submission = hand_in(records, world, ("ada", "grace", "alan")[number % 3], file=str(number))
            state = (State.SCORED, State.REJECTED, State.FAILED)[number % 3 if number % 2 else 0]
            settle(records, submission, Fraction(number, 100) if state is State.SCORED else None, state)
            with records.write() as session:
                moved = update(Submission).where(Submission.id == submission)
                session.execute(moved.values(received_at=db_now(-timedelta(days=number))))
        for path in PAGES:
            with counted() as statements:
                assert staff.get(path).status_code == 200
            counts[path].append(len(statements))

    assert {path: found for path, found in counts.items() if len(set(found)) > 1} == {}
