"""The audit log of a competition, for its staff, and that of a course, for its instructors."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.audit import queries
from app.audit.queries import Search
from app.audit.schemas import AuditLog, entry_body
from app.competitions.access import enter_as_staff
from app.courses.access import enter_course_as_instructor
from app.dependencies import AppServices, Reading, Signed
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Blankable, Day, Printable

router = APIRouter(tags=["audit"])


def _search(
    action: Annotated[Printable, Query(max_length=64, description="The beginning of an action.")] = "",
    subject: Annotated[Printable, Query(max_length=128, description="A kind and a number, `submission:42`.")] = "",
    who: Annotated[Printable, Query(max_length=100, description="A piece of a name or an address.")] = "",
    q: Annotated[Printable, Query(max_length=100, description="A piece of a reason or a detail.")] = "",
    since: Annotated[Blankable[Day], Query(description="On this day or later.")] = None,
    until: Annotated[Blankable[Day], Query(description="On this day or earlier.")] = None,
) -> Search:
    return Search(action.strip(), subject.strip(), who.strip(), q.strip(), since, until)


@router.get(
    "/competitions/{slug}/audit",
    operation_id="getAuditLog",
    summary="The audit log of a competition",
    response_model=AuditLog,
    responses=problems(401, 403, 404, 422),
)
def show(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    search: Annotated[Search, Depends(_search)],
    before: Before = None,
) -> Response:
    """Who of the staff did what, when and why; newest first, 50 at a time."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    about = queries.of_competition(entry.competition.id)
    body, context = _log(request, session, about, search, entry.zone, before)
    return services.renderer.page_or_json(request, "audit/log.html", context | {"entry": entry}, body)


@router.get(
    "/courses/{course}/audit",
    operation_id="getCourseAuditLog",
    summary="The audit log of a course",
    response_model=AuditLog,
    responses=problems(401, 403, 404, 422),
)
def show_of_course(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    course: Printable,
    search: Annotated[Search, Depends(_search)],
    before: Before = None,
) -> Response:
    """Its people, roles, rosters, join codes and links, its test sets and networks; newest first, 50 at a time."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    about, zone = queries.of_course(enrolment.course.id), ZoneInfo(enrolment.course.time_zone)
    body, context = _log(request, session, about, search, zone, before)
    return services.renderer.page_or_json(request, "audit/course.html", context | {"enrolment": enrolment}, body)


def _log(
    request: Request,
    session: Session,
    about: ColumnElement[bool],
    search: Search,
    zone: ZoneInfo,
    before: int | None,
) -> tuple[AuditLog, dict[str, Any]]:
    """A page of a log, and what its template shows beside it."""
    found = queries.entries(session, about, search, zone, before)
    people = queries.actors(session, found[:PAGE_ROWS])
    items = [entry_body(each, people.get(each.actor_id or 0)) for each in found[:PAGE_ROWS]]
    body = AuditLog(items=items, next=next_address(request, [each.id for each in found]))
    context = {
        "zone": zone,
        "items": items,
        "search": search,
        "is_narrow": search != Search(),
        "actions": queries.actions(session, about),
        "next_url": body.next,
        "before": before,
    }
    return body, context
