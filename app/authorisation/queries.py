"""What the authorisation asks the database: what somebody is to the thing that an address names."""

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, exists, null, or_, select
from sqlalchemy.orm import Session

from app.authorisation.rules import Place
from models.competitions import Competition
from models.courses import Course, Membership, Role
from models.entrants import EntrantMember
from models.submissions import Submission


class Standing(NamedTuple):
    """What somebody is in the course of a thing, and whether the thing is theirs."""

    role: Role | None
    is_own: bool | None
    """None for what belongs to nobody in particular."""


_ME = Membership.user_id == bindparam("user")
# A draft is for staff alone, as if students were not in its course.
_OPEN = or_(Competition.opened_at.is_not(None), Membership.role != Role.STUDENT)
_IS_OWN = or_(
    Submission.user_id == bindparam("user"),
    exists().where(EntrantMember.entrant_id == Submission.entrant_id, EntrantMember.user_id == bindparam("user")),
)
# Asked by each request about a thing of a course, and so put together once.
_STANDINGS: dict[Place, Select[Any, Any]] = {
    Place.COURSE: select(Membership.role, null())
    .select_from(Course)
    .outerjoin(Membership, and_(Membership.course_id == Course.id, _ME))
    .where(Course.slug == bindparam("value")),
    Place.COMPETITION: select(Membership.role, null())
    .select_from(Competition)
    .outerjoin(Membership, and_(Membership.course_id == Competition.course_id, _ME, _OPEN))
    .where(Competition.slug == bindparam("value")),
    Place.SUBMISSION: select(Membership.role, _IS_OWN)
    .select_from(Submission)
    .join(Competition, Competition.id == Submission.competition_id)
    .outerjoin(Membership, and_(Membership.course_id == Competition.course_id, _ME, _OPEN))
    .where(Submission.id == bindparam("value")),
}


def standing(session: Session, place: Place, value: str | int, user_id: int) -> Standing | None:
    """What the user is to the thing; None where there is no such thing."""
    found = session.execute(_STANDINGS[place], {"user": user_id, "value": value}).one_or_none()
    return Standing(*found) if found else None
