"""A worker's heartbeat: it says that the worker lives, and gives back what dead ones held."""

import logging
import threading
import time
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from app.database import Database
from app.queue import workers
from app.queue.workers import Identity
from app.settings import Settings

log = logging.getLogger(__name__)


class Heart(threading.Thread):
    """Beats until `still` is set; sets `stop` where another process took the worker's name."""

    def __init__(
        self,
        database: Database,
        identity: Identity,
        settings: Settings,
        stop: threading.Event,
        still: threading.Event,
    ) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._database, self._identity = database, identity
        self._stop_work, self._still = stop, still
        self._every = settings.worker_beat_seconds
        self._dead_after = settings.worker_dead_seconds
        self._last = time.monotonic()

    def run(self) -> None:
        """Beats."""
        while not self._still.is_set():
            try:
                self._beat()
            except SQLAlchemyError:  # of whatever kind: a worker that no longer beats would lose everything it does
                log.exception("worker.beat_refused")
            self._still.wait(self._every)

    def _beat(self) -> None:
        with self._database.write() as session:
            ours = workers.beat(session, self._identity)
            late = time.monotonic() - self._last > self._dead_after / 2
            # Whatever held this beat up held up the others' too: they are not dead, and will beat before the next look.
            swept = 0 if late else workers.sweep(session, timedelta(seconds=self._dead_after))
        self._last = time.monotonic()
        if swept:
            log.warning("worker.swept gradings=%d", swept)
        if not ours:
            log.error("worker.replaced name=%s: another process took this name", self._identity.name)
            self._stop_work.set()
