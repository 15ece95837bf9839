"""News of submissions for whoever looks at their pages: one look at the database a moment, whoever many are watching."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock

from anyio import CapacityLimiter, to_thread
from sqlalchemy.exc import SQLAlchemyError

from app.errors import AppError
from models.gradings import Phase, State

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
SHORTEST_SECONDS = 0.1
"""Between two looks, however many begin to watch."""
LONGEST_SECONDS = 600.0
"""After which a stream ends; the browser opens another one, and is asked again who it is."""
SILENT_SECONDS = 30.0
"""After which a stream says that it is still there."""
MOST = 600
"""Streams of a process, of the connections that it may have; pages need some as well."""
MOST_OF_ONE = 12
"""Streams of one person: a browser itself opens no more than six."""
LONG_WAIT_SECONDS = 10.0
"""A wait for which nobody needs each step: with hundreds who wait, every end moves all of them."""
STEPS_OF_A_WAIT = 12
"""So often a long wait is told anew at most, before it is a short one."""
QUIET_SECONDS = 60.0
"""Longest time in which a place in the queue is not told anew."""


@dataclass(frozen=True, slots=True)
class News:
    """Where a submission is. `ended`: nothing more happens by itself."""

    state: State
    phase: Phase
    position: int | None
    expected_seconds: float | None
    ended: bool


Look = Callable[[Collection[int]], Mapping[int, News]]


class _Watcher:
    """One stream: the newest news that it has not sent."""

    def __init__(self) -> None:
        self._news: News | None = None
        self._fresh = asyncio.Event()
        self._quiet_until = 0.0

    def tell(self, news: News) -> None:
        """Keeps the news where they are new; what was not sent by then is out of date.

        Who waits for minutes is told a mere step forward every few seconds; whatever else changes, at once.
        """
        if news == self._news or (self._is_a_step(news) and time.monotonic() < self._quiet_until):
            return
        self._news = news
        self._quiet_until = time.monotonic() + _quiet_seconds(news)
        self._fresh.set()

    def _is_a_step(self, news: News) -> bool:
        before = self._news
        return before is not None and (news.state, news.phase, news.ended) == (before.state, before.phase, before.ended)

    async def next(self, seconds: float) -> News | None:
        """The next news, None where there were none for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._fresh.wait(), seconds)
            self._fresh.clear()
            return self._news
        return None


def _quiet_seconds(news: News) -> float:
    """How long the next step forward need not be told."""
    wait = news.expected_seconds or 0.0
    return min(QUIET_SECONDS, wait / STEPS_OF_A_WAIT) if wait >= LONG_WAIT_SECONDS else 0.0


class Live:
    """The watchers of a process and the one that looks for them; it holds no connection while nothing is asked.

    `look` is asked for all that are watched, every so often; `welcome` between that for those that are new.
    """

    def __init__(self, look: Look, welcome: Look | None = None) -> None:
        self._look = look
        self._welcome = welcome or look
        self._newcomers: set[int] = set()
        self._looking = Lock()
        self._closed = False
        self._watchers: dict[int, set[_Watcher]] = {}
        self._people: Counter[int] = Counter()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def close(self) -> None:
        """Waits for a look that is under way, whoever asked for it may be gone; nothing is looked up afterwards."""
        self._closed = True
        with self._looking:
            pass

    def check_room(self, user_id: int) -> None:
        """Raises AppError 429 where there are too many streams: the page then asks by itself from time to time."""
        if self._people.total() >= MOST or self._people[user_id] >= MOST_OF_ONE:
            detail = "Too many pages are watched at once. Ask for the submission itself, every few seconds."
            raise AppError(429, "streams-used", detail, retry_after_seconds=5)

    async def watch(self, submission_id: int, user_id: int) -> AsyncGenerator[News | None]:
        """What becomes of a submission, from now to its end; None where there was nothing new for a while."""
        watcher = _Watcher()
        with self._registered(watcher, submission_id, user_id):
            loop = asyncio.get_running_loop()
            ends = loop.time() + LONGEST_SECONDS
            while (left := ends - loop.time()) > 0:
                news = await watcher.next(min(left, SILENT_SECONDS))
                if news is not None or left > SILENT_SECONDS:
                    yield news
                if news is not None and news.ended:
                    return

    @contextmanager
    def _registered(self, watcher: _Watcher, submission_id: int, user_id: int) -> Iterator[None]:
        self._watchers.setdefault(submission_id, set()).add(watcher)
        self._people[user_id] += 1
        self._newcomers.add(submission_id)
        self._start()
        try:
            yield
        finally:
            self._people[user_id] -= 1
            self._people += Counter()  # forgets whoever watches nothing any more
            self._watchers[submission_id].discard(watcher)
            if not self._watchers[submission_id]:
                del self._watchers[submission_id]

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._wake = asyncio.Event()
            self._task = loop.create_task(self._tell_all())
        self._wake.set()

    async def _tell_all(self) -> None:
        """Looks and tells for as long as anybody watches."""
        limiter = CapacityLimiter(1)  # of its own: what pages need is not waited for
        next_look = 0.0
        while self._watchers:
            self._wake.clear()
            new, self._newcomers = self._newcomers, set()
            if time.monotonic() >= next_look:
                found = await to_thread.run_sync(self._looked, self._look, tuple(self._watchers), limiter=limiter)
                new -= found.keys()
                self._tell(found)
                next_look = time.monotonic() + LOOK_SECONDS
            if new:
                self._tell(await to_thread.run_sync(self._looked, self._welcome, tuple(new), limiter=limiter))
            await asyncio.sleep(SHORTEST_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, next_look - time.monotonic()))

    def _tell(self, found: Mapping[int, News]) -> None:
        for submission_id, news in found.items():
            for watcher in self._watchers.get(submission_id, ()):
                watcher.tell(news)

    def _looked(self, look: Look, numbers: Collection[int]) -> Mapping[int, News]:
        """What a look finds; nothing where the database is away, or this was closed."""
        with self._looking:
            if self._closed:
                return {}
            try:
                return look(numbers)
            except SQLAlchemyError:
                log.exception("live.look_failed")
                return {}
