"""One round of tidying, as `secateur gc` and the service itself make it. Safe while files come in."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, delete, func, select

from app.clock import db_now
from app.database import Database
from app.housekeeping import blobs
from app.people.queries import IS_FORGOTTEN
from app.storage import Store
from models.accounts import AuthSession
from models.gradings import Grading, State
from models.rosters import RosterImport

BROKEN_SECONDS = 24 * 3600.0
"""Age at which what was left half done is taken for given up: an upload, a data set being added, a parked reading."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What a round removed, or would: how many of each, and the bytes of the files."""

    orphans: int
    orphan_bytes: int
    uploads: int
    datasets: int
    readings: int
    sessions: int
    rosters: int


def tidy(database: Database, store: Store, data_dir: Path, *, dry_run: bool = False) -> Tidied:
    """Removes what nobody knows and what was left half done; with `dry_run` only counts it."""
    now = time.time()
    if not dry_run:
        store.trim()
        store.put_back_left(now - blobs.YOUNG_SECONDS)
    found = blobs.orphans(database, store, now)
    gone = list(found) if dry_run else list(blobs.remove(database, store, list(found), now))
    uploads = store.broken(BROKEN_SECONDS, now)
    readings, datasets = _readings(database, data_dir, now), _unfinished(store, now)
    if not dry_run:
        _remove([*uploads, *readings, *datasets])
    return Tidied(
        orphans=len(gone),
        orphan_bytes=sum(each.bytes for each in gone),
        uploads=len(uploads),
        datasets=len(datasets),
        readings=len(readings),
        sessions=_rows(database, AuthSession, AuthSession.expires_at <= db_now(), dry_run=dry_run),
        rosters=_rows(database, RosterImport, IS_FORGOTTEN, dry_run=dry_run),
    )


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _unfinished(store: Store, now: float) -> list[Path]:
    """The folders of data sets whose adding was interrupted: their names begin with a dot until they have a place."""
    return [path for path in _old(store.datasets, now) if path.name.startswith(".") and path.is_dir()]


def _readings(database: Database, data_dir: Path, now: float) -> list[Path]:
    """The parked readings of gradings that wait no longer, and drafts that nobody finished."""
    with database.read() as session:
        ended = Grading.state.not_in((State.QUEUED, State.RUNNING))
        waiting = {str(number) for number in session.scalars(select(Grading.id).where(~ended)).all()}
    return [path for path in _old(data_dir / "parked", now) if path.name not in waiting]


def _old(folder: Path, now: float) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < now - BROKEN_SECONDS:
                yield path
        except FileNotFoundError:
            continue


def _rows(
    database: Database, table: type[AuthSession | RosterImport], gone: ColumnElement[bool], *, dry_run: bool
) -> int:
    """How many rows are past their time, and removes them unless it is a `dry_run`."""
    if dry_run:
        with database.read() as session:
            return session.execute(select(func.count()).select_from(table).where(gone)).scalar_one()
    with database.write() as session:
        return len(session.execute(delete(table).where(gone).returning(table.id)).all())
