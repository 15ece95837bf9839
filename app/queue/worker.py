"""A worker: one process that grades one file at a time, and says that it is alive while it does."""

import logging
import signal
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import FrameType

from app import garbage, huge_pages
from app.competitions.stored import RulesCache
from app.database import Database
from app.engines import AWAY
from app.log_context import about
from app.observability.traces import open_traces
from app.queue import own_store, tickets, workers
from app.queue.grading import Grader
from app.queue.heart import Heart
from app.queue.memory import keep_freed_memory
from app.queue.order import anything, with_shadow
from app.queue.own_store import OtherStore
from app.queue.parked import Parked
from app.queue.taking import Turns
from app.queue.tickets import Ticket
from app.queue.trouble import behind, end_for_want_of_memory, hand_back, lacks_memory, may_pass
from app.queue.workers import Identity
from app.records import open_database
from app.settings import Settings
from app.storage import Store, StoreAway, open_store
from grader import exports
from grader.airlock.layers import Level
from grader.airlock.on_demand import OnDemand
from grader.airlock.runner import Airlock
from grader.errors import AirlockUnavailable
from grader.running import EVALUATING_JOB, EXPORTING_JOB, READING_JOB
from grader.torch_process import TorchProcess
from models.gradings import Lane

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.05
"""How often an idle worker looks for work: one indexed read."""
GIVE_WAY_SECONDS = 2 * IDLE_SECONDS
"""How long a worker that only checks leaves new work to one that may do all of it, so that an empty queue costs no wait."""
RESTING_SECONDS = 5.0
REST_SECONDS = 6 * IDLE_SECONDS
"""How often a worker that only checks looks when nothing came for so long: the queue drains, and others look as well."""
TROUBLE_SECONDS = 1.0
"""Wait after the database refused, or while the disk is full."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a worker is there for, under its lasting name. `competitions` are slugs; none: all of them."""

    name: str
    lanes: tuple[Lane, ...]
    versions: Mapping[str, str]
    competitions: tuple[str, ...] = ()
    device: str = "cpu"


def _stopped_by_signals() -> threading.Event:
    """What is set when this process is asked to end."""
    stop = threading.Event()

    def ask_to_stop(signal_number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    return stop


def run(settings: Settings, role: Role) -> int:
    """Works until SIGTERM or SIGINT, finishing the file under way. Returns the exit status. Raises OtherStore."""
    stop = _stopped_by_signals()
    keep_freed_memory()
    with ExitStack() as stack:
        # The jails start first: their processes are made before this one holds a secret or a thread.
        reader = stack.enter_context(Airlock(READING_JOB))
        evaluator = stack.enter_context(Airlock(EVALUATING_JOB))
        exporter = stack.enter_context(OnDemand(EXPORTING_JOB)) if exports.has_torch() else None
        database = open_database(settings.database_url)
        stack.callback(database.close)
        store = _open_store(settings, database, stop)
        rules = stack.enter_context(RulesCache(database, store))
        worse = max((reader, evaluator), key=lambda airlock: airlock.level.value)
        identity = _register(database, stop, role, worse)
        if identity is None:
            return 0
        log.info("worker.started name=%s level=%s lanes=%s", role.name, worse.level.value, ",".join(role.lanes))
        still = threading.Event()
        heart = Heart(database, identity, settings, stop, still)
        heart.start()
        # The heart beats on while the last file is finished.
        stack.callback(heart.join)
        stack.callback(still.set)
        # The jail's evaluator still times networks where another device evaluates.
        device = evaluator if role.device == "cpu" else stack.enter_context(TorchProcess(role.device, evaluator))
        traces = open_traces("worker")
        stack.callback(traces.close)
        grader = Grader(
            database, store, rules, reader, device, role.lanes, _parked(settings), exporter, role.competitions, traces
        )
        _tell_what_is_missing(role.name, worse.level, exporter)
        if worse.level is Level.C:
            log.error("worker.no_jail name=%s: nothing is graded here, submissions wait; see its report", role.name)
            stop.wait()
        garbage.keep_what_is_loaded()
        huge_pages.use_them()
        _work(grader, identity, stop)
    log.info("worker.stopped name=%s", role.name)
    return 0


def _parked(settings: Settings) -> Parked:
    """What waits with gradings that were checked on this machine, without what nobody came back for."""
    parked = Parked(settings.data_dir)
    parked.sweep()
    return parked


def _tell_what_is_missing(name: str, level: Level, exporter: OnDemand | None) -> None:
    """Says in the log why zips with code cannot be graded by this worker, where that is so."""
    if exporter is None:
        log.warning("worker.no_torch name=%s: %s; .onnx files are graded", name, exports.MISSING_TORCH)
    elif level is Level.B:
        log.warning("worker.no_code name=%s: the jail is at level B; zips with code are refused, .onnx is taken", name)


def _open_store(settings: Settings, database: Database, stop: threading.Event) -> Store:
    """The file store, which is the service's as far as it answers. Raises OtherStore."""
    store = open_store(settings, min_free_bytes=0)
    while not stop.is_set():
        try:
            own_store.require(database, store)
        except AWAY:
            log.exception("worker.database_refused")
            stop.wait(TROUBLE_SECONDS)
            continue
        except StoreAway as away:  # what is graded meanwhile goes back to the queue and loses no try
            log.warning("worker.store_away: %s", away)
        break
    return store


def _register(database: Database, stop: threading.Event, role: Role, airlock: Airlock) -> Identity | None:
    """Takes the worker's name as soon as the database lets it; None where it was asked to stop before."""
    while not stop.is_set():
        try:
            with database.write() as session:
                return workers.register(
                    session,
                    role.name,
                    role.lanes,
                    airlock.level.value,
                    airlock.report,
                    role.versions,
                    role.competitions,
                    role.device,
                )
        except AWAY:
            log.exception("worker.database_refused")
            stop.wait(TROUBLE_SECONDS)
    return None


def _work(grader: Grader, identity: Identity, stop: threading.Event) -> None:
    was_idle, turns = True, Turns()
    while not stop.is_set():
        try:
            if turns.is_time_to_tidy():
                grader.tidy()
            ticket = _next(grader, identity, stop, was_idle, turns)
        except AWAY:
            log.exception("worker.database_refused")
            stop.wait(TROUBLE_SECONDS)
            continue
        was_idle = ticket is None
        if ticket is None:
            stop.wait(_pause(grader, turns.idle_seconds))
        else:
            was_evaluated = _grade(grader, ticket, stop, at_once=not turns.is_rush)
            turns.note_end(was_check=ticket.lane is Lane.CHECK and not was_evaluated)


def _next(grader: Grader, identity: Identity, stop: threading.Event, was_idle: bool, turns: Turns) -> Ticket | None:
    """The next ticket. Only who was idle looks first, without the right to write, whether there is one."""
    lanes = turns.lanes(grader.lanes)
    if was_idle:
        if not grader.database.finds(anything(with_shadow(lanes), grader.competitions)):
            turns.note(None)
            return None
        if _only_checks(grader) and stop.wait(GIVE_WAY_SECONDS):
            return None
    with grader.database.write() as session:
        first = turns.shadow_first
        ticket = tickets.claim(session, identity.id, lanes, grader.competitions, shadow_first=first)
    turns.note(ticket)
    return ticket


def _pause(grader: Grader, idle_for: float) -> float:
    if not _only_checks(grader):
        return IDLE_SECONDS
    return GIVE_WAY_SECONDS if idle_for < RESTING_SECONDS else REST_SECONDS


def _only_checks(grader: Grader) -> bool:
    return Lane.EVALUATE not in grader.lanes


def _grade(grader: Grader, ticket: Ticket, stop: threading.Event, *, at_once: bool = True) -> bool:
    """Grades one ticket, and returns whether it was evaluated.

    Whatever goes wrong is our fault and gives the ticket back; the worker lives on.
    """
    facts = {"grading": ticket.grading_id, "submission": ticket.submission_id}
    with about(**facts), grader.traces.grading(**facts):
        return _grade_within(grader, ticket, stop, at_once=at_once)


def _grade_within(grader: Grader, ticket: Ticket, stop: threading.Event, *, at_once: bool) -> bool:
    try:
        return grader.grade(ticket, at_once=at_once)
    except Exception as error:
        log.exception("grading.fault grading=%d", ticket.grading_id)
        fault = behind(error, grader.database, grader.store)
        while not hand_back(grader.database, ticket, fault) and not stop.is_set():
            stop.wait(TROUBLE_SECONDS)
        if isinstance(fault, AirlockUnavailable | OtherStore):
            # What held at the start is gone, the jail or the files: end, and be started and tested anew.
            raise fault from None
        if lacks_memory(error):
            end_for_want_of_memory()
        if may_pass(fault):
            stop.wait(TROUBLE_SECONDS)
        return False
