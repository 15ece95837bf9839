"""The service tidies by itself: a thread of the web process, once a while."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from app.database import Database
from app.housekeeping.service import tidy
from app.settings import Settings
from app.storage import Store, StoreAway

FIRST_SECONDS = 600.0
"""After the start, so that a restart under load does not begin with it."""
log = logging.getLogger(__name__)


class Housekeeper(threading.Thread):
    """Tidies every so many hours until it is told to stop; what goes wrong is logged and tried again the next time."""

    def __init__(self, database: Database, store: Store, settings: Settings) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._database, self._store, self._settings = database, store, settings
        self._stopped = threading.Event()

    def run(self) -> None:
        """Tidies."""
        wait = FIRST_SECONDS
        while not self._stopped.wait(wait):
            wait = self._settings.gc_hours * 3600
            try:
                log.info("housekeeping.done %s", tidy(self._database, self._store, self._settings.data_dir))
            except (OSError, SQLAlchemyError, StoreAway):
                log.exception("housekeeping.failed")

    def stop(self) -> None:
        """Has it end; a round under way is not waited for."""
        self._stopped.set()
