"""All teams of a competition, for the staff: a list, a file of them as a dry run first, and one person at a time."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import JSONResponse, Response

from app.competitions.access import enter_as_instructor, enter_as_staff
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.errors import Unprocessable
from app.leaderboard.values import csv_text
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from app.teams import forming, queries, reading
from app.teams.names import tidied
from app.teams.planning import Wish
from app.teams.schemas import PlanBody, TeamList, plan_body, team_list
from app.teams.service import rule_of
from models.columns import fold_email

router = APIRouter(tags=["teams"], prefix="/competitions/{slug}/teams")

_ANSWERS = {303: {"description": "For a browser: back to the teams."}, **problems(401, 403, 404, 409, 422)}


@router.get(
    "",
    operation_id="listTeams",
    summary="All teams, for staff",
    response_model=TeamList,
    responses={200: {"content": {"text/csv": {}, "text/html": {}}}, **problems(401, 403, 404, 422)},
)
def show_teams(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    csv: Annotated[bool, Query(description="As CSV, in the form that is imported.")] = False,
) -> Response:
    """All students of the course by the entrant that they compete as."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    rule = rule_of(entry)
    found = team_list(entry, rule.size, queries.competitors(session, entry.competition.course_id, entry.competition.id))
    if csv:
        lines = [(team.alias, each.email, each.name) for team in found.items for each in team.members]
        headers = {
            "Content-Disposition": f'attachment; filename="{slug}-teams.csv"',
            "Cache-Control": "private, no-store",
        }
        return Response(csv_text(("team", "email", "name"), lines), media_type="text/csv", headers=headers)
    may_change = is_instructor(session, entry.competition.course_id, signed.user)
    context = {"entry": entry, "rule": rule, "teams": found, "may_change": may_change}
    return services.renderer.page_or_json(request, "teams/all.html", context, found)


@router.post(
    "/import",
    operation_id="importTeams",
    summary="Read teams from a CSV file",
    response_model=PlanBody,
    responses=_ANSWERS,
)
def import_teams(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    file: Annotated[UploadFile | None, File(description="CSV with the columns team and email.")] = None,
    text: Annotated[str, Form(description="The same as text.")] = "",
    expected: Annotated[str, Form(max_length=64, description="The digest of a dry run, to have it done.")] = "",
) -> Response:
    """Tells what would change; with the `digest` of that answer as `expected`, it is done, all or nothing."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    rule_of(entry)
    content = text or _text_of(file)
    wishes = reading.wishes_of(content)
    if expected:
        found = forming.apply(session, entry, wishes, signed.user, expected)
    else:
        found = forming.planned(session, entry, wishes)
    if wants_page(request) and expected:
        return RedirectResponse(f"/competitions/{slug}/teams", 303)
    body = plan_body(found, forming.digest_of(found), is_done=bool(expected))
    context = {"entry": entry, "plan": found, "digest": body.digest, "text": content}
    return services.renderer.page_or_json(request, "teams/plan.html", context, body)


@router.post(
    "/assignment",
    operation_id="assignToTeam",
    summary="Put a student into a team",
    response_model=PlanBody,
    responses=_ANSWERS,
)
def assign(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    email: Annotated[Printable, Form(max_length=254)],
    team: Annotated[Printable, Form(max_length=200, description="Its name; empty: the student competes alone.")] = "",
) -> Response:
    """Also after teams are frozen. What the student has handed in stays where it is, unless the team is a new one."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    rule_of(entry)
    wish = Wish(1, tidied(team) if team.strip() else "", fold_email(email))
    found = forming.apply(session, entry, [wish], signed.user)
    if wants_page(request):
        return RedirectResponse(f"/competitions/{slug}/teams", 303)
    return JSONResponse(plan_body(found, forming.digest_of(found), is_done=True).model_dump(mode="json"))


@router.post(
    "/{entrant_id}/name",
    operation_id="renameEntrant",
    summary="Rename an entry on the board, for staff",
    response_model=TeamList,
    responses=_ANSWERS,
)
def rename(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    entrant_id: RowNumber,
    name: Annotated[Printable, Form(max_length=200)],
) -> Response:
    """For a name that nobody should have to read."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    rule = rule_of(entry)
    forming.rename(session, entry, entrant_id, name, signed.user)
    if wants_page(request):
        return RedirectResponse(f"/competitions/{slug}/teams", 303)
    everybody = queries.competitors(session, entry.competition.course_id, entry.competition.id)
    return JSONResponse(team_list(entry, rule.size, everybody).model_dump(mode="json"))


def _text_of(file: UploadFile | None) -> str:
    """What a form's file says. Raises Unprocessable where there is none, or no text."""
    content = file.file.read() if file is not None else b""
    if not content.strip():
        raise Unprocessable("teams-csv", "The form held neither a file nor a text. Choose a CSV file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unprocessable("teams-csv", "The file is not UTF-8. Save it as CSV UTF-8.") from None
