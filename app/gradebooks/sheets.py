"""A CSV file of another program, of which some cells are changed and every other byte stays as it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import Unprocessable

BOM = b"\xef\xbb\xbf"
MAX_ROWS = 20_000
DELIMITERS = (b",", b";", b"\t")
HEAD_BYTES = 64 << 10
"""In which the first row ends: a thousand columns."""
_QUOTED = re.compile(rb'"(?:[^"]|"")*"')
Place = tuple[int, int]
"""Row and column, from 0."""


@dataclass(frozen=True, slots=True)
class Row:
    """The raw cells of a row, and the bytes that end it; none at the end of a file without a last line end."""

    cells: Sequence[bytes]
    end: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """The file in pieces that, put together, are the file again."""

    mark: bytes
    delimiter: bytes
    rows: Sequence[Row]

    def text(self, row: int, column: int) -> str:
        """What a cell says; an empty text where the row is shorter."""
        cells = self.rows[row].cells
        return _value(cells[column]) if column < len(cells) else ""

    def with_cells(self, changes: Mapping[Place, str]) -> bytes:
        """The file with other texts in some cells; one that stood in quotes does so again."""
        rows = [
            [self._cell(cell, changes.get((at, column))) for column, cell in enumerate(row.cells)]
            for at, row in enumerate(self.rows)
        ]
        return self._joined(rows)

    def with_column(self, texts: Mapping[int, str]) -> bytes:
        """The file with one more column at its end, whose texts are given by row."""
        rows = [
            [*row.cells, self._cell(b'""' if _all_quoted(row) else b"", texts.get(at, ""))]
            for at, row in enumerate(self.rows)
        ]
        return self._joined(rows)

    def _cell(self, raw: bytes, text: str | None) -> bytes:
        if text is None:
            return raw
        plain = text.encode()
        if raw.startswith(b'"') or re.search(rb'["\r\n]|' + re.escape(self.delimiter), plain):
            return b'"' + plain.replace(b'"', b'""') + b'"'
        return plain

    def _joined(self, rows: Sequence[Sequence[bytes]]) -> bytes:
        ends = (row.end for row in self.rows)
        return self.mark + b"".join(self.delimiter.join(row) + end for row, end in zip(rows, ends, strict=True))


def parse(data: bytes) -> Sheet:
    """The file in pieces. Raises Unprocessable where it is no CSV in UTF-8 (RFC 4180, any line end)."""
    mark, body = (BOM, data[len(BOM) :]) if data.startswith(BOM) else (b"", data)
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Unprocessable("sheet-form", "The file is not UTF-8. Take it as the other system exports it.") from None
    first = re.split(rb"[\r\n]", _QUOTED.sub(b"", body[:HEAD_BYTES]), maxsplit=1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    pattern = re.compile(rb'("(?:[^"]|"")*"|[^"\r\n' + delimiter + rb"]*)(" + delimiter + rb"|\r\n|\r|\n|\Z)")
    rows: list[Row] = []
    cells: list[bytes] = []
    at = 0
    while at < len(body) or cells:
        match = pattern.match(body, at)
        if match is None:
            raise Unprocessable(
                "sheet-form", f"Row {len(rows) + 1} is no CSV: a quotation mark stands where none may be."
            )
        cells.append(match[1])
        at = match.end()
        if match[2] != delimiter:
            rows.append(Row(cells, match[2]))
            cells = []
        if len(rows) > MAX_ROWS:
            raise Unprocessable("sheet-form", f"The file has more than {MAX_ROWS:,} rows.")
    return Sheet(mark, delimiter, rows)


def _value(cell: bytes) -> str:
    text = cell.decode()
    return text[1:-1].replace('""', '"') if text.startswith('"') else text


def _all_quoted(row: Row) -> bool:
    return all(cell.startswith(b'"') for cell in row.cells)
