"""How fast the queue moves, and when a waiting grading will be done: from measured times, and an estimate."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.queue import order, workers
from models.columns import unindexed
from models.gradings import Grading, Lane, State

MEASURED = 20
"""So many of the newest gradings tell how long one takes."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What the time of a waiting grading depends on. `seconds` of one grading; None: nothing was measured yet."""

    seconds: float | None
    workers: int
    """Those that evaluate and are alive."""
    waiting: int
    """Gradings that wait to be evaluated."""

    def expected(self, lane: Lane, ahead: int) -> float | None:
        """Seconds until the end of a grading that so many of its lane are ahead of; None where nobody can tell."""
        if self.seconds is None or not self.workers:
            return None
        before = ahead if lane is Lane.EVALUATE else ahead + self.waiting
        return self.seconds * (before / self.workers + 1)


def pace(session: Session, dead_after: timedelta) -> Pace:
    """The pace at this moment."""
    measured = (
        select(Grading.claimed_at, Grading.finished_at)
        .where(
            unindexed(Grading.state) == State.SCORED, Grading.copied_from_id.is_(None), Grading.claimed_at.is_not(None)
        )
        .order_by(Grading.id.desc())
        .limit(MEASURED)
    )
    times = [(ended - begun).total_seconds() for begun, ended in session.execute(measured) if begun and ended]
    waiting = select(func.count()).where(Grading.state == State.QUEUED, Grading.lane == Lane.EVALUATE)
    evaluating = [each for each in workers.alive(session, dead_after) if Lane.EVALUATE in each.lanes]
    return Pace(median(times) if times else None, len(evaluating), session.execute(waiting).scalar_one())


def waits(session: Session, grading: Grading, dead_after: timedelta) -> tuple[int | None, float | None]:
    """How many gradings are ahead of a waiting one, and the seconds until its end; None and None for others."""
    if grading.state is not State.QUEUED:
        return None, None
    ahead = session.execute(order.ahead(grading)).scalar_one()
    return ahead, pace(session, dead_after).expected(grading.lane, ahead)
