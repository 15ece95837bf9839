"""Grading again on both databases: two who press the button at the same time queue one grading."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from threading import Barrier

from sqlalchemy import select

from app.competitions.access import enter
from app.competitions.stored import Definitions
from app.database import Database
from app.errors import Conflict
from app.submissions import queries, service
from models.accounts import User
from models.gradings import Grading
from tests.app.world import SLUG, World, hand_in, settle

AT_ONCE = 4


def test_two_at_once_queue_one_grading(queue: Database, world: World) -> None:
    number = hand_in(queue, world, "ada")
    settle(queue, number, Fraction(1, 2))
    ready = Barrier(AT_ONCE)

    def grade_again(_: int) -> str:
        ready.wait(20)
        try:
            with queue.write() as session:
                user = session.get_one(User, world.people["instructor"].id)
                found = queries.submission(session, number)
                assert found is not None
                service.grade_again(session, enter(session, Definitions(), SLUG, user), found, user.id)
        except Conflict as conflict:
            return conflict.code
        return "queued"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sorted(pool.map(grade_again, range(AT_ONCE)))

    with queue.read() as session:
        gradings = session.scalars(select(Grading).where(Grading.submission_id == number)).all()
    assert answers == ["grading-under-way"] * (AT_ONCE - 1) + ["queued"]
    assert len(gradings) == 2
