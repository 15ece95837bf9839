"""All rows of a database as lines of JSON, the same for SQLite and Postgres.

Each table begins with a line that names it and its columns; each row is a list of values. The same rows give the same
bytes on either database, so that two of them are compared by a digest.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Table, select

from models import Base, Standing, StandingBook, StandingMark

COMPUTED = {each.__tablename__ for each in (Standing, StandingBook, StandingMark)}
AT_ONCE = 500
"""Rows that are held in memory at a time."""
NUL = "\0"
"""A character that SQLite keeps and Postgres refuses; it is in no text that anybody typed."""


def tables() -> Sequence[Table]:
    """All tables, each behind those that it refers to; without those that are computed from the others."""
    return [table for table in Base.metadata.sorted_tables if table.name not in COMPUTED]


def dump(connection: Connection, count: Callable[[str, int], None]) -> Iterator[bytes]:
    """The lines of all tables, rows by number; `count` is told how many rows each table had."""
    for table in tables():
        yield _line({"table": table.name, "columns": [column.name for column in table.columns]})
        number = 0
        wanted = table.select().order_by(*table.primary_key.columns)
        with connection.execute(wanted, execution_options={"yield_per": AT_ONCE}) as rows:
            for row in rows:
                yield _line([_plain(value) for value in row])
                number += 1
        count(table.name, number)


def is_empty(connection: Connection) -> bool:
    """True where no table has a row."""
    return not any(connection.execute(select(1).select_from(table).limit(1)).first() for table in tables())


def _line(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, Enum):
        return value.value
    return value.replace(NUL, "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
