"""Choosing the submissions that count in the end, as a form and in the API."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.dependencies import AppServices, Caller, Signed, Writing
from app.errors import Forbidden
from app.openapi import problems
from app.parameters import RowNumber
from app.rendering import wants_page
from app.services import Services
from app.submissions import choosing, queries
from app.submissions.access import visible

router = APIRouter(tags=["submissions"])


class ChoiceBody(BaseModel):
    """Whether a submission is chosen, and all that are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": 42, "is_chosen": True, "chosen": [40, 42], "choose": 2}]}
    )

    id: int
    is_chosen: bool
    chosen: list[int] = Field(description="Everything that its entrant has chosen.")
    choose: int = Field(description="How many may be chosen.")


@router.put(
    "/submissions/{submission_id}/choice",
    operation_id="choose",
    summary="Choose a submission",
    response_model=ChoiceBody,
    responses=problems(401, 403, 404, 409, 422),
)
def choose(services: AppServices, signed: Signed, session: Writing, submission_id: RowNumber) -> Response:
    """Of what you choose the best private score counts; until the competition closes you may change it."""
    return _chosen(session, services, signed, submission_id, wanted=True)


@router.delete(
    "/submissions/{submission_id}/choice",
    operation_id="unchoose",
    summary="Take a choice back",
    response_model=ChoiceBody,
    responses=problems(401, 403, 404, 409, 422),
)
def unchoose(services: AppServices, signed: Signed, session: Writing, submission_id: RowNumber) -> Response:
    """Where you choose none, your best public ones are taken for chosen."""
    return _chosen(session, services, signed, submission_id, wanted=False)


@router.post(
    "/submissions/{submission_id}/choice",
    operation_id="postChoice",
    summary="Choose a submission, or take the choice back, by a form",
    response_model=ChoiceBody,
    responses={303: {"description": "For a browser: back to the submission."}, **problems(401, 403, 404, 409, 422)},
)
def post_choice(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    submission_id: RowNumber,
    wanted: Annotated[bool, Form()] = True,
) -> Response:
    """The same for a form."""
    body = _chosen(session, services, signed, submission_id, wanted=wanted)
    return RedirectResponse(f"/submissions/{submission_id}#choice", 303) if wants_page(request) else body


def _chosen(session: Session, services: Services, signed: Caller, submission_id: int, *, wanted: bool) -> Response:
    found, entry = visible(session, services, signed, submission_id)
    if not queries.is_of(session, found, signed.user.id):
        raise Forbidden("Only those who handed it in choose among their submissions.")
    choice = choosing.choose(session, entry, found, wanted=wanted)
    body = ChoiceBody(id=submission_id, is_chosen=wanted, chosen=list(choice.chosen), choose=choice.most)
    return JSONResponse(body.model_dump())
