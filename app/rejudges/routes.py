"""Rejudges for staff: beginning one, watching and comparing it, making it live or dropping it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.errors import NotFound
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Printable, RowNumber
from app.rejudges import queries, service
from app.rejudges.schemas import (
    RejudgeBody,
    RejudgeInFull,
    RejudgeList,
    comparison_body,
    outcome_body,
    part_of,
    rejudge_body,
    rejudge_in_full,
)
from app.rendering import wants_page
from models.rejudges import Rejudge, RejudgeKind, RejudgeState

router = APIRouter(tags=["rejudges"], prefix="/competitions/{slug}/rejudges")

MAX_CHOSEN = 1000
"""Submissions that one form may name; more are named by leaving them all out."""
_ENDED = {303: {"description": "For a browser: back to the rejudge."}, **problems(401, 403, 404, 409, 422)}


@router.get(
    "",
    operation_id="listRejudges",
    summary="Rejudges, for staff",
    response_model=RejudgeList,
    responses=problems(401, 403, 404, 422),
)
def list_rejudges(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    before: Before = None,
) -> Response:
    """Newest first, 50 at a time."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    found = queries.rejudges(session, entry.competition.id, before, PAGE_ROWS + 1)
    progress = queries.progress(session, [each.id for each in found])
    items = [rejudge_body(slug, each, progress[each.id]) for each in found[:PAGE_ROWS]]
    body = RejudgeList(items=items, next=next_address(request, [each.id for each in found]))
    is_open = any(each.state is RejudgeState.OPEN for each in items)
    context = {"entry": entry, "items": items, "next_url": body.next, "before": before, "is_open": is_open}
    return services.renderer.page_or_json(request, "rejudges/list.html", context, body)


@router.post(
    "",
    operation_id="beginRejudge",
    summary="Judge again in the shadow",
    status_code=202,
    response_model=RejudgeBody,
    responses={303: {"description": "For a browser: on to the rejudge."}, **problems(401, 403, 404, 409, 422)},
)
def begin(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    reason: Annotated[str, Form(max_length=service.MAX_REASON_CHARACTERS, description="For the audit log.")],
    kind: Annotated[
        RejudgeKind,
        Form(description="`rescore`: from kept predictions where only formulas changed; `evaluate`: every file anew."),
    ] = RejudgeKind.EVALUATE,
    submission: Annotated[
        list[RowNumber] | None, Form(max_length=MAX_CHOSEN, description="The submissions; none: all.")
    ] = None,
) -> Response:
    """One, many or all submissions, below all other work. What counts stays until the rejudge is made live."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    rejudge = service.begin(session, entry, kind, reason, submission or None, signed.user.id)
    return _answer(request, session, slug, rejudge, 202)


@router.get(
    "/{rejudge_id}",
    operation_id="getRejudge",
    summary="A rejudge and what it changes",
    response_model=RejudgeInFull,
    responses=problems(401, 403, 404, 422),
)
def show(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    rejudge_id: RowNumber,
    after: Annotated[RowNumber | None, Query(description="Only changes of submissions with a higher number.")] = None,
) -> Response:
    """Its progress, and who would gain and lose; once it is made live, who did."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    rejudge = _rejudge(session, entry, rejudge_id)
    progress = queries.progress(session, [rejudge.id])[rejudge.id]
    if rejudge.state is RejudgeState.OPEN:
        compared = comparison_body(service.comparison(session, entry, rejudge))
    else:
        compared = outcome_body(queries.outcome(session, rejudge.id))
    part, numbers = part_of(compared, after, PAGE_ROWS)
    part.next = _next(request, numbers)
    body = rejudge_in_full(slug, rejudge, progress, part)
    context = {
        "entry": entry,
        "rejudge": body,
        "who": queries.people(session, numbers),
        "may_decide": is_instructor(session, entry.competition.course_id, signed.user),
        "after": after,
    }
    return services.renderer.page_or_json(request, "rejudges/rejudge.html", context, body)


@router.post(
    "/{rejudge_id}/live",
    operation_id="makeRejudgeLive",
    summary="Make a rejudge live",
    response_model=RejudgeBody,
    responses=_ENDED,
)
def make_live(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, rejudge_id: RowNumber
) -> Response:
    """All its results count from then on, at once. For instructors."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    return _answer(request, session, slug, service.make_live(session, entry, rejudge_id, signed.user.id))


@router.post(
    "/{rejudge_id}/drop",
    operation_id="dropRejudge",
    summary="Drop a rejudge",
    response_model=RejudgeBody,
    responses=_ENDED,
)
def drop(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, rejudge_id: RowNumber
) -> Response:
    """Nothing changes for anybody."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    return _answer(request, session, slug, service.drop(session, entry, rejudge_id, signed.user.id))


@router.post(
    "/{rejudge_id}/retry",
    operation_id="retryRejudge",
    summary="Try again what failed",
    response_model=RejudgeBody,
    responses=_ENDED,
)
def retry(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, rejudge_id: RowNumber
) -> Response:
    """Queues the gradings of a rejudge that ended by a fault of ours once more."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    return _answer(request, session, slug, service.retry(session, entry, rejudge_id, signed.user.id))


def _rejudge(session: Session, entry: Entry, rejudge_id: int) -> Rejudge:
    found = queries.rejudge(session, entry.competition.id, rejudge_id)
    if found is None:
        raise NotFound(f"There is no rejudge {rejudge_id} in this competition.")
    return found


def _next(request: Request, numbers: Sequence[int]) -> str | None:
    """The address of the changes behind a full part."""
    if len(numbers) <= PAGE_ROWS:
        return None
    url = request.url.include_query_params(after=numbers[PAGE_ROWS - 1])
    return f"{url.path}?{url.query}"


def _answer(request: Request, session: Session, slug: str, rejudge: Rejudge, status: int = 200) -> Response:
    progress = queries.progress(session, [rejudge.id])[rejudge.id]
    body = rejudge_body(slug, rejudge, progress)
    if wants_page(request):
        return RedirectResponse(body.url, 303)
    return JSONResponse(body.model_dump(mode="json"), status, {"Location": body.url} if status == 202 else None)
