"""The versions of a competition's definition, and what changed from one to another."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.competitions.access import enter_as_instructor
from app.dependencies import AppServices, Reading, Signed
from app.editing import changes, queries, service
from app.editing.schemas import DifferenceBody, VersionList, version_body
from app.openapi import problems
from app.parameters import Printable, RowNumber

router = APIRouter(tags=["editing"], prefix="/competitions/{slug}/versions")


@router.get(
    "",
    operation_id="listVersions",
    summary="The versions of a definition",
    response_model=VersionList,
    responses=problems(401, 403, 404, 422),
)
def list_versions(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable
) -> Response:
    """For instructors: who saved what and when, the newest first. Versions never change."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    found = queries.versions(session, entry.competition.id)
    body = VersionList(items=[version_body(each) for each in found])
    return services.renderer.page_or_json(request, "editing/versions.html", {"entry": entry, "versions": found}, body)


@router.get(
    "/{number}",
    operation_id="getVersion",
    summary="A version beside an earlier one",
    response_model=DifferenceBody,
    responses=problems(401, 403, 404, 422),
)
def show_version(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    number: RowNumber,
    against: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The one before it where left out.")] = None,
) -> Response:
    """For instructors: the lines in which the two texts differ, and the text."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    version = service.version_numbered(session, entry.competition, number)
    before = number - 1 if against is None else against
    earlier = service.version_numbered(session, entry.competition, before) if before else None
    lines = changes.difference(
        earlier.source if earlier else "", version.source, f"version {before}", f"version {number}"
    )
    body = DifferenceBody(number=number, against=before, lines=lines, source=version.source)
    context = {"entry": entry, "shown": version, "earlier": earlier, "lines": lines}
    return services.renderer.page_or_json(request, "editing/version.html", context, body)
