"""Archives for the staff."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from app.competitions.access import enter_as_staff
from app.dependencies import AppServices, Reading, Signed
from app.exports import submissions
from app.leaderboard.service import standings_of
from app.openapi import problems
from app.parameters import Printable
from app.submissions.file_routes import disposition

router = APIRouter(tags=["submissions"])

_ZIP = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/competitions/{slug}/submissions.zip",
    operation_id="getAllFiles",
    summary="All submissions as a zip, for staff",
    response_class=Response,
    responses={200: _ZIP, **problems(401, 403, 404, 422)},
)
def download(
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    only_counting: Annotated[bool, Query(description="Only the one of each entrant that counts on the board.")] = False,
) -> Response:
    """Each file, each report, and a table of everything; sent as it is made."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    only = None
    if only_counting:
        only = [each.candidate.submission_id for each in standings_of(session, entry).scored]
    content = submissions.archive(services.database, services.store, entry, only)
    headers = {"Content-Disposition": disposition(f"{slug}-submissions.zip"), "Cache-Control": "private, no-store"}
    return StreamingResponse(content, media_type="application/zip", headers=headers)
