"""Another time for the whole service: its clock is the database's, and this shifts what the database answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event

_SQLITE = re.compile(r"strftime\('%Y-%m-%d %H:%M:%f', 'now',")
_POSTGRES = re.compile(r"clock_timestamp\(\)")


class Clock:
    """How far the service's time is from that of the machine. It goes on from wherever it was set."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def travel_to(self, moment: datetime) -> None:
        """Sets the service's time."""
        assert moment.tzinfo is not None
        self.shift = moment - datetime.now(UTC)

    def rewrite(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> tuple[str, Any]:
        """A statement that is about to run, with its clock shifted."""
        seconds = f"{self.shift.total_seconds():+.6f} seconds"
        statement = _SQLITE.sub(f"strftime('%Y-%m-%d %H:%M:%f', 'now', '{seconds}',", statement)
        # psycopg reads a statement with parameters, but nothing here looks like a place for one.
        return _POSTGRES.sub(f"(clock_timestamp() + interval '{seconds}')", statement), parameters


@contextmanager
def time_travel() -> Iterator[Clock]:
    """A clock that can be set, for every database of this process until the block ends."""
    clock = Clock()
    event.listen(Engine, "before_cursor_execute", clock.rewrite, retval=True)
    try:
        yield clock
    finally:
        event.remove(Engine, "before_cursor_execute", clock.rewrite)
