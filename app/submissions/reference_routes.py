"""The dense reference: the submission that an entrant's others are compared with."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.dependencies import AppServices, Caller, Signed, Writing
from app.errors import Forbidden
from app.openapi import problems
from app.parameters import RowNumber
from app.rendering import wants_page
from app.services import Services
from app.submissions import queries, service
from app.submissions.access import visible

router = APIRouter(tags=["submissions"])


class MarkBody(BaseModel):
    """Whether a submission is its entrant's dense reference now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 42, "is_reference": True}]})

    id: int
    is_reference: bool


@router.put(
    "/submissions/{submission_id}/reference",
    operation_id="setReference",
    summary="Make a submission the dense reference",
    response_model=MarkBody,
    responses=problems(401, 403, 404, 409, 422),
)
def set_reference(services: AppServices, signed: Signed, session: Writing, submission_id: RowNumber) -> Response:
    """Your other submissions to the competition are compared with it; the one before is no longer the reference."""
    return _marked(session, services, signed, submission_id, wanted=True)


@router.delete(
    "/submissions/{submission_id}/reference",
    operation_id="removeReference",
    summary="Take the dense reference back",
    response_model=MarkBody,
    responses=problems(401, 403, 404, 422),
)
def remove_reference(services: AppServices, signed: Signed, session: Writing, submission_id: RowNumber) -> Response:
    """Your submissions are compared with nothing then."""
    return _marked(session, services, signed, submission_id, wanted=False)


@router.post(
    "/submissions/{submission_id}/reference",
    operation_id="postReference",
    summary="Make a submission the dense reference, or take that back, by a form",
    response_model=MarkBody,
    responses={303: {"description": "For a browser: back to the submission."}, **problems(401, 403, 404, 409, 422)},
)
def post_reference(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    submission_id: RowNumber,
    wanted: Annotated[bool, Form()] = True,
) -> Response:
    """The same for a form."""
    body = _marked(session, services, signed, submission_id, wanted=wanted)
    return RedirectResponse(f"/submissions/{submission_id}", 303) if wants_page(request) else body


def _marked(session: Session, services: Services, signed: Caller, submission_id: int, *, wanted: bool) -> Response:
    found, _ = visible(session, services, signed, submission_id)
    if not queries.is_of(session, found, signed.user.id):
        raise Forbidden("Only those who handed it in choose what their submissions are compared with.")
    service.mark_reference(session, found, wanted=wanted)
    return JSONResponse(MarkBody(id=submission_id, is_reference=wanted).model_dump())
