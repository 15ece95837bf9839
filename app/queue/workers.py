"""Who works, who is dead, and what becomes of a dead worker's gradings."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.clock import db_now, read_clock
from app.queue import tickets
from models.gradings import Grading, Lane
from models.workers import Worker

GRADING_DEADLINE = timedelta(hours=2)
"""No grading runs longer, whatever its worker says; far above the longest limit of a job."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A running worker: the row of its name, and the process that holds the name now."""

    id: int
    name: str
    incarnation: str


def register(
    session: Session,
    name: str,
    lanes: Sequence[Lane],
    level: str,
    report: Mapping[str, Any],
    versions: Mapping[str, str],
    competitions: Sequence[str] = (),
    device: str = "cpu",
) -> Identity:
    """Takes over a worker's name. What the process that had it before left running goes back to the queue at once."""
    incarnation = str(uuid.uuid4())
    worker = session.scalars(select(Worker).where(Worker.name == name)).one_or_none() or Worker(name=name)
    worker.incarnation = incarnation
    worker.started_at = worker.beat_at = read_clock(session)
    worker.airlock_level = level
    worker.airlock_report = dict(report)
    worker.lanes = [lane.value for lane in lanes]
    worker.versions = dict(versions)
    worker.competitions, worker.device = ", ".join(competitions), device
    session.add(worker)
    session.flush()
    tickets.lose_where(session, Grading.worker_id == worker.id, f"worker {name} ended while grading")
    return Identity(worker.id, name, incarnation)


def beat(session: Session, identity: Identity) -> bool:
    """Says that a worker is alive. False where another process took over its name."""
    own = (Worker.id == identity.id) & (Worker.incarnation == identity.incarnation)
    result = session.execute(update(Worker).where(own).values(beat_at=db_now()))
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE has a row count
    return result.rowcount == 1


def sweep(session: Session, dead_after: timedelta) -> int:
    """Gives back the gradings of workers that were silent for `dead_after`, and those past the deadline; their number."""
    alive = select(Worker.id).where(Worker.beat_at > db_now(-dead_after))
    silent = tickets.lose_where(session, Grading.worker_id.not_in(alive), "the worker was silent for too long")
    overdue = tickets.lose_where(session, Grading.claimed_at < db_now(-GRADING_DEADLINE), "the grading took too long")
    return silent + overdue


def alive(session: Session, dead_after: timedelta) -> Sequence[Worker]:
    """The workers that were heard of within `dead_after`."""
    return session.scalars(select(Worker).where(Worker.beat_at > db_now(-dead_after)).order_by(Worker.name)).all()
