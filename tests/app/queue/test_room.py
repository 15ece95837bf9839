"""How many files may come in before those who check have enough to do."""

from datetime import timedelta

from sqlalchemy import update

from app.clock import db_now
from app.database import Database
from app.queue import workers
from app.queue.room import PLACES, room
from models.gradings import Grading, Lane, Phase
from models.workers import Worker
from tests.app.world import World, hand_in

DEAD_AFTER = timedelta(minutes=1)


def test_each_worker_that_checks_has_places_and_what_waits_for_its_check_takes_one(
    records: Database, world: World
) -> None:
    with records.write() as session:
        workers.register(session, "checks", (Lane.CHECK,), "A", {}, {})
        workers.register(session, "does both", (Lane.CHECK, Lane.EVALUATE), "A", {}, {})
        workers.register(session, "evaluates", (Lane.EVALUATE,), "A", {}, {})
    assert room(records, DEAD_AFTER) == 2 * PLACES

    for name in ("ada", "grace", "alan"):
        hand_in(records, world, name)
    with records.write() as session:
        moved = Grading.submission_id == 1
        session.execute(update(Grading).where(moved).values(lane=Lane.EVALUATE, phase=Phase.WAITING))

    assert room(records, DEAD_AFTER) == 2 * PLACES - 2


def test_it_is_never_less_than_none(records: Database, world: World) -> None:
    with records.write() as session:
        workers.register(session, "checks", (Lane.CHECK,), "A", {}, {})
    for number in range(PLACES + 1):
        hand_in(records, world, "ada", file=str(number))

    assert room(records, DEAD_AFTER) == 0


def test_where_nobody_checks_there_is_nothing_to_wait_for(records: Database, world: World) -> None:
    assert room(records, DEAD_AFTER) is None
    with records.write() as session:
        workers.register(session, "gone", (Lane.CHECK,), "A", {}, {})
        session.execute(update(Worker).values(beat_at=db_now(-2 * DEAD_AFTER)))

    assert room(records, DEAD_AFTER) is None
