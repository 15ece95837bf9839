"""A CSV file as rows of text, however a spreadsheet or a gradebook wrote it."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import Unprocessable

MAX_ROWS = 5_000
"""Lines of one roster; the largest courses have some 2,000."""
MAX_COLUMNS = 500
"""A gradebook has a column for each assignment."""
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Table:
    """The header and the lines below it, each as wide as the header, with the number of the line in the file."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def decode(content: bytes) -> str:
    """The text of a file. Raises AppError 422 unless it is UTF-8, or UTF-16 as a spreadsheet's "Unicode text" is."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        detail = f"The file is not UTF-8: byte {error.start} does not belong there. Save it as `CSV UTF-8` and send it again."
        raise Unprocessable("roster-encoding", detail) from error
    if "\x00" in text:
        raise Unprocessable("roster-encoding", "The file holds a zero byte, so it is no CSV. Save it as `CSV UTF-8`.")
    return text


def read(text: str) -> Table:
    """The table in a CSV text; empty lines are passed over. Raises AppError 422."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader]
    except csv.Error as error:
        detail = (
            f"Line {reader.line_num} cannot be read as CSV: {error}. Save the file as `CSV UTF-8` and send it again."
        )
        raise Unprocessable("roster-form", detail) from error
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if not lines:
        raise Unprocessable("roster-form", "The file is empty. It needs a line of headers and a line for each person.")
    header = tuple(lines[0][1])
    _check_size(header, len(lines) - 1)
    width = len(header)
    return Table(header, tuple((number, _fitted(cells, width)) for number, cells in lines[1:]))


def _check_size(header: Sequence[str], rows: int) -> None:
    if rows > MAX_ROWS:
        raise Unprocessable(
            "roster-form", f"The file has {rows:,} lines below its headers; at most {MAX_ROWS:,} are taken."
        )
    if len(header) > MAX_COLUMNS:
        raise Unprocessable("roster-form", f"The file has {len(header):,} columns; at most {MAX_COLUMNS} are taken.")


def _fitted(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(cells[:width]) + ("",) * (width - len(cells))


def _delimiter(text: str) -> str:
    """What separates the headers; a comma where nothing does."""
    first = text.lstrip().partition("\n")[0]
    return max(_DELIMITERS, key=first.count)
