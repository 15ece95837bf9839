"""The finalists of a competition, for the staff: their code beside what counts, the checks, and the verdict."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.errors import NotFound
from app.finalists import queries, reviewing, service
from app.finalists.reviewing import Verdict
from app.finalists.schemas import FinalistBody, FinalistList, finalist_body
from app.finalists.service import Finalist
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page

router = APIRouter(tags=["finalists"], prefix="/competitions/{slug}/finalists")

Text = Annotated[str, Form(max_length=reviewing.MAX_NOTE_CHARACTERS)]


@router.get(
    "",
    operation_id="listFinalists",
    summary="The finalists, for staff",
    response_model=FinalistList,
    responses=problems(401, 403, 404, 422),
)
def show_finalists(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable
) -> Response:
    """As the board that decides is now: before the close they may change."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    rule, found = service.rule_of(entry), service.finalists(session, entry)
    items = [finalist_body(entry, each) for each in found]
    body = FinalistList(competition=slug, top=rule.top, forbidden=list(rule.forbidden), items=items)
    context = {"entry": entry, "rule": rule, "finalists": found, "until": service.until_of(entry)}
    return services.renderer.page_or_json(request, "finalists/all.html", context, body)


@router.get(
    "/{entrant_id}",
    operation_id="getFinalist",
    summary="One finalist, for staff",
    response_model=FinalistBody,
    responses=problems(401, 403, 404, 422),
)
def show_finalist(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable, entrant_id: RowNumber
) -> Response:
    """The code beside the submission that counts: every place that names a forbidden module, and the verdict."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    found = _found(session, entry, entrant_id)
    context = {
        "entry": entry,
        "rule": service.rule_of(entry),
        "finalist": found,
        "uploads": queries.code_of(session, entrant_id),
        "until": service.until_of(entry),
        "may_judge": is_instructor(session, entry.competition.course_id, signed.user),
    }
    return services.renderer.page_or_json(request, "finalists/one.html", context, finalist_body(entry, found))


@router.post(
    "/{entrant_id}",
    operation_id="judgeFinalist",
    summary="Judge a finalist",
    response_model=FinalistBody,
    responses={303: {"description": "For a browser: back to the finalist."}, **problems(401, 403, 404, 422)},
)
def judge(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    entrant_id: RowNumber,
    verdict: Annotated[Verdict, Form()] = Verdict.OPEN,
    checks: Annotated[list[str], Form(description="Those of the definition's checks that are done.")] = [],  # noqa: B006
    note: Text = "",
    reason: Text = "",
) -> Response:
    """All of it at once. A disqualified entry leaves the board with its reason, and whoever moves up is asked."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    reviewing.review(session, entry, entrant_id, verdict, checks, note, reason, signed.user.id)
    if wants_page(request):
        return RedirectResponse(f"/competitions/{slug}/finalists/{entrant_id}", 303)
    return JSONResponse(finalist_body(entry, _found(session, entry, entrant_id)).model_dump(mode="json"))


def _found(session: Session, entry: Entry, entrant_id: int) -> Finalist:
    found = next((each for each in service.finalists(session, entry) if each.entrant.id == entrant_id), None)
    if found is None:
        raise NotFound(f"The entry {entrant_id} is no finalist of this competition.")
    return found
