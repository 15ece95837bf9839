"""What somebody asks to see of a board, and the marks by which they ask whether it changed."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.competitions.reveal import Reveal
from app.leaderboard.arranging import Wish
from app.leaderboard.service import Board
from app.leaderboard.table import Drawer, Look
from app.rendering import Renderer
from grader.splits import Part


@dataclass(frozen=True, slots=True)
class View:
    """A board as it is asked for. `today`: since when moves up and down are told; `number`: of the page."""

    entry: Entry
    seen: Reveal
    part: Part
    wish: Wish
    number: int
    today: datetime

    @property
    def named(self) -> str | None:
        """The part in addresses and heads; None: there is but one board."""
        return self.part.value if self.seen.has_private else None

    def look(self, renderer: Renderer, session: Session, content: Board) -> Look:
        """The part of the page that is asked for every so often."""
        return Drawer(renderer, session, self.entry, self.today, self.named).look(content, self.wish, self.number)


def etag_of(board: str, user_id: int, name: str, *, is_staff: bool = False) -> str:
    """The weak ETag of a board for one person; `board` is the fingerprint of what all of them see."""
    mine = hashlib.sha256(repr((user_id, name, is_staff)).encode()).hexdigest()[:12]
    return f'W/"{board}.{mine}"'


def headers_of(etag: str) -> dict[str, str]:
    """What every answer about a board says."""
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Cookie, Authorization, HX-Request"}
