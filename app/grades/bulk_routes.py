"""One decision about the grades of several students."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import JSONResponse, Response

from app.competitions.access import enter_as_instructor
from app.courses.service import entrant_of_student
from app.dependencies import AppServices, Signed, Writing
from app.grades import deciding
from app.grades.schemas import GradeTable, student_grade_body
from app.grades.service import grade_table
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from models.points import AdjustmentKind

router = APIRouter(tags=["grades"])

MAX_CHOSEN = 1000
"""Students that one form may name."""


@router.post(
    "/competitions/{slug}/adjustments",
    operation_id="adjustMany",
    summary="Adjust several grades",
    response_model=GradeTable,
    responses={303: {"description": "For a browser: back to the grades."}, **problems(401, 403, 404, 422)},
)
def adjust_many(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    kind: Annotated[AdjustmentKind, Form()],
    value: Annotated[str, Form(max_length=64, description="A factor from 0 to 1, or points.")],
    reason: Annotated[str, Form(max_length=deciding.MAX_TEXT_CHARACTERS, description="The students read it.")],
    student: Annotated[list[RowNumber] | None, Form(max_length=MAX_CHOSEN, description="The students.")] = None,
) -> Response:
    """The same factor or points for each student, once for each team, with a reason that they are told."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    entrants = [entrant_of_student(session, entry.competition, number) for number in student or ()]
    deciding.adjust_many(session, entrants, kind, value, reason, signed.user.id)
    if wants_page(request):
        return RedirectResponse(f"/competitions/{slug}/grades", 303)
    rows = [row for row in grade_table(session, entry) if row.student.user_id in set(student or ())]
    body = GradeTable(competition=slug, items=[student_grade_body(row) for row in rows])
    return JSONResponse(body.model_dump(mode="json"))
