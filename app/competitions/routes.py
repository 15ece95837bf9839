"""Competitions: the list, and the page of one with its rules and upload form."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.announcements.queries import announcements
from app.clock import read_clock
from app.competitions.access import enter, entries_of
from app.competitions.reveal import reveal
from app.competitions.schemas import CompetitionBody, CompetitionList, RulesBody, competition_body, rules_body
from app.courses.queries import entrant_of, extended_ends, is_instructor
from app.dependencies import AppServices, Reading, Signed, Visitor
from app.finalists.service import is_asked
from app.leaderboard.queries import chosen
from app.leaderboard.service import board, rule_of, standings_of
from app.openapi import problems
from app.parameters import Printable
from app.submissions import queries as submissions
from app.submissions.admission import allowance_of
from app.teams.queries import invitations_for

router = APIRouter(tags=["competitions"])

LAST = 5
"""So many of one's own submissions are on a competition's page."""
ANNOUNCEMENTS = 3
"""How many of the newest announcements stand on a competition's page."""


@router.get("/", operation_id="home", include_in_schema=False)
def home(request: Request, services: AppServices, visitor: Visitor, session: Reading) -> Response:
    """What this is, for a stranger; one's competitions, for somebody who is signed in."""
    if visitor is None:
        return services.renderer.page(request, "pages/welcome.html", {"welcome": services.settings.welcome})
    return _list(request, services, visitor, session)


@router.get(
    "/competitions",
    operation_id="listCompetitions",
    summary="Your competitions",
    response_model=CompetitionList,
    responses=problems(401),
)
def list_competitions(request: Request, services: AppServices, signed: Signed, session: Reading) -> Response:
    """Those of your courses, the newest first."""
    return _list(request, services, signed, session)


@router.get(
    "/competitions/{slug}",
    operation_id="getCompetition",
    summary="A competition",
    response_model=CompetitionBody,
    responses=problems(401, 404, 422),
)
def show(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """Its rules in the course's words, what the file must be, and your own last submissions."""
    entry = enter(session, services.definitions, slug, signed.user)
    allowance = allowance_of(session, entry, signed.user, read_clock(session))
    seen, rule = reveal(session, entry, signed.user), rule_of(entry)
    mine = submissions.own(session, signed.user.id, entry.competition.id, most=LAST)
    entrant = entrant_of(session, entry.competition.id, signed.user.id)
    counting = standings_of(session, entry, seen.part).counted.get(entrant.id) if entrant else None
    takes_teams = entry.definition.course.teams is not None and not entry.is_staff
    body = competition_body(entry, allowance.window, allowance.quota, seen)
    context: dict[str, Any] = {
        "entry": entry,
        "window": allowance.window,
        "quota": allowance.quota,
        "extension": allowance.extension,
        "reveal": seen,
        "mine": mine,
        "counting": counting.scored.candidate.submission_id if counting else None,
        "chosen": chosen(session, entrant.id) if entrant and rule.choose else [],
        "board": board(session, entry, signed.user, seen.part) if entry.shows_board else None,
        "asks_code": is_asked(session, entry, signed.user),
        "invitations": len(invitations_for(session, entry.competition.id, signed.user.email)) if takes_teams else 0,
        "parameters": body.parameters,
        "rule": rule,
        "is_instructor": entry.is_staff and is_instructor(session, entry.competition.course_id, signed.user),
        "announcements": announcements(session, entry.competition.id, ANNOUNCEMENTS),
    }
    return services.renderer.page_or_json(request, "competitions/competition.html", context, body)


@router.get(
    "/competitions/{slug}/rules",
    operation_id="getRules",
    summary="What a file is checked by",
    response_model=RulesBody,
    responses=problems(401, 404, 422),
)
def show_rules(services: AppServices, signed: Signed, session: Reading, slug: Printable) -> RulesBody:
    """The rules for files as the server has them, for `secateur check` on one's own machine."""
    return rules_body(enter(session, services.definitions, slug, signed.user))


def _list(request: Request, services: AppServices, signed: Signed, session: Session) -> Response:
    now, extended = read_clock(session), extended_ends(session, signed.user.id)
    found = [
        (entry, entry.window(now, extended.get(entry.competition.id)))
        for entry in entries_of(session, services.definitions, signed.user)
    ]
    body = CompetitionList(items=[competition_body(entry, phase) for entry, phase in found])
    return services.renderer.page_or_json(request, "competitions/list.html", {"found": found}, body)
