"""A backup of a service, which may go on working meanwhile.

The rows are those of one moment. A file is in the store before the first row that names it, so whatever these rows name
is there when they have been read, unless somebody had it erased since.
"""

import gzip
import hashlib
import importlib.metadata
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import read_clock
from app.database import Database
from app.housekeeping.references import all_known, known
from app.moving import files, rows
from app.moving.errors import Damaged
from app.moving.manifest import NAME, ROWS, DatasetFile, Manifest
from app.schema import head
from app.storage import Store
from models.datasets import Dataset

NAME_FORMAT = "%Y-%m-%dT%H-%M-%S.%fZ"
"""A backup is called after its moment, so that names sort as time does."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was written."""

    folder: Path
    manifest: Manifest
    copied: int
    """How many files were copied; the others were in the folder from an earlier backup."""


@dataclass(slots=True)
class _Snapshot:
    """What was read in one transaction."""

    taken_at: datetime
    tables: dict[str, int]
    rows_sha256: str
    files: dict[str, int]
    """Digest -> bytes, as a row says."""
    datasets: list[str]


def take(database: Database, store: Store, folder: Path) -> Taken:
    """Writes a backup into a folder, which may hold earlier ones: files that are there are not copied again."""
    vault = Store(folder)
    draft = folder / f".{secrets.token_hex(8)}"
    draft.mkdir()
    try:
        snapshot = _read(database, draft / ROWS)
        missing: list[str] = []
        sizes, copied = _keep_files(database, store, vault, snapshot.files, missing)
        manifest = Manifest(
            release=importlib.metadata.version("secateur"),
            revision=head(),
            taken_at=snapshot.taken_at,
            tables=snapshot.tables,
            rows_sha256=snapshot.rows_sha256,
            files=sizes,
            datasets=_keep_datasets(store, vault, snapshot.datasets, missing),
            missing=missing,
        )
        manifest.write(draft)
        for path in (draft / ROWS, draft / NAME, draft):
            files.sync(path)
        place = folder / snapshot.taken_at.strftime(NAME_FORMAT)
        draft.rename(place)
        files.sync(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Taken(place, manifest, copied)


def _read(database: Database, path: Path) -> _Snapshot:
    """Writes the rows, packed, and tells what they name."""
    counts: dict[str, int] = {}
    digest = hashlib.sha256()
    with database.read() as session, gzip.open(path, "wb", compresslevel=6) as packed:
        taken_at = read_clock(session)
        for line in rows.dump(session.connection(), counts.__setitem__):
            digest.update(line)
            packed.write(line)
        return _Snapshot(taken_at, counts, digest.hexdigest(), dict(all_known(session)), _datasets(session))


def _datasets(session: Session) -> list[str]:
    return list(session.scalars(select(Dataset.digest).distinct().order_by(Dataset.digest)))


def _keep_files(
    database: Database, store: Store, vault: Store, wanted: Mapping[str, int], missing: list[str]
) -> tuple[dict[str, int], int]:
    """The size of each file that the backup has now, and how many were copied; what is not to be had goes to `missing`.

    One that an earlier backup left there is copied again where its size is not the wanted one: it was damaged since.
    """
    sizes: dict[str, int] = {}
    copied = 0
    for sha256 in sorted(wanted):
        try:
            if not vault.has(sha256) or vault.path(sha256).stat().st_size != wanted[sha256]:
                files.copy(store, vault, sha256)
                copied += 1
            sizes[sha256] = vault.path(sha256).stat().st_size
        except Damaged as damage:
            with database.read() as session:
                if known(session, [sha256]):  # else it was erased since the rows were read
                    missing.append(str(damage))
    return sizes, copied


def _keep_datasets(
    store: Store, vault: Store, wanted: Iterable[str], missing: list[str]
) -> dict[str, dict[DatasetFile, str]]:
    kept = {}
    for digest in wanted:
        try:
            expected = files.digests(files.dataset(store, digest))
            files.copy_dataset(store, vault, digest, expected)
            kept[digest] = expected
        except Damaged as damage:
            missing.append(str(damage))
    return kept
