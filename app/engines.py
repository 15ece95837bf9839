"""SQLAlchemy engines for SQLite and Postgres: one that reads, one that writes, one that migrates."""

from pathlib import Path
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

BUSY_TIMEOUT_MILLISECONDS = 30_000
"""How long SQLite waits for another process's write to end."""
READ_CONNECTIONS = 60
"""As many as the web server has threads for pages, and those of `app/threads.py`: nobody waits for a connection."""
POSTGRES_CONNECTIONS = 10
"""Connections that each pool of a process keeps; it makes as many more where all are in use. Postgres allows 100 in all by default."""

POSTGRES_LIMITS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""After 15 to 25 s a server that lost its power, or a way that drops everything, is told from one that takes its time; by
default a thread hangs for a quarter of an hour. The last in milliseconds, the others in seconds; libpq's own names."""
HASTY_MILLISECONDS = 100
"""How long a write that may as well not happen waits for a row on Postgres."""
POSTGRES_LOCK_NOT_AVAILABLE = "55P03"
"""SQLSTATE of a lock that was not free in time."""
POSTGRES_QUERY_CANCELED = "57014"
"""SQLSTATE of a statement that ran for longer than it may."""


class UnsupportedDatabase(ValueError):
    """The database's URL names something that the service does not run on."""


def checked_url(database_url: str) -> URL:
    """The parsed URL. Raises UnsupportedDatabase unless it is a SQLite file or Postgres through psycopg."""
    url = make_url(database_url)
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise UnsupportedDatabase(f"the database URL begins with {url.drivername}; use sqlite or postgresql+psycopg")
    if sqlite_path(url) == Path():
        raise UnsupportedDatabase("a SQLite database in memory cannot be shared by web and worker; name a file")
    return url


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite database, an empty path for one in memory, None for Postgres."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path() if url.database in (None, "", ":memory:") else Path(str(url.database))


def read_engine(url: URL) -> Engine:
    """An engine whose connections cannot write and whose transactions see one moment."""
    if url.get_backend_name() == "postgresql":
        return create_engine(
            url,
            connect_args=_limits(url),
            pool_pre_ping=True,
            pool_size=POSTGRES_CONNECTIONS,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )
    engine = create_engine(url, pool_size=READ_CONNECTIONS, max_overflow=0)
    return _sqlite(engine, begin="BEGIN", pragmas=("foreign_keys = ON", "query_only = ON"))


def write_engine(url: URL) -> Engine:
    """An engine whose transactions may write.

    On SQLite each one is BEGIN IMMEDIATE: a transaction that reads first and writes later would otherwise fail with
    "database is locked" as soon as another one wrote between. One connection is enough, since SQLite has one writer at
    a time, and the pool lets threads wait in order instead of polling.
    """
    if url.get_backend_name() == "postgresql":
        return create_engine(url, connect_args=_limits(url), pool_pre_ping=True, pool_size=POSTGRES_CONNECTIONS)
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=BUSY_TIMEOUT_MILLISECONDS / 1000)
    # FULL: a submission that was answered with 202 survives a power cut; NORMAL may lose the last commits.
    pragmas = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
    return _sqlite(engine, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def hasty_engine(url: URL) -> Engine:
    """An engine that writes at once or raises: it waits for nobody's write (Postgres: 0.1 s for a row)."""
    if url.get_backend_name() == "postgresql":
        hasty = {"options": f"-c lock_timeout={HASTY_MILLISECONDS}"}
        return create_engine(url, poolclass=NullPool, connect_args=_limits(url) | hasty)
    engine = create_engine(url, poolclass=NullPool)
    pragmas = ("busy_timeout = 0", "synchronous = FULL", "foreign_keys = ON")
    return _sqlite(engine, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def is_busy(error: OperationalError) -> bool:
    """True where the statement failed because somebody else was writing."""
    cause = error.orig
    sqlite_busy = getattr(cause, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY  # the low byte is the primary code
    return sqlite_busy or getattr(cause, "sqlstate", None) == POSTGRES_LOCK_NOT_AVAILABLE


AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised while the database is gone, full or locked for too long. It may be there again in a moment."""


def is_out_of_time(error: OperationalError) -> bool:
    """True where Postgres ended a statement that ran for longer than it may."""
    return getattr(error.orig, "sqlstate", None) == POSTGRES_QUERY_CANCELED


def migration_engine(url: URL) -> Engine:
    """An engine for migrations.

    SQLite changes a table by copying it into a new one and dropping the old; with foreign keys on, that drop would
    delete every row that refers to it by ON DELETE CASCADE, without an error.
    """
    if url.get_backend_name() == "postgresql":
        return create_engine(url, poolclass=NullPool, connect_args=_limits(url))
    engine = create_engine(url, poolclass=NullPool)
    pragmas = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = OFF")
    return _sqlite(engine, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def _limits(url: URL) -> dict[str, Any]:
    """How long a connection to Postgres may be silent, as far as the address does not say so itself."""
    return {name: value for name, value in POSTGRES_LIMITS.items() if name not in url.query}


def _sqlite(engine: Engine, *, begin: str, pragmas: tuple[str, ...]) -> Engine:
    """The engine, with its transactions begun by our own statement and the PRAGMAs set on each new connection."""

    def on_connect(connection: SqliteConnection, _record: object) -> None:
        # The driver would begin transactions by itself, deferred, and commit before some statements.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
