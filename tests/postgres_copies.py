"""Copies of a Postgres database that tests use one after the other.

To make a database takes half a second, and to empty one and fill it again a fiftieth of that. A copy whose tables or
triggers a test changed is not used again.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.postgres_server import PostgresServer

KEPT = "kept"
"""The schema in each copy that holds the rows it began with."""
TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'"
OTHERS = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
SHAPE = """
SELECT (SELECT array_agg(oid ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_attribute WHERE attrelid > 16383 AND NOT attisdropped),
       (SELECT count(*) FROM pg_trigger), (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_proc)
"""
_numbers = count(1)


class Copies:
    """Databases with the tables and rows of one that nobody is connected to."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server, self._template = server, f"{template}_kept"
        server.run(f"CREATE DATABASE {self._template} TEMPLATE {template}")
        with create_engine(server.url(self._template), poolclass=NullPool).begin() as connection:
            _keep_rows(connection)
            self._shape = connection.execute(text(SHAPE)).one()
        self._spare: list[str] = []
        self._engines: dict[str, Engine] = {}

    @contextmanager
    def one(self) -> Iterator[str]:
        """The address of a copy that nobody else has meanwhile."""
        name = self._spare.pop() if self._spare else self._make()
        try:
            yield self._server.url(name)
        finally:
            with suppress(OperationalError):  # the server may be gone, and the database with it
                if self._is_as_before(name):
                    self._spare.append(name)
                else:
                    self._engines.pop(name).dispose()
                    self._server.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _make(self) -> str:
        name = f"copy_{next(_numbers)}"
        self._server.run(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        # Its one connection stays, with the plans of what puts rows back: to make those again takes ten times as long.
        self._engines[name] = create_engine(self._server.url(name), pool_size=1, max_overflow=0, pool_pre_ping=True)
        return name

    def close(self) -> None:
        """Lets go of the copies."""
        for engine in self._engines.values():
            engine.dispose()

    def _is_as_before(self, name: str) -> bool:
        """Puts the rows back; False where that cannot be done."""
        try:
            with self._connected(name) as connection:
                connection.execute(text(OTHERS))
                if connection.execute(text(SHAPE)).one() != self._shape:
                    return False
                connection.execute(text(f"SELECT {KEPT}.put_back()"))
        except DBAPIError:
            return False
        return True

    @contextmanager
    def _connected(self, name: str) -> Iterator[Connection]:
        with self._engines[name].begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            yield connection


def _keep_rows(connection: Connection) -> None:
    """Makes the schema with the rows as they are, and the function that puts them back."""
    tables = connection.scalars(text(TABLES)).all()
    filled = [table for table in tables if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})"))]
    steps = ["PERFORM set_config('session_replication_role', 'replica', true)"]
    steps += [f"DELETE FROM public.{table}" for table in tables]
    steps += [f"INSERT INTO public.{table} OVERRIDING SYSTEM VALUE TABLE {KEPT}.{table}" for table in filled]
    for sequence, last in connection.execute(text(SEQUENCES)).all():
        steps.append(f"PERFORM setval('public.{sequence}', {last or 1}, {last is not None})")
    connection.execute(text(f"CREATE SCHEMA {KEPT}"))
    for table in filled:
        connection.execute(text(f"CREATE TABLE {KEPT}.{table} AS TABLE public.{table}"))
    body = ";\n".join(steps)
    connection.execute(
        text(f"CREATE FUNCTION {KEPT}.put_back() RETURNS void LANGUAGE plpgsql AS $$ BEGIN\n{body};\nEND $$")
    )
