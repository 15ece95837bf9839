"""Long lists in parts: newest first, each part beginning below the last number of the one before."""

from collections.abc import Sequence

from starlette.requests import Request

PAGE_ROWS = 50
"""Rows of one part. Queries ask for one more, which tells whether another part follows."""


def next_address(request: Request, numbers: Sequence[int]) -> str | None:
    """The address of the next part of a list whose rows have these numbers, None where this is the last one."""
    if len(numbers) <= PAGE_ROWS:
        return None
    url = request.url.include_query_params(before=numbers[PAGE_ROWS - 1])
    return f"{url.path}?{url.query}"
