"""Submissions coming in and being graded again."""

from dataclasses import dataclass
from random import SystemRandom
from typing import cast

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from app.audit.recording import record as record_act
from app.baselines import service as baselines
from app.competitions.access import Entry
from app.courses import service as courses
from app.errors import Conflict, Unprocessable
from app.submissions.admission import Admission, allowance_of, check_quota
from app.submissions.intake import Upload
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import FileRole, Submission, SubmissionFile, Via

_RANDOM = SystemRandom()

# What is written for each upload is put together once, and for the tables: a mapper would look into every value.
_SUBMISSION = insert(cast(Table, Submission.__table__)).returning(Submission.id)
_FILE = insert(cast(Table, SubmissionFile.__table__))
_GRADING = insert(cast(Table, Grading.__table__))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission in the queue: a new one, or that of the same request before."""

    submission_id: int


def replay(session: Session, user_id: int, key: str, slug: str, sha256: str) -> Accepted | None:
    """The answer to a repeated request with the same Idempotency-Key. Raises Unprocessable where its content differs."""
    known = session.scalars(
        select(Submission).where(Submission.user_id == user_id, Submission.idempotency_key == key)
    ).one_or_none()
    if known is None:
        return None
    if known.competition.slug != slug or known.upload.sha256 != sha256:
        raise Unprocessable(
            "idempotency-key-reused", "This Idempotency-Key came with another file; use a new key for it."
        )
    return Accepted(known.id)


def record(session: Session, admission: Admission, upload: Upload, via: Via, key: str | None) -> Accepted:
    """Writes submission, file and queued grading in one transaction. Raises AppError 429 where no try is left by now."""
    entry, user = admission.entry, admission.user
    if key is not None and (known := replay(session, user.id, key, entry.competition.slug, upload.stored.sha256)):
        return known
    # Two uploads at once must not both take the last try: the second waits here until the first is written.
    entrant = _entrant(session, admission)
    if not entry.is_staff:
        allowance = allowance_of(session, entry, user, admission.received_at)
        check_quota(allowance.quota, entry, admission.received_at)
    row = {
        "competition_id": entry.competition.id,
        "entrant_id": entrant.id,
        "user_id": user.id,
        "received_at": admission.received_at,
        "is_staff": entrant.is_staff,
        "idempotency_key": key,
        "via": via,
    }
    submission_id = session.execute(_SUBMISSION, row).scalar_one()
    _queue(session, submission_id, entry.version.id, upload)
    _record_act(session, admission, submission_id, entrant.alias)
    return Accepted(submission_id)


def _record_act(session: Session, admission: Admission, submission_id: int, alias: str) -> None:
    """Writes down what only staff do: handing in for somebody else, or for a baseline."""
    user, competition_id = admission.user, admission.entry.competition.id
    if admission.by is not None:
        told: dict[str, object] = {"for": user.id, "received_at": admission.received_at.isoformat()}
        subject = f"submission:{submission_id}"
        record_act(session, admission.by.id, "submission.on_behalf", subject, competition_id=competition_id, **told)
    if admission.baseline_id is not None:
        told = {"submission": submission_id, "name": alias}
        subject = f"baseline:{admission.baseline_id}"
        record_act(session, user.id, "baseline.upload", subject, competition_id=competition_id, **told)


def _entrant(session: Session, admission: Admission) -> Entrant:
    """Whose submission it becomes: the person's entrant, or that of a baseline."""
    competition = admission.entry.competition
    if admission.baseline_id is not None:
        return baselines.entrant_of(session, competition.id, admission.baseline_id)
    return courses.entrant_for(session, competition, admission.user, _RANDOM)


def _queue(session: Session, submission_id: int, version_id: int, upload: Upload) -> None:
    """Writes down the upload's file, and its first grading."""
    sha256, size = upload.stored
    file = {"role": FileRole.WEIGHTS, "name": upload.name, "sha256": sha256, "bytes": size}
    session.execute(_FILE, file | {"submission_id": submission_id})
    grading = {"submission_id": submission_id, "version_id": version_id, "file_sha256": sha256}
    session.execute(_GRADING, grading)


def grade_again(session: Session, entry: Entry, submission: Submission, actor_id: int) -> Grading:
    """Queues another grading under the rules that hold now. What counts stays until the new one has ended.

    Raises Conflict where one is under way.
    """
    if submission.upload.erased_at is not None:
        raise Conflict("file-erased", f"The file of submission {submission.id} was erased; its result stays as it is.")
    # Two requests at once must not both find nothing under way: the second waits here until the first is written.
    session.execute(select(Submission.id).where(Submission.id == submission.id).with_for_update())
    under_way = select(func.count()).where(
        Grading.submission_id == submission.id,
        Grading.state.in_((State.QUEUED, State.RUNNING)),
        Grading.rejudge_id.is_(None),
    )
    if session.execute(under_way).scalar_one():
        raise Conflict("grading-under-way", f"Submission {submission.id} is being graded; wait for the result.")
    grading = Grading(
        submission_id=submission.id,
        version_id=entry.version.id,
        is_live=False,
        file_sha256=submission.upload.sha256,
    )
    session.add(grading)
    subject = f"submission:{submission.id}"
    record_act(session, actor_id, "submission.grade_again", subject, competition_id=submission.competition_id)
    return grading


def mark_reference(session: Session, submission: Submission, *, wanted: bool) -> None:
    """Makes a submission the one that its entrant's others are compared with, or takes that back.

    Raises Conflict where it has no score: nothing can be compared with it.
    """
    if wanted and not any(each.is_live and each.state is State.SCORED for each in submission.gradings):
        raise Conflict("not-scored", f"Submission {submission.id} has no score; choose one that was scored.")
    # Two requests at once must not both find the mark free: the second waits here until the first is written.
    session.execute(select(Entrant.id).where(Entrant.id == submission.entrant_id).with_for_update())
    before = update(Submission).where(Submission.entrant_id == submission.entrant_id, Submission.is_reference)
    if not wanted:
        before = before.where(Submission.id == submission.id)
    session.execute(before.values(is_reference=False))
    if wanted:
        session.execute(update(Submission).where(Submission.id == submission.id).values(is_reference=True))
