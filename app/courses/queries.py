"""What the courses' service asks the database."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models import Course, Entrant, EntrantMember, Extension, Membership, Role, User

# What each request asks is put together once.
_ROLE = select(Membership.role).where(
    Membership.course_id == bindparam("course"), Membership.user_id == bindparam("user")
)
_OWN = (EntrantMember.competition_id == bindparam("competition"), EntrantMember.user_id == bindparam("user"))
_ENTRANT = select(Entrant).join(EntrantMember, EntrantMember.entrant_id == Entrant.id).where(*_OWN)
# The member's row too: whoever is moved to another entrant meanwhile is found there. First, as moving locks it first.
_LOCKED = _ENTRANT.with_for_update(of=(EntrantMember, Entrant))
_EXTENSION = select(Extension).join(EntrantMember, EntrantMember.entrant_id == Extension.entrant_id).where(*_OWN)


def course_by_slug(session: Session, slug: str) -> Course | None:
    """The course with this short name."""
    return session.scalar(select(Course).where(Course.slug == slug))


def membership(session: Session, course_id: int, user_id: int) -> Membership | None:
    """The user's part in the course."""
    return session.scalar(select(Membership).where(Membership.course_id == course_id, Membership.user_id == user_id))


def role(session: Session, course_id: int, user_id: int) -> Role | None:
    """The user's role in the course; None for somebody who is not in it."""
    return session.execute(_ROLE, {"course": course_id, "user": user_id}).scalar_one_or_none()


def is_staff(session: Session, course_id: int, user: User) -> bool | None:
    """True for admins, instructors and TAs; None for somebody who has no part in the course."""
    if user.is_admin:
        return True
    found = role(session, course_id, user.id)
    return found.is_staff if found else None


def is_instructor(session: Session, course_id: int, user: User) -> bool:
    """True for admins and the instructors of a course, who may change what its rules say."""
    return user.is_admin or role(session, course_id, user.id) is Role.INSTRUCTOR


def entrant_of(session: Session, competition_id: int, user_id: int, *, locked: bool = False) -> Entrant | None:
    """The entrant that the user competes as, if there is one yet; `locked` for this transaction where it decides by it."""
    return session.scalar(_LOCKED if locked else _ENTRANT, {"competition": competition_id, "user": user_id})


def extension_of(session: Session, competition_id: int, user_id: int) -> Extension | None:
    """What staff granted to the entrant that the user competes as."""
    return session.scalar(_EXTENSION, {"competition": competition_id, "user": user_id})


def extended_end(session: Session, entrant_id: int) -> datetime | None:
    """Until when an entrant may hand in, where staff granted something."""
    return session.scalar(select(Extension.until).where(Extension.entrant_id == entrant_id))


def extended_ends(session: Session, user_id: int) -> Mapping[int, datetime | None]:
    """By competition, until when the user's entrants may hand in, where staff granted something."""
    wanted = (
        select(EntrantMember.competition_id, Extension.until)
        .join(Extension, Extension.entrant_id == EntrantMember.entrant_id)
        .where(EntrantMember.user_id == user_id)
    )
    return dict(session.execute(wanted).all())
