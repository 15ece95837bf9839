"""What becomes of a submission, told as it happens."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app.dependencies import AppServices, Signed
from app.live import Live
from app.openapi import problems
from app.parameters import RowNumber
from models.gradings import Phase, State

router = APIRouter(tags=["submissions"])

RETRY_MILLISECONDS = 2000
_HERE = f": here\nretry: {RETRY_MILLISECONDS}\n\n"
_STILL_HERE = ": still here\n\n"
"""Comments of a stream (HTML Living Standard, 9.2.6): proxies end connections on which nothing moves."""


class EventStream(StreamingResponse):
    """Server-sent events as they are written.

    FastAPI's own stream puts two tasks and two queues around each one, which with hundreds of them is most of what they cost.
    """

    media_type = "text/event-stream"


class NewsBody(BaseModel):
    """Where a submission is at a moment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"state": "queued", "phase": "waiting", "position": 3, "expected_seconds": 4.2, "ended": False}
            ]
        }
    )

    state: State
    phase: Phase
    position: int | None = Field(description="How many gradings wait ahead; null unless queued.")
    expected_seconds: float | None = Field(description="Until its end, by measured times; null where nobody can tell.")
    ended: bool = Field(description="Whether nothing more happens by itself: the stream ends with this.")


_TOLD = "Events whose data is JSON: " + "; ".join(
    f"`{name}`, {field.description or 'as in the submission'}" for name, field in NewsBody.model_fields.items()
)

_EVENTS = {
    EventStream.media_type: {
        "itemSchema": {
            "type": "object",
            "properties": {
                "data": {"type": "string"},
                "event": {"type": "string"},
                "retry": {"type": "integer", "minimum": 0},
            },
        }
    }
}
"""As OpenAPI 3.2 describes a stream of events."""


async def _check_room(services: AppServices, signed: Signed) -> None:
    services.live.check_room(signed.user.id)


@router.get(
    "/submissions/{submission_id}/events",
    operation_id="watchSubmission",
    summary="What becomes of a submission, as it happens",
    response_class=Response,
    responses={200: {"description": _TOLD, "content": _EVENTS}, **problems(401, 404, 422, 429)},
    dependencies=[Depends(_check_room)],
)
async def watch(services: AppServices, signed: Signed, submission_id: RowNumber) -> EventStream:
    """Server-sent events: `news` with where it is, and again whenever that changes, until it has ended. Ends after ten minutes."""
    # The last header: nginx would keep events back.
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return EventStream(_told(services.live, submission_id, signed.user.id), headers=headers)


async def _told(live: Live, submission_id: int, user_id: int) -> AsyncIterator[str]:
    yield _HERE
    async with aclosing(live.watch(submission_id, user_id)) as all_news:
        async for news in all_news:
            if news is None:
                yield _STILL_HERE
            else:
                yield f"event: news\ndata: {NewsBody.model_validate(news, from_attributes=True).model_dump_json()}\n\n"
