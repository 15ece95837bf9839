"""Where uploads wait with their files, first come first served, while more wait for their check than is soon looked at.

A file that waits here costs a connection. One that was read costs memory, the disk and the processor at the very moment
at which checks want it, and its student hears no sooner what is wrong with it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

COUNTED_SECONDS = 0.25
"""For so long a count of what is free holds."""
ALONE_SECONDS = 0.25
"""An upload that comes so long after the one before passes without a count."""
LONGEST_SECONDS = 20.0
"""After which an upload passes, free place or not: a line that stands still is no reason to refuse a file."""

Free = Callable[[], int | None]
"""How many uploads may pass at present; None: all of them."""


@dataclass
class _Line:
    """Those who wait in one event loop, and how many more may pass before the next count."""

    waiting: deque["asyncio.Future[None]"] = field(default_factory=deque)
    left: int | None = 0
    counted_at: float = float("-inf")
    asked_at: float = float("-inf")
    task: "asyncio.Task[None] | None" = None

    def has_place(self, now: float) -> bool:
        """Whether one more may pass without another count; it has then taken its place."""
        is_alone, self.asked_at = now - self.asked_at >= ALONE_SECONDS, now
        if is_alone:
            return True
        return now - self.counted_at < COUNTED_SECONDS and self.take()

    def take(self) -> bool:
        """Takes a place, if one is left."""
        if self.left == 0:
            return False
        self.left = None if self.left is None else self.left - 1
        return True


class Gate:
    """Lets uploads pass as there is room for them."""

    def __init__(self, free: Free) -> None:
        self._free = free
        self._line: RunVar[_Line] = RunVar("gate")

    async def passed(self) -> None:
        """Returns when it is the caller's turn, or has waited for long enough."""
        line, loop = self._of_loop(), asyncio.get_running_loop()
        if not line.waiting and line.has_place(loop.time()):
            return
        turn = loop.create_future()
        line.waiting.append(turn)
        if line.task is None or line.task.done():
            line.task = loop.create_task(self._let_pass(line))
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(turn, LONGEST_SECONDS)
        finally:
            with suppress(ValueError):
                line.waiting.remove(turn)

    def _of_loop(self) -> _Line:
        try:
            return self._line.get()
        except LookupError:
            self._line.set(_Line())
            return self._line.get()

    async def _let_pass(self, line: _Line) -> None:
        """Counts and lets pass for as long as anybody waits."""
        limiter = CapacityLimiter(1)  # of its own: what pages need is not waited for
        while line.waiting:
            try:
                line.left = await to_thread.run_sync(self._free, limiter=limiter)
            except SQLAlchemyError:
                log.exception("gate.count_failed")
                line.left = None
            line.counted_at = asyncio.get_running_loop().time()
            while line.waiting and (line.waiting[0].done() or line.take()):
                turn = line.waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
            if line.waiting:
                await asyncio.sleep(COUNTED_SECONDS)
