"""Whether somebody may do what a rule is about, as a pure function of who they are."""

from enum import Enum, auto

from app.authorisation.rules import Need
from models.courses import Role


class Verdict(Enum):
    """What becomes of a request."""

    LET_IN = auto()
    HIDDEN = auto()
    """As if the thing were not there."""
    REFUSED = auto()


def decide_alone(need: Need, *, is_admin: bool, may_create_courses: bool) -> Verdict:
    """What becomes of a request that is about no thing of a course, by somebody who is signed in."""
    allowed = {Need.ADMIN: is_admin, Need.COURSE_MAKER: is_admin or may_create_courses}
    return _let_in(allowed.get(need, need <= Need.SIGNED_IN))


def decide(need: Need, role: Role | None, *, is_admin: bool, is_own: bool | None) -> Verdict:
    """What becomes of a request about a thing of a course. `is_own`: None for what belongs to nobody in particular.

    What belongs to another student is hidden from a student, whatever it is that they want with it.
    """
    is_staff = is_admin or (role is not None and role.is_staff)
    if (role is None and not is_admin) or (is_own is False and not is_staff):
        return Verdict.HIDDEN
    allowed = {
        Need.OWNER: bool(is_own),
        Need.STAFF: is_staff,
        Need.INSTRUCTOR: is_admin or role is Role.INSTRUCTOR,
    }
    return _let_in(allowed.get(need, need <= Need.PART))


def _let_in(may: bool) -> Verdict:
    return Verdict.LET_IN if may else Verdict.REFUSED
