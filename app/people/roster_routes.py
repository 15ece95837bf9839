"""Rosters: uploaded, shown as a dry run, confirmed."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.answers import GOES_ON, done
from app.courses.access import Enrolment, enter_course_as_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.errors import AppError
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.people import importing
from app.people.columns import Choice, Field
from app.people.schemas import RosterBody, roster_body
from models.rosters import RosterImport

router = APIRouter(tags=["people"], prefix="/courses/{course}/rosters")

_ANSWERS = {**GOES_ON, **problems(401, 403, 404, 409, 422)}
Column = Annotated[Printable, Form(max_length=1000, description="The header of the column; empty: there is none.")]


@router.post(
    "",
    operation_id="uploadRoster",
    summary="Upload a roster",
    status_code=201,
    response_model=RosterBody,
    responses={**GOES_ON, **problems(401, 403, 404, 413, 422)},
)
def upload_roster(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    file: Annotated[UploadFile, File(description="CSV: Gradescope's, Canvas' or your own, with a line of headers.")],
) -> Response:
    """Nothing is changed yet: the answer says what would be."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    content = file.file.read(importing.MAX_ROSTER_BYTES + 1)
    if len(content) > importing.MAX_ROSTER_BYTES:
        raise AppError(413, "too-large", f"A roster may have {importing.MAX_ROSTER_BYTES:,} bytes.")
    name = "".join(each for each in file.filename or "" if each.isprintable())
    stored = importing.store(session, enrolment.course, signed.user.id, name, content)
    return _answer(request, session, enrolment, stored, 201)


@router.get(
    "/{roster_id}",
    operation_id="getRoster",
    summary="What a roster would do",
    response_model=RosterBody,
    responses=problems(401, 403, 404, 422),
)
def show_roster(
    request: Request, services: AppServices, signed: Signed, session: Reading, course: Printable, roster_id: RowNumber
) -> Response:
    """Who would be added, changed and dropped, and which lines nobody can tell."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    shown = importing.show(session, importing.find(session, enrolment.course, roster_id))
    body = roster_body(shown)
    context = {"enrolment": enrolment, "shown": shown, "body": body, "fields": list(Field)}
    return services.renderer.page_or_json(request, "people/roster.html", context, body)


@router.post(
    "/{roster_id}/columns",
    operation_id="chooseColumns",
    summary="Say which column holds what",
    response_model=RosterBody,
    responses=_ANSWERS,
)
def choose_columns(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    roster_id: RowNumber,
    name: Column = "",
    first_name: Column = "",
    last_name: Column = "",
    email: Column = "",
    sid: Column = "",
    login: Column = "",
    section: Column = "",
    role: Column = "",
    status: Column = "",
    email_domain: Annotated[Printable, Form(max_length=250, description="Makes an e-mail address of a login.")] = "",
    drop_missing: Annotated[bool, Form(description="Whether students who are not in the file leave.")] = False,
) -> Response:
    """Nothing is changed yet: the answer says what would be."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    headers = (name, first_name, last_name, email, sid, login, section, role, status)
    chosen = {field.value: header for field, header in zip(Field, headers, strict=True) if header}
    stored = importing.find(session, enrolment.course, roster_id)
    columns = importing.columns_named(stored, chosen)
    choice = Choice(columns, email_domain.strip().lstrip("@"), drop_missing)
    return _answer(request, session, enrolment, importing.choose(session, enrolment.course, roster_id, choice))


@router.post(
    "/{roster_id}/confirmation",
    operation_id="applyRoster",
    summary="Do what was shown",
    response_model=RosterBody,
    responses=_ANSWERS,
)
def apply_roster(
    request: Request,
    signed: Signed,
    session: Writing,
    course: Printable,
    roster_id: RowNumber,
    digest: Annotated[str, Form(max_length=64, description="Of what was shown.")],
) -> Response:
    """Exactly that, or nothing: where the course has changed meanwhile it is refused."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    stored = importing.apply(session, enrolment.course, signed.user.id, roster_id, digest)
    return _answer(request, session, enrolment, stored)


def _answer(
    request: Request, session: Session, enrolment: Enrolment, stored: RosterImport, status: int = 200
) -> Response:
    url = f"/courses/{enrolment.course.slug}/rosters/{stored.id}"
    return done(request, url, roster_body(importing.show(session, stored)), status)
