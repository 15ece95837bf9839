"""Lists for people, programs and spreadsheets."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

Row = Mapping[str, Any]


class Format(StrEnum):
    """How a command tells what it found."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def told(rows: Sequence[Row], form: Format, whole: Any, empty: str) -> str:
    """The rows as a table or CSV, or `whole` as JSON; `empty` is said in a table's place."""
    if form is Format.JSON:
        return json.dumps(whole, indent=2, ensure_ascii=False)
    if form is Format.CSV:
        return _csv(rows)
    return _table(rows) if rows else empty


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _table(rows: Sequence[Row]) -> str:
    names = list(rows[0])
    head = [names] if any(name.strip() for name in names) else []
    cells = [*head, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    right = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def moment(text: str | None) -> str | None:
    """A moment of the server's in one's own time zone, to the minute."""
    if text is None:
        return None
    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
