"""Whose turn it is: checks first, new work before regradings, then each entrant in turn."""

from functools import cache

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.clock import db_now
from models.gradings import Grading, Lane, State
from models.submissions import Submission


def claimable(lanes: tuple[Lane, ...]) -> ColumnElement[bool]:
    """What waits in these lanes and may be taken now."""
    due = or_(Grading.not_before.is_(None), Grading.not_before <= db_now())
    return (Grading.state == State.QUEUED) & Grading.lane.in_(lanes) & due


@cache
def anything(lanes: tuple[Lane, ...]) -> Select[int]:
    """The id of something that may be taken now. Every idle worker asks this all the time: it is put together once."""
    return select(Grading.id).where(claimable(lanes)).limit(1)


@cache
def next_in_line(lanes: tuple[Lane, ...]) -> Select[int]:
    """The id of the grading whose turn it is: of each entrant the oldest, of these the entrant's served longest ago."""
    kind = (Submission.entrant_id, Grading.lane, Grading.is_live)
    waiting = (
        select(Grading.id, *kind, func.row_number().over(partition_by=kind, order_by=Grading.id).label("place"))
        .join(Submission, Submission.id == Grading.submission_id)
        .where(claimable(lanes))
        .subquery()
    )
    served = (
        select(func.max(Grading.claimed_at))
        .join(Submission, Submission.id == Grading.submission_id)
        .where(Submission.entrant_id == waiting.c.entrant_id, Grading.state != State.QUEUED)
        .scalar_subquery()
    )
    return (
        select(waiting.c.id)
        .where(waiting.c.place == 1)
        .order_by(waiting.c.lane != Lane.CHECK, waiting.c.is_live.is_(False), served.asc().nulls_first(), waiting.c.id)
        .limit(1)
    )
