"""How boards are shown: the staff's page, and their acts."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.baselines import queries as baselines
from app.boards import queries, service
from app.clock import read_clock
from app.competitions.access import Entry, enter_as_instructor, enter_as_staff
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.openapi import problems
from app.parameters import Printable
from app.rendering import wants_page
from models.boards import BoardMode, BoardState

router = APIRouter(tags=["leaderboard"], prefix="/competitions/{slug}/board")

Reason = Annotated[str, Form(max_length=service.MAX_REASON_CHARACTERS, description="For the audit log.")]
_ANSWERS = {303: {"description": "For a browser: back to the boards."}, **problems(401, 403, 404, 409, 422)}


class BoardStateBody(BaseModel):
    """What students see of a competition's boards."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "competition": "cmu-10605",
                    "mode": "live",
                    "since": "2026-11-27T10:00:00Z",
                    "published_at": "2026-11-27T10:00:00Z",
                }
            ]
        }
    )

    competition: str
    mode: BoardMode = Field(description="As they are, as they were at `since`, or nothing.")
    since: datetime | None
    published_at: datetime | None = Field(
        description="Since when students see the private board, and scores that the definition keeps to the staff."
    )


@router.get(
    "",
    operation_id="getBoardState",
    summary="How the boards are shown, for staff",
    response_model=BoardStateBody,
    responses=problems(401, 403, 404, 422),
)
def show(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """And for a browser the staff's baselines, with the forms for all of it."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    closes = entry.takes_until()
    context = {
        "entry": entry,
        "state": queries.state(session, entry.competition.id),
        "closes": closes,
        "is_closed": closes is not None and read_clock(session) > closes,
        "baselines": baselines.entered(session, entry.competition.id),
        "may_decide": is_instructor(session, entry.competition.course_id, signed.user),
    }
    return services.renderer.page_or_json(request, "boards/boards.html", context, _body(entry, entry.board))


@router.post(
    "",
    operation_id="setBoardMode",
    summary="Freeze, hide or show the boards",
    response_model=BoardStateBody,
    responses=_ANSWERS,
)
def show_as(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    mode: Annotated[BoardMode, Form()],
    reason: Reason = "",
) -> Response:
    """A board that is frozen once more shows the present moment."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    return _answer(request, entry, service.show_as(session, entry, mode, reason, signed.user.id))


@router.post(
    "/publication",
    operation_id="publishBoard",
    summary="Publish the private board",
    response_model=BoardStateBody,
    responses=_ANSWERS,
)
def publish(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    reason: Reason = "",
) -> Response:
    """Opens what the definition keeps to the staff: the private board before its time, and scores."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    return _answer(request, entry, service.publish(session, entry, reason, signed.user.id))


@router.post(
    "/publication/removal",
    operation_id="withdrawBoard",
    summary="Take a publication back",
    response_model=BoardStateBody,
    responses=_ANSWERS,
)
def withdraw(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    reason: Reason = "",
) -> Response:
    """What students see is what the definition says."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    return _answer(request, entry, service.withdraw(session, entry, reason, signed.user.id))


def _answer(request: Request, entry: Entry, state: BoardState) -> Response:
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/board", 303)
    return JSONResponse(_body(entry, state).model_dump(mode="json"))


def _body(entry: Entry, state: BoardState | None) -> BoardStateBody:
    return BoardStateBody(
        competition=entry.competition.slug,
        mode=state.mode if state else BoardMode.LIVE,
        since=state.since if state else None,
        published_at=state.published_at if state else None,
    )
