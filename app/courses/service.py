"""Courses: making them, who is in them, and as whom a member competes."""

import re
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.recording import note
from app.courses import queries
from app.courses.aliases import new_alias
from app.errors import AppError, NotFound
from models import Competition, Course, Entrant, EntrantMember, Membership, Role, User
from models.courses import SLUG_LENGTH

SLUG = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{SLUG_LENGTH - 1}}}", re.ASCII)
MAX_TITLE_CHARACTERS = 200
"""Longest title of a course."""
_RANDOM = SystemRandom()
ALIAS_TRIES = 20
"""How often a new alias is drawn: with half of all aliases taken, twenty misses are one in a million."""


def create_course(session: Session, *, slug: str, title: str, time_zone: str) -> Course:
    """The new course. Raises AppError where the slug is taken (409) or a value will not do (422)."""
    check_slug(slug, "a course's short name")
    _check_time_zone(time_zone)
    if queries.course_by_slug(session, slug) is not None:
        raise AppError(409, "course-taken", f"There is already a course {slug}.", field="slug")
    course = Course(slug=slug, title=_checked_title(title), time_zone=time_zone)
    session.add(course)
    session.flush()
    return course


def found_course(session: Session, by: User, *, slug: str, title: str, time_zone: str) -> Course:
    """The new course, of which its maker is the instructor. Raises AppError."""
    course = create_course(session, slug=slug, title=title, time_zone=time_zone)
    add_member(session, course.id, by.id, Role.INSTRUCTOR)
    note(session, by.id, "course.create", f"course:{course.id}", slug=slug)
    return course


def add_member(session: Session, course_id: int, user_id: int, role: Role) -> Membership:
    """The user's part in the course: a new one, or the one there was, with this role from now on."""
    found = queries.membership(session, course_id, user_id)
    if found is None:
        found = Membership(course_id=course_id, user_id=user_id, role=role)
        session.add(found)
    found.role = role
    session.flush()
    return found


def remove_member(session: Session, course: Course, user: User) -> None:
    """Ends the user's part in the course; submissions stay and no longer rank. Raises NotFound where there is none."""
    found = queries.membership(session, course.id, user.id)
    if found is None:
        raise NotFound(f"{user.email} is not in the course {course.slug}.")
    session.delete(found)
    session.flush()


def entrant_for(session: Session, competition: Competition, user: User, random: Random) -> Entrant:
    """The entrant that the user competes as, made under a new alias at the first call; locked for this transaction.

    It is staff's for as long as the user is staff; raises AppError 403 for somebody who has no part in the course.
    Where another transaction has just made this user's entrant or taken the alias, the database refuses ours, and we
    look again.
    """
    staff = queries.is_staff(session, competition.course_id, user)
    if staff is None:
        raise AppError(403, "not-a-member", "You are not in this course; ask its instructor to add you.")
    for _ in range(ALIAS_TRIES):
        found = queries.entrant_of(session, competition.id, user.id, locked=True)
        if found is not None:
            found.is_staff = staff
            session.flush()
            return found
        try:
            with session.begin_nested():
                return _add_entrant(session, competition.id, user.id, alias=new_alias(random), is_staff=staff)
        except IntegrityError:
            continue
    raise RuntimeError(f"competition {competition.slug} has no free alias after {ALIAS_TRIES} tries")


def entrant_of_student(session: Session, competition: Competition, user_id: int) -> Entrant:
    """The entrant of a student of the competition's course, made where there is none yet. Raises NotFound."""
    student = session.get(User, user_id)
    if student is None or queries.is_staff(session, competition.course_id, student) is not False:
        raise NotFound(f"There is no student {user_id} in this course.")
    return entrant_for(session, competition, student, _RANDOM)


def _add_entrant(session: Session, competition_id: int, user_id: int, *, alias: str, is_staff: bool) -> Entrant:
    """A new entrant of one person."""
    entrant = Entrant(competition_id=competition_id, alias=alias, is_staff=is_staff)
    session.add(entrant)
    session.flush()
    session.add(EntrantMember(entrant_id=entrant.id, competition_id=competition_id, user_id=user_id))
    session.flush()
    return entrant


def check_slug(slug: str, what: str) -> None:
    """Raise AppError 422, which says `what` it should be, unless the slug can stand in an address."""
    if SLUG.fullmatch(slug) is None:
        detail = (
            f"{slug!r} cannot be {what}; it needs 1 to {SLUG_LENGTH} of a to z, 0 to 9 and hyphens, "
            "and begins with a letter or a digit."
        )
        raise AppError(422, "slug-form", detail, field="slug")


def _check_time_zone(time_zone: str) -> None:
    """Raise AppError 422 unless the zone has an IANA name."""
    try:
        ZoneInfo(time_zone)
    except (ValueError, OSError, KeyError) as error:
        detail = f"{time_zone!r} is not a time zone; it needs an IANA name such as America/New_York."
        raise AppError(422, "time-zone-unknown", detail, field="time_zone") from error


def _checked_title(title: str) -> str:
    """The trimmed title. Raises AppError 422 where nothing is left or too much."""
    trimmed = " ".join(title.split())
    if not 1 <= len(trimmed) <= MAX_TITLE_CHARACTERS:
        detail = f"The title has {len(trimmed)} characters; it needs 1 to {MAX_TITLE_CHARACTERS}."
        raise AppError(422, "title-length", detail, field="title")
    return trimmed
