"""The databases that tests run on: a SQLite file, or a database of a real Postgres server.

A test that asks for the fixture `backend`, directly or through another one such as `world`, runs on both. What only
one of them has is marked: `@pytest.mark.only_on("sqlite", reason="PRAGMAs are SQLite's")`.
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from app.engines import sqlite_path
from app.schema import migrate
from models import Base
from tests.postgres_copies import Copies
from tests.postgres_server import PostgresServer

SQLITE, POSTGRES = "sqlite", "postgres"
FILE = "secateur.sqlite"
DEADLOCK = "40P01"
T = TypeVar("T")


class Backend(ABC):
    """A kind of database. What is made once, such as a migrated template, lasts until it is closed."""

    name: ClassVar[str]

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._lasting = ExitStack()
        self._made: dict[str, Any] = {}

    @abstractmethod
    def empty(self, folder: Path) -> AbstractContextManager[str]:
        """The address of a new database without tables; a file lies in that folder."""

    @abstractmethod
    def copied(self, url: str, folder: Path) -> AbstractContextManager[str]:
        """The address of a copy of a database to which nobody is connected."""

    @abstractmethod
    def locked(self, url: str) -> AbstractContextManager[None]:
        """Nobody else can write meanwhile, and everybody can read."""

    def refusing(self, url: str) -> AbstractContextManager[None]:
        """Nobody is let in meanwhile, and whoever was is thrown out; a file can only be locked."""
        return self.locked(url)

    @abstractmethod
    def ruin(self, url: str) -> None:
        """Makes a database unusable."""

    def once(self, what: str, make: Callable[[Path, str], T]) -> T:
        """What `make` returns, made at the first asking from a folder of its own and the address of an empty database."""
        if what not in self._made:
            folder = self._scratch / what
            folder.mkdir(parents=True)
            self._made[what] = make(folder, self._lasting.enter_context(self.empty(folder)))
        made: T = self._made[what]
        return made

    def migrated(self) -> str:
        """The address of a database with this release's tables and no rows, to be copied."""

        def make(folder: Path, url: str) -> str:
            migrate(url)
            return url

        return self.once("migrated", make)

    def close(self) -> None:
        """Ends what was made once."""
        self._lasting.close()


class Sqlite(Backend):
    """Files."""

    name = SQLITE

    @contextmanager
    def empty(self, folder: Path) -> Iterator[str]:
        yield f"sqlite:///{folder / FILE}"

    @contextmanager
    def copied(self, url: str, folder: Path) -> Iterator[str]:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_file(url), folder / FILE)
        yield f"sqlite:///{folder / FILE}"

    @contextmanager
    def locked(self, url: str) -> Iterator[None]:
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            yield
            connection.execute(text("ROLLBACK"))

    def ruin(self, url: str) -> None:
        _file(url).write_bytes(b"this is no database" * 1000)


class Postgres(Backend):
    """Databases of one server, which is started when the first is needed."""

    name = POSTGRES

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self._numbers = count(1)
        self._server: PostgresServer | None = None
        self._copies: dict[str, Copies] = {}

    @property
    def server(self) -> PostgresServer:
        """The server, running."""
        if self._server is None:
            self._server = self._lasting.enter_context(PostgresServer())
        return self._server

    def empty(self, folder: Path) -> AbstractContextManager[str]:
        return self._new()

    def copied(self, url: str, folder: Path) -> AbstractContextManager[str]:
        folder.mkdir(parents=True, exist_ok=True)
        if url not in self._copies:
            self._copies[url] = Copies(self.server, str(make_url(url).database))
            self._lasting.callback(self._copies[url].close)
        return self._copies[url].one()

    @contextmanager
    def _new(self) -> Iterator[str]:
        server, name = self.server, f"test_{next(self._numbers)}"
        server.run(f"CREATE DATABASE {name}")
        try:
            yield server.url(name)
        finally:
            with suppress(OperationalError):  # the server may be gone, and the database with it
                server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def locked(self, url: str) -> Iterator[None]:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            while not _lock_all(connection):
                connection.rollback()
            yield
            connection.rollback()

    @contextmanager
    def refusing(self, url: str) -> Iterator[None]:
        name = make_url(url).database
        self.server.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
        try:
            self.server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            yield
        finally:
            self.server.run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")

    def ruin(self, url: str) -> None:
        self.server.run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def _lock_all(connection: Connection) -> bool:
    """Locks table after table; False where somebody who writes had locked them in another order."""
    try:
        connection.execute(text(f"LOCK TABLE {', '.join(Base.metadata.tables)} IN EXCLUSIVE MODE"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != DEADLOCK:
            raise
        return False
    return True


KINDS: dict[str, type[Backend]] = {SQLITE: Sqlite, POSTGRES: Postgres}


def _file(url: str) -> Path:
    path = sqlite_path(make_url(url))
    assert path is not None
    return path
