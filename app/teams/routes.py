"""One's own team: a page with forms, and the same for programs."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter
from app.dependencies import AppServices, Caller, Reading, Signed, Writing
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from app.teams import queries, service
from app.teams.schemas import TeamBody, team_body
from models.entrants import JOIN_CODE_LENGTH

router = APIRouter(tags=["teams"], prefix="/competitions/{slug}/team")

_ANSWERS = {303: {"description": "For a browser: back to the team."}, **problems(401, 403, 404, 409, 422)}
Code = Annotated[Printable, Form(max_length=JOIN_CODE_LENGTH, description="As the link ends.")]


@router.get("", operation_id="getTeam", summary="Your team", response_model=TeamBody, responses=problems(401, 404, 422))
def show_team(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    code: Annotated[Printable, Query(max_length=JOIN_CODE_LENGTH, description="Of a link to join by.")] = "",
) -> Response:
    """Who is in it, who is invited, and the forms to change it."""
    entry = enter(session, services.definitions, slug, signed.user)
    team = service.team_of(session, entry, signed.user)
    linked = queries.entrant_by_code(session, entry.competition.id, code) if code else None
    context = {"entry": entry, "team": team, "code": code, "linked": linked}
    return services.renderer.page_or_json(request, "teams/own.html", context, team_body(entry, team))


@router.post("/name", operation_id="renameTeam", summary="Name your team", response_model=TeamBody, responses=_ANSWERS)
def rename(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    name: Annotated[Printable, Form(max_length=200)],
) -> Response:
    """The name on the board, for everybody to read."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.rename(session, entry, signed.user, name)
    return _answer(request, session, entry, signed)


@router.post(
    "/invitations", operation_id="invite", summary="Invite somebody", response_model=TeamBody, responses=_ANSWERS
)
def invite(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    email: Annotated[Printable, Form(min_length=3, max_length=254)],
) -> Response:
    """Whoever signs in with this address finds the invitation on the competition's page. No mail is sent."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.invite(session, entry, signed.user, email)
    return _answer(request, session, entry, signed)


@router.post(
    "/invitations/{invitation_id}/acceptance",
    operation_id="acceptInvitation",
    summary="Accept an invitation",
    response_model=TeamBody,
    responses=_ANSWERS,
)
def accept(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    invitation_id: RowNumber,
) -> Response:
    """You compete as that team from now on."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.accept(session, entry, signed.user, invitation_id)
    return _answer(request, session, entry, signed)


@router.post(
    "/invitations/{invitation_id}/removal",
    operation_id="removeInvitation",
    summary="Withdraw or refuse an invitation",
    response_model=TeamBody,
    responses=_ANSWERS,
)
def withdraw(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    invitation_id: RowNumber,
) -> Response:
    """One of your team's, or one for you."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.withdraw(session, entry, signed.user, invitation_id)
    return _answer(request, session, entry, signed)


@router.post(
    "/link", operation_id="renewTeamLink", summary="Make a link to join by", response_model=TeamBody, responses=_ANSWERS
)
def renew_link(request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable) -> Response:
    """Whoever has it may join while there is room; the link before is worth nothing any more."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.renew_link(session, entry, signed.user)
    return _answer(request, session, entry, signed)


@router.post(
    "/link/removal",
    operation_id="removeTeamLink",
    summary="Take the link back",
    response_model=TeamBody,
    responses=_ANSWERS,
)
def remove_link(request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable) -> Response:
    """Nobody joins by a link then."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.remove_link(session, entry, signed.user)
    return _answer(request, session, entry, signed)


@router.post("/joining", operation_id="joinTeam", summary="Join by a link", response_model=TeamBody, responses=_ANSWERS)
def join(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable, code: Code
) -> Response:
    """You compete as that team from now on."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.join_by_link(session, entry, signed.user, code)
    return _answer(request, session, entry, signed)


@router.post(
    "/leaving", operation_id="leaveTeam", summary="Leave your team", response_model=TeamBody, responses=_ANSWERS
)
def leave(request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable) -> Response:
    """You compete alone then. Not possible once something that you handed in counts for the team."""
    entry = enter(session, services.definitions, slug, signed.user)
    service.leave(session, entry, signed.user)
    return _answer(request, session, entry, signed)


def _answer(request: Request, session: Session, entry: Entry, signed: Caller) -> Response:
    """Back to the team's page, or the team as it is now."""
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/team", 303)
    body = team_body(entry, service.team_of(session, entry, signed.user))
    return JSONResponse(body.model_dump(mode="json"))
