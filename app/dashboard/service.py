"""The dashboard of a competition, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions.access import Entry
from app.dashboard import queries
from app.dashboard.days import Day, by_day
from app.dashboard.kept import Kept
from app.dashboard.queries import Few, Queue
from app.finalists import service as finalists
from app.finalists.service import Finalist
from app.leaderboard.service import standings_of
from app.settings import Settings
from app.storage import free_bytes
from app.submissions.queries import numbers_by_state
from models.accounts import User
from models.gradings import State
from models.workers import Worker


@dataclass(frozen=True, slots=True)
class Progress:
    """The class: students, those who handed in, those on the board, those of them with full credit (None: no such rule)."""

    students: int
    active: int
    idle: Sequence[User]
    """The first of those who have handed in nothing."""
    on_board: int
    full_credit: int | None
    states: Mapping[State, int]
    days: Sequence[Day]
    stored_bytes: int
    """Of the competition's files, equal ones once."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Workers with their silence in seconds, the queue, and the disk."""

    queue: Queue
    workers: Sequence[tuple[Worker, float, bool]]
    """Each with the seconds since its last beat, and whether it lives."""
    free_bytes: int
    needed_bytes: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What needs somebody first, then how it goes."""

    now: datetime
    failed: Few
    stuck: Few
    flagged: Sequence[Finalist]
    """Finalists whose code names a forbidden module, not judged yet."""
    to_review: Sequence[Finalist]
    """The others with code that are not judged yet."""
    progress: Progress
    machine: Machine

    @property
    def oldest_wait(self) -> timedelta | None:
        """How long the oldest of what waits has waited."""
        since = self.machine.queue.oldest
        return None if since is None else max(timedelta(), self.now - since)

    @property
    def needs_nobody(self) -> bool:
        """Whether nothing is listed first."""
        return not (self.failed.count or self.stuck.count or self.flagged or self.to_review)


def dashboard(session: Session, entry: Entry, settings: Settings, kept: Kept) -> Dashboard:
    """The dashboard: what needs somebody and the queue as they are now, the class as it was some seconds ago."""
    competition, now = entry.competition, read_clock(session)
    asks = entry.definition.course.finalists is not None
    waiting = [each for each in finalists.finalists(session, entry) if _waits(each)] if asks else []
    return Dashboard(
        now=now,
        failed=queries.failed(session, competition.id),
        stuck=queries.stuck(session, competition.id),
        flagged=[each for each in waiting if each.named],
        to_review=[each for each in waiting if not each.named],
        progress=progress_of(session, entry, kept),
        machine=_machine(session, settings, now),
    )


def progress_of(session: Session, entry: Entry, kept: Kept) -> Progress:
    """The class, computed now or some seconds ago."""
    return kept.get(("progress", entry.version.id), lambda: _progress(session, entry))


def _waits(finalist: Finalist) -> bool:
    return finalist.code is not None and finalist.verdict == "open"


def _progress(session: Session, entry: Entry) -> Progress:
    competition, rules = entry.competition, entry.definition.grading.grading
    number, active, idle = queries.students(session, competition.course_id, competition.id)
    counting = standings_of(session, entry).scored
    full = sum(each.full_credit is True for each in counting) if rules.full_credit else None
    return Progress(
        students=number,
        active=active,
        idle=idle,
        on_board=len(counting),
        full_credit=full,
        states=numbers_by_state(session, competition.id),
        days=by_day(queries.scores(session, competition.id), entry.zone),
        stored_bytes=queries.stored_bytes(session, competition.id),
    )


def _machine(session: Session, settings: Settings, now: datetime) -> Machine:
    dead_after = settings.worker_dead_seconds
    silent = [(each, (now - each.beat_at).total_seconds()) for each in queries.workers(session)]
    return Machine(
        queue=queries.queue(session),
        workers=[(worker, seconds, seconds <= dead_after) for worker, seconds in silent],
        free_bytes=_free(settings.data_dir),
        needed_bytes=settings.min_free_disk_bytes,
    )


def _free(folder: Path) -> int:
    return free_bytes(folder)
