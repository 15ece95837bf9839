"""What the courses' service asks the database."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Course, Entrant, EntrantMember, Membership, Role, User


def course_by_slug(session: Session, slug: str) -> Course | None:
    """The course with this short name."""
    return session.scalar(select(Course).where(Course.slug == slug))


def membership(session: Session, course_id: int, user_id: int) -> Membership | None:
    """The user's part in the course."""
    return session.scalar(select(Membership).where(Membership.course_id == course_id, Membership.user_id == user_id))


def role(session: Session, course_id: int, user_id: int) -> Role | None:
    """The user's role in the course; None for somebody who is not in it."""
    found = membership(session, course_id, user_id)
    return found.role if found else None


def is_staff(session: Session, course_id: int, user: User) -> bool | None:
    """True for admins, instructors and TAs; None for somebody who has no part in the course."""
    if user.is_admin:
        return True
    found = role(session, course_id, user.id)
    return found.is_staff if found else None


def entrant_of(session: Session, competition_id: int, user_id: int) -> Entrant | None:
    """The entrant that the user competes as, if there is one yet."""
    return session.scalar(
        select(Entrant)
        .join(EntrantMember, EntrantMember.entrant_id == Entrant.id)
        .where(EntrantMember.competition_id == competition_id, EntrantMember.user_id == user_id)
    )
