"""Threads of their own for what must not wait behind pages: hundreds of those may be asked for at once."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """So many threads of each event loop, for one kind of work."""

    def __init__(self, name: str, most: int) -> None:
        self._most = most
        self._limiter: RunVar[CapacityLimiter] = RunVar(name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns, done in one of these threads as soon as one is free."""
        return await to_thread.run_sync(lambda: work(*args, **kwargs), limiter=self._limiter_of_loop())

    def _limiter_of_loop(self) -> CapacityLimiter:
        try:
            return self._limiter.get()
        except LookupError:
            self._limiter.set(CapacityLimiter(self._most))
            return self._limiter.get()


ADMITTING = Threads("admitting", 8)
"""Who is it, and may they: asked for every request, and so little work that it never queues up behind pages."""
LOOKING = Threads("looking", 4)
"""A look at a board that was read a moment ago: a statement, and a page that is nearly drawn."""
UPLOADING = Threads("uploading", 8)
"""May the file come, and its bytes on their way to the disk."""
RECORDING = Threads("recording", 4)
"""While the database lets nobody write these wait, the uploads behind them in no thread at all."""
