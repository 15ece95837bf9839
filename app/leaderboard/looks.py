"""What students see alike of a board, kept for a moment.

While a queue drains, hundreds of open pages look every few seconds at a board that changes every second.
"""

from dataclasses import dataclass
from threading import Lock

from starlette.requests import Request

from app.clock import MonotonicClock
from app.leaderboard.readers import Shown
from app.leaderboard.service import Facts
from app.leaderboard.view import View

KEPT_SECONDS = 4.0
"""How old it may be; the next look then reads it anew."""
MEANWHILE_SECONDS = 1.0
"""For so long all other looks are answered with it while that one reads."""
MOST = 256
"""Boards and pages of boards that are kept; the ones read longest ago go first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A board as students without an extension see it; `fingerprint` is another one as soon as it is."""

    view: View
    facts: Facts
    fingerprint: str
    shown: Shown


@dataclass(slots=True)
class _Entry:
    """What is kept of a board since a moment; `is_renewed`: somebody reads it anew."""

    kept: Kept
    at: float
    is_renewed: bool = False


class Looks:
    """What was read in the last seconds, by competition and query."""

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[tuple[str, str], _Entry] = {}

    def keep(self, slug: str, query: str, kept: Kept) -> None:
        """Keeps what was just read."""
        with self._lock:
            self._kept.pop((slug, query), None)
            self._kept[slug, query] = _Entry(kept, self._clock())
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]

    def find(self, slug: str, query: str) -> Kept | None:
        """What was read a moment ago."""
        with self._lock:
            entry = self._kept.get((slug, query))
            return entry.kept if entry and self._clock() - entry.at < KEPT_SECONDS + MEANWHILE_SECONDS else None

    def must_renew(self, slug: str, query: str) -> bool:
        """Whether it falls to the one who asks to read it anew: to the first who may keep it for the others."""
        with self._lock:
            entry = self._kept.get((slug, query))
            if entry is None or entry.is_renewed or self._clock() - entry.at < KEPT_SECONDS:
                return False
            entry.is_renewed = True
            return True


def query_of(request: Request) -> str:
    """The query as it was sent."""
    sent: bytes = request.scope["query_string"]
    return sent.decode("latin-1")
