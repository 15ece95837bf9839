"""Whether an upload may begin: who, where, when, how often. Decided before a byte of its body is read."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.baselines import service as baselines
from app.clock import read_clock
from app.competitions.access import Entry, enter, enter_as_staff
from app.competitions.calendar import Window
from app.competitions.course_rules import SubmissionRule
from app.courses import queries as courses
from app.errors import AppError, Conflict, Forbidden, Unprocessable
from app.services import Services
from app.submissions import caps, quota
from app.submissions.queries import BY_PERSON_ELSEWHERE
from app.submissions.quota import Quota, Tries
from models.accounts import User
from models.gradings import Grading, State
from models.points import Extension
from models.submissions import Submission

LONGEST_WAY = timedelta(days=2)
"""From another system's door to ours, where its queue is long and the autograder was run again."""
AHEAD = timedelta(minutes=5)
"""How much the clock of the other system may be ahead."""

# When an entrant's files came in: asked twice for each upload, and so put together once.
_RECEIVED = select(Submission.received_at).join(Grading, Grading.submission_id == Submission.id).where(Grading.is_live)
_IS_OWN = Submission.entrant_id == bindparam("entrant")
_CHARGED = _RECEIVED.where(_IS_OWN, Grading.state.not_in((State.REJECTED, State.FAILED)))
_REFUSED = _RECEIVED.where(_IS_OWN, Grading.state == State.REJECTED)
_REFUSED_ELSEWHERE = _RECEIVED.where(*BY_PERSON_ELSEWHERE, Grading.state == State.REJECTED)


@dataclass(frozen=True, slots=True)
class Allowance:
    """When and how often a person's entrant may hand in, and what staff granted beyond the rules, if anything."""

    window: Window
    quota: Quota
    extension: Extension | None


@dataclass(frozen=True, slots=True)
class Admission:
    """The right to upload one submission. `received_at` is the database's time at which it was given."""

    entry: Entry
    user: User
    received_at: datetime
    by: User | None = None
    """Staff who hand in for the user; None: the user does."""
    baseline_id: int | None = None
    """The baseline whose file it is; None: it is the person's own."""


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom staff hand in, and when the file came in where it came in elsewhere."""

    email: str
    at: datetime | None = None


def admit(
    services: Services,
    slug: str,
    user: User,
    key: str | None,
    behalf: Behalf | None = None,
    baseline_id: int | None = None,
) -> Admission:
    """Lets an upload begin. Raises AppError: no such competition for this person, closed, or no try left.

    A request whose Idempotency-Key was answered before passes: it will be given that answer again. What staff hand in
    for a student is the student's, under the student's rules.
    """
    with services.database.read() as session:
        now, by = read_clock(session), None
        if behalf is not None:
            by, user = user, _student(session, services, slug, user, behalf.email)
            now = _moment(behalf, now)
        entry = enter(session, services.definitions, slug, user)
        if entry.version.dataset_id is None:
            raise Conflict("dataset-missing", "This draft has no test set yet, so nothing can be graded.")
        if not entry.is_staff and not _was_answered(session, user, key):
            allowance = allowance_of(session, entry, user, now)
            check_open(allowance.window, entry)
            check_quota(allowance.quota, entry, now)
            caps.check(session, services.settings, entry, user, now)
        if baseline_id is not None:
            _check_baseline(session, entry, user, baseline_id)
    return Admission(entry, user, now, by, baseline_id)


def _student(session: Session, services: Services, slug: str, staff: User, email: str) -> User:
    """The student for whom staff hand in. Raises AppError."""
    entry = enter_as_staff(session, services.definitions, slug, staff)
    found = accounts.user_by_email(session, email)
    if found is None or courses.is_staff(session, entry.competition.course_id, found) is not False:
        raise Unprocessable("student-unknown", f"There is no student {email[:100]!r} in this course.")
    return found


def _moment(behalf: Behalf, now: datetime) -> datetime:
    """When the file counts as received: what staff say, but neither to come nor long ago. Raises Unprocessable."""
    if behalf.at is None:
        return now
    if behalf.at.tzinfo is None or not now - LONGEST_WAY <= behalf.at <= now + AHEAD:
        told = "a moment with a time zone, of the last two days"
        raise Unprocessable("moment-form", f"{behalf.at.isoformat()} is not {told}.")
    return min(behalf.at, now)


def _check_baseline(session: Session, entry: Entry, user: User, baseline_id: int) -> None:
    """Raises Forbidden, NotFound or Conflict where the person may not hand in a file for it."""
    if not courses.is_instructor(session, entry.competition.course_id, user):
        raise Forbidden("Files of baselines are handed in by the instructors of the course.")
    baselines.entrant_of(session, entry.competition.id, baseline_id)


def allowance_of(session: Session, entry: Entry, user: User, now: datetime) -> Allowance:
    """The phase as it stands for a person's entrant, and what is left of its tries.

    Refused files and our own faults are not charged. One may leave a team with refused files, and these go along.
    """
    rules = entry.definition.course
    extension = courses.extension_of(session, entry.competition.id, user.id)
    window = entry.window(now, extension.until if extension else None)
    limited = rules.submissions != SubmissionRule()
    tries = _tries(session, entry, user, extension) if limited else Tries()
    left = quota.quota(rules.submissions, entry.zone, now, tries, window.taken_until)
    return Allowance(window, left, extension)


def _tries(session: Session, entry: Entry, user: User, extension: Extension | None) -> Tries:
    tries = Tries()
    if mine := courses.entrant_of(session, entry.competition.id, user.id):
        # Extra tries and a limit in all need the days before, too; there are no more than some hundred submissions.
        tries = Tries(
            charged=session.scalars(_CHARGED, {"entrant": mine.id}).all(),
            refused=session.scalars(_REFUSED, {"entrant": mine.id}).all(),
            extra=extension.extra_tries if extension else 0,
        )
    rules = entry.definition.course
    if rules.teams is None or rules.submissions.refused_per_day is None:
        return tries
    elsewhere = session.scalars(_REFUSED_ELSEWHERE, {"competition": entry.competition.id, "user": user.id}).all()
    return replace(tries, refused=[*tries.refused, *elsewhere])


def check_open(window: Window, entry: Entry) -> None:
    """Raises Conflict where no phase is open."""
    if window.is_open:
        return
    if window.is_over and window.taken_until is not None:
        raise Conflict("closed", f"The phase {window.phase!r} closed on {_told(window.taken_until, entry)}.")
    raise Conflict("not-open-yet", f"The phase {window.phase!r} opens on {_told(window.opens, entry)}.")


def check_quota(left: Quota, entry: Entry, now: datetime) -> None:
    """Raises AppError 429 where no try is left, with the time of the next one."""
    if left.may_try:
        return
    if left.left_in_all == 0:
        raise AppError(429, "total-used", f"All {left.total} submissions of this competition are used.")
    if left.left == 0:
        used = f"{left.used} of {left.per_day} submissions of today are used."
        raise AppError(429, "quota-used", f"{used} {_next_told(left, entry)}", **_next(left, now))
    used = f"{left.refused} files of today were refused; {left.refused_per_day} may be."
    raise AppError(429, "refused-used", f"{used} {_next_told(left, entry)}", **_next(left, now))


def _next_told(left: Quota, entry: Entry) -> str:
    if left.next_at is None:
        return "No other day of this phase follows."
    return f"The next day begins on {left.next_at.astimezone(entry.zone):%d %b at %H:%M %Z}."


def _next(left: Quota, now: datetime) -> dict[str, Any]:
    """When to try again, for programs; nothing where that is never."""
    if left.next_at is None:
        return {"next_at": None}
    return {
        "resets_at": left.resets_at.isoformat(),
        "next_at": left.next_at.isoformat(),
        "retry_after_seconds": ceil((left.next_at - now).total_seconds()),
    }


def _told(moment: datetime, entry: Entry) -> str:
    return f"{moment.astimezone(entry.zone):%d %b %Y at %H:%M %Z}"


def _was_answered(session: Session, user: User, key: str | None) -> bool:
    answered = select(Submission.id).where(Submission.user_id == user.id, Submission.idempotency_key == key)
    return key is not None and session.execute(answered).first() is not None
