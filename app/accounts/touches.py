"""When sessions and tokens were used last, written down for many at a time: no request waits for a write of its own."""

from contextlib import suppress
from threading import Lock

from app.accounts import queries
from app.clock import MonotonicClock
from app.database import Database
from app.engines import AWAY

PAUSE_SECONDS = 1.0
"""At least, between two writes."""


class Touches:
    """What is to be written down. Close it at the end of the process."""

    def __init__(self, database: Database, clock: MonotonicClock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._sessions: set[int] = set()
        self._tokens: set[int] = set()
        self._next = clock()

    def session(self, session_id: int) -> None:
        """Notes that a session was seen."""
        self._sessions.add(session_id)
        self._write_in_turn()

    def token(self, token_id: int) -> None:
        """Notes that an API token was used."""
        self._tokens.add(token_id)
        self._write_in_turn()

    def close(self) -> None:
        """Writes what is left, if the database is there."""
        if self._sessions or self._tokens:
            with suppress(*AWAY):
                self._write()

    def _write_in_turn(self) -> None:
        with self._lock:
            if self._clock() < self._next:
                return
            self._next = self._clock() + PAUSE_SECONDS
        self._write()

    def _write(self) -> None:
        """Writes all of it, or keeps it where somebody else is writing."""
        sessions, tokens = set(self._sessions), set(self._tokens)
        if self._database.try_write(lambda writer: queries.touch(writer, sessions, tokens)):
            self._sessions -= sessions
            self._tokens -= tokens
