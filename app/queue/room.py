"""How many more files can be checked soon."""

from datetime import timedelta

from sqlalchemy import func, select

from app.database import Database
from app.queue import workers
from models.gradings import Grading, Lane, State

PLACES = 4
"""Files that wait for their check and keep a worker busy for no longer than half a second."""
_UNCHECKED = select(func.count()).where(Grading.state == State.QUEUED, Grading.lane == Lane.CHECK)


def room(database: Database, dead_after: timedelta) -> int | None:
    """How many files may come in before those who check have enough to do; None where nobody checks."""
    with database.read() as session:
        checking = sum(Lane.CHECK in each.lanes for each in workers.alive(session, dead_after))
        if not checking:
            return None
        return max(0, PLACES * checking - session.execute(_UNCHECKED).scalar_one())
