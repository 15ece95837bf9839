"""Time as the service uses it: the database's clock for everything that is stored or compared."""

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.columns import db_now

__all__ = ["DAY", "MonotonicClock", "day", "db_now", "read_clock"]

DAY = timedelta(days=1)


class MonotonicClock(Protocol):
    """Something like `time.monotonic`: seconds that never go back."""

    def __call__(self) -> float:
        """Seconds since some fixed moment."""


_NOW = select(db_now())


def read_clock(session: Session) -> datetime:
    """The database's time now, aware, in UTC (microseconds on Postgres, milliseconds on SQLite)."""
    return session.execute(_NOW).scalar_one()


def day(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of today in a time zone and that of tomorrow. A day of a clock change has 23 or 25 hours."""
    today = now.astimezone(zone).date()
    first, next_first = (datetime.combine(date, time(), zone).astimezone(UTC) for date in (today, today + DAY))
    return first, next_first
