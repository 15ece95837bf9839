"""Everybody's submissions for the staff: searched, and one of them with all that the service knows about it."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.competitions.access import Entry, enter_as_staff
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden
from app.leaderboard.service import deciding
from app.moderation import queries as moderation
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Blankable, Day, Printable, RowNumber
from app.submissions import queries, search
from app.submissions.access import visible
from app.submissions.search import Flag, Wanted
from app.submissions.staff_schemas import (
    GradingList,
    StaffSubmissionList,
    grading_body,
    note_body,
    staff_submission,
)
from grader.messages import PROBLEMS
from models.gradings import State

router = APIRouter(tags=["submissions"])


def _wanted(
    state: Annotated[Blankable[State], Query(description="Only those in this state.")] = None,
    entrant: Annotated[Blankable[RowNumber], Query(description="Only those of this entrant.")] = None,
    since: Annotated[Blankable[Day], Query(description="Received on this day or later.")] = None,
    until: Annotated[Blankable[Day], Query(description="Received on this day or earlier.")] = None,
    flag: Annotated[Blankable[Flag], Query(description="Only those with this mark.")] = None,
    cause: Annotated[
        Printable,
        Query(max_length=100, description="A code of a refused file, or a piece of a fault.", examples=["too-heavy"]),
    ] = "",
    q: Annotated[
        Printable, Query(max_length=100, description="A piece of a name, an address, a file's name or a digest.")
    ] = "",
) -> Wanted:
    return Wanted(state, entrant, since, until, flag, cause.strip(), q.strip())


@router.get(
    "/competitions/{slug}/submissions",
    operation_id="listAllSubmissions",
    summary="Everybody's submissions, for staff",
    response_model=StaffSubmissionList,
    responses=problems(401, 403, 404, 422),
)
def list_all(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    wanted: Annotated[Wanted, Depends(_wanted)],
    before: Before = None,
) -> Response:
    """Newest first, 50 at a time."""
    entry = enter_as_staff(session, services.definitions, slug, signed.user)
    board = _ranks(session, entry)
    counting = list(board)
    found = search.found(session, entry.competition.id, wanted, entry.zone, counting, before)
    rows = found[:PAGE_ROWS]
    marks = moderation.marks(session, [row.submission for row in rows])
    following = next_address(request, [row.submission_id for row in found])
    numbers = search.numbers_by_state(session, entry.competition.id, wanted, entry.zone, counting)
    items = [
        staff_submission(row, marks, board.get(row.submission_id), counts=row.submission_id in board) for row in rows
    ]
    context = {
        "entry": entry,
        "rows": list(zip(rows, items, strict=True)),
        "wanted": wanted,
        "address": _address(wanted),
        "numbers": numbers,
        "states": list(State),
        "flags": list(Flag),
        "causes": sorted(PROBLEMS),
        "next_url": following,
        "before": before,
        "may_decide": is_instructor(session, entry.competition.course_id, signed.user),
        **_entrant(session, entry, wanted.entrant),
    }
    body = StaffSubmissionList(items=items, numbers=dict(numbers), next=following)
    return services.renderer.page_or_json(request, "submissions/all.html", context, body)


@router.get(
    "/submissions/{submission_id}/gradings",
    operation_id="listGradings",
    summary="A submission's gradings, for staff",
    response_model=GradingList,
    responses=problems(401, 403, 404, 422),
)
def list_gradings(services: AppServices, signed: Signed, session: Reading, submission_id: RowNumber) -> Response:
    """Phases, attempts, crashes, losses and faults of each, and the staff's notes. A browser finds them on the page."""
    found, entry = visible(session, services, signed, submission_id)
    if not entry.is_staff:
        raise Forbidden("This is for the staff of the course.")
    workers = queries.workers_of(session, found)
    body = GradingList(
        submission_id=found.id,
        items=[grading_body(each, workers.get(each.worker_id or 0)) for each in found.gradings],
        notes=[note_body(each) for each in moderation.notes(session, found)],
    )
    return JSONResponse(body.model_dump(mode="json"))


def _ranks(session: Session, entry: Entry) -> Mapping[int, int | None]:
    """The submissions that count on the board that decides, with their ranks; None for one without."""
    found = deciding(session, entry)
    ranks: Mapping[int, int | None] = found.once(
        "ranks", lambda: {each.candidate.submission_id: each.rank for each in found.ladder}
    )
    return ranks


def _entrant(session: Session, entry: Entry, entrant_id: int | None) -> dict[str, object]:
    """The entrant whose submissions are listed, with what staff hold against it and noted about it."""
    about = moderation.entrant(session, entry.competition.id, entrant_id) if entrant_id else None
    if about is None:
        return {"entrant": None}
    return {
        "entrant": about,
        "members": moderation.members(session, about.id),
        "notes": moderation.entrant_notes(session, about.id),
        "held": moderation.entrant_disqualification(session, about.id),
    }


def _address(wanted: Wanted) -> str:
    """The query of the same search in any state, to put a state behind."""
    given = {
        "entrant": wanted.entrant,
        "since": wanted.since,
        "until": wanted.until,
        "flag": wanted.flag,
        "cause": wanted.cause,
        "q": wanted.text,
    }
    return urlencode({key: value for key, value in given.items() if value})
