"""Faults of ours while a file is graded: what becomes of the ticket, and of the worker."""

import errno
import logging
import os
import signal

from app.database import Database
from app.engines import AWAY
from app.errors import AppError
from app.queue import own_store, tickets
from app.queue.own_store import OtherStore
from app.queue.tickets import Ticket
from app.storage import Store, StoreAway
from grader.errors import AirlockUnavailable, DefinitionError

log = logging.getLogger(__name__)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


def behind(error: Exception, database: Database, store: Store) -> Exception:
    """What is behind a fault: of a file that is not there, the store, where it has no other one either or is away."""
    if isinstance(error, FileNotFoundError):
        try:
            own_store.require(database, store)
        except (OtherStore, StoreAway) as fault:
            return fault
        except AWAY:
            log.exception("grading.fault_not_explained")
    return error


def hand_back(database: Database, ticket: Ticket, error: Exception) -> bool:
    """Says in the database what becomes of a ticket after our own fault; False while the database is away.

    Until then the row says `running` under this worker's name; should the worker end, that gives it back as well.
    """
    fault = f"{type(error).__name__}: {error}"[:2000].replace("\0", "")  # which Postgres would refuse
    try:
        with database.write() as session:
            if isinstance(error, AirlockUnavailable | OtherStore) or may_pass(error):
                tickets.give_back(session, ticket, fault)
            elif isinstance(error, DefinitionError):
                tickets.give_up(session, ticket, fault)  # the rules are as wrong the next time
            else:
                tickets.lose(session, ticket, fault)
    except AWAY:
        log.exception("grading.not_given_back grading=%d", ticket.grading_id)
        return False
    return True


def may_pass(error: Exception) -> bool:
    """True where the disk was full, no descriptor was left or the file store away: no file is to blame, and it may pass."""
    if isinstance(error, AppError):
        return isinstance(error, StoreAway) or error.status == 507
    return isinstance(error, OSError) and error.errno in NO_ROOM


def lacks_memory(error: Exception) -> bool:
    """True where this process found no memory."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def end_for_want_of_memory() -> None:
    """Ends this process as the kernel would. One that finds no memory would fail every file that it takes from now on."""
    log.error("worker.no_memory: ending, to be started anew")
    os.kill(os.getpid(), signal.SIGKILL)
