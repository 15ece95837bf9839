"""Which methods an address takes: those of the rows of the table that it fits."""

import re
from collections.abc import Sequence
from functools import cache

from starlette.routing import compile_path

from app.authorisation.table import TABLE


def methods_at(address: str) -> list[str]:
    """The methods by name; empty where nothing has the address, such as a static file's."""
    return sorted({method for method, pattern in _patterns() if pattern.match(address)})


@cache
def _patterns() -> Sequence[tuple[str, re.Pattern[str]]]:
    rows = (row.split() for row in TABLE)
    return [(method, compile_path(path)[0]) for method, path in rows]
