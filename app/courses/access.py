"""Who may enter which course, and as what."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.authorisation.refusals import hidden, refused
from app.authorisation.rules import Need, Place
from models.accounts import User
from models.courses import Course, Membership, Role

_COURSES = select(Course, Membership.role).outerjoin(
    Membership, and_(Membership.course_id == Course.id, Membership.user_id == bindparam("user"))
)
_ONE = _COURSES.where(Course.slug == bindparam("slug"))
_ALL = _COURSES.order_by(Course.id.desc())
_OWN = _ALL.where(Membership.role.is_not(None))


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A course as one person enters it. `role`: None for an administrator without a part in it."""

    course: Course
    role: Role | None
    is_admin: bool

    @property
    def is_staff(self) -> bool:
        """True for administrators, instructors and TAs."""
        return self.is_admin or (self.role is not None and self.role.is_staff)

    @property
    def is_instructor(self) -> bool:
        """True for administrators and instructors."""
        return self.is_admin or self.role is Role.INSTRUCTOR


def enter_course(session: Session, slug: str, user: User) -> Enrolment:
    """The course for a member or an admin. Raises NotFound for everyone else, as if it were not there."""
    found = session.execute(_ONE, {"user": user.id, "slug": slug}).one_or_none()
    if found is None or not (user.is_admin or found.role):
        raise hidden(Place.COURSE, slug)
    return Enrolment(found.Course, found.role, user.is_admin)


def enter_course_as_staff(session: Session, slug: str, user: User) -> Enrolment:
    """The course for its staff. Raises NotFound or Forbidden."""
    enrolment = enter_course(session, slug, user)
    if not enrolment.is_staff:
        raise refused(Need.STAFF)
    return enrolment


def enter_course_as_instructor(session: Session, slug: str, user: User) -> Enrolment:
    """The course for those who decide about it. Raises NotFound or Forbidden."""
    enrolment = enter_course_as_staff(session, slug, user)
    if not enrolment.is_instructor:
        raise refused(Need.INSTRUCTOR)
    return enrolment


def enrolments_of(session: Session, user: User) -> Sequence[Enrolment]:
    """All courses that a person may enter, the newest first."""
    found = session.execute(_ALL if user.is_admin else _OWN, {"user": user.id}).all()
    return [Enrolment(course, role, user.is_admin) for course, role in found]
