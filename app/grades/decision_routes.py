"""Decisions about a student's grade: forms of the staff, and the same for programs."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.courses.service import entrant_of_student
from app.dependencies import AppServices, Signed, Writing
from app.grades import deciding
from app.grades.schemas import StudentGradeBody, student_grade_body
from app.grades.service import grade_table
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from models.points import AdjustmentKind

router = APIRouter(tags=["grades"], prefix="/competitions/{slug}/grades/{user_id}")

_ANSWERS = {303: {"description": "For a browser: back to the student."}, **problems(401, 403, 404, 422)}
Text = Annotated[str, Form(max_length=deciding.MAX_TEXT_CHARACTERS)]


@router.post(
    "/hand-points",
    operation_id="givePoints",
    summary="Give points by hand",
    response_model=StudentGradeBody,
    responses=_ANSWERS,
)
def give_points(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    user_id: RowNumber,
    part: Annotated[str, Form(max_length=200, description="The name of the part, or of the bonus.")],
    points: Annotated[
        str, Form(max_length=64, description="A decimal number or a fraction, of a bonus all of it; empty: taken back.")
    ] = "",
    note: Text = "",
) -> Response:
    """For a part that the definition leaves to the staff; for the bonus, which confirms it."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    entrant = entrant_of_student(session, entry.competition, user_id)
    deciding.give_points(session, entry, entrant, part, points, note, signed.user.id)
    return _answer(request, session, entry, user_id)


@router.post(
    "/adjustments",
    operation_id="adjust",
    summary="Adjust a grade",
    response_model=StudentGradeBody,
    responses=_ANSWERS,
)
def adjust(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    user_id: RowNumber,
    kind: Annotated[AdjustmentKind, Form()],
    value: Annotated[str, Form(max_length=64, description="A factor from 0 to 1, or points.")],
    reason: Text,
) -> Response:
    """Multiplies the whole grade, or adds points to it, with a reason that the student is told."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    entrant = entrant_of_student(session, entry.competition, user_id)
    deciding.adjust(session, entrant, kind, value, reason, signed.user.id)
    return _answer(request, session, entry, user_id)


@router.post(
    "/adjustments/{adjustment_id}/removal",
    operation_id="removeAdjustment",
    summary="Take an adjustment back",
    response_model=StudentGradeBody,
    responses=_ANSWERS,
)
def remove_adjustment(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    user_id: RowNumber,
    adjustment_id: RowNumber,
) -> Response:
    """The grade is as if it had not been made; the audit entries keep it."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    entrant = entrant_of_student(session, entry.competition, user_id)
    deciding.remove_adjustment(session, entrant, adjustment_id, signed.user.id)
    return _answer(request, session, entry, user_id)


@router.post(
    "/extension",
    operation_id="extend",
    summary="Grant an extension",
    response_model=StudentGradeBody,
    responses=_ANSWERS,
)
def extend(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    user_id: RowNumber,
    until: Annotated[
        str, Form(max_length=40, description="The last minute on time, local: 2026-12-18 23:59; empty: everybody's.")
    ] = "",
    extra_tries: Annotated[int, Form(ge=0, le=deciding.MAX_EXTRA_TRIES)] = 0,
    reason: Text = "",
) -> Response:
    """A later end of the last phase, and tries beyond those of a day; both empty takes it back."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    entrant = entrant_of_student(session, entry.competition, user_id)
    deciding.extend(session, entry, entrant, until, extra_tries, reason, signed.user.id)
    return _answer(request, session, entry, user_id)


def _answer(request: Request, session: Session, entry: Entry, user_id: int) -> Response:
    """Back to the student's page, or the grade as it is now."""
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/grades/{user_id}", 303)
    [row] = grade_table(session, entry, user_id)
    return JSONResponse(student_grade_body(row).model_dump(mode="json"))
