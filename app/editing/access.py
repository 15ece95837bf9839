"""Whose courses and competitions somebody may edit."""

from sqlalchemy.orm import Session

from app.courses import queries as courses
from app.errors import Forbidden, NotFound
from models.accounts import User
from models.courses import Course


def course_to_edit(session: Session, slug: str, user: User) -> Course:
    """The course for its instructors and admins. Raises Forbidden for other members, NotFound for everyone else."""
    course = courses.course_by_slug(session, slug)
    if course is None or courses.is_staff(session, course.id, user) is None:
        raise NotFound(f"You are in no course {slug!r}.")
    if not courses.is_instructor(session, course.id, user):
        raise Forbidden("This is for the instructors of the course.")
    return course
