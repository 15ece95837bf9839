"""The column types and the SQL expression that all tables share, equal on SQLite and Postgres."""

import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Dialect, Enum, Float, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

SHA256_HEX_LENGTH = 64
"""Characters of a SHA-256 in hexadecimal."""
ENUM_LENGTH = 16
"""Characters that a value of any of our vocabularies may have."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC with microseconds.

    Postgres keeps it as `timestamptz`, SQLite as the text `2026-11-21 09:00:00.000000`, which sorts as time does.
    Binding a naive datetime raises ValueError: nobody can tell which hour it means.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The dialect's own type: with a time zone where the database knows one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC, without its zone for SQLite."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; pass an aware datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Email(TypeDecorator[str]):
    """An e-mail address, trimmed and casefolded both where it is stored and where it is compared."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The folded address."""
        return None if value is None else fold_email(value)


def fold_email(address: str) -> str:
    """The one spelling of an address under which it is stored, compared and counted."""
    return unicodedata.normalize("NFC", address.strip().casefold())


def vocabulary(kind: type[StrEnum], name: str) -> Enum:
    """A string column that holds the values of an enum; the CHECK constraint gets `name`, normally the column's."""
    return Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=ENUM_LENGTH,
        values_callable=lambda members: [member.value for member in members],
    )


class db_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function that it is
    """The database's own clock, `shift` later, as an expression of type UtcDateTime.

    One clock for all processes, so that hosts whose clocks differ agree on who is late and which worker is dead.
    Microseconds on Postgres (`clock_timestamp()`, which moves on within a transaction), milliseconds on SQLite.
    """

    type = UtcDateTime()
    name = "db_now"
    inherit_cache = True

    def __init__(self, shift: timedelta = timedelta()) -> None:
        super().__init__(literal(shift.total_seconds(), Float()))


@compiles(db_now, "sqlite")
def _now_on_sqlite(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    # The three zeros give the text the width of a stored moment: shorter text would sort before an equal moment.
    shift = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {shift} || ' seconds') || '000')"


@compiles(db_now, "postgresql")
def _now_on_postgres(element: db_now, compiler: SQLCompiler, **options: Any) -> str:
    shift = compiler.process(element.clauses, **options)
    return f"(clock_timestamp() + make_interval(secs => {shift}))"


class unindexed(FunctionElement[Any]):  # noqa: N801 - reads as the SQL operator that it is
    """A column in a condition for which SQLite is to take no index.

    Nobody tells it how many rows share a value (Postgres finds out by itself), so it takes every index for a way to few: to
    all scored gradings for one entrant's, and to all submissions of a competition for one person's.
    """

    name = "unindexed"
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(unindexed, "sqlite")
def _with_plus(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
