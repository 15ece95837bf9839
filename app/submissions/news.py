"""Where submissions are, asked for all that are watched at once."""

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Select, or_, select
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


class Newsroom:
    """Looks at the database for the streams of a process."""

    def __init__(self, database: Database, dead_after: timedelta) -> None:
        self._database = database
        self._dead_after = dead_after
        self._pace = Pace(None, 0, 0)
        self._measured = -PACE_SECONDS

    def look(self, submissions: Collection[int]) -> Mapping[int, News]:
        """The news of these submissions; one that is gone is left out."""
        with self._database.read() as session:
            found: dict[int, list[Seen]] = {}
            for row in session.execute(_wanted(submissions)):
                found.setdefault(row.submission_id, []).append(Seen(*row))
            waits = any(each.state is State.QUEUED for gradings in found.values() for each in gradings)
            ahead = dict(session.execute(order.places()).all()) if waits else {}
            if waits:
                self._measure(session)
        return {number: self._news(gradings, ahead) for number, gradings in found.items()}

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


def _wanted(submissions: Collection[int]) -> Select[int, int, State, Phase, Lane]:
    """The gradings that count, and those that will replace them by themselves."""
    return (
        select(Grading.submission_id, Grading.id, Grading.state, Grading.phase, Grading.lane)
        .where(
            Grading.submission_id.in_(submissions),
            or_(Grading.is_live, Grading.state.in_(UNDER_WAY) & Grading.rejudge_id.is_(None)),
        )
        .order_by(Grading.id)
    )
