"""The leaderboard as a page, JSON and CSV, with an ETag so that polling it costs little."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.baselines.queries import entered
from app.clock import day, read_clock
from app.competitions.access import Entry, enter
from app.competitions.reveal import Reveal, reveal
from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden, NotFound
from app.leaderboard import queries
from app.leaderboard.arranging import (
    Order,
    Sort,
    Wish,
    arranged,
    as_csv,
    credit_line,
    heads,
    own_place,
)
from app.leaderboard.guides import guides
from app.leaderboard.past import moves
from app.leaderboard.schemas import BoardBody, board_body
from app.leaderboard.service import Board, Row, board, rule_of
from app.openapi import problems
from app.paging import Page, PageNumber, page_of, page_with
from app.parameters import Printable
from app.rendering import wants_page
from grader.splits import Part
from models.accounts import User

router = APIRouter(tags=["leaderboard"])


class Form(StrEnum):
    """What the board comes as."""

    AUTO = "auto"
    CSV = "csv"


_BOARD = Wish()


def _wish(
    sort: Annotated[Sort, Query(description="The column to sort by; by default the board's own order.")] = Sort.RANK,
    order: Annotated[Order | None, Query(alias="dir", description="Which end stands above.")] = None,
    text: Annotated[Printable, Query(alias="q", max_length=80, description="Only names that hold this.")] = "",
) -> Wish:
    return Wish(sort, order, text.strip())


@router.get(
    "/competitions/{slug}/leaderboard",
    operation_id="getLeaderboard",
    summary="The leaderboard",
    response_model=BoardBody,
    responses={
        200: {"content": {"text/csv": {}}},
        304: {"description": "The board is as the ETag says."},
        **problems(401, 403, 404, 422),
    },
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
    wish: Annotated[Wish, Depends(_wish)] = _BOARD,
    number: PageNumber = 1,
    form: Annotated[Form, Query(alias="format", description="`csv`: the rows for a spreadsheet.")] = Form.AUTO,
) -> Response:
    """The submission of each entrant that counts, best first. Send `If-None-Match` to ask whether it changed."""
    entry = enter(session, services.definitions, slug, signed.user)
    check_shown(entry)
    seen = reveal(session, entry, signed.user)
    part = _part(seen, asked, entry)
    page = wants_page(request)
    today, _ = day(read_clock(session), entry.zone)
    etag = _etag(session, entry, signed.user, part, (page, seen, wish, form, today, number))
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Authorization"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    content = board(session, entry, signed.user, part)
    rows = arranged(content.rows, wish)
    if form is Form.CSV:
        name = {"Content-Disposition": f'attachment; filename="{entry.competition.slug}-{part.value}-board.csv"'}
        return Response(as_csv(rows), media_type="text/csv", headers={**headers, **name})
    if not page:
        body = board_body(entry, replace(content, rows=rows), seen)
        return services.renderer.page_or_json(request, "leaderboard/board.html", {}, body, headers=headers)
    shown = page_of(len(rows), number)
    told = {"moves": moves(session, entry, content, shown.of(rows), today), **_page(content, rows, wish, shown)}
    context = {**told, **_shown(entry, content, wish, seen)}
    return services.renderer.page(request, "leaderboard/board.html", context, headers=headers)


def _etag(session: Session, entry: Entry, user: User, part: Part, asked: tuple[object, ...]) -> str:
    """A mark that is another one as soon as this person would see anything else."""
    return queries.fingerprint(
        session,
        entry.competition.id,
        entry.version.id,
        (user.id, user.name, entry.is_staff),
        (part, *asked),
        (entry.board_mode, entry.board and entry.board.since),
        entered(session, entry.competition.id),
    )


def _page(content: Board, rows: Sequence[Row], wish: Wish, shown: Page) -> dict[str, object]:
    """The rows of a page, and the page with the reader's own one."""
    return {"rows": shown.of(rows), "shown": shown, "own_page": page_with(own_place(rows, content, wish))}


def _shown(entry: Entry, content: Board, wish: Wish, seen: Reveal) -> dict[str, object]:
    """What the page shows of the board beside its rows."""
    rules = entry.definition.grading.grading
    return {
        "entry": entry,
        "board": content,
        "guides": guides(entry.definition, content.x.name, content.y.name),
        "wish": wish,
        "heads": heads(wish, content.part.value if seen.has_private else None),
        "line": credit_line(rules.full_credit, content.standings.ladder),
        "rule": rule_of(entry),
        "reveal": seen,
    }


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
