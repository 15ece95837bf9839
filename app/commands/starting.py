"""How commands begin that go on for long: settings that are none are told, and a database that is away is waited for."""

import logging
import math
import os
import time
from collections.abc import Callable
from typing import TypeVar

from app.engines import AWAY
from app.settings import Settings, unknown

T = TypeVar("T")

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 1.0
"""Wait before the database is asked again."""


def read_settings(parent: int | None = None) -> Settings:
    """The settings. A variable that looks like one and is none goes to the log, unless a parent process has told it."""
    settings = Settings()
    for told in unknown(os.environ) if parent is None else ():
        log.warning("settings.unknown %s", told)
    return settings


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
