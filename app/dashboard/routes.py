"""The dashboard as a page and as JSON, and its drawing."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.competitions.access import enter_as_staff
from app.dashboard import drawing, service
from app.dashboard.schemas import DashboardBody, dashboard_body
from app.dependencies import AppServices, Reading, Signed
from app.leaderboard.pareto_routes import DRAWING_POLICY, Theme
from app.openapi import problems
from app.parameters import Printable

router = APIRouter(tags=["dashboard"], prefix="/competitions/{slug}/dashboard")


@router.get(
    "",
    operation_id="getDashboard",
    summary="The dashboard, for staff",
    response_model=DashboardBody,
    responses=problems(401, 403, 404, 422),
)
def show(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """What needs you first: faults of ours, what is stuck, code to look at; then the class, the queue and the machine."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    found = service.dashboard(session, entry, services.settings, services.kept)
    context = {"entry": entry, "board": found}
    headers = {"Cache-Control": "private, no-store"}
    body = dashboard_body(entry, found)
    return services.renderer.page_or_json(request, "dashboard/dashboard.html", context, body, headers=headers)


@router.get(
    "/scores.svg",
    operation_id="getScoresByDay",
    summary="Scores by day, drawn, for staff",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}},
        304: {"description": "The drawing is as the ETag says."},
        **problems(401, 403, 404, 422),
    },
)
def draw(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    theme: Annotated[Theme, Query(description="The colours.")] = Theme.LIGHT,
) -> Response:
    """Range, middle half and median of each day; the same figures stand in the dashboard's table."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    days = service.progress_of(session, entry, services.kept).days
    etag = f'W/"{hashlib.sha256(repr((theme, days)).encode()).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    headers["Content-Security-Policy"] = DRAWING_POLICY
    drawn = services.kept.get((entry.competition.id, etag), lambda: drawing.svg(days, theme))
    return Response(drawn, media_type="image/svg+xml", headers=headers)
