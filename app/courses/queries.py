"""What the courses' service asks the database."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Course, Entrant, EntrantMember, Membership, Role, User


def course_by_slug(session: Session, slug: str) -> Course | None:
    """The course with this short name."""
    return session.scalar(select(Course).where(Course.slug == slug))


def all_courses(session: Session) -> Sequence[Course]:
    """Every course, by title."""
    return session.scalars(select(Course).order_by(Course.title, Course.id)).all()


def memberships_of(session: Session, user_id: int) -> Sequence[Membership]:
    """The user's part in each course, with the course loaded, by its title."""
    wanted = select(Membership).join(Membership.course).where(Membership.user_id == user_id)
    return session.scalars(wanted.options(joinedload(Membership.course)).order_by(Course.title, Course.id)).all()


def members(session: Session, course_id: int) -> Sequence[Membership]:
    """Everybody's part in the course, with the user loaded, by name."""
    wanted = select(Membership).join(Membership.user).where(Membership.course_id == course_id)
    return session.scalars(wanted.options(joinedload(Membership.user)).order_by(User.name, User.id)).all()


def membership(session: Session, course_id: int, user_id: int) -> Membership | None:
    """The user's part in the course."""
    return session.scalar(select(Membership).where(Membership.course_id == course_id, Membership.user_id == user_id))


def role(session: Session, course_id: int, user_id: int) -> Role | None:
    """The user's role in the course; None for somebody who is not in it."""
    found = membership(session, course_id, user_id)
    return found.role if found else None


def entrant_of(session: Session, competition_id: int, user_id: int) -> Entrant | None:
    """The entrant that the user competes as, if there is one yet."""
    return session.scalar(
        select(Entrant)
        .join(EntrantMember, EntrantMember.entrant_id == Entrant.id)
        .where(EntrantMember.competition_id == competition_id, EntrantMember.user_id == user_id)
    )
