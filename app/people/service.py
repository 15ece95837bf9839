"""The people of a course: adding, changing and removing them, and who may be given a new way in."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.audit.recording import note
from app.courses import queries as courses
from app.courses import service as course_service
from app.courses.access import Enrolment
from app.errors import Conflict, Forbidden, NotFound, Unprocessable
from app.people import queries
from models.accounts import User
from models.courses import Membership, Role

MAX_TEXT_CHARACTERS = 100
"""Longest SID, login and section."""


def member_of(session: Session, enrolment: Enrolment, user_id: int) -> Membership:
    """A person's part in the course. Raises NotFound."""
    found = queries.member(session, enrolment.course.id, user_id)
    if found is None:
        raise NotFound(f"There is nobody with the number {user_id} in this course.")
    return found


def add(
    session: Session,
    enrolment: Enrolment,
    by: User,
    *,
    email: str,
    name: str,
    role: Role,
    sid: str = "",
    section: str = "",
) -> Membership:
    """The new member, with a new account where there is none. Raises Conflict for somebody who is in the course.

    And for a role of staff where nobody has checked whose the account is.
    """
    course = enrolment.course
    person = accounts.user_by_email(session, email)
    if person is None:
        person = account_service.create_user(session, email=email, name=name or email)
    elif courses.membership(session, course.id, person.id) is not None:
        raise Conflict("member-exists", f"{person.email} is in the course already.", field="email")
    if role.is_staff:
        check_is_proven(person)
    check_sid(session, course.id, sid, person.id)
    found = course_service.add_member(session, course.id, person.id, role)
    _set(found, sid=sid, section=section)
    note(session, by.id, "member.add", f"course:{course.id}", user=person.id, email=person.email, role=role.value)
    return found


def change(
    session: Session, enrolment: Enrolment, by: User, user_id: int, *, role: Role, sid: str, login: str, section: str
) -> Membership:
    """The member with another role or other texts. Raises NotFound, and Conflict for the course's last instructor."""
    found = member_of(session, enrolment, user_id)
    if role is not Role.INSTRUCTOR:
        _check_instructor_stays(session, enrolment, found)
    if role.is_staff and role is not found.role:
        check_is_proven(found.user)
    check_sid(session, enrolment.course.id, sid, user_id)
    before = _told(found)
    found.role = role
    _set(found, sid=sid, login=login, section=section)
    session.flush()
    if (after := _told(found)) != before:
        subject = f"course:{enrolment.course.id}"
        note(session, by.id, "member.change", subject, user=user_id, before=before, after=after)
    return found


def remove(session: Session, enrolment: Enrolment, by: User, user_id: int) -> None:
    """Ends a person's part in the course; account and submissions stay. Raises NotFound and Conflict."""
    found = member_of(session, enrolment, user_id)
    _check_instructor_stays(session, enrolment, found)
    course = enrolment.course
    course_service.remove_member(session, course, found.user)
    note(session, by.id, "member.remove", f"course:{course.id}", user=user_id, before=_told(found))


def set_disabled(session: Session, by: User, person: User, *, wanted: bool) -> None:
    """Lets a person in no more, or again. Raises Forbidden where that is not for `by` to do."""
    check_may_manage(session, by, person)
    if wanted:
        account_service.disable(session, person.id)
    else:
        account_service.enable(session, person.id)
    session.refresh(person)
    note(session, by.id, "user.disable" if wanted else "user.enable", f"user:{person.id}")


def may_manage(session: Session, by: User, person: User) -> bool:
    """Whether `by` may disable a person and give them a link: whoever has the link can sign in as them.

    An administrator may, for everybody but themselves. An instructor may for students and TAs who are in no course but
    those that the instructor runs: elsewhere somebody else answers for what is done in their name.
    """
    if by.id == person.id:
        return False
    if by.is_admin:
        return True
    return not person.is_admin and not queries.is_in_a_course_beyond(session, person.id, by.id)


def check_may_manage(session: Session, by: User, person: User) -> None:
    """Raises Forbidden unless `may_manage`."""
    if not may_manage(session, by, person):
        detail = (
            "This person is yourself, an administrator, an instructor, or in a course that you do not run. "
            "An administrator can do it."
        )
        raise Forbidden(detail, code="not-yours-to-manage")


def check_is_proven(person: User) -> None:
    """Raises Conflict for an account that came by a join code: whoever typed the address in may be somebody else."""
    if person.is_unproven:
        detail = (
            f"The account of {person.email} was made with a join code, and nobody has checked that the address is theirs. "
            "Give them a link to set a password first, in a course as a student, and the rights once they have used it."
        )
        raise Conflict("account-unproven", detail)


def check_sid(session: Session, course_id: int, sid: str, user_id: int) -> None:
    """Raises Conflict where somebody else in the course has this SID."""
    if not sid.strip():
        return
    wanted = select(Membership.id).where(
        Membership.course_id == course_id, Membership.sid == sid.strip(), Membership.user_id != user_id
    )
    if session.execute(wanted).first() is not None:
        raise Conflict("sid-taken", f"Somebody else in the course has the SID {sid.strip()}.", field="sid")


def _check_instructor_stays(session: Session, enrolment: Enrolment, found: Membership) -> None:
    """Raises Conflict where nobody would run the course any more; an administrator may do even that."""
    if found.role is not Role.INSTRUCTOR or enrolment.is_admin:
        return
    if queries.instructors(session, enrolment.course.id) <= 1:
        detail = "The course needs an instructor who can sign in, and this is the last one. Make another one first."
        raise Conflict("last-instructor", detail)


def _set(found: Membership, *, sid: str = "", login: str | None = None, section: str = "") -> None:
    for what, text in (("SID", sid), ("login", login or ""), ("section", section)):
        if len(text) > MAX_TEXT_CHARACTERS:
            detail = f"The {what} has {len(text)} characters; at most {MAX_TEXT_CHARACTERS} fit."
            raise Unprocessable("text-too-long", detail)
    found.sid, found.section = sid.strip() or None, section.strip()
    if login is not None:
        found.login = login.strip() or None


def _told(found: Membership) -> dict[str, Any]:
    return {"role": found.role.value, "sid": found.sid, "login": found.login, "section": found.section}
