"""Whether an upload may begin: who, where, when, how often. Decided before a byte of its body is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions.access import Entry, enter
from app.courses import queries as courses
from app.errors import AppError, Conflict
from app.services import Services
from app.submissions import quota
from app.submissions.quota import Quota, Window
from models.accounts import User
from models.gradings import Grading, State
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Admission:
    """The right to upload one submission. `received_at` is the database's time at which it was given."""

    entry: Entry
    user: User
    received_at: datetime


def admit(services: Services, slug: str, user: User, key: str | None) -> Admission:
    """Lets an upload begin. Raises AppError: no such competition for this person, closed, or no try left.

    A request whose Idempotency-Key was answered before passes: it will be given that answer again.
    """
    with services.database.read() as session:
        entry = enter(session, services.definitions, slug, user)
        now = read_clock(session)
        if not entry.is_staff and not _was_answered(session, user, key):
            check_open(quota.window(entry.definition.course, entry.zone, now), entry)
            check_quota(quota_of(session, entry, user, now), entry)
    return Admission(entry, user, now)


def quota_of(session: Session, entry: Entry, user: User, now: datetime) -> Quota:
    """What is left of an entrant's tries today. Refused files and our own faults are not charged."""
    begins, _ = quota.day(now, entry.zone)
    mine = courses.entrant_of(session, entry.competition.id, user.id)
    charged = _charged(session, mine.id, begins) if mine and entry.definition.course.submissions.per_day else []
    return quota.quota(entry.definition.course, entry.zone, now, charged)


def check_open(window: Window, entry: Entry) -> None:
    """Raises Conflict where no phase is open."""
    if window.is_open:
        return
    if window.is_over and window.closes is not None:
        raise Conflict("closed", f"The phase {window.phase!r} closed on {_told(window.closes, entry)}.")
    raise Conflict("not-open-yet", f"The phase {window.phase!r} opens on {_told(window.opens, entry)}.")


def check_quota(left: Quota, entry: Entry) -> None:
    """Raises AppError 429 where today's tries are used up, with the time of the next one."""
    if left.left == 0:
        resets = left.resets_at.astimezone(entry.zone)
        raise AppError(
            429,
            "quota-used",
            f"{left.used} of {left.per_day} submissions of today are used. The next day begins on {resets:%d %b at %H:%M %Z}.",
            resets_at=left.resets_at.isoformat(),
        )


def _told(moment: datetime, entry: Entry) -> str:
    return f"{moment.astimezone(entry.zone):%d %b %Y at %H:%M %Z}"


def _charged(session: Session, entrant_id: int, since: datetime) -> Sequence[datetime]:
    uncharged = (State.REJECTED, State.FAILED)
    moments = (
        select(Submission.received_at)
        .join(Grading, Grading.submission_id == Submission.id)
        .where(Submission.entrant_id == entrant_id, Submission.received_at >= since, Grading.is_live)
        .where(Grading.state.not_in(uncharged))
    )
    return session.scalars(moments).all()


def _was_answered(session: Session, user: User, key: str | None) -> bool:
    answered = select(Submission.id).where(Submission.user_id == user.id, Submission.idempotency_key == key)
    return key is not None and session.execute(answered).first() is not None
