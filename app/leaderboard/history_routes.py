"""Who led the board, day by day."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.competitions.access import enter
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden
from app.leaderboard.past import days, scored
from app.leaderboard.routes import check_shown
from app.leaderboard.schemas import LeadersBody, leaders_body
from app.leaderboard.service import rule_of
from app.openapi import problems
from app.parameters import Printable

router = APIRouter(tags=["leaderboard"])


@router.get(
    "/competitions/{slug}/leaderboard/history",
    operation_id="getLeaders",
    summary="Who led the public board, day by day",
    response_model=LeadersBody,
    responses=problems(401, 403, 404, 422),
)
def show_history(
    request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable
) -> Response:
    """The first places at the end of each day, the newest first: by the gradings that count now."""
    entry = enter(session, services.definitions, slug, signed.user)
    check_shown(entry)
    if entry.sees_frozen:
        raise Forbidden(
            "The board of this competition is frozen; its history is shown again when it is not.", code="board-hidden"
        )
    found = days(scored(session, entry.competition.id), rule_of(entry), entry.zone)
    return services.renderer.page_or_json(
        request, "leaderboard/history.html", {"entry": entry, "days": found}, leaders_body(found)
    )
