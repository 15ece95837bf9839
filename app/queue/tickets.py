"""The queue: the grading's own row is the ticket, and its state changes only here.

    queued --claim--> running --finish--> scored | rejected
      ^                  |---park-------> queued, in the lane for evaluation
      |--- crash, lose --|--- or, too often: rejected (too heavy) | failed

Every write after `claim` names the fence that the claim was given. A worker that was taken for dead and thaws finds
its fence outdated, and writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, Update, bindparam, case, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.clock import db_now, read_clock
from app.queue.order import turns
from grader.errors import Cause
from models.gradings import Grading, Lane, Phase, State

MAX_CRASHES = 2
"""Deaths of a jailed child under a live worker that end a grading."""
MAX_LOSSES = 6
"""Vanished workers that end a grading: a killer is stopped, and an innocent that stood beside one is not."""
FIRST_BACKOFF_SECONDS = 0.5
"""Wait after the second loss; it doubles with each one. The first is tried again at once."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A claimed grading. `fence` is the right to write to it."""

    grading_id: int
    submission_id: int
    version_id: int
    lane: Lane
    fence: int
    file_sha256: str
    is_live: bool
    claimed_at: datetime
    rejudge_id: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a grading, as it is written. `score_exact` is a fraction `p/q`."""

    state: State
    report: Mapping[str, Any]
    equality_key: str | None
    score: float | None = None
    score_exact: str | None = None
    predictions: bytes | None = None
    copied_from_id: int | None = None
    ranks: bool | None = None
    private_score: float | None = None
    private_score_exact: str | None = None
    private_ranks: bool | None = None


# What each file asks of the database is put together once, and for the table: a mapper would look into every value.
_ROW = cast(Table, Grading.__table__)
_TICKET = ("id", "submission_id", "version_id", "lane", "fence", "file_sha256", "is_live", "claimed_at", "rejudge_id")
"""The columns of a ticket, in the order of its fields."""
_CLAIM = (
    update(_ROW)
    .where(_ROW.c.id == bindparam("chosen"), _ROW.c.state == State.QUEUED)
    .values(
        state=State.RUNNING,
        fence=_ROW.c.fence + 1,
        worker_id=bindparam("worker"),
        claimed_at=db_now(),
        # What waited for its evaluation was read; where that is not at hand it is read once more, for the eye unseen.
        phase=case((_ROW.c.lane == Lane.EVALUATE, Phase.EVALUATING), else_=Phase.READING),
    )
    .returning(*(_ROW.c[name] for name in _TICKET))
)
_WRITE = update(_ROW).where(
    _ROW.c.id == bindparam("held"), _ROW.c.fence == bindparam("under"), _ROW.c.state == State.RUNNING
)
_END = _WRITE.values(finished_at=db_now())


def claim(
    session: Session, worker_id: int, lanes: Sequence[Lane], slugs: tuple[str, ...] = (), *, shadow_first: bool = False
) -> Ticket | None:
    """Takes the next grading for a worker, in the order of `turns`; where another was faster, the one after it."""
    asked = turns(tuple(lanes), slugs, shadow_first)
    while True:
        found = (session.execute(turn).scalar_one_or_none() for turn in asked)
        chosen = next((each for each in found if each is not None), None)
        if chosen is None:
            return None
        if row := session.execute(_CLAIM, {"chosen": chosen, "worker": worker_id}).one_or_none():
            return Ticket(*row)


def tell_phase(session: Session, ticket: Ticket, phase: Phase, times: Mapping[str, str]) -> bool:
    """Notes what is being done, for the eye. False where the ticket was lost."""
    return _write(session, ticket, _WRITE, phase=phase, phase_times=dict(times))


def park(session: Session, ticket: Ticket, report: Mapping[str, Any], times: Mapping[str, str]) -> bool:
    """Puts a checked grading into the lane for evaluation. False where the ticket was lost."""
    return _write(
        session,
        ticket,
        _WRITE,
        state=State.QUEUED,
        lane=Lane.EVALUATE,
        phase=Phase.WAITING,
        worker_id=None,
        report=dict(report),
        phase_times=dict(times),
    )


def finish(session: Session, ticket: Ticket, result: Result, times: Mapping[str, str]) -> bool:
    """Writes the result, once. False where the ticket was lost and nothing was written.

    A regrading replaces the grading that counted until now, unless it is a rejudge's.
    """
    written = _write(
        session,
        ticket,
        _END,
        state=result.state,
        phase=Phase.DONE,
        report=dict(result.report),
        equality_key=result.equality_key,
        score=result.score,
        score_exact=result.score_exact,
        ranks=result.ranks,
        private_score=result.private_score,
        private_score_exact=result.private_score_exact,
        private_ranks=result.private_ranks,
        predictions=result.predictions,
        copied_from_id=result.copied_from_id,
        phase_times=dict(times),
        fault=None,
    )
    if written and not ticket.is_live and ticket.rejudge_id is None:
        _make_live(session, ticket)
    return written


def crash(session: Session, ticket: Ticket, cause: Cause, fault: str) -> State | None:
    """Counts a jailed child's death and returns the state that follows; None where the ticket was lost.

    RUNNING is returned where the child's own limits ended it both times: the caller writes the rejection.
    """
    grading = _held(session, ticket)
    if grading is None:
        return None
    grading.crashes += 1
    grading.crash_causes = [*grading.crash_causes, cause.value]
    grading.fault = fault
    if grading.crashes < MAX_CRASHES:
        _requeue(grading)
    elif not all(Cause(each).own_limit for each in grading.crash_causes):
        _fail(session, grading)
    return grading.state


def lose(session: Session, ticket: Ticket, fault: str) -> State | None:
    """Counts a try that ended by our own fault; the state that follows, None where the ticket was lost already."""
    grading = _held(session, ticket)
    if grading is None:
        return None
    _lose(session, grading, fault)
    return grading.state


def give_back(session: Session, ticket: Ticket, fault: str) -> None:
    """Puts a grading back into the queue as if it had not been claimed: nobody touched the file."""
    grading = _held(session, ticket)
    if grading is not None:
        grading.fault = fault
        _requeue(grading)


def give_up(session: Session, ticket: Ticket, fault: str) -> None:
    """Ends a grading as failed at once, for a fault of ours that another try would meet again."""
    grading = _held(session, ticket)
    if grading is not None:
        grading.fault = fault
        _fail(session, grading)


def lose_where(session: Session, condition: ColumnElement[bool], fault: str) -> int:
    """Gives back every running grading that meets the condition, and returns how many there were."""
    lost = session.scalars(select(Grading).where(Grading.state == State.RUNNING, condition).with_for_update()).all()
    for grading in lost:
        _lose(session, grading, fault)
    return len(lost)


def _holds(ticket: Ticket) -> ColumnElement[bool]:
    return (Grading.id == ticket.grading_id) & (Grading.fence == ticket.fence) & (Grading.state == State.RUNNING)


def _held(session: Session, ticket: Ticket) -> Grading | None:
    return session.scalars(select(Grading).where(_holds(ticket)).with_for_update()).one_or_none()


def _write(session: Session, ticket: Ticket, statement: Update, **values: Any) -> bool:
    result = session.execute(statement, {"held": ticket.grading_id, "under": ticket.fence, **values})
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE has a row count
    return result.rowcount == 1


def _make_live(session: Session, ticket: Ticket) -> None:
    for statement in (
        update(Grading).where(Grading.submission_id == ticket.submission_id, Grading.is_live).values(is_live=False),
        update(Grading).where(Grading.id == ticket.grading_id).values(is_live=True),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _lose(session: Session, grading: Grading, fault: str) -> None:
    grading.losses += 1
    grading.fault = fault
    if grading.losses >= MAX_LOSSES:
        _fail(session, grading)
        return
    _requeue(grading)
    if grading.losses > 1:
        wait = timedelta(seconds=FIRST_BACKOFF_SECONDS * 2 ** (grading.losses - 2))
        grading.not_before = session.execute(select(db_now(wait))).scalar_one()


def _requeue(grading: Grading) -> None:
    """Back to the queue under a new fence, so that whoever held it can no longer write."""
    grading.state = State.QUEUED
    grading.phase = Phase.WAITING if grading.lane is Lane.EVALUATE else Phase.READING
    grading.worker_id = None
    grading.fence += 1


def _fail(session: Session, grading: Grading) -> None:
    grading.finished_at = read_clock(session)  # first: asking the database writes what has changed by then
    grading.state = State.FAILED
    grading.phase = Phase.DONE
    grading.fence += 1
