"""The words of the table: whom a route is for, about which thing its address speaks, and what a token needs for it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from models.accounts import Scope


class Need(IntEnum):
    """Whom a route is for. From MEMBER on it is about a thing of a course, but for COURSE_MAKER and ADMIN."""

    ANYONE = 0
    SIGNED_IN = 1
    MEMBER = 2
    """Everybody in the course."""
    PART = 3
    """Those whose it is, and the staff of the course."""
    OWNER = 4
    """Those whose it is alone: staff see it and leave it as it is."""
    STAFF = 5
    """TAs and instructors of the course."""
    INSTRUCTOR = 6
    COURSE_MAKER = 7
    """Administrators, and those whom they let make courses."""
    ADMIN = 8


class Place(StrEnum):
    """The parameter of an address that tells the course. Administrators may enter every course."""

    NOWHERE = ""
    COURSE = "course"
    COMPETITION = "slug"
    SUBMISSION = "submission_id"


LEVELS = (Scope.READ, Scope.SUBMIT, Scope.ADMIN)
"""Each may also what the ones before it may."""
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A row. `scope` is what a token needs: by default `read` to look, `submit` to change one's own, `admin` for staff."""

    need: Need
    place: Place = Place.NOWHERE
    scope: Scope | None = None
    by_session: bool = False
    """True where no token will do: what changes how somebody signs in."""

    def scope_for(self, method: str) -> Scope:
        """The least that a token needs."""
        if self.scope is not None:
            return self.scope
        if method in SAFE:
            return Scope.READ
        return Scope.ADMIN if self.need >= Need.STAFF else Scope.SUBMIT


def includes(held: Scope, needed: Scope) -> bool:
    """Whether a token of one scope may do what needs another."""
    return LEVELS.index(held) >= LEVELS.index(needed)
