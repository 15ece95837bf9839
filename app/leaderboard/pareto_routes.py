"""Any two columns against each other: as a page, JSON, CSV and SVG."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter
from app.courses.queries import entrant_of
from app.dependencies import AppServices, Reading, Signed
from app.leaderboard import drawing, queries, values
from app.leaderboard.columns import Better
from app.leaderboard.pareto_schemas import ParetoBody, pareto_body, pareto_csv
from app.leaderboard.plots import Of, Plot, Wish, plot
from app.leaderboard.routes import check_shown
from app.leaderboard.view import etag_of
from app.openapi import problems
from app.parameters import Printable
from app.rendering import preferred

router = APIRouter(tags=["leaderboard"])


class Format(StrEnum):
    """What a plot comes as."""

    JSON = "json"
    HTML = "html"
    CSV = "csv"
    SVG = "svg"


class Theme(StrEnum):
    """The colours of a drawing."""

    LIGHT = "light"
    DARK = "dark"


_KINDS = {
    "application/json": Format.JSON,
    "text/html": Format.HTML,
    "text/csv": Format.CSV,
    "image/svg+xml": Format.SVG,
}
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A drawing has styles in it, and needs nothing else."""
LINKED_POLICY = f"{DRAWING_POLICY} allow-top-navigation-by-user-activation; frame-ancestors 'self'"
"""Of one whose points open submissions: from a frame of our pages, by a click or a key."""


def _wish(
    x: Annotated[Printable | None, Query(description="Column of the x axis.", examples=["flops_effective"])] = None,
    y: Annotated[Printable | None, Query(description="Column of the y axis.", examples=["accuracy"])] = None,
    x_better: Annotated[Better | None, Query(description="Which end of x is the good one.")] = None,
    y_better: Annotated[Better | None, Query(description="Which end of y is the good one.")] = None,
    of: Annotated[
        Of, Query(description="`counting`: one of each entrant; `mine`: all scored ones of yours.")
    ] = Of.COUNTING,
) -> Wish:
    return Wish(x or None, y or None, x_better, y_better, of)


@router.get(
    "/competitions/{slug}/pareto",
    operation_id="getPareto",
    summary="Two columns and their Pareto frontier",
    response_model=ParetoBody,
    responses={
        200: {"content": {"text/csv": {}, "text/html": {}, "image/svg+xml": {}}},
        304: {"description": "Nothing has changed."},
        **problems(401, 403, 404, 422),
    },
)
def show_pareto(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    wish: Annotated[Wish, Depends(_wish)],
    asked: Annotated[Format | None, Query(alias="format", description="Default: by `Accept`.")] = None,
    theme: Annotated[Theme, Query(description="Colours of the SVG.")] = Theme.LIGHT,
) -> Response:
    """What counts of each entrant as points of two columns. Send `If-None-Match` to ask whether it changed."""
    entry = enter(session, services.definitions, slug, signed.user)
    check_shown(entry)
    kind = asked or _KINDS[preferred(request, *_KINDS)]
    mine = entrant_of(session, entry.competition.id, signed.user.id) if wish.of is Of.MINE else None
    shared = queries.fingerprint(
        session,
        entry.competition.id,
        entry.version.id,
        (wish, kind, theme),
        (entry.board_mode, entry.board and entry.board.since),
        mine and queries.newest_of(session, mine.id),
    )
    etag = etag_of(shared, signed.user.id, signed.user.name, is_staff=entry.is_staff)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Authorization"}
    if kind is Format.SVG:  # with a 304 as well: a browser takes the new headers for what it kept
        headers["Content-Security-Policy"] = LINKED_POLICY
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    found = plot(session, entry, signed.user, wish)
    if kind is Format.HTML:
        context = {"entry": entry, "plot": found, "address": _address(wish), "text": values.text}
        return services.renderer.page(request, "leaderboard/pareto.html", context, headers=headers)
    return _data(entry, found, kind, theme, headers)


def _data(entry: Entry, found: Plot, kind: Format, theme: Theme, headers: Mapping[str, str]) -> Response:
    """The plot for programs, spreadsheets and pages that show the drawing."""
    if kind is Format.SVG:
        drawn = drawing.svg(found, theme, opens_all=entry.is_staff)
        return Response(drawn, media_type="image/svg+xml", headers=dict(headers))
    if kind is Format.CSV:
        name = {"Content-Disposition": f'attachment; filename="{entry.competition.slug}-pareto.csv"'}
        return Response(pareto_csv(entry, found), media_type="text/csv", headers={**headers, **name})
    return JSONResponse(pareto_body(entry, found).model_dump(mode="json"), headers=dict(headers))


def _address(wish: Wish) -> str:
    """The query of the same plot, to put a format behind."""
    given = {"x": wish.x, "y": wish.y, "x_better": wish.x_better, "y_better": wish.y_better, "of": wish.of}
    return urlencode({key: value for key, value in given.items() if value})
