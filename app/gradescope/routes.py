"""Results for Gradescope, and the autograder to upload there."""

from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.competitions.access import enter_as_staff
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden
from app.grades.service import most_points
from app.gradescope import service
from app.gradescope.results import results
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.submissions import queries
from app.submissions.access import visible
from app.submissions.file_routes import disposition

router = APIRouter(tags=["gradescope"])

Most = Annotated[float | None, Query(alias="max", gt=0, le=100_000, description="Default: the points' maximum, or 1.")]
_EXAMPLE: dict[str, Any] = {
    "score": 1.0,
    "max_score": 1.0,
    "execution_time": 0.41,
    "output": "Submission 42, in full at https://prune.example.edu/submissions/42",
    "visibility": "visible",
    "stdout_visibility": "hidden",
    "tests": [{"name": "Sparsity", "status": "passed", "output": "0.92", "visibility": "visible"}],
    "leaderboard": [{"name": "Score", "value": 0.7857, "order": "desc"}],
    "extra_data": {"submission": 42},
}


class ResultsBody(BaseModel):
    """Gradescope's `results.json`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    score: float | None = Field(description="Null where this reader may not see scores; 0 for a refused file.")
    max_score: float
    execution_time: float = Field(description="Seconds from the file's arrival to its result.")
    output: str
    visibility: str = Field(description="`visible`, or `after_published` where the staff keep scores to themselves.")
    stdout_visibility: str
    tests: list[dict[str, Any]]
    leaderboard: list[dict[str, Any]]
    extra_data: dict[str, Any]


@router.get(
    "/submissions/{submission_id}/gradescope.json",
    operation_id="getGradescopeResults",
    summary="A submission as Gradescope's results.json",
    response_model=ResultsBody,
    responses=problems(401, 404, 409, 422),
)
def show_results(
    services: AppServices, signed: Signed, session: Reading, submission_id: RowNumber, most: Most = None
) -> Response:
    """What Gradescope shows: nothing of a private part. Scores kept for staff are told to staff alone.

    Those are `after_published` then, so that a student sees them once Gradescope publishes grades.
    """
    found, entry = visible(session, services, signed, submission_id)
    wanted = None if most is None else Fraction(str(most))
    graded = service.graded(session, entry, queries.live(found), wanted, services.settings.public_url)
    return JSONResponse(results(graded))


@router.get("/competitions/{slug}/autograder", operation_id="showAutograder", include_in_schema=False)
def show_autograder(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable
) -> Response:
    """How a course of Gradescope's hands in here, and the form for the archive."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    most = most_points(entry)
    return services.renderer.page(request, "gradescope/autograder.html", {"entry": entry, "most": most})


@router.post("/competitions/{slug}/autograder", operation_id="makeAutograder", include_in_schema=False)
def make_autograder(
    services: AppServices,
    signed: Signed,
    slug: Printable,
    most: Annotated[str, Form(alias="max", max_length=20)] = "",
) -> Response:
    """The archive with an API token of its own, made now; whoever has the archive may hand in for every student."""
    if signed.by_token:
        raise Forbidden("This makes an API token; sign in with a browser.", code="session-needed")
    with services.database.write_for_page() as session:
        entry = enter_as_staff(session, services.definitions, slug, signed.user)
        wanted = Fraction(most.strip()) if most.strip().replace(".", "", 1).isdecimal() else None
        content = service.make_archive(session, entry, signed.user, services.settings.public_url, wanted)
    headers = {"Content-Disposition": disposition(f"{slug}-autograder.zip"), "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/zip", headers=headers)
