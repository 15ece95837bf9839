"""Competitions: the list, the page of one with its rules and upload form, and all submissions for its staff."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.clock import read_clock
from app.competitions.access import Entry, enter, enter_as_staff, entries_of
from app.dependencies import AppServices, Reading, Signed, Visitor
from app.leaderboard.queries import counting_submission
from app.leaderboard.service import board, rule_of
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Printable
from app.submissions import queries as submissions
from app.submissions import quota
from app.submissions.admission import quota_of
from app.submissions.quota import Window
from app.submissions.schemas import SubmissionList, submission_body
from models.gradings import State

router = APIRouter(tags=["competitions"])

_EXAMPLE: dict[str, Any] = {
    "slug": "cmu-10605",
    "title": "Prune a network",
    "summary": "Remove as many weights as you can and stay accurate.",
    "course": "ml",
    "version": 1,
    "phase": "main",
    "is_open": True,
    "opens": "2026-11-01T05:00:00Z",
    "closes": "2026-12-01T04:59:59Z",
    "file_names": ["my_model_weights*.h5"],
    "max_bytes": 16777216,
    "parameters": 592933,
    "score": "(accuracy + sparsity) / 2 if accuracy > 0.6 and sparsity > 0 else 0",
    "full_credit": "accuracy > 0.6 and score > 0.36",
    "per_day": 5,
    "definition": "9f" * 32,
}


class CompetitionBody(BaseModel):
    """A competition and what it asks for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    slug: str
    title: str
    summary: str
    course: str = Field(description="The course's slug.")
    version: int
    phase: str
    is_open: bool
    opens: datetime
    closes: datetime | None
    file_names: list[str]
    max_bytes: int
    parameters: int | None = Field(description="Of the one network that is asked for; null: of a family, any.")
    score: str = Field(description="The formula.")
    full_credit: str | None
    per_day: int | None = Field(description="Submissions a day; null: no limit.")
    definition: str = Field(description="SHA-256 of the grading rules.")


class CompetitionList(BaseModel):
    """The competitions that you may enter."""

    items: list[CompetitionBody]


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
    now = read_clock(session)
    window = quota.window(entry.definition.course, entry.zone, now)
    mine = submissions.own(session, signed.user.id, entry.competition.id)[:5]
    context: dict[str, Any] = {
        "entry": entry,
        "window": window,
        "opens": window.opens.astimezone(entry.zone),
        "closes": window.closes and window.closes.astimezone(entry.zone),
        "quota": quota_of(session, entry, signed.user, now),
        "mine": mine,
        "counting": counting_submission(session, mine[0].submission.entrant_id, rule_of(entry)) if mine else None,
        "board": board(session, entry, signed.user) if entry.shows_scores else None,
        "parameters": _parameters(entry),
        "rule": rule_of(entry),
    }
    return services.renderer.page_or_json(request, "competitions/competition.html", context, _body(entry, window))


@router.get(
    "/competitions/{slug}/submissions",
    operation_id="listAllSubmissions",
    summary="Everybody's submissions, for staff",
    response_model=SubmissionList,
    responses=problems(401, 403, 404, 422),
)
def list_all(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    before: Before = None,
) -> Response:
    """Newest first, 50 at a time."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    found = submissions.all_of(session, entry.competition.id, state, before)
    rows = found[:PAGE_ROWS]
    following = next_address(request, [row.submission_id for row in found])
    context = {
        "entry": entry,
        "rows": rows,
        "state": state,
        "numbers": submissions.numbers_by_state(session, entry.competition.id),
        "states": list(State),
        "next_url": following,
        "before": before,
    }
    items = [submission_body(row, shows_scores=True, in_full=False) for row in rows]
    body = SubmissionList(items=items, next=following)
    return services.renderer.page_or_json(request, "competitions/submissions.html", context, body)


def _list(request: Request, services: AppServices, signed: Signed, session: Session) -> Response:
    now = read_clock(session)
    found = [
        (entry, quota.window(entry.definition.course, entry.zone, now))
        for entry in entries_of(session, services.definitions, signed.user)
    ]
    body = CompetitionList(items=[_body(entry, window) for entry, window in found])
    return services.renderer.page_or_json(request, "competitions/list.html", {"found": found}, body)


def _parameters(entry: Entry) -> int | None:
    exact = entry.definition.grading.exact
    return exact.parameters if exact else None


def _body(entry: Entry, window: Window) -> CompetitionBody:
    rules = entry.definition.grading.grading
    return CompetitionBody(
        slug=entry.competition.slug,
        title=entry.definition.title,
        summary=entry.definition.summary,
        course=entry.competition.course.slug,
        version=entry.version.number,
        phase=window.phase,
        is_open=window.is_open,
        opens=window.opens,
        closes=window.closes,
        file_names=list(rules.file.names),
        max_bytes=rules.file.max_bytes,
        parameters=_parameters(entry),
        score=rules.score,
        full_credit=rules.full_credit,
        per_day=entry.definition.course.submissions.per_day,
        definition=entry.version.definition_digest,
    )
