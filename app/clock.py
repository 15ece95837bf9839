"""Time as the service uses it: the database's clock for everything that is stored or compared."""

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.columns import db_now

__all__ = ["MonotonicClock", "db_now", "read_clock"]


class MonotonicClock(Protocol):
    """Something like `time.monotonic`: seconds that never go back."""

    def __call__(self) -> float:
        """Seconds since some fixed moment."""


_NOW = select(db_now())


def read_clock(session: Session) -> datetime:
    """The database's time now, aware, in UTC (microseconds on Postgres, milliseconds on SQLite)."""
    return session.execute(_NOW).scalar_one()
