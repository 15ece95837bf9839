"""Whose turn it is: checks first, new work before regradings, then each entrant in turn; rejudges when nothing else waits.

Where something always does, a worker still gives rejudges a small share of its work, so that they come to an end.
"""

from functools import cache

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.clock import db_now
from models.competitions import Competition
from models.gradings import Grading, Lane, Phase, State
from models.submissions import Submission

_WAS_EVALUATED = (Grading.lane == Lane.EVALUATE) | (
    (Grading.state != State.REJECTED) & (Grading.phase != Phase.READING)
)
"""Of what was claimed: it took an evaluation, or is taking one. What is in its check is in the phase of reading."""


def claimable(lanes: tuple[Lane, ...], slugs: tuple[str, ...] = ()) -> ColumnElement[bool]:
    """What waits in these lanes and may be taken now; of these competitions alone, where any are named."""
    due = or_(Grading.not_before.is_(None), Grading.not_before <= db_now())
    waits = (Grading.state == State.QUEUED) & Grading.lane.in_(lanes) & due
    return waits & Grading.submission_id.in_(_submissions_of(slugs)) if slugs else waits


def _submissions_of(slugs: tuple[str, ...]) -> Select[int]:
    return (
        select(Submission.id)
        .join(Competition, Competition.id == Submission.competition_id)
        .where(Competition.slug.in_(slugs))
    )


def with_shadow(lanes: tuple[Lane, ...]) -> tuple[Lane, ...]:
    """The lanes of a worker, with that of rejudges where it evaluates."""
    return (*lanes, Lane.SHADOW) if Lane.EVALUATE in lanes else lanes


@cache
def anything(lanes: tuple[Lane, ...], slugs: tuple[str, ...] = ()) -> Select[int]:
    """The id of something that may be taken now. Every idle worker asks this all the time: it is put together once."""
    return select(Grading.id).where(claimable(lanes, slugs)).limit(1)


def ahead(grading: Grading) -> Select[int]:
    """How many gradings of its lane come before a waiting one: in each round every entrant has one turn, the oldest first.

    Nobody can tell who else will come; and within a round the turn is by number here, by last service at the queue itself.
    """
    own_kind = (Grading.state == State.QUEUED) & (Grading.lane == grading.lane) & Grading.is_live.is_(grading.is_live)
    kind = (Submission.entrant_id, Grading.id)
    waiting = (
        select(*kind, func.row_number().over(partition_by=Submission.entrant_id, order_by=Grading.id).label("place"))
        .join(Submission, Submission.id == Grading.submission_id)
        .where(own_kind)
        .subquery()
    )
    own = select(waiting.c.place).where(waiting.c.id == grading.id).scalar_subquery()
    earlier = (waiting.c.place < own) | ((waiting.c.place == own) & (waiting.c.id < grading.id))
    return select(func.count()).select_from(waiting).where(earlier)


@cache
def places() -> Select[int, Lane, int]:
    """Id and lane of each grading that waits outside of rejudges, with what `ahead` says of it: all at once."""
    kind = (Grading.lane, Grading.is_live)
    turn = func.row_number().over(partition_by=(Submission.entrant_id, *kind), order_by=Grading.id)
    waiting = (
        select(Grading.id, *kind, turn.label("place"))
        .join(Submission, Submission.id == Grading.submission_id)
        .where(Grading.state == State.QUEUED, Grading.lane != Lane.SHADOW)
        .subquery()
    )
    row = func.row_number().over(
        partition_by=(waiting.c.lane, waiting.c.is_live), order_by=(waiting.c.place, waiting.c.id)
    )
    return select(waiting.c.id, waiting.c.lane, row - 1)


@cache
def next_in_line(lane: Lane, slugs: tuple[str, ...] = ()) -> Select[int]:
    """The id of the grading whose turn it is in a lane: of each entrant the oldest, of these the entrant's served longest ago.

    A check is a turn among checks alone: who was told that a file is wrong does not wait a round longer with the next one.
    """
    kind = (Submission.entrant_id, Grading.is_live)
    waiting = (
        select(func.min(Grading.id).label("id"), *kind)
        .select_from(Grading)
        .join(Submission, Submission.id == Grading.submission_id)
        .where(claimable((lane,), slugs))
        .group_by(*kind)
        .subquery()
    )
    counts = () if lane is Lane.CHECK else (_WAS_EVALUATED,)
    served = (
        select(func.max(Grading.claimed_at))
        .join(Submission, Submission.id == Grading.submission_id)
        .where(
            Submission.entrant_id == waiting.c.entrant_id,
            Grading.state != State.QUEUED,
            Grading.lane != Lane.SHADOW,
            *counts,
        )
        .scalar_subquery()
    )
    return (
        select(waiting.c.id).order_by(waiting.c.is_live.is_(False), served.asc().nulls_first(), waiting.c.id).limit(1)
    )


@cache
def next_shadow(slugs: tuple[str, ...] = ()) -> Select[int]:
    """The id of the next grading of a rejudge. Asked where nothing else waits, and now and then before that."""
    return select(Grading.id).where(claimable((Lane.SHADOW,), slugs)).order_by(Grading.id).limit(1)


def turns(lanes: tuple[Lane, ...], slugs: tuple[str, ...], shadow_first: bool) -> list[Select[int]]:
    """What a worker asks for, one after the other until there is something; with `slugs` of these competitions alone.

    Checks come first, new work before regradings, and a rejudge's where nothing else waits: with `shadow_first` before all.
    """
    live = [next_in_line(lane, slugs) for lane in (Lane.CHECK, Lane.EVALUATE) if lane in lanes]
    if Lane.SHADOW not in with_shadow(lanes):
        return live
    return [next_shadow(slugs), *live] if shadow_first else [*live, next_shadow(slugs)]
