"""Long lists in parts: newest first, each part beginning below the last number of the one before; tables by pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Query
from starlette.requests import Request

PAGE_ROWS = 50
"""Rows of one part. Queries ask for one more, which tells whether another part follows."""

TABLE_ROWS = 100
"""Rows of a page of a table that has an order of its own."""
Row = TypeVar("Row")
PageNumber = Annotated[
    int, Query(alias="page", ge=1, le=1_000_000, description="Of the page for a browser; JSON and CSV are whole.")
]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a table of `total` rows. Pages are counted from 1; `first` rows stand before this one."""

    number: int
    count: int
    first: int
    total: int

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Its rows among all of them."""
        return rows[self.first : self.first + TABLE_ROWS]


def page_of(total: int, number: int) -> Page:
    """The page of that number, or the last one there is."""
    count = max(1, -(-total // TABLE_ROWS))
    shown = min(number, count)
    return Page(shown, count, (shown - 1) * TABLE_ROWS, total)


def page_with(place: int | None) -> int | None:
    """The number of the page with the row in that place, from 0; None: there is no such row."""
    return None if place is None else place // TABLE_ROWS + 1


def next_address(request: Request, numbers: Sequence[int]) -> str | None:
    """The address of the next part of a list whose rows have these numbers, None where this is the last one."""
    if len(numbers) <= PAGE_ROWS:
        return None
    url = request.url.include_query_params(before=numbers[PAGE_ROWS - 1])
    return f"{url.path}?{url.query}"
