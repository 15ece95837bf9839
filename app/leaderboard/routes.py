"""The leaderboard as a page, JSON and CSV, with an ETag so that polling it costs little."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.baselines.queries import entered
from app.clock import day, read_clock
from app.competitions.access import Entry, enter
from app.competitions.reveal import Reveal, reveal
from app.dependencies import AppServices, Signed
from app.errors import Forbidden, NotFound
from app.leaderboard import queries
from app.leaderboard.arranging import Order, Sort, Wish, arranged, as_csv
from app.leaderboard.guides import guides
from app.leaderboard.schemas import BoardBody, board_body
from app.leaderboard.service import Board, board
from app.leaderboard.table import Drawer, Table
from app.openapi import problems
from app.paging import PageNumber
from app.parameters import Printable
from app.rendering import is_look, wants_page
from app.services import Services
from grader.splits import Part
from models.accounts import User

router = APIRouter(tags=["leaderboard"])

BOARD = "leaderboard/board.html"
LOOKED_AT = "includes/board.html"


class Form(StrEnum):
    """What the board comes as."""

    AUTO = "auto"
    CSV = "csv"


_BOARD = Wish()


async def _wish(
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
    slug: Printable,
    asked: Annotated[
        Part | None, Query(alias="board", description="Default: the public one, and the private one once it is shown.")
    ] = None,
    wish: Annotated[Wish, Depends(_wish)] = _BOARD,
    number: PageNumber = 1,
    form: Annotated[Form, Query(alias="format", description="`csv`: the rows for a spreadsheet.")] = Form.AUTO,
) -> Response:
    """The submission of each entrant that counts, best first. Send `If-None-Match` to ask whether it changed."""
    # Opened here and not asked for: hundreds of pages look at a time, and each dependency takes a thread twice.
    with services.database.read() as session:
        return _answer(request, services, session, signed.user, slug, Asked(asked, wish, number, form))


@dataclass(frozen=True, slots=True)
class Asked:
    """The query of a request for a board."""

    part: Part | None
    wish: Wish
    number: int
    form: Form


def _answer(request: Request, services: Services, session: Session, user: User, slug: str, asked: Asked) -> Response:
    entry = enter(session, services.definitions, slug, user)
    check_shown(entry)
    seen = reveal(session, entry, user)
    part = _part(seen, asked.part, entry)
    page, looks = wants_page(request), is_look(request)
    today, _ = day(read_clock(session), entry.zone)
    etag = _etag(session, entry, user, part, (page, looks, seen, asked, today))
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Authorization, HX-Request"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    content = board(session, entry, user, part)
    if asked.form is Form.CSV:
        name = {"Content-Disposition": f'attachment; filename="{entry.competition.slug}-{part.value}-board.csv"'}
        return Response(as_csv(arranged(content.rows, asked.wish)), media_type="text/csv", headers={**headers, **name})
    if not page:
        body = board_body(entry, replace(content, rows=arranged(content.rows, asked.wish)), seen)
        return services.renderer.page_or_json(request, BOARD, {}, body, headers=headers)
    named = part.value if seen.has_private else None
    table = Drawer(services.renderer, session, entry, today, named).table(content, asked.wish, asked.number)
    context = _looked_at(entry, content, asked.wish, named, table)
    if looks:
        return services.renderer.page(request, LOOKED_AT, context, headers=headers)
    context |= {"guides": guides(entry.definition, content.x.name, content.y.name), "reveal": seen}
    return services.renderer.page(request, BOARD, context, headers=headers)


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


def _looked_at(entry: Entry, content: Board, wish: Wish, part: str | None, table: Table) -> dict[str, object]:
    """What the part of the page shows that is looked at every so often, and the addresses of this board."""
    here, asked = f"/competitions/{entry.competition.slug}/leaderboard", wish.asked(part)
    again = asked | ({"page": str(table.shown.number)} if table.shown.number > 1 else {})
    return {
        "entry": entry,
        "rules": entry.definition.grading.grading,
        "board": content,
        "table": table,
        "wish": wish,
        "here": here,
        "asked": asked,
        "address": f"{here}?{urlencode(again)}" if again else here,
        "page_at": f"{here}?{urlencode({**asked, 'page': ''})}",
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
