"""A queue and a worker that takes from it."""

from collections.abc import Iterator

import pytest

from app.database import Database
from app.queue import workers
from app.queue.workers import Identity
from models.gradings import Lane
from tests.app.world import World

BOTH = (Lane.CHECK, Lane.EVALUATE)


@pytest.fixture
def queue(world: World) -> Iterator[Database]:
    """The database with the queue in it."""
    database = Database(world.database_url)
    yield database
    database.close()


@pytest.fixture
def worker(queue: Database) -> Identity:
    with queue.write() as session:
        return workers.register(session, "worker-1", BOTH, "A", {}, {})
