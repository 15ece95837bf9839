"""The database as the service sees it: sessions that read, sessions that write, and its clock."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy import Select, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from app.clock import read_clock
from app.engines import checked_url, hasty_engine, is_busy, read_engine, write_engine
from app.schema import migrate, pending

__all__ = ["Database", "migrate", "pending"]


PAGE_WRITES = 20
"""Half of the web server's threads may wait to write."""


class Database:
    """Pools of connections to one database. Close it at the end of the process.

    `before_commit` is given each session of `write` that is about to be committed, to add what belongs to it.
    Objects stay readable after their session ended; what was not loaded by then raises.
    """

    def __init__(self, database_url: str, before_commit: Callable[[Session], None] | None = None) -> None:
        self.url = checked_url(database_url)
        self._reader = read_engine(self.url)
        self._writer = write_engine(self.url)
        self._hasty = hasty_engine(self.url)
        self._page_writes = BoundedSemaphore(PAGE_WRITES)
        self._read_sessions = sessionmaker(self._reader, expire_on_commit=False, autoflush=False)
        self._write_sessions = sessionmaker(self._writer, expire_on_commit=False)
        if before_commit is not None:
            event.listen(self._write_sessions, "before_commit", before_commit)
        self._hasty_sessions = sessionmaker(self._hasty, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment of the database, never waits for a writer, and cannot write."""
        with self._read_sessions() as session:
            yield session

    def first(self, statement: Select[Any], of: Mapping[str, Any] | None = None) -> Any | None:
        """The first row of a statement that reads, None without one; for what is asked all the time, half the price of a session."""
        with self._reader.connect() as connection:
            return connection.execute(statement, of).first()

    def finds(self, statement: Select[Any]) -> bool:
        """Whether there is a row for a statement that reads."""
        return self.first(statement) is not None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that is committed at the end and rolled back where the block raises.

        On SQLite its first statement takes the one write lock: keep the block short, and hash, read files and wait
        outside of it. Do not open one inside another. On Postgres others write meanwhile: what decides by a row that it
        read locks that row by `with_for_update()`, which SQLite needs not and leaves out.
        """
        with self._write_sessions.begin() as session:
            yield session

    @contextmanager
    def write_for_page(self) -> Iterator[Session]:
        """A session as `write` gives it, for a request that holds one of the threads that pages need.

        While the database lets nobody write, so many of them wait. The next one raises SQLAlchemy's TimeoutError at once, so that the
        threads that are left still show pages.
        """
        if not self._page_writes.acquire(blocking=False):
            raise PoolTimeoutError(f"{PAGE_WRITES} requests wait to write already")
        try:
            with self.write() as session:
                yield session
        finally:
            self._page_writes.release()

    def try_write(self, work: Callable[[Session], object]) -> bool:
        """Do a write that may as well not happen; False where somebody else was writing and nothing was done.

        For what a page notes in passing, such as when a session was last seen: no page may wait for a writer.
        """
        try:
            with self._hasty_sessions.begin() as session:
                work(session)
        except OperationalError as error:
            if not is_busy(error):
                raise
            return False
        return True

    def now(self) -> datetime:
        """The database's time now, aware, in UTC."""
        with self.read() as session:
            return read_clock(session)

    def close(self) -> None:
        """Close all connections."""
        self._reader.dispose()
        self._writer.dispose()
        self._hasty.dispose()
