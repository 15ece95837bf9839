"""The changing part of the board's page as HTML: drawn once for all who see the same, with the reader's own put in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.leaderboard.arranging import Wish, arranged, credit_line, heads, own_place
from app.leaderboard.past import moves
from app.leaderboard.service import Board, Row, rule_of
from app.paging import Page, page_of, page_with
from app.rendering import Renderer

LOOKED_AT = "includes/board.html"
TABLES = "includes/tables.html"
ROWS_REMEMBERED = 4_096
"""Of all boards of a process; some 700 letters each."""
_STANDING = Markup("<!-- standing -->")
_ROWS_END = b"</tbody>"


@dataclass(frozen=True, slots=True)
class Look:
    """What changes of a board's page, the page of the table that it shows, and the number of that with the reader's row."""

    content: bytes
    """HTML, in UTF-8 as it is sent: there are a hundred rows, and hundreds who look."""
    shown: Page
    own_page: int | None

    @property
    def html(self) -> Markup:
        """The same, for a page around it."""
        return Markup(self.content.decode())  # noqa: S704 - templates of ours, which escape


class _Drawn(NamedTuple):
    """That for nobody in particular, above and below what a reader is told of their own standing."""

    above: bytes
    below: bytes


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws boards for one reader. `today`: since when moves up and down are told; `part`: None, there is but one."""

    renderer: Renderer
    session: Session
    entry: Entry
    today: datetime
    part: str | None

    def look(self, content: Board, wish: Wish, number: int) -> Look:
        """A page of the board as it is wanted.

        The board itself is drawn once until it changes. What is searched and sorted is drawn for each, since there is no
        end to what may be wanted.
        """
        wanted = arranged(content.rows, wish)
        shown, own_page = page_of(len(wanted), number), page_with(own_place(wanted, content, wish))
        if wish.is_board:
            seen = (self.entry.version.id, self.entry.is_staff, str(self.entry.zone), self.today, self.part)
            key = ("look", *seen, shown.number, tuple(content.baselines))
            drawn: _Drawn = content.standings.once(key, lambda: self._drawn(content, wish, wanted, shown))
        else:
            drawn = self._drawn(content, wish, wanted, shown)
        standing = self._macro("standing")(content, self.entry.is_staff).encode()
        below = self._marked(drawn.below, content, own_page == shown.number) if own_page else [drawn.below]
        return Look(b"".join((drawn.above, standing, *below)), shown, own_page)

    def _drawn(self, content: Board, wish: Wish, wanted: Sequence[Row], shown: Page) -> _Drawn:
        """The part for nobody in particular."""
        rules = self.entry.definition.grading.grading
        rows = [replace(row, is_own=False) for row in shown.of(wanted)]
        here, asked, page_at = addresses(self.entry, wish, self.part)
        again = asked | ({"page": str(shown.number)} if shown.number > 1 else {})
        context = {
            "standing": _STANDING,
            "board": content,
            "rows": rows,
            "rule": rule_of(self.entry),
            "rules": rules,
            "top": self._top,
            "is_staff": self.entry.is_staff,
            "heads": heads(wish, self.part),
            "moves": self._moves(content, rows),
            "line": credit_line(rules.full_credit, content.standings.ladder),
            "wish": wish,
            "shown": shown,
            "rest": self._rest,
            "here": here,
            "address": f"{here}?{urlencode(again)}" if again else here,
            "page_at": page_at,
        }
        above, _, below = self.renderer.text(LOOKED_AT, context).encode().partition(_STANDING.encode())
        return _Drawn(above, below)

    def _marked(self, table: bytes, content: Board, is_here: bool) -> list[bytes | memoryview]:
        """The pieces of the table with the reader's own row marked where it stands, or below where it stands on another page."""
        own = content.own
        if own is None:
            return [table]
        told = self._moves(content, [own])
        draw = self._macro("board_row")
        marked = draw(own, self._top, self.entry.is_staff, told)
        if is_here:
            unmarked = draw(replace(own, is_own=False), self._top, self.entry.is_staff, told, self._rest)
            return _with(table, unmarked.encode(), marked.encode())
        return _with(table, _ROWS_END, (self._macro("left_out")() + marked).encode() + _ROWS_END)

    def _rest(self, row: Row, top: int, is_staff: bool) -> Markup:
        return _rest(self._macro("board_rest"), replace(row, rank=None), top, is_staff, str(self.entry.zone))

    def _moves(self, content: Board, rows: list[Row]) -> Mapping[str, int]:
        return moves(self.session, self.entry, content, rows, self.today)

    def _macro(self, name: str) -> Callable[..., Markup]:
        return self.renderer.macro(TABLES, name)

    @property
    def _top(self) -> int:
        return self.entry.definition.course.board.top


def _with(text: bytes, old: bytes, new: bytes) -> list[bytes | memoryview]:
    """The pieces of a text with its first piece of such a kind replaced; the text as it is where there is none."""
    at = text.find(old)
    if at < 0:
        return [text]
    whole = memoryview(text)
    return [whole[:at], new, whole[at + len(old) :]]


def addresses(entry: Entry, wish: Wish, part: str | None) -> tuple[str, dict[str, str], str]:
    """The address of a competition's board, its query as it is wanted, and the address of its pages but for their number."""
    here, asked = f"/competitions/{entry.competition.slug}/leaderboard", wish.asked(part)
    return here, asked, f"{here}?{urlencode({**asked, 'page': ''})}"


@lru_cache(ROWS_REMEMBERED)
def _rest(draw: Callable[..., Markup], row: Row, top: int, is_staff: bool, _zone: str) -> Markup:
    """A row of nobody's behind its rank: a new score moves many rows, and changes nothing else of them.

    Moments are equal in every time zone, but not drawn alike.
    """
    return draw(row, top, is_staff)
