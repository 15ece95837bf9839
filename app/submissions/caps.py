"""What one entrant may take of the service at most, whatever a competition's own rules allow: it keeps others working."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.errors import AppError
from app.settings import Settings
from app.submissions.queries import BY_PERSON_ELSEWHERE, OWN_ENTRANT
from models.accounts import User
from models.gradings import Grading, Lane, State
from models.submissions import Submission, SubmissionFile

HOUR = timedelta(hours=1)
QUEUE_SECONDS = 60
"""After which an upload may be sent again where too much waited."""

# Asked for each upload, and so put together once.
_WAITS = Grading.state.in_((State.QUEUED, State.RUNNING))
_LATELY = Submission.received_at > bindparam("since")
# No more are counted than may wait.
_WAITING = (
    select(Grading.id)
    .where(Grading.state == State.QUEUED, Grading.lane.in_((Lane.CHECK, Lane.EVALUATE)))
    .limit(bindparam("most"))
    .subquery()
)
_TAKEN = (
    select(
        select(func.count()).select_from(_WAITING).scalar_subquery(),
        func.coalesce(func.sum(case((_WAITS, 1), else_=0)), 0),
        func.coalesce(func.sum(case((_LATELY, 1), else_=0)), 0),
        func.min(case((_LATELY, Submission.received_at))),
    )
    .join(Grading, Grading.submission_id == Submission.id)
    .where(Submission.entrant_id == OWN_ENTRANT, Grading.is_live)
)
_BYTES = (
    select(func.coalesce(func.sum(SubmissionFile.bytes), 0))
    .join(Submission, Submission.id == SubmissionFile.submission_id)
    .where(Submission.entrant_id == OWN_ENTRANT, SubmissionFile.erased_at.is_(None))
)
_LATELY_ELSEWHERE = select(func.count(), func.min(Submission.received_at)).where(*BY_PERSON_ELSEWHERE, _LATELY)
_BYTES_ELSEWHERE = (
    select(func.coalesce(func.sum(SubmissionFile.bytes), 0))
    .join(Submission, Submission.id == SubmissionFile.submission_id)
    .where(*BY_PERSON_ELSEWHERE, SubmissionFile.erased_at.is_(None))
)


def check(session: Session, settings: Settings, entry: Entry, user: User, now: datetime) -> None:
    """Raises AppError where more would only wait for long: too much waits of all, or of the person's entrant.

    Or where that one sent too many files within an hour, or too many bytes in all; those that the person sent for a team
    before are counted too.
    """
    whose = {"competition": entry.competition.id, "user": user.id}
    asked = {**whose, "since": now - HOUR, "most": settings.max_waiting}
    has_teams = entry.definition.course.teams is not None
    all_waiting, waiting, lately, first = session.execute(_TAKEN, asked).one()
    if has_teams and settings.max_entrant_hourly:
        more, earliest = session.execute(_LATELY_ELSEWHERE, asked).one()
        lately, first = lately + more, min((each for each in (first, earliest) if each is not None), default=None)
    if settings.max_waiting and all_waiting >= settings.max_waiting:
        detail = f"{all_waiting:,} files wait to be graded, as many as may. No try is used; send it again in a minute."
        raise AppError(429, "queue-full", detail, retry_after_seconds=QUEUE_SECONDS)
    if settings.max_entrant_waiting and waiting >= settings.max_entrant_waiting:
        detail = f"{waiting} files of yours wait or are being graded; wait until some have ended."
        raise AppError(429, "waiting-full", detail, retry_after_seconds=30)
    if settings.max_entrant_hourly and lately >= settings.max_entrant_hourly:
        seconds = ceil((first + HOUR - now).total_seconds())
        detail = f"{lately} files of yours came in within an hour, as many as may; the next one in {seconds // 60 + 1} minutes."
        raise AppError(429, "hourly-full", detail, retry_after_seconds=max(1, seconds))
    if not settings.max_entrant_bytes:
        return
    taken = session.execute(_BYTES, whose).scalar_one()
    if has_teams:
        taken += session.execute(_BYTES_ELSEWHERE, whose).scalar_one()
    if taken >= settings.max_entrant_bytes:
        detail = f"What you have handed in takes {settings.max_entrant_bytes:,} bytes, as much as may. Tell the staff."
        raise AppError(409, "bytes-full", detail)
