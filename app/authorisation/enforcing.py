"""The dependency of every route that reads the table before the route runs."""

from typing import Any

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.authorisation import queries, refusals
from app.authorisation.deciding import Verdict, decide, decide_alone
from app.authorisation.rules import Need, Place, Rule, includes
from app.authorisation.table import TABLE
from app.dependencies import Caller, require_caller_in
from app.errors import AppError
from app.parameters import Printable, RowNumber
from app.services import services_of
from app.threads import ADMITTING

_NUMBER: TypeAdapter[int] = TypeAdapter(RowNumber)
_TEXT: TypeAdapter[str] = TypeAdapter(Printable)


async def authorise(request: Request) -> None:
    """Raises NotSignedIn, Forbidden or NotFound as the route's row says; takes no thread where everybody may ask."""
    rule = TABLE.get(f"{request.method} {request.scope['route'].path}")
    if rule is None:
        raise RuntimeError(f"{request.method} {request.scope['route'].path} has no row in the authorisation table")
    if rule.need is not Need.ANYONE:
        await ADMITTING.run(_admit, request, rule)


def _admit(request: Request, rule: Rule) -> None:
    with services_of(request).database.read() as session:
        _admit_in(session, request, rule)


def _admit_in(session: Session, request: Request, rule: Rule) -> None:
    caller = require_caller_in(session, request)
    _check_token(caller, rule, request.method)
    user = caller.user
    if rule.place is Place.NOWHERE:
        verdict = decide_alone(rule.need, is_admin=user.is_admin, may_create_courses=user.may_create_courses)
        if verdict is not Verdict.LET_IN:
            raise refusals.refused(rule.need)
        return
    try:
        value = _value(rule.place, request.path_params)
    except ValidationError:
        return  # the route's own check of its parameters refuses the same value before the route runs
    if refusal := _refusal(session, rule, value, caller):
        raise refusal


def _value(place: Place, parameters: dict[str, Any]) -> str | int:
    """What the address names, as the route will take it."""
    given = parameters[place.value]
    return _NUMBER.validate_python(given) if place is Place.SUBMISSION else _TEXT.validate_python(given)


def _refusal(session: Session, rule: Rule, value: str | int, caller: Caller) -> AppError | None:
    found = queries.standing(session, rule.place, value, caller.user.id)
    if found is None:
        return refusals.hidden(rule.place, value)
    verdict = decide(rule.need, found.role, is_admin=caller.user.is_admin, is_own=found.is_own)
    if verdict is Verdict.HIDDEN:
        return refusals.hidden(rule.place, value)
    return refusals.refused(rule.need) if verdict is Verdict.REFUSED else None


def _check_token(caller: Caller, rule: Rule, method: str) -> None:
    if caller.scope is None:
        return
    if rule.by_session:
        raise refusals.session_needed()
    needed = rule.scope_for(method)
    if not includes(caller.scope, needed):
        raise refusals.scope_missing(caller.scope, needed)
