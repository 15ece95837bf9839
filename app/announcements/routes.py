"""Announcements: all of a competition for its members, and the staff's forms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from app.announcements import queries, service
from app.competitions.access import Entry, enter, enter_as_instructor
from app.courses.queries import is_instructor
from app.dependencies import AppServices, Reading, Signed, Writing
from app.openapi import problems
from app.paging import PAGE_ROWS, next_address
from app.parameters import Before, Printable, RowNumber
from app.rendering import wants_page
from models.boards import Announcement

router = APIRouter(tags=["competitions"], prefix="/competitions/{slug}/announcements")

_ANSWERS = {303: {"description": "For a browser: back to the announcements."}, **problems(401, 403, 404, 422)}


class AnnouncementBody(BaseModel):
    """Something that the staff announced."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": 2, "text": "The close is **a day later**.", "by": "Ada Lovelace", "at": "2026-11-27T10:00:00Z"}
            ]
        }
    )

    id: int
    text: str = Field(description="Markdown.")
    by: str | None
    at: datetime


class AnnouncementList(BaseModel):
    """Announcements, newest first. `next` is the address of the next part."""

    items: list[AnnouncementBody]
    next: str | None


@router.get(
    "",
    operation_id="listAnnouncements",
    summary="Announcements",
    response_model=AnnouncementList,
    responses=problems(401, 404, 422),
)
def list_announcements(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    before: Before = None,
) -> Response:
    """Newest first, 50 at a time."""
    entry = enter(session, services.definitions, slug, signed.user)
    found = queries.announcements(session, entry.competition.id, PAGE_ROWS + 1, before)
    body = _list(request, found)
    context = {
        "entry": entry,
        "announcements": found[:PAGE_ROWS],
        "next_url": body.next,
        "before": before,
        "may_decide": is_instructor(session, entry.competition.course_id, signed.user),
    }
    return services.renderer.page_or_json(request, "announcements/list.html", context, body)


@router.post(
    "",
    operation_id="announce",
    summary="Announce something",
    status_code=201,
    response_model=AnnouncementList,
    responses=_ANSWERS,
)
def announce(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    text: Annotated[str, Form(max_length=service.MAX_TEXT_CHARACTERS, description="Markdown.")],
) -> Response:
    """It stands on the competition's page with its time."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.announce(session, entry, text, signed.user.id)
    return _answer(request, session, entry, 201)


@router.post(
    "/{announcement_id}/removal",
    operation_id="removeAnnouncement",
    summary="Take an announcement away",
    response_model=AnnouncementList,
    responses=_ANSWERS,
)
def remove(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    announcement_id: RowNumber,
) -> Response:
    """The audit log keeps it."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.remove(session, entry, announcement_id, signed.user.id)
    return _answer(request, session, entry, 200)


def _answer(request: Request, session: Session, entry: Entry, status: int) -> Response:
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/announcements", 303)
    found = queries.announcements(session, entry.competition.id, PAGE_ROWS + 1)
    return JSONResponse(_list(request, found).model_dump(mode="json"), status)


def _list(request: Request, found: Sequence[Announcement]) -> AnnouncementList:
    items = [
        AnnouncementBody(id=each.id, text=each.text, by=each.by and each.by.name, at=each.at)
        for each in found[:PAGE_ROWS]
    ]
    return AnnouncementList(items=items, next=next_address(request, [each.id for each in found]))
