"""Who administrates the service, and who makes courses."""

from sqlalchemy.orm import Session

from app.audit.recording import note
from app.errors import Conflict
from app.people.service import check_is_proven
from models.accounts import User


def set_rights(session: Session, by: User, person: User, *, is_admin: bool, may_create_courses: bool) -> None:
    """Gives and takes rights. Raises Conflict where somebody would take the administration from themselves.

    And where nobody has checked whose the account is that would be given a right.
    """
    if by.id == person.id and not is_admin:
        detail = "You would take the administration from yourself. Another administrator can do it."
        raise Conflict("own-rights", detail)
    before = {"is_admin": person.is_admin, "may_create_courses": person.may_create_courses}
    after = {"is_admin": is_admin, "may_create_courses": may_create_courses}
    if any(after[right] and not before[right] for right in after):
        check_is_proven(person)
    person.is_admin, person.may_create_courses = is_admin, may_create_courses
    session.flush()
    if after != before:
        note(session, by.id, "user.rights", f"user:{person.id}", before=before, after=after)
