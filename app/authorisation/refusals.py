"""What somebody is told who may not do what they ask for."""

from app.authorisation.rules import Need, Place
from app.errors import Forbidden, NotFound
from models.accounts import Scope

_WHOM = {
    Need.OWNER: "This is for those whose it is; staff leave it as it is.",
    Need.STAFF: "This is for the staff of the course.",
    Need.INSTRUCTOR: "This is for the instructors of the course.",
    Need.COURSE_MAKER: "This is for administrators and for those whom they let make courses.",
    Need.ADMIN: "This is for administrators.",
}


def refused(need: Need) -> Forbidden:
    """For somebody who may know of the thing."""
    return Forbidden(_WHOM[need])


def hidden(place: Place, value: str | int) -> NotFound:
    """For everybody else: the same whether the thing exists or not."""
    if place is Place.SUBMISSION:
        return NotFound(f"You have no submission {value}.")
    if place is Place.COMPETITION:
        return NotFound(f"You are in no course that has a competition {value!r}. Ask your instructor to add you.")
    return NotFound(f"You are in no course {value!r}. Ask its instructor to add you.")


def session_needed() -> Forbidden:
    """A token that leaked must not make others of its kind."""
    return Forbidden("This is done on the account's page, signed in with a browser.", code="session-needed")


def scope_missing(held: Scope, needed: Scope) -> Forbidden:
    """For a token that may less."""
    detail = f"The API token has the scope `{held}`; this needs `{needed}`. Make another one on your account's page."
    return Forbidden(detail, code="scope-missing")
