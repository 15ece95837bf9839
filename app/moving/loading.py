"""Rows of a backup on their way into empty tables."""

import json
from base64 import b64decode
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, bindparam, func, insert, select, text, update
from sqlalchemy import Enum as Vocabulary
from sqlalchemy.sql.schema import Column

from app.moving.errors import Damaged
from app.moving.rows import AT_ONCE, tables
from models.columns import UtcDateTime


def load(connection: Connection, lines: Iterable[bytes]) -> None:
    """Writes the rows of a dump into empty tables. Raises Damaged where they are not those of this release."""
    loader = _Loader(connection)
    for line in lines:
        content = json.loads(line)
        if isinstance(content, dict):
            loader.begin(content)
        else:
            loader.add(content)
    loader.end()


class _Loader:
    """One load: the table that is being filled, and the rows that are not written yet."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known = {table.name: table for table in tables()}
        self._table: Table | None = None
        self._rows: list[dict[str, Any]] = []
        self._later: list[tuple[Table, str, int, Any]] = []
        """What rows refer to in their own table: it may be a later row."""

    def begin(self, head: dict[str, Any]) -> None:
        """Goes on to another table."""
        self._write()
        table = self._known.get(str(head.get("table")))
        if table is None or head.get("columns") != [column.name for column in table.columns]:
            raise Damaged(f"the table {head.get('table')!r} is another one in this release")
        self._table = table

    def add(self, values: Sequence[Any]) -> None:
        """Takes a row."""
        if self._table is None or len(values) != len(self._table.columns):
            raise Damaged("a row does not fit the table that it stands under")
        pairs = zip(self._table.columns, values, strict=True)
        self._rows.append({column.name: _value(column, value) for column, value in pairs})
        if len(self._rows) >= AT_ONCE:
            self._write()

    def end(self) -> None:
        """Writes what is left, and has the database count on from the highest numbers."""
        self._write()
        for table, name, number, value in self._later:
            changed = update(table).where(table.c.id == bindparam("row")).values({name: bindparam("refers")})
            self._connection.execute(changed, {"row": number, "refers": value})
        if self._connection.dialect.name == "postgresql":
            for table in tables():
                _count_on(self._connection, table)
        elif broken := self._connection.execute(text("PRAGMA foreign_key_check")).first():
            raise Damaged(f"a row of {broken[0]!r} refers to one of {broken[2]!r} that is not there")

    def _write(self) -> None:
        if self._table is None or not self._rows:
            return
        own = [
            column.name
            for column in self._table.columns
            if any(key.column.table is self._table for key in column.foreign_keys)
        ]
        for name in own:
            self._later += [(self._table, name, row["id"], row[name]) for row in self._rows if row[name] is not None]
        self._connection.execute(insert(self._table), [row | dict.fromkeys(own) for row in self._rows])
        self._rows.clear()


def _count_on(connection: Connection, table: Table) -> None:
    """Has Postgres give the next row a number of its own; SQLite goes by the highest there is."""
    highest = select(func.max(table.c.id)).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, "id")
    connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))


def _value(column: Column[Any], value: Any) -> Any:
    """A value as the column takes it."""
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return b64decode(value)
    if isinstance(column.type, Vocabulary) and column.type.enum_class is not None:
        return column.type.enum_class(value)
    return value
