"""A worker: one process that grades one file at a time, and says that it is alive while it does."""

import logging
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from types import FrameType

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.competitions.stored import RulesCache
from app.database import Database
from app.queue import tickets, workers
from app.queue.grading import Grader
from app.queue.parked import Parked
from app.queue.tickets import Ticket
from app.queue.workers import Identity
from app.settings import Settings
from app.storage import Store
from grader.airlock.runner import Airlock
from grader.pipeline import EVALUATING_JOB, READING_JOB
from models.gradings import Lane

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.05
"""How often an idle worker looks for work: one indexed read."""
GIVE_WAY_SECONDS = 2 * IDLE_SECONDS
"""How long a worker that only checks leaves new work to one that may do all of it, so that an empty queue costs no wait."""
TROUBLE_SECONDS = 1.0
"""Wait after the database refused."""


def run(settings: Settings, name: str, lanes: tuple[Lane, ...], versions: Mapping[str, str]) -> int:
    """Works until SIGTERM or SIGINT, finishing the file under way. Returns the exit status."""
    stop = threading.Event()

    def ask_to_stop(signal_number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    with ExitStack() as stack:
        # The jails start first: their processes are made before this one holds a secret or a thread.
        reader = stack.enter_context(Airlock(READING_JOB))
        evaluator = stack.enter_context(Airlock(EVALUATING_JOB))
        database = Database(settings.database_url)
        stack.callback(database.close)
        rules = stack.enter_context(RulesCache(database, settings.data_dir))
        with database.write() as session:
            identity = workers.register(session, name, lanes, reader.level.value, reader.report, versions)
        log.info("worker.started name=%s level=%s lanes=%s", name, reader.level.value, ",".join(lanes))
        heart = threading.Thread(target=_beat, args=(database, identity, settings, stop), name="heartbeat", daemon=True)
        heart.start()
        parked = Parked(settings.data_dir)
        parked.sweep()
        grader = Grader(database, Store(settings.data_dir), rules, reader, evaluator, lanes, parked)
        _work(grader, identity, stop)
        heart.join()
    log.info("worker.stopped name=%s", name)
    return 0


def _work(grader: Grader, identity: Identity, stop: threading.Event) -> None:
    only_checks = Lane.EVALUATE not in grader.lanes
    was_idle = True
    while not stop.is_set():
        try:
            ticket = _next(grader, identity, stop, GIVE_WAY_SECONDS if only_checks and was_idle else 0.0)
        except OperationalError:
            log.exception("worker.database_refused")
            stop.wait(TROUBLE_SECONDS)
            continue
        was_idle = ticket is None
        if ticket is None:
            stop.wait(IDLE_SECONDS)
        else:
            _grade(grader, ticket)


def _next(grader: Grader, identity: Identity, stop: threading.Event, give_way_seconds: float) -> Ticket | None:
    with grader.database.read() as session:
        if not tickets.any_waiting(session, grader.lanes):
            return None
    if give_way_seconds and stop.wait(give_way_seconds):
        return None
    with grader.database.write() as session:
        return tickets.claim(session, identity.id, grader.lanes)


def _grade(grader: Grader, ticket: Ticket) -> None:
    """Grades one ticket. Whatever goes wrong is our fault and gives the ticket back; the worker lives on."""
    try:
        grader.grade(ticket)
    except Exception as error:
        log.exception("grading.fault grading=%d", ticket.grading_id)
        try:
            with grader.database.write() as session:
                tickets.lose(session, ticket, f"{type(error).__name__}: {error}"[:2000])
        except OperationalError:
            # The row still says `running` under this worker's name: hand it back when the database is there again.
            log.exception("grading.not_given_back grading=%d", ticket.grading_id)
            raise


def _beat(database: Database, identity: Identity, settings: Settings, stop: threading.Event) -> None:
    """Tells the database every few seconds that this worker lives, and gives back what dead workers held."""
    dead_after = timedelta(seconds=settings.worker_dead_seconds)
    while not stop.is_set():
        try:
            with database.write() as session:
                ours = workers.beat(session, identity)
                workers.sweep(session, dead_after)
        except SQLAlchemyError:  # of whatever kind: a worker that no longer beats would lose everything it does
            log.exception("worker.beat_refused")
        else:
            if not ours:
                log.error("worker.replaced name=%s: another process took this name", identity.name)
                stop.set()
        stop.wait(settings.worker_beat_seconds)
