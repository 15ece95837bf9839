"""What gradebooks say of students beside their points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.courses import Membership
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the register calls a student."""

    sid: str | None
    login: str | None
    section: str


def enrolled(session: Session, course_id: int) -> Mapping[int, Enrolled]:
    """By person, what the register calls them."""
    wanted = select(Membership.user_id, Membership.sid, Membership.login, Membership.section)
    found = session.execute(wanted.where(Membership.course_id == course_id)).all()
    return {user_id: Enrolled(sid, login, section) for user_id, sid, login, section in found}


def handed_in(session: Session, competition_id: int) -> Mapping[int, int]:
    """How many submissions each entrant has made."""
    counted = select(Submission.entrant_id, func.count()).where(Submission.competition_id == competition_id)
    return dict(session.execute(counted.group_by(Submission.entrant_id)).all())


def moments(session: Session, competition_id: int, submission_ids: list[int]) -> Mapping[int, datetime]:
    """When submissions came in."""
    wanted = select(Submission.id, Submission.received_at).where(
        Submission.competition_id == competition_id, Submission.id.in_(submission_ids)
    )
    return dict(session.execute(wanted).all())
