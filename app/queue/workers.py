"""Who works, who is dead, and what becomes of a dead worker's gradings."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Table, bindparam, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.clock import db_now, read_clock
from app.queue import tickets
from models.gradings import Grading, Lane, State
from models.workers import Worker

GRADING_DEADLINE = timedelta(hours=2)
"""No grading runs longer, whatever its worker says; far above the longest limit of a job."""

# Every worker beats all the time: what a beat asks is put together once, and for the table.
_ROW = cast(Table, Worker.__table__)
_BEAT = (
    update(_ROW).where(_ROW.c.id == bindparam("own"), _ROW.c.incarnation == bindparam("under")).values(beat_at=db_now())
)


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
    result = session.execute(_BEAT, {"own": identity.id, "under": identity.incarnation})
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE has a row count
    return result.rowcount == 1


def sweep(session: Session, dead_after: timedelta) -> int:
    """Gives back the gradings of workers that were silent for `dead_after`, and those past the deadline; their number."""
    if session.execute(_abandoned(dead_after)).first() is None:
        return 0
    silent = tickets.lose_where(session, _is_silent(dead_after), "the worker was silent for too long")
    return silent + tickets.lose_where(session, _is_overdue(), "the grading took too long")


@cache
def _abandoned(dead_after: timedelta) -> Select[int]:
    """The id of a grading that is to be given back. There hardly ever is one, and looking needs no lock."""
    lost = or_(_is_silent(dead_after), _is_overdue())
    return select(Grading.id).where(Grading.state == State.RUNNING, lost).limit(1)


def _is_silent(dead_after: timedelta) -> ColumnElement[bool]:
    alive = select(Worker.id).where(Worker.beat_at > db_now(-dead_after))
    return Grading.worker_id.not_in(alive)


def _is_overdue() -> ColumnElement[bool]:
    return Grading.claimed_at < db_now(-GRADING_DEADLINE)


def alive(session: Session, dead_after: timedelta) -> Sequence[Worker]:
    """The workers that were heard of within `dead_after`."""
    return session.scalars(select(Worker).where(Worker.beat_at > db_now(-dead_after)).order_by(Worker.name)).all()
