"""The state of queue and workers in numbers, from indexed reads; nothing here reads a report."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import db_now, read_clock
from app.queue.tickets import MAX_CRASHES, MAX_LOSSES
from models.gradings import Grading, State
from models.workers import Worker

RECENT = 200
"""Gradings that ended last: of these the times are told."""
SHOWN = timedelta(days=1)
"""A worker that was silent for longer is no longer told of."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says at one moment. Times are in seconds."""

    states: Mapping[str, int]
    waiting: Mapping[str, int]
    """By lane."""
    oldest: Mapping[str, float]
    """By lane, since the submission that waits longest came in or was to be graded again."""
    causes: Mapping[str, int]
    """Why gradings failed."""
    times: Mapping[str, Sequence[float]]
    """By what was being done, of the gradings that ended last."""
    workers: Sequence[tuple[Worker, float]]
    """Each with the seconds since it was heard of."""


def facts(session: Session) -> Facts:
    """The state of queue and workers."""
    now = read_clock(session)
    states: Counter[str] = Counter()
    waiting: dict[str, int] = {}
    by_lane = select(Grading.state, Grading.lane, func.count()).group_by(Grading.state, Grading.lane)
    for state, lane, number in session.execute(by_lane):
        states[state.value] += number
        if state is State.QUEUED:
            waiting[lane.value] = number
    return Facts(states, waiting, _oldest(session, now), _causes(session), _times(session), _workers(session, now))


def _oldest(session: Session, now: datetime) -> dict[str, float]:
    since = select(Grading.lane, func.min(Grading.created_at)).where(Grading.state == State.QUEUED)
    return {lane.value: (now - first).total_seconds() for lane, first in session.execute(since.group_by(Grading.lane))}


def _causes(session: Session) -> Counter[str]:
    counters = select(Grading.crashes, Grading.losses).where(Grading.state == State.FAILED)
    return Counter(_cause(crashes, losses) for crashes, losses in session.execute(counters))


def _cause(crashes: int, losses: int) -> str:
    """Why one failed: its child died again, its worker vanished too often, or its rules cannot be computed."""
    if crashes >= MAX_CRASHES:
        return "crashes"
    return "losses" if losses >= MAX_LOSSES else "rules"


def _times(session: Session) -> dict[str, list[float]]:
    columns = (Grading.created_at, Grading.claimed_at, Grading.finished_at, Grading.phase_times)
    ended = (State.SCORED, State.REJECTED)
    last = (
        select(*columns)
        .where(Grading.state.in_(ended), Grading.claimed_at.is_not(None))
        .order_by(Grading.id.desc())
        .limit(RECENT)
    )
    found: dict[str, list[float]] = {}
    for created, claimed, finished, begun in session.execute(last):
        for name, seconds in durations(created, claimed, finished, begun).items():
            found.setdefault(name, []).append(seconds)
    return found


def durations(created: datetime, claimed: datetime, finished: datetime, begun: Mapping[str, Any]) -> dict[str, float]:
    """How long one grading waited, was worked on after its last claim, took in all, and spent in each phase."""
    moments = sorted((datetime.fromisoformat(moment), name) for name, moment in begun.items())
    ends = [*(moment for moment, _ in moments[1:]), finished][: len(moments)]
    phases = {name: (end - moment).total_seconds() for (moment, name), end in zip(moments, ends, strict=True)}
    spans = {"queue": claimed - created, "work": finished - claimed, "all": finished - created}
    return {**phases, **{name: span.total_seconds() for name, span in spans.items()}}


def _workers(session: Session, now: datetime) -> list[tuple[Worker, float]]:
    known = select(Worker).where(Worker.beat_at > db_now(-SHOWN)).order_by(Worker.name)
    return [(worker, (now - worker.beat_at).total_seconds()) for worker in session.scalars(known)]
