"""How many files of one person are on their way in at this moment."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from app.errors import AppError


class Uploads:
    """Counts the uploads of each person in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._under_way: Counter[int] = Counter()
        self._lock = Lock()

    @contextmanager
    def of(self, user_id: int | None) -> Iterator[None]:
        """Counts one more until the block ends. Raises AppError 429 where there are too many; None is not counted."""
        if user_id is None:
            yield
            return
        with self._lock:
            if self._under_way[user_id] >= self._most:
                detail = f"{self._most} files of yours are on their way; wait until one of them is there."
                raise AppError(429, "uploads-at-once", detail, retry_after_seconds=5)
            self._under_way[user_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[user_id] -= 1
                if not self._under_way[user_id]:
                    del self._under_way[user_id]
