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
PLACES_SECONDS = 10.0
"""For so long those who stand in a long line are told nothing, unless they leave it."""
LONG_LINE = 50
NEWCOMERS_SECONDS = 1.0
"""For so long whoever came to a long line is told no place: at a deadline fifteen come in a second."""
_OF_THEM = (
    Grading.submission_id.in_(bindparam("submissions", expanding=True)),
    or_(Grading.is_live, Grading.state.in_(UNDER_WAY) & Grading.rejudge_id.is_(None)),
)
_WANTED = (
    select(Grading.submission_id, Grading.id, Grading.state, Grading.phase, Grading.lane)
    .where(*_OF_THEM)
    .order_by(Grading.id)
)
"""The gradings that count, and those that will replace them by themselves."""
_LEFT = select(Grading.submission_id).where(
    *_OF_THEM, or_(Grading.state != State.QUEUED, Grading.lane != Lane.EVALUATE)
)
"""Of submissions that stood in the line for evaluation those that do so no more, or not alone."""


class Newsroom:
    """Looks at the database for the streams of a process."""

    def __init__(self, database: Database, dead_after: timedelta) -> None:
        self._database = database
        self._dead_after = dead_after
        self._pace = Pace(None, 0, 0)
        self._measured = -PACE_SECONDS
        self._ahead: Mapping[tuple[int, Lane], int] = {}
        self._counted = -NEWCOMERS_SECONDS
        self._told_all = -PLACES_SECONDS
        self._standing: Set[int] = frozenset()

    def look(self, submissions: Collection[int]) -> Mapping[int, News]:
        """The news of all that are watched. Left out is one that is gone, or that stands in a long line as it did a moment ago."""
        anew = self._is_time()
        standing = set() if anew else set(submissions) & self._standing
        with self._database.read() as session:
            if standing:
                standing -= set(session.scalars(_LEFT, {"submissions": list(standing)}))
            news = self._ask(session, set(submissions) - standing, anew=anew)
        self._standing = standing | {number for number, told in news.items() if _stands_for_evaluation(told)}
        return news

    def welcome(self, submissions: Collection[int]) -> Mapping[int, News]:
        """The news of those that somebody has begun to watch since the last look."""
        with self._database.read() as session:
            return self._ask(session, set(submissions), anew=False)

    def _ask(self, session: Session, submissions: Set[int], *, anew: bool) -> Mapping[int, News]:
        found: dict[int, list[Seen]] = {}
        for row in session.execute(_WANTED, {"submissions": list(submissions)}):
            found.setdefault(row.submission_id, []).append(Seen(*row))
        waiting = {(each.id, each.lane) for own in found.values() for each in own if each.state is State.QUEUED}
        if waiting:
            self._count(session, waiting, anew=anew)
            self._measure(session)
        return {number: self._news(gradings) for number, gradings in found.items()}

    def _is_time(self) -> bool:
        """Whether all are to be counted and told: in a short line always, in a long one every so often."""
        now = time.monotonic()
        if now - self._told_all < PLACES_SECONDS and len(self._ahead) >= LONG_LINE:
            return False
        self._told_all = now
        return True

    def _count(self, session: Session, waiting: Set[tuple[int, Lane]], *, anew: bool) -> None:
        """Counts what stands ahead of each grading that waits, where it must be anew or somebody was not counted yet."""
        now = time.monotonic()
        rests = len(self._ahead) >= LONG_LINE and now - self._counted < NEWCOMERS_SECONDS
        if anew or not (rests or waiting <= self._ahead.keys()):
            places = session.execute(order.places())
            self._ahead, self._counted = {(number, lane): ahead for number, lane, ahead in places}, now

    def _measure(self, session: Session) -> None:
        now = time.monotonic()
        if now - self._measured >= PACE_SECONDS:
            self._pace, self._measured = pace(session, self._dead_after), now

    def _news(self, gradings: Sequence[Seen]) -> News:
        """Of the grading that is under way, else of the one that counts."""
        waited_for = [each for each in gradings if each.state in UNDER_WAY]
        told = (waited_for or gradings)[-1]
        position = self._ahead.get((told.id, told.lane)) if told.state is State.QUEUED else None
        expected = None if position is None else self._pace.expected(told.lane, position)
        seconds = None if expected is None else round(expected, 1)
        return News(told.state, told.phase, position, seconds, not waited_for)


def _stands_for_evaluation(told: News) -> bool:
    """Whether its place there was told: of one that waits for its check the verdict is news as soon as it is known."""
    return told.state is State.QUEUED and told.phase is Phase.WAITING and told.position is not None
