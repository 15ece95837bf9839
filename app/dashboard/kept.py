"""What was computed a moment ago, so that a page that many look at is not computed for each of them."""

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Value = TypeVar("Value")
MOST = 200
"""Values that are kept; the oldest go first."""


class Kept:
    """Values by key, each for so many seconds; with 0 nothing is kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: dict[Hashable, tuple[float, Any]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of a key: the one that is kept, or a new one. Two at once may both compute."""
        now = time.monotonic()
        with self._lock:
            at, value = self._values.get(key, (-self._seconds, None))
        if now - at < self._seconds:
            kept: Value = value
            return kept
        found = compute()
        if self._seconds:
            with self._lock:
                self._values.pop(key, None)
                self._values[key] = (now, found)
                while len(self._values) > MOST:
                    del self._values[next(iter(self._values))]
        return found

    def clear(self) -> None:
        """Forgets all of it."""
        with self._lock:
            self._values.clear()
