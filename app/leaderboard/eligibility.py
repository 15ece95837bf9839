"""Whose submissions count at all, as conditions for the database."""

from sqlalchemy import ColumnElement, Exists, and_, exists, or_

from models.accounts import User
from models.competitions import Competition
from models.courses import Membership, Role
from models.entrants import EntrantMember
from models.moderation import Disqualification
from models.submissions import Submission


def competes() -> ColumnElement[bool]:
    """Whether a student of the course handed a submission in, and staff have not disqualified it.

    Whoever is staff now or has left the course has no row, and what somebody handed in as staff never ranks.
    """
    return and_(~Submission.is_staff, _is_students(), ~disqualified())


def disqualified() -> Exists:
    """Whether a submission, or the whole of its entrant, is disqualified at present."""
    held = exists().where(
        Disqualification.entrant_id == Submission.entrant_id,
        or_(Disqualification.submission_id.is_(None), Disqualification.submission_id == Submission.id),
    )
    return held.correlate(Submission)


def _is_students() -> Exists:
    is_student = exists().where(
        EntrantMember.entrant_id == Submission.entrant_id,
        Competition.id == Submission.competition_id,
        Membership.course_id == Competition.course_id,
        Membership.user_id == EntrantMember.user_id,
        Membership.role == Role.STUDENT,
        User.id == Membership.user_id,
        ~User.is_admin,
    )
    return is_student.correlate(Submission)
