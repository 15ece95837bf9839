"""The audit log of a competition, for its staff."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.audit import queries
from app.audit.queries import Search
from app.audit.schemas import AuditLog, entry_body
from app.competitions.access import enter_as_staff
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
    found = queries.entries(session, entry.competition.id, search, entry.zone, before)
    people = queries.actors(session, found[:PAGE_ROWS])
    items = [entry_body(each, people.get(each.actor_id or 0)) for each in found[:PAGE_ROWS]]
    body = AuditLog(items=items, next=next_address(request, [each.id for each in found]))
    context = {
        "entry": entry,
        "items": items,
        "search": search,
        "is_narrow": search != Search(),
        "actions": queries.actions(session, entry.competition.id),
        "next_url": body.next,
        "before": before,
    }
    return services.renderer.page_or_json(request, "audit/log.html", context, body)
