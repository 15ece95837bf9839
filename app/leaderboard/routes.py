"""The leaderboard as a page and as JSON, with an ETag so that polling it costs little."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.baselines.queries import entered
from app.competitions.access import Entry, enter
from app.competitions.reveal import Reveal, reveal
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden, NotFound
from app.leaderboard import queries
from app.leaderboard.service import Board, Row, board, rule_of
from app.openapi import problems
from app.parameters import Printable
from app.rendering import wants_page
from grader.splits import Part
from models.boards import BoardMode

router = APIRouter(tags=["leaderboard"])

_EXAMPLE: dict[str, Any] = {
    "competition": "cmu-10605",
    "lower_is_better": False,
    "x": "sparsity",
    "y": "accuracy",
    "part": "public",
    "frozen_at": "2026-12-18T15:00:00Z",
    "private_from": "2026-12-18T16:00:00Z",
    "baselines": [{"name": "simple", "written": "0.44364", "score": 0.44364, "score_exact": "11091/25000", "above": 1}],
    "rows": [
        {
            "rank": 1,
            "alias": "Quiet Otter 17",
            "score": 0.7857,
            "score_exact": "7857/10000",
            "accuracy": 0.6514,
            "sparsity": 0.92,
            "full_credit": True,
            "on_frontier": True,
            "entries": 3,
            "received_at": "2026-11-21T14:40:00Z",
            "submission_id": 42,
            "is_own": True,
        }
    ],
}


class RowBody(BaseModel):
    """One row of the board. Equal scores share a rank; rows without a rank stand at the end."""

    rank: int | None = Field(description="Null where the submission does not meet the condition for a rank.")
    reason: str | None = Field(
        default=None,
        description="Why there is no rank, in numbers.",
        examples=["accuracy 0.8532; needs accuracy > 0.87"],
    )
    alias: str = Field(description="The entrant's name on the board.")
    score: float
    score_exact: str = Field(description="The score as a fraction in lowest terms.", examples=["7857/10000"])
    accuracy: float
    sparsity: float
    full_credit: bool | None = Field(description="Null where the competition has no such condition.")
    on_frontier: bool = Field(description="Whether it is on the Pareto frontier of `x` and `y`.")
    entries: int = Field(description="Scored submissions of this entrant.")
    received_at: datetime
    submission_id: int | None = Field(description="Given for your own row, and to staff for all.")
    is_own: bool


class BaselineBody(BaseModel):
    """A score that stands on the board without a rank."""

    name: str = Field(examples=["simple"])
    written: str = Field(description="As the definition writes it.", examples=["0.44364"])
    score: float
    score_exact: str = Field(examples=["11091/25000"])
    above: int = Field(description="How many ranked rows are strictly better: it stands below them.")


class BoardBody(BaseModel):
    """The whole board in order: the ranked ones, best first, then the others."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    competition: str
    lower_is_better: bool = Field(description="Whether a smaller score is the better one.")
    x: str = Field(description="A column of the Pareto frontier.", examples=["flops_effective"])
    y: str = Field(description="The other column of the Pareto frontier.", examples=["accuracy"])
    part: Part = Field(description="The part of the test set that scores and ranks are of.")
    frozen_at: datetime | None = Field(
        default=None, description="The moment that students are shown, where the staff froze the board."
    )
    private_from: datetime | None = Field(
        default=None, description="When you may see the private board; null where there is none for you."
    )
    baselines: list[BaselineBody] = Field(description="Scores of the definition without a rank, the best first.")
    rows: list[RowBody]


@router.get(
    "/competitions/{slug}/leaderboard",
    operation_id="getLeaderboard",
    summary="The leaderboard",
    response_model=BoardBody,
    responses={304: {"description": "The board is as the ETag says."}, **problems(401, 403, 404, 422)},
)
def show_board(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    asked: Annotated[
        Part | None, Query(alias="board", description="Default: the public one, and the private one once it is shown.")
    ] = None,
) -> Response:
    """The submission of each entrant that counts, best first. Send `If-None-Match` to ask whether it changed."""
    entry = enter(session, services.definitions, slug, signed.user)
    check_shown(entry)
    seen = reveal(session, entry, signed.user)
    part = _part(seen, asked, entry)
    page = wants_page(request)
    etag = queries.fingerprint(
        session,
        entry.competition.id,
        entry.version.id,
        (signed.user.id, signed.user.name, entry.is_staff),
        (page, part, seen),
        (entry.board_mode, entry.board and entry.board.since),
        entered(session, entry.competition.id),
        queries.all_chosen(session, entry.competition.id) if part is Part.PRIVATE else None,
    )
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Authorization"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    content = board(session, entry, signed.user, part)
    context = {"entry": entry, "board": content, "rule": rule_of(entry), "reveal": seen}
    return services.renderer.page_or_json(
        request, "leaderboard/board.html", context, _body(entry, content, seen), headers=headers
    )


def check_shown(entry: Entry) -> None:
    """Raises Forbidden where the person may not see the boards."""
    if entry.shows_board:
        return
    told = "is hidden by its staff at present" if entry.shows_scores else "is shown by its staff at the end"
    raise Forbidden(f"The board of this competition {told}.", code="board-hidden")


def _part(seen: Reveal, asked: Part | None, entry: Entry) -> Part:
    """The board that is shown. Raises NotFound where there is no private one, Forbidden where it is not its time."""
    if asked is not Part.PRIVATE:
        return asked or seen.part
    if not seen.has_private:
        raise NotFound("The test set of this competition has one part, and there is one board.")
    if not seen.may_see:
        when = f" from {seen.at.astimezone(entry.zone):%d %b %Y at %H:%M %Z}" if seen.at else " by the staff at the end"
        raise Forbidden(f"The private board is shown{when}.", code="board-private")
    return asked


def _body(entry: Entry, content: Board, seen: Reveal) -> BoardBody:
    return BoardBody(
        competition=entry.competition.slug,
        lower_is_better=rule_of(entry).lower_is_better,
        x=content.x.name,
        y=content.y.name,
        part=content.part,
        frozen_at=entry.board.since if entry.board and entry.board_mode is BoardMode.FROZEN else None,
        private_from=seen.at,
        baselines=[BaselineBody(**asdict(each)) for each in content.baselines],
        rows=[_row(row, is_staff=entry.is_staff) for row in content.rows],
    )


def _row(row: Row, *, is_staff: bool) -> RowBody:
    return RowBody(
        rank=row.rank,
        reason=row.reason,
        alias=row.alias,
        score=row.score,
        score_exact=row.score_exact,
        accuracy=row.accuracy,
        sparsity=row.sparsity,
        full_credit=row.full_credit,
        on_frontier=row.on_frontier,
        entries=row.entries,
        received_at=row.received_at,
        submission_id=row.submission_id if row.is_own or is_staff else None,
        is_own=row.is_own,
    )
