"""Commands that wait for a database that is away at their start, such as one that starts at the same time."""

import logging
import math
import time
from collections.abc import Callable
from typing import TypeVar

from app.engines import AWAY

T = TypeVar("T")

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 1.0
"""Wait before the database is asked again."""


def until_there(ask: Callable[[], T], who: str, most_seconds: float = math.inf) -> T:
    """What `ask` returns, as soon as the database answers. After so many seconds the last refusal is raised."""
    end = time.monotonic() + most_seconds
    while True:
        try:
            return ask()
        except AWAY as error:
            if time.monotonic() + TROUBLE_SECONDS > end:
                raise
            log.warning("%s.database_away: %s", who, " ".join(str(error).split()))
            time.sleep(TROUBLE_SECONDS)
