"""SQLAlchemy's dialects for tests: one of each kind for the whole session, with what it compiled.

A service has one engine for all its life, and compiles each statement once. Tests make an engine for each database, and
would compile the same statements thousands of times.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

STATEMENTS = 2000
"""As many are kept for each dialect; those of all routes are fewer."""


class Once(type):
    """A class that makes one object for each set of arguments."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        cls.made: dict[str, Any] = {}

    def __call__(cls, **options: Any) -> Any:
        kind = repr(sorted(options.items()))
        if kind not in cls.made:
            cls.made[kind] = super().__call__(**options)
            cls.made[kind].statements = LRUCache(STATEMENTS)
        return cls.made[kind]


class Sqlite(SQLiteDialect_pysqlite, metaclass=Once):
    """SQLite's, whose engines share what was compiled."""

    supports_statement_cache = True

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Gives an engine what others of its kind have compiled."""
        dialect: Any = engine.dialect
        engine.update_execution_options(compiled_cache=dialect.statements)


class Postgres(PGDialect_psycopg, metaclass=Once):
    """Postgres' by psycopg, whose engines share what was compiled."""

    supports_statement_cache = True
    engine_created = Sqlite.__dict__["engine_created"]


def share_compiled_statements() -> None:
    """Makes engines from now on use these dialects."""
    registry.register("sqlite", __name__, "Sqlite")
    registry.register("postgresql.psycopg", __name__, "Postgres")
