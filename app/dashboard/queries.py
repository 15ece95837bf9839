"""What the dashboard asks: counts and short lists, whose number of queries does not depend on rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, exists, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, contains_eager
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from app.clock import db_now
from models.accounts import User
from models.courses import Membership, Role
from models.entrants import EntrantMember
from models.gradings import Grading, Lane, State
from models.submissions import Submission, SubmissionFile
from models.workers import Worker

LISTED = 10
"""Rows of a list of what needs somebody; the rest is told as a number."""
STUCK_AFTER = timedelta(minutes=15)
"""Far longer than any file waits on a machine that keeps up, and than its grading takes."""
FORGOTTEN_AFTER = timedelta(days=7)
"""A worker that was silent for so long is listed no more."""


class epoch(FunctionElement[float]):  # noqa: N801 - reads as the SQL function that it is
    """A moment as a POSIX timestamp: plain numbers are read ten times as fast as moments."""

    type = Float()
    name = "epoch"
    inherit_cache = True


@compiles(epoch, "sqlite")
def _on_sqlite(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"((julianday({compiler.process(element.clauses, **options)}) - 2440587.5) * 86400.0)"


@compiles(epoch, "postgresql")
def _on_postgres(element: epoch, compiler: SQLCompiler, **options: Any) -> str:
    return f"extract(epoch from {compiler.process(element.clauses, **options)})::float8"


@dataclass(frozen=True, slots=True)
class Few:
    """The first of some gradings, and how many there are in all."""

    first: Sequence[Grading]
    count: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits and what is graded, in the whole service: checks, evaluations, and since when the oldest waits."""

    checks: int
    evaluations: int
    running: int
    oldest: datetime | None


def failed(session: Session, competition_id: int) -> Few:
    """What ended by a fault of ours, the newest first."""
    return _few(session, competition_id, Grading.state == State.FAILED)


def stuck(session: Session, competition_id: int) -> Few:
    """What should have ended long ago."""
    since = func.coalesce(Grading.claimed_at, Grading.created_at)
    is_old = and_(Grading.state.in_((State.QUEUED, State.RUNNING)), since < db_now(-STUCK_AFTER))
    return _few(session, competition_id, is_old)


def _few(session: Session, competition_id: int, condition: ColumnElement[bool]) -> Few:
    # By its state first, of which there are few rows: else the database goes through all that were ever handed in.
    chosen = select(Grading.id).where(condition)
    wanted = (
        select(Grading, func.count().over())
        .join(Grading.submission)
        .where(Grading.id.in_(chosen), Grading.is_live, Submission.competition_id == competition_id)
        .options(
            contains_eager(Grading.submission).joinedload(Submission.user),
            contains_eager(Grading.submission).joinedload(Submission.entrant),
        )
        .order_by(Grading.id.desc())
        .limit(LISTED)
    )
    rows = session.execute(wanted).all()
    return Few([row[0] for row in rows], rows[0][1] if rows else 0)


def students(session: Session, course_id: int, competition_id: int) -> tuple[int, int, Sequence[User]]:
    """How many students the course has, how many have handed something in, and the first of those who have not."""
    has = (
        exists()
        .where(
            EntrantMember.user_id == User.id,
            EntrantMember.competition_id == competition_id,
            Submission.entrant_id == EntrantMember.entrant_id,
        )
        .correlate(User)
    )
    of_course = (Membership.course_id == course_id, Membership.role == Role.STUDENT, ~User.is_admin)
    counted = select(func.count(), func.count().filter(has)).select_from(Membership).join(User).where(*of_course)
    number, active = session.execute(counted).one()
    idle = select(User).join(Membership, Membership.user_id == User.id).where(*of_course, ~has)
    return number, active, session.scalars(idle.order_by(User.name, User.id).limit(LISTED)).all()


def scores(session: Session, competition_id: int) -> Sequence[tuple[float, float]]:
    """When each scored submission of students came in, and its score."""
    wanted = (
        select(epoch(Submission.received_at), Grading.score)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(
            Submission.competition_id == competition_id,
            ~Submission.is_staff,
            Grading.is_live,
            Grading.state == State.SCORED,
        )
    )
    return [(moment, score or 0.0) for moment, score in session.execute(wanted).all()]


def queue(session: Session) -> Queue:
    """The queue of the whole service."""
    waits = Grading.state == State.QUEUED
    wanted = select(
        func.count().filter(waits, Grading.lane == Lane.CHECK),
        func.count().filter(waits, Grading.lane == Lane.EVALUATE),
        func.count().filter(Grading.state == State.RUNNING),
        func.min(Grading.created_at).filter(waits),
    ).where(Grading.state.in_((State.QUEUED, State.RUNNING)))
    return Queue(*session.execute(wanted).one())


def workers(session: Session) -> Sequence[Worker]:
    """The workers that were heard of lately, by name."""
    wanted = select(Worker).where(Worker.beat_at > db_now(-FORGOTTEN_AFTER)).order_by(Worker.name)
    return session.scalars(wanted).all()


def stored_bytes(session: Session, competition_id: int) -> int:
    """Bytes of the files of a competition, equal ones once."""
    once = (
        select(SubmissionFile.sha256, func.max(SubmissionFile.bytes).label("bytes"))
        .join(Submission, Submission.id == SubmissionFile.submission_id)
        .where(Submission.competition_id == competition_id, SubmissionFile.erased_at.is_(None))
        .group_by(SubmissionFile.sha256)
        .subquery()
    )
    return int(session.execute(select(func.coalesce(func.sum(once.c.bytes), 0))).scalar_one())
