"""How the values of columns are written: on pages, in JSON and in CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from app.leaderboard.columns import Column, Kind
from app.rendering import number, percent, score, when

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters at which a spreadsheet takes a cell for a formula."""
Cell = str | int | float | None


def moment(value: Fraction, zone: ZoneInfo) -> datetime:
    """A column's moment, in a time zone."""
    return (_EPOCH + timedelta(microseconds=int(value))).astimezone(zone)


def text(column: Column, value: Fraction, zone: ZoneInfo) -> str:
    """A value as a reader takes it in."""
    match column.kind:
        case Kind.SHARE:
            return percent(float(value))
        case Kind.COUNT:
            return number(int(value))
        case Kind.MOMENT:
            return when(moment(value, zone))
        case Kind.NUMBER:
            return score(float(value))


def plain(column: Column, value: Fraction, zone: ZoneInfo) -> float | int | str:
    """A value for programs: a whole number, a float, or a moment in ISO 8601."""
    if column.kind is Kind.MOMENT:
        return moment(value, zone).isoformat()
    return value.numerator if value.denominator == 1 else float(value)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Cell]], *, mark: str = "\ufeff", end: str = "\r\n") -> str:
    """A table as CSV (RFC 4180), with the mark by which Excel knows UTF-8.

    Text that a spreadsheet would run as a formula is given an apostrophe in front; numbers stay numbers.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator=end)
    writer.writerow([_harmless(cell) for cell in head])
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return mark + sink.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
