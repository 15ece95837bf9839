"""Gradebooks for other systems: a page with all of them, and each as a file."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.competitions.access import enter_as_staff
from app.dependencies import AppServices, Reading, Signed
from app.gradebooks import service
from app.gradebooks.canvas import Filled
from app.grades.service import points_of
from app.openapi import problems
from app.parameters import Printable
from app.submissions.file_routes import disposition

router = APIRouter(tags=["grades"], prefix="/competitions/{slug}/gradebook")

MAX_BYTES = 8 << 20
"""Of a file of Canvas': 2,000 students with 400 columns of 10 characters."""
_CSV = {"content": {"text/csv": {"schema": {"type": "string"}}}}
_PRIVATE = {"Cache-Control": "private, no-store"}


class Wanted(StrEnum):
    """What is made of a file of Canvas'."""

    REPORT = "report"
    FILE = "file"


class CanvasReport(BaseModel):
    """What filling our column of a file of Canvas' comes to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "column": "Prune a network (1234)",
                    "is_new": False,
                    "filled": 83,
                    "unchanged": 2,
                    "incomplete": [],
                    "unmatched": ["Doe, Jane"],
                    "missing": ["john@example.org"],
                }
            ]
        }
    )

    column: str
    is_new: bool = Field(description="Whether the file has no such column: Canvas then makes a new assignment of it.")
    filled: int
    unchanged: int = Field(description="Cells that hold the same points already.")
    incomplete: list[str] = Field(description="Students whose points are not all given; their cells stay as they are.")
    unmatched: list[str] = Field(description="Students of the file whom nobody here answers to.")
    missing: list[str] = Field(description="Students here who are not in the file.")


@router.get("", operation_id="showGradebooks", include_in_schema=False)
def show(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """Files for Gradescope and Moodle, and a form for Canvas."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    context = {"entry": entry, "points": points_of(entry), "report": None}
    return services.renderer.page(request, "gradebooks/all.html", context)


@router.get(
    "/gradescope",
    operation_id="getGradescopeGrades",
    summary="Grades as Gradescope exports them",
    response_class=Response,
    responses={200: _CSV, **problems(401, 403, 404, 422)},
)
def gradescope(services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """The columns of Gradescope's own CSV, one for each part of the grade at the end."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    return _file(service.for_gradescope(session, entry).encode(), f"{slug}-gradescope.csv")


@router.get(
    "/moodle",
    operation_id="getMoodleGrades",
    summary="Grades for Moodle's import",
    response_class=Response,
    responses={200: _CSV, **problems(401, 403, 404, 422)},
)
def moodle(services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """By e-mail address and ID number; students whose points are not all given have an empty cell."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    return _file(service.for_moodle(session, entry).encode(), f"{slug}-moodle.csv")


@router.post(
    "/canvas",
    operation_id="fillCanvas",
    summary="Fill our column of Canvas' gradebook",
    response_model=CanvasReport,
    responses={200: _CSV, **problems(401, 403, 404, 413, 422)},
)
def canvas(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    file: Annotated[UploadFile, File(description="As Canvas exports it.")],
    column: Annotated[
        str, Form(max_length=500, description="Default: the column with the competition's title, or a new one.")
    ] = "",
    wanted: Annotated[Wanted, Form(description="The file itself, or what would become of it.")] = Wanted.FILE,
) -> Response:
    """The same file back: every byte as it was, but for the points of our students in one column."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    filled = service.for_canvas(session, entry, file.file.read(), column)
    if wanted is Wanted.FILE:
        return _file(filled.data, file.filename or f"{slug}-canvas.csv")
    context = {"entry": entry, "points": points_of(entry), "report": filled}
    return services.renderer.page_or_json(request, "gradebooks/all.html", context, _report(filled))


def _report(filled: Filled) -> CanvasReport:
    return CanvasReport(
        column=filled.column,
        is_new=filled.is_new,
        filled=filled.filled,
        unchanged=filled.unchanged,
        incomplete=list(filled.incomplete),
        unmatched=list(filled.unmatched),
        missing=list(filled.missing),
    )


def _file(content: bytes, name: str) -> Response:
    return Response(content, media_type="text/csv", headers={"Content-Disposition": disposition(name), **_PRIVATE})
