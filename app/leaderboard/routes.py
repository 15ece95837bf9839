"""The leaderboard as a page, JSON and CSV, with an ETag so that polling it costs little."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.baselines import queries as baselines
from app.baselines.queries import Entered
from app.clock import day, read_clock
from app.competitions.access import Entry, enter
from app.competitions.reveal import Reveal, reveal
from app.courses.queries import extension_of
from app.dependencies import AppServices, Signed
from app.errors import Forbidden, NotFound
from app.leaderboard import queries
from app.leaderboard.arranging import Order, Sort, Wish, arranged, as_csv
from app.leaderboard.guides import guides
from app.leaderboard.looks import Kept, query_of
from app.leaderboard.readers import Shown
from app.leaderboard.schemas import BoardBody, board_body
from app.leaderboard.service import Board, board_of, own_id, read
from app.leaderboard.table import Look, addresses
from app.leaderboard.view import View, etag_of, headers_of
from app.openapi import problems
from app.paging import PageNumber
from app.parameters import Printable
from app.rendering import is_look, wants_page
from app.services import Services
from grader.splits import Part
from models.accounts import User

router = APIRouter(tags=["leaderboard"])

BOARD = "leaderboard/board.html"


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
    today, _ = day(read_clock(session), entry.zone)
    view = View(entry, seen, _part(seen, asked.part, entry), asked.wish, asked.number, today)
    page, looks = wants_page(request), is_look(request)
    entered = baselines.entered(session, entry.competition.id)
    shared = _fingerprint(session, view, (page, looks, asked), entered)
    etag = etag_of(shared, user.id, user.name, is_staff=entry.is_staff)
    headers = headers_of(etag)
    facts = None
    if looks and asked.form is Form.AUTO and _is_everybodys(session, view, user):
        facts = read(session, entry, view.part, entered)
        services.looks.keep(slug, query_of(request), Kept(view, facts, shared, Shown.of(entry.board)))
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    facts = facts or read(session, entry, view.part, entered)
    content = board_of(facts, own_id(session, entry, user))
    if asked.form is Form.CSV:
        name = {"Content-Disposition": f'attachment; filename="{entry.competition.slug}-{view.part.value}-board.csv"'}
        return Response(as_csv(arranged(content.rows, asked.wish)), media_type="text/csv", headers={**headers, **name})
    if not page:
        body = board_body(entry, replace(content, rows=arranged(content.rows, asked.wish)), seen)
        return services.renderer.page_or_json(request, BOARD, {}, body, headers=headers)
    look = view.look(services.renderer, session, content)
    if looks:
        return services.renderer.html(request, look.content, headers=headers)
    return services.renderer.page(request, BOARD, _around(view, content, look), headers=headers)


def _around(view: View, content: Board, look: Look) -> dict[str, object]:
    """What stands on the whole page around that."""
    here, asked, page_at = addresses(view.entry, view.wish, view.named)
    return {
        "entry": view.entry,
        "reveal": view.seen,
        "board": content,
        "look": look,
        "wish": view.wish,
        "here": here,
        "asked": asked,
        "page_at": page_at,
        "guides": guides(view.entry.definition, content.x.name, content.y.name),
    }


def _fingerprint(session: Session, view: View, asked: tuple[object, ...], entered: Sequence[Entered]) -> str:
    """Another one as soon as anybody who may see the same would see anything else."""
    entry = view.entry
    return queries.fingerprint(
        session,
        entry.competition.id,
        entry.version.id,
        (view.part, view.seen, view.today, *asked),
        (entry.board_mode, entry.board and entry.board.since),
        entered,
    )


def _is_everybodys(session: Session, view: View, user: User) -> bool:
    """Whether every student without an extension sees this board, and not a search of it."""
    if view.entry.is_staff or not view.wish.is_board:
        return False
    return not view.seen.has_private or extension_of(session, view.entry.competition.id, user.id) is None


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
