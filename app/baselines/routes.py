"""Baselines of the staff: the list, entering one, and taking one away."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.baselines import queries, service
from app.baselines.queries import Entered
from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.dependencies import AppServices, Reading, Signed, Writing
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from models.entrants import ALIAS_LENGTH
from models.points import EXACT_LENGTH

router = APIRouter(tags=["leaderboard"], prefix="/competitions/{slug}/baselines")

_ANSWERS = {303: {"description": "For a browser: back to the boards."}, **problems(401, 403, 404, 409, 422)}


class EnteredBody(BaseModel):
    """A baseline that staff entered. Scores are texts of exact numbers; null: none, or no file was scored yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 3,
                    "name": "dense network",
                    "is_file": True,
                    "public": "3823/5000",
                    "private": "3790/5000",
                    "submission_id": 42,
                    "upload": "/submissions?competition=cmu-10605&baseline=3",
                }
            ]
        }
    )

    id: int
    name: str
    is_file: bool
    public: str | None = Field(description="Where the test set has one part, the score on the whole of it.")
    private: str | None
    submission_id: int | None = Field(description="The file that it is the score of.")
    upload: str | None = Field(description="Where its file is handed in; null for one of numbers.")


class EnteredList(BaseModel):
    """The baselines that staff entered, by name; those of the definition stand in the competition."""

    items: list[EnteredBody]


@router.get(
    "",
    operation_id="listBaselines",
    summary="Baselines of the staff",
    response_model=EnteredList,
    responses=problems(401, 403, 404, 422),
)
def list_baselines(services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """Those that were entered beside the definition's. A browser finds them on the page of the boards."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    return JSONResponse(_list(session, entry).model_dump(mode="json"))


@router.post(
    "",
    operation_id="enterBaseline",
    summary="Enter a baseline",
    status_code=201,
    response_model=EnteredList,
    responses=_ANSWERS,
)
def enter(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    name: Annotated[Printable, Form(max_length=ALIAS_LENGTH, description="As it stands on the board.")],
    public: Annotated[
        str, Form(max_length=EXACT_LENGTH, description="Score; both empty: that of a file, which you hand in next.")
    ] = "",
    private: Annotated[str, Form(max_length=EXACT_LENGTH, description="Where the test set has two parts.")] = "",
) -> Response:
    """As numbers, or as a file that is graded like a submission and never ranks."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.enter(session, entry, name, public, private, signed.user.id)
    return _answer(request, session, entry, 201)


@router.post(
    "/{baseline_id}/removal",
    operation_id="removeBaseline",
    summary="Take a baseline away",
    response_model=EnteredList,
    responses=_ANSWERS,
)
def remove(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, baseline_id: RowNumber
) -> Response:
    """Files that were handed in for it stay among the submissions."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.remove(session, entry, baseline_id, signed.user.id)
    return _answer(request, session, entry, 200)


def _answer(request: Request, session: Session, entry: Entry, status: int) -> Response:
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/board#baselines", 303)
    return JSONResponse(_list(session, entry).model_dump(mode="json"), status)


def _list(session: Session, entry: Entry) -> EnteredList:
    found = queries.entered(session, entry.competition.id)
    return EnteredList(items=[_body(entry, each) for each in found])


def _body(entry: Entry, each: Entered) -> EnteredBody:
    upload = f"/submissions?competition={entry.competition.slug}&baseline={each.id}"
    return EnteredBody(
        id=each.id,
        name=each.name,
        is_file=each.entrant_id is not None,
        public=each.public,
        private=each.private,
        submission_id=each.submission_id,
        upload=upload if each.entrant_id is not None else None,
    )
