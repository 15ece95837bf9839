"""The grade table for staff, one student's line of it, and one's own points."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from app.competitions.access import enter, enter_as_staff
from app.competitions.reveal import reveal
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden, NotFound
from app.grades.schemas import GradeBody, GradeTable, StudentGradeBody, grade_body, grade_csv, student_grade_body
from app.grades.service import grade_table, grades_of, points_of, shows_points, students_of
from app.openapi import problems
from app.paging import PageNumber, page_of
from app.parameters import Printable, RowNumber
from app.rendering import preferred

router = APIRouter(tags=["grades"])


class Format(StrEnum):
    """What a grade table comes as."""

    JSON = "json"
    HTML = "html"
    CSV = "csv"


_KINDS = {"application/json": Format.JSON, "text/html": Format.HTML, "text/csv": Format.CSV}


@router.get(
    "/competitions/{slug}/grades",
    operation_id="getGrades",
    summary="The grade table, for staff",
    response_model=GradeTable,
    responses={200: {"content": {"text/csv": {}, "text/html": {}}}, **problems(401, 403, 404, 422)},
)
def show_grades(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    number: PageNumber = 1,
    asked: Annotated[Format | None, Query(alias="format", description="Default: by `Accept`.")] = None,
) -> Response:
    """All students of the course by name, computed at this moment as if the competition ended now."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    kind = asked or _KINDS[preferred(request, *_KINDS)]
    headers = {"Cache-Control": "private, no-store"}
    students = students_of(session, entry)
    shown = page_of(len(students), number)
    rows = grades_of(session, entry, shown.of(students) if kind is Format.HTML else students)
    if kind is Format.CSV:
        name = {"Content-Disposition": f'attachment; filename="{entry.competition.slug}-grades.csv"'}
        return Response(grade_csv(entry, rows), media_type="text/csv", headers={**headers, **name})
    context = {
        "entry": entry,
        "rows": rows,
        "shown": shown,
        "points": points_of(entry),
        "reveal": reveal(session, entry, signed.user),
        "may_adjust": is_instructor(session, entry.competition.course_id, signed.user),
    }
    if kind is Format.HTML:
        return services.renderer.page(request, "grades/table.html", context, headers=headers)
    body = GradeTable(competition=entry.competition.slug, items=[student_grade_body(row) for row in rows])
    return JSONResponse(body.model_dump(mode="json"), headers=headers)


@router.get(
    "/competitions/{slug}/grades/{user_id}",
    operation_id="getGrade",
    summary="One student's grade, for staff",
    response_model=StudentGradeBody,
    responses=problems(401, 403, 404, 422),
)
def show_grade(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable, user_id: RowNumber
) -> Response:
    """What it is made of, and the forms to change it."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    row = next(iter(grade_table(session, entry, user_id)), None)
    if row is None:
        raise NotFound(f"There is no student {user_id} in this course.")
    context = {
        "entry": entry,
        "row": row,
        "points": points_of(entry),
        "may_adjust": is_instructor(session, entry.competition.course_id, signed.user),
    }
    return services.renderer.page_or_json(request, "grades/student.html", context, student_grade_body(row))


@router.get(
    "/competitions/{slug}/points",
    operation_id="getPoints",
    summary="Your own points",
    response_model=GradeBody,
    responses=problems(401, 403, 404, 422),
)
def show_points(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """What they are made of; shown with the board that decides, where the staff want it."""
    entry = enter(session, services.definitions, slug, signed.user)
    rules, seen = points_of(entry), reveal(session, entry, signed.user)
    if not rules.parts:
        raise NotFound("The definition of this competition has no points.", code="no-points")
    if not shows_points(entry, seen):
        raise Forbidden("Your points are not shown, or not yet.", code="points-hidden")
    row = next(iter(grade_table(session, entry, signed.user.id)), None)
    if row is None:
        raise NotFound("You are no student of this course, and have no points.")
    context = {"entry": entry, "row": row, "points": rules}
    return services.renderer.page_or_json(request, "grades/own.html", context, grade_body(row))
