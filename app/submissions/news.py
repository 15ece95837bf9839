"""Where submissions are, asked for all that are watched at once."""

import time
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from app.database import Database
from app.live import News
from app.queue import order
from app.queue.pace import Pace, pace
from models.gradings import Grading, Lane, Phase, State


class Seen(NamedTuple):
    """What is looked at of a grading: far less than a report."""

    submission_id: int
    id: int
    state: State
    phase: Phase
    lane: Lane


PACE_SECONDS = 3.0
"""How old a measured pace may be."""
UNDER_WAY = (State.QUEUED, State.RUNNING)
PLACES_SECONDS = 2.0
"""For so long the places in a long line are told as they were counted."""
LONG_LINE = 50
_WANTED = (
    select(Grading.submission_id, Grading.id, Grading.state, Grading.phase, Grading.lane)
    .where(
        Grading.submission_id.in_(bindparam("submissions", expanding=True)),
        or_(Grading.is_live, Grading.state.in_(UNDER_WAY) & Grading.rejudge_id.is_(None)),
    )
    .order_by(Grading.id)
)
"""The gradings that count, and those that will replace them by themselves."""


class Newsroom:
    """Looks at the database for the streams of a process."""

    def __init__(self, database: Database, dead_after: timedelta) -> None:
        self._database = database
        self._dead_after = dead_after
        self._pace = Pace(None, 0, 0)
        self._measured = -PACE_SECONDS
        self._ahead: Mapping[int, int] = {}
        self._counted = -PLACES_SECONDS

    def look(self, submissions: Collection[int]) -> Mapping[int, News]:
        """The news of these submissions; one that is gone is left out."""
        with self._database.read() as session:
            found: dict[int, list[Seen]] = {}
            for row in session.execute(_WANTED, {"submissions": list(submissions)}):
                found.setdefault(row.submission_id, []).append(Seen(*row))
            waiting = {each.id for gradings in found.values() for each in gradings if each.state is State.QUEUED}
            ahead = self._places(session, waiting) if waiting else {}
            if waiting:
                self._measure(session)
        return {number: self._news(gradings, ahead) for number, gradings in found.items()}

    def _places(self, session: Session, waiting: Set[int]) -> Mapping[int, int]:
        """What stands ahead of gradings that wait; in a long line as it was a moment ago, if they stood in it."""
        now = time.monotonic()
        is_old = now - self._counted >= PLACES_SECONDS or len(self._ahead) < LONG_LINE
        if is_old or not waiting <= self._ahead.keys():
            self._ahead, self._counted = dict(session.execute(order.places()).all()), now
        return self._ahead

    def _measure(self, session: Session) -> None:
        now = time.monotonic()
        if now - self._measured >= PACE_SECONDS:
            self._pace, self._measured = pace(session, self._dead_after), now

    def _news(self, gradings: Sequence[Seen], ahead: Mapping[int, int]) -> News:
        """Of the grading that is under way, else of the one that counts."""
        waited_for = [each for each in gradings if each.state in UNDER_WAY]
        told = (waited_for or gradings)[-1]
        position = ahead.get(told.id) if told.state is State.QUEUED else None
        expected = None if position is None else self._pace.expected(told.lane, position)
        seconds = None if expected is None else round(expected, 1)
        return News(told.state, told.phase, position, seconds, not waited_for)
