"""Disqualifications and notes: forms of the staff, and the same for programs; about one or about many."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.dependencies import AppServices, Signed, Writing
from app.moderation import service
from app.moderation.service import MAX_TEXT_CHARACTERS, Subjects, subjects
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page

router = APIRouter(tags=["moderation"], prefix="/competitions/{slug}")

MAX_CHOSEN = 1000
"""Subjects that one form may name."""
Numbers = Annotated[list[RowNumber] | None, Form(max_length=MAX_CHOSEN)]
Text = Annotated[str, Form(max_length=MAX_TEXT_CHARACTERS)]
_ANSWERS = {303: {"description": "For a browser: back to the list."}, **problems(401, 403, 404, 409, 422)}


class SubjectsBody(BaseModel):
    """What an act was about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions": [42, 43], "entrants": []}]})

    submissions: list[int] = Field(description="Submissions by number.")
    entrants: list[int] = Field(description="Entrants by number.")


@router.post(
    "/disqualifications",
    operation_id="disqualify",
    summary="Disqualify",
    response_model=SubjectsBody,
    responses=_ANSWERS,
)
def disqualify(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    submission: Numbers = None,
    entrant: Numbers = None,
    reason: Text = "",
) -> Response:
    """Submissions, or entrants with all of theirs, leave the board, the grade table and the finalists; others move up."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    about = subjects(session, entry, submission or (), entrant or ())
    service.disqualify(session, entry, about, reason, signed.user.id)
    return _answer(request, entry, about)


@router.post(
    "/reinstatements",
    operation_id="reinstate",
    summary="Take disqualifications back",
    response_model=SubjectsBody,
    responses=_ANSWERS,
)
def reinstate(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    submission: Numbers = None,
    entrant: Numbers = None,
    reason: Text = "",
) -> Response:
    """Everything counts as if it had not been disqualified; the audit log keeps both."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    about = subjects(session, entry, submission or (), entrant or ())
    service.reinstate(session, entry, about, reason, signed.user.id)
    return _answer(request, entry, about)


@router.post("/notes", operation_id="addNote", summary="Write a note", response_model=SubjectsBody, responses=_ANSWERS)
def add_note(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    submission: Numbers = None,
    entrant: Numbers = None,
    text: Text = "",
) -> Response:
    """About submissions or entrants, for staff alone."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    about = subjects(session, entry, submission or (), entrant or ())
    service.add_note(session, entry, about, text, signed.user.id)
    return _answer(request, entry, about)


@router.post(
    "/notes/{note_id}/removal",
    operation_id="removeNote",
    summary="Take a note away",
    response_model=SubjectsBody,
    responses=_ANSWERS,
)
def remove_note(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, note_id: RowNumber
) -> Response:
    """The audit log keeps it."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    known = service.remove_note(session, entry, note_id, signed.user.id)
    numbers = [known.submission_id] if known.submission_id else []
    return _answer(request, entry, Subjects(numbers, [known.entrant_id] if known.entrant_id else [], {}))


def _answer(request: Request, entry: Entry, about: Subjects) -> Response:
    """Back to the one subject, or to the list; for programs, what it was about."""
    if not wants_page(request):
        body = SubjectsBody(submissions=list(about.submissions), entrants=list(about.entrants))
        return JSONResponse(body.model_dump(mode="json"))
    everything = f"/competitions/{entry.competition.slug}/submissions"
    match about.submissions, about.entrants:
        case [number], []:
            return RedirectResponse(f"/submissions/{number}#staff", 303)
        case [], [number]:
            return RedirectResponse(f"{everything}?entrant={number}", 303)
    return RedirectResponse(everything, 303)
