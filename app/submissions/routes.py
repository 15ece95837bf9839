"""Handing in, and looking at what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.competitions.access import Entry, enter, entries_of
from app.competitions.reveal import reveal
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing, signed_in
from app.errors import Forbidden
from app.leaderboard.standing import standing
from app.moderation import queries as moderation
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Printable, RowNumber
from app.queue.pace import waits
from app.rendering import wants_page
from app.submissions import admission, intake, queries, recording, service
from app.submissions.access import visible
from app.submissions.admission import Admission, Behalf
from app.submissions.choosing import choice_of
from app.submissions.comparing import comparison
from app.submissions.schemas import AcceptedBody, SubmissionBody, SubmissionList, submission_body, visible_report
from app.submissions.telling import told
from app.threads import UPLOADING
from grader.upload_rules import FileRule
from models.accounts import User
from models.gradings import Grading, State
from models.submissions import IDEMPOTENCY_KEY_LENGTH, Submission, Via

router = APIRouter(tags=["submissions"])


class SeenBy(StrEnum):
    """With whose eyes a page is looked at."""

    STUDENT = "student"


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=IDEMPOTENCY_KEY_LENGTH,
        description="A repeated request with the same key and file is given the same answer and adds nothing.",
    ),
]
_FILE = {"type": "string", "format": "binary", "description": "The weight file."}
_BODY = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "competition": {
                        "type": "string",
                        "description": "The slug, unless it is in the query. Comes first.",
                    },
                    "file": _FILE,
                },
            }
        },
    },
}


@router.post(
    "/submissions",
    operation_id="submit",
    summary="Hand in a weight file",
    status_code=202,
    response_model=AcceptedBody,
    responses={
        303: {"description": "For a browser: on to the submission's page."},
        **problems(400, 401, 403, 404, 408, 409, 413, 422, 429, 503, 507),
    },
    openapi_extra={"requestBody": _BODY},
)
async def submit(
    request: Request,
    services: AppServices,
    key: IdempotencyKey = None,
    competition: Annotated[
        Printable | None, Query(description="The competition's slug.", examples=["cmu-10605"])
    ] = None,
    name: Annotated[str | None, Query(description="The file's name, for a raw body.", max_length=200)] = None,
    on_behalf_of: Annotated[
        Printable | None, Query(max_length=254, description="For staff: the student's e-mail address.")
    ] = None,
    at: Annotated[
        datetime | None, Query(description="For staff: when the file came in at another system, within two days.")
    ] = None,
    baseline: Annotated[RowNumber | None, Query(description="For staff: the baseline whose file it is.")] = None,
) -> Response:
    """Stores the file and queues it. Nothing of the body is read before it is clear that the caller may submit."""
    key = key or None  # a header without a value is none
    caller = await signed_in(request)
    admitted: list[Admission] = []
    behalf = Behalf(on_behalf_of, at) if on_behalf_of else None

    async def admit(slug: str) -> FileRule:
        admitted.append(await UPLOADING.run(admission.admit, services, slug, caller.user, key, behalf, baseline))
        return admitted[0].entry.definition.grading.grading.file

    with services.uploads.of(caller.user.id if behalf is None else None):
        upload = await intake.receive(request, services.store, admit, services.settings.upload_seconds)
    via = Via.API if caller.by_token else Via.FORM
    accepted = await recording.record(services, admitted[0], upload, via, key)
    url = f"/submissions/{accepted.submission_id}"
    if wants_page(request):
        return RedirectResponse(url, 303)
    body = AcceptedBody(id=accepted.submission_id, state=State.QUEUED, url=url)
    return JSONResponse(body.model_dump(mode="json"), 202, {"Location": url})


@router.get(
    "/submissions",
    operation_id="listSubmissions",
    summary="Your own submissions",
    response_model=SubmissionList,
    responses=problems(401, 404, 422),
)
def list_own(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    competition: Annotated[Printable | None, Query(description="Only those to this competition.")] = None,
    before: Before = None,
) -> Response:
    """Newest first, 50 at a time."""
    entry = enter(session, services.definitions, competition, signed.user) if competition else None
    found = queries.own(session, signed.user.id, entry.competition.id if entry else None, before)
    shown = {each.competition.id: each.shows_scores for each in entries_of(session, services.definitions, signed.user)}
    rows = found[:PAGE_ROWS]
    items = [
        submission_body(row, shows_scores=shown.get(row.submission.competition_id, False), in_full=False)
        for row in rows
    ]
    following = next_address(request, [row.submission_id for row in found])
    context = {"rows": rows, "shown": shown, "entry": entry, "next_url": following, "before": before}
    body = SubmissionList(items=items, next=following)
    return services.renderer.page_or_json(request, "submissions/list.html", context, body)


@router.get(
    "/submissions/{submission_id}",
    operation_id="getSubmission",
    summary="A submission and its result",
    response_model=SubmissionBody,
    responses=problems(401, 404, 422),
)
def show(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    submission_id: RowNumber,
    seen_by: Annotated[SeenBy | None, Query(alias="as", description="For staff: what the student is shown.")] = None,
) -> Response:
    """One's own, one's team's, or anybody's for the staff of the course."""
    found, entry = visible(session, services, signed, submission_id)
    entry, reader = (replace(entry, is_staff=False), found.user) if seen_by and entry.is_staff else (entry, signed.user)
    grading = queries.live(found)
    seen = reveal(session, entry, reader)
    stands = standing(session, entry, reader, grading, seen.part)
    held = moderation.disqualification(session, found)
    position, expected = waits(session, grading, timedelta(seconds=services.settings.worker_dead_seconds))
    compared = comparison(session, grading, shows_scores=entry.shows_scores)
    may_see = {"shows_scores": entry.shows_scores, "shows_private": seen.may_see}
    body = submission_body(
        grading, **may_see, standing=stands, position=position, expected=expected, compared=compared, held=held
    )
    context = {
        "submission": found,
        "grading": grading,
        "entry": entry,
        "standing": stands,
        "compared": compared,
        "is_mine": queries.is_of(session, found, reader.id),
        "position": position,
        "expected": expected,
        "report": visible_report(grading.report, **may_see),
        "reveal": seen,
        "choice": choice_of(session, entry, found),
        "regrading": _under_way(found.gradings, grading),
        "held": held,
        "seen_by": seen_by,
        "told": told(session, entry, grading, stands),
        **_for_staff(session, entry, found, signed.user),
    }
    return services.renderer.page_or_json(request, "submissions/submission.html", context, body)


@router.post(
    "/submissions/{submission_id}/gradings",
    operation_id="gradeAgain",
    summary="Grade a submission again",
    status_code=202,
    response_model=AcceptedBody,
    responses={303: {"description": "For a browser: back to the submission."}, **problems(401, 403, 404, 409, 422)},
)
def grade_again(
    request: Request, services: AppServices, signed: Signed, session: Writing, submission_id: RowNumber
) -> Response:
    """For staff. What counts stays until the new grading has ended."""
    found, entry = visible(session, services, signed, submission_id)
    if not entry.is_staff:
        raise Forbidden("Only the staff of the course may have a submission graded again.")
    service.grade_again(session, entry, found, signed.user.id)
    url = f"/submissions/{submission_id}"
    if wants_page(request):
        return RedirectResponse(url, 303)
    body = AcceptedBody(id=submission_id, state=State.QUEUED, url=url)
    return JSONResponse(body.model_dump(mode="json"), 202, {"Location": url})


def _for_staff(session: Session, entry: Entry, found: Submission, user: User) -> dict[str, object]:
    """What the page holds beside what the student sees; nothing for a student."""
    if not entry.is_staff:
        return {}
    return {
        "workers": queries.workers_of(session, found),
        "notes": moderation.notes(session, found),
        "may_decide": is_instructor(session, entry.competition.course_id, user),
    }


def _under_way(gradings: list[Grading], counting: Grading) -> Grading | None:
    """The grading that will replace the counting one when it has ended; a rejudge's does not by itself."""
    later = [each for each in gradings if not each.state.is_end and each is not counting and each.rejudge_id is None]
    return later[-1] if later else None
