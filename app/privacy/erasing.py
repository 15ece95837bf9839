"""Forgetting a person: who they were and what they handed in, while every result keeps its place.

The account stays as a row without a name, since submissions and boards stand on it. Bytes are given up once the rows are
written, unless somebody else handed in the same ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import SystemRandom

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from app.clock import db_now, read_clock
from app.courses.aliases import new_alias
from app.errors import Conflict, NotFound
from app.privacy import queries
from app.privacy.words import forget_words
from app.submissions.erased import GONE, forget_names
from models.accounts import ApiToken, AuthSession, User
from models.artifacts import Artifact
from models.audit import AuditEntry
from models.courses import Membership
from models.entrants import Entrant, EntrantMember
from models.finalists import CodeUpload, FinalistReview
from models.gradings import Grading
from models.joining import AccountLink, Identity
from models.moderation import Disqualification, Note
from models.points import Adjustment, Extension, HandPoints
from models.rosters import RosterImport
from models.submissions import FileRole, Submission, SubmissionFile
from models.teams import TeamInvitation

NAME = "Erased person"
FILE_NAME = "erased"
_RANDOM = SystemRandom()


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a person's data. `digests` are files that may be given up where nobody else has them."""

    submissions: int
    digests: Sequence[str]


def erase(session: Session, user_id: int, by_id: int | None) -> Erased:
    """Writes the person out of every row. The caller gives up the files afterwards. Raises AppError."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound(f"There is no person {user_id}.")
    if user.is_admin:
        raise Conflict("erase-admin", f"{user.email} is an administrator; take that from them first.")
    entrants = [each.id for each in queries.entrants(session, user_id)]
    digests = _files(session, user_id)
    numbers = session.scalars(select(Submission.id).where(Submission.user_id == user_id)).all()
    subjects = {
        f"user:{user_id}",
        *(f"entrant:{each}" for each in entrants),
        *(f"submission:{each}" for each in numbers),
    }
    _forget_access(session, user_id, user.email)
    _forget_entries(session, entrants)
    forget_words(session, user, subjects)
    user.name, user.email, user.password_hash = NAME, f"erased-{user_id}@invalid", None
    user.disabled_at = user.disabled_at or read_clock(session)
    session.add(
        AuditEntry(
            actor_id=by_id, action="person.erase", subject=f"user:{user_id}", detail={"submissions": len(numbers)}
        )
    )
    session.flush()
    return Erased(len(numbers), digests)


def _files(session: Session, user_id: int) -> Sequence[str]:
    """Marks what the person handed in as erased, and removes what was made of it; the digests of all of it."""
    mine = select(Submission.id).where(Submission.user_id == user_id)
    _forget_reports(session, mine)
    gradings = select(Grading.id).where(Grading.submission_id.in_(mine))
    found = {
        *session.scalars(select(SubmissionFile.sha256).where(SubmissionFile.submission_id.in_(mine))),
        *session.scalars(select(Artifact.sha256).where(Artifact.grading_id.in_(gradings))),
        *session.scalars(select(CodeUpload.sha256).where(CodeUpload.user_id == user_id)),
    }
    of_mine = SubmissionFile.submission_id.in_(mine)
    for statement in (
        delete(Artifact).where(Artifact.grading_id.in_(gradings)),
        delete(Note).where(Note.submission_id.in_(mine)),
        delete(CodeUpload).where(CodeUpload.user_id == user_id),
        delete(SubmissionFile).where(of_mine, SubmissionFile.role == FileRole.ATTACHMENT),
        update(SubmissionFile).where(of_mine).values(name=FILE_NAME, erased_at=db_now()),
        update(Submission).where(Submission.user_id == user_id).values(idempotency_key=None, is_reference=False),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    return sorted(found)


def _forget_reports(session: Session, mine: Select[int]) -> None:
    """Takes the names of files out of reports. Gradings are locked first: one that ends now is seen, or sees the erasure."""
    wanted = select(Grading).where(Grading.submission_id.in_(mine)).order_by(Grading.id).with_for_update()
    for grading in session.scalars(wanted.execution_options(populate_existing=True)):
        forget_names(grading)
    session.flush()


def _forget_access(session: Session, user_id: int, email: str) -> None:
    """Ends every way in, and what the register says of the person."""
    session.execute(delete(AuthSession).where(AuthSession.user_id == user_id))
    session.execute(delete(ApiToken).where(ApiToken.user_id == user_id))
    session.execute(delete(AccountLink).where(AccountLink.user_id == user_id))
    session.execute(delete(Identity).where(Identity.user_id == user_id))
    # The files of rosters name everybody in them, also who was dropped; whoever needs one sends it again.
    of_courses = select(Membership.course_id).where(Membership.user_id == user_id)
    named = or_(RosterImport.course_id.in_(of_courses), RosterImport.content != "")
    session.execute(delete(RosterImport).where(named))
    forgotten = update(Membership).where(Membership.user_id == user_id).values(sid=None, login=None, section="")
    session.execute(forgotten)
    session.execute(delete(TeamInvitation).where(TeamInvitation.email == email))


def _forget_entries(session: Session, entrant_ids: Sequence[int]) -> None:
    """Gives an entry of this person alone another name, and takes away what staff wrote about it; points stay."""
    for number in entrant_ids:
        members = session.scalars(select(EntrantMember.id).where(EntrantMember.entrant_id == number)).all()
        if len(members) > 1:
            continue
        entrant = session.get_one(Entrant, number)
        taken = set(
            session.scalars(select(Entrant.alias).where(Entrant.competition_id == entrant.competition_id)).all()
        )
        entrant.join_code = None
        entrant.alias = next(alias for alias in iter(lambda: new_alias(_RANDOM), "") if alias not in taken)
        session.execute(update(HandPoints).where(HandPoints.entrant_id == number).values(note=""))
        session.execute(update(Adjustment).where(Adjustment.entrant_id == number).values(reason=GONE))
        session.execute(update(Extension).where(Extension.entrant_id == number).values(reason=""))
        session.execute(update(Disqualification).where(Disqualification.entrant_id == number).values(reason=GONE))
        session.execute(delete(Note).where(Note.entrant_id == number))
        session.execute(update(FinalistReview).where(FinalistReview.entrant_id == number).values(note=""))
    session.flush()
