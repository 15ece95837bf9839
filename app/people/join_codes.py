"""Join codes: with one, students come into a course by themselves."""

import secrets
from datetime import timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as account_service
from app.audit.recording import note
from app.clock import db_now
from app.courses import queries as courses
from app.courses import service as course_service
from app.errors import Conflict, NotFound
from app.people import queries
from models.accounts import User
from models.courses import Course, Role
from models.joining import JoinCode

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without I, O, 0 and 1, which look alike on a board."""
CODE_CHARACTERS = 8
"""Of 32 letters: 40 bits, and tries are counted by address."""
_UNKNOWN = "This code is not known, or it holds no more. Ask your instructor for the one of now."


def replace(session: Session, course: Course, by_id: int, *, days: int | None, max_uses: int | None) -> JoinCode:
    """A new code of the course; the one before holds no more. None: it holds until it is switched off, for all."""
    end(session, course, by_id, noted=False)
    code = JoinCode(
        course_id=course.id,
        code="".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARACTERS)),
        max_uses=max_uses,
        created_by_id=by_id,
        expires_at=None if days is None else db_now(timedelta(days=days)),
    )
    session.add(code)
    session.flush()
    note(session, by_id, "join_code.replace", f"course:{course.id}", days=days, max_uses=max_uses)
    return code


def end(session: Session, course: Course, by_id: int, *, noted: bool = True) -> None:
    """Switches the course's code off. Nothing happens where there is none."""
    held = update(JoinCode).where(JoinCode.course_id == course.id, JoinCode.ended_at.is_(None))
    ended = session.execute(held.values(ended_at=db_now()).returning(JoinCode.id)).first()
    if ended is not None and noted:
        note(session, by_id, "join_code.end", f"course:{course.id}")


def normal(code: str) -> str:
    """The code however it was typed: in small letters, with blanks or hyphens."""
    return "".join(code.split()).replace("-", "").upper()


def join(session: Session, code: str, person: User) -> Course:
    """The course that the person is in now, as a student; a member stays what they are. Raises NotFound."""
    found = queries.course_of_code(session, normal(code))
    if found is None:
        raise NotFound(_UNKNOWN, code="join-code-unknown")
    held, course = found
    if courses.membership(session, course.id, person.id) is not None:
        return course
    _take(session, held)
    course_service.add_member(session, course.id, person.id, Role.STUDENT)
    note(session, person.id, "member.join", f"course:{course.id}", user=person.id, email=person.email)
    return course


def register(session: Session, code: str, *, name: str, email: str, password_hash: str) -> tuple[User, Course]:
    """A new account and its course. Raises NotFound, and Conflict where the address has an account.

    Nobody has shown that the address is theirs; `is_unproven` says so until another provider or the staff does.
    """
    if queries.course_of_code(session, normal(code)) is None:
        raise NotFound(_UNKNOWN, code="join-code-unknown")
    if accounts.user_by_email(session, email) is not None:
        detail = "There is an account with this e-mail address. Sign in first, then open the course with the code."
        raise Conflict("email-taken", detail, field="email")
    person = account_service.create_user(session, email=email, name=name, password_hash=password_hash)
    person.is_unproven = True
    return person, join(session, code, person)


def _take(session: Session, held: JoinCode) -> None:
    """Counts one use. Raises NotFound where none is left."""
    good = update(JoinCode).where(
        JoinCode.id == held.id,
        JoinCode.ended_at.is_(None),
        or_(JoinCode.expires_at.is_(None), JoinCode.expires_at > db_now()),
        or_(JoinCode.max_uses.is_(None), JoinCode.uses < JoinCode.max_uses),
    )
    if session.execute(good.values(uses=JoinCode.uses + 1).returning(JoinCode.id)).first() is None:
        raise NotFound(_UNKNOWN, code="join-code-unknown")
