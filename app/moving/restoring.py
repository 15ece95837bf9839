"""A backup put up again: into an empty database of either kind, and a store that may have some of its files already."""

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from app.engines import checked_url, migration_engine
from app.moving import files, loading, manifest, rows
from app.moving.errors import Damaged, MovingError
from app.moving.manifest import ROWS, Manifest
from app.schema import head, migrate
from app.storage import Store


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in its folder, beside the files that it shares with the others there."""

    folder: Path
    manifest: Manifest

    @property
    def vault(self) -> Store:
        """The files of this backup and of the others beside it."""
        return Store(self.folder.parent)


def find(folder: Path) -> Backup:
    """The backup in a folder, or the newest of those in it. Raises Damaged."""
    if not (folder / manifest.NAME).exists():
        finished = sorted(path.parent for path in folder.glob(f"[0-9]*/{manifest.NAME}"))
        if not finished:
            raise Damaged(f"{folder} holds no backup")
        folder = finished[-1]
    return Backup(folder, manifest.read(folder))


def check(backup: Backup, left_out: list[str] | None = None) -> None:
    """Reads all of a backup. Raises Damaged where it is not what was written; of files and data sets `left_out` is told it."""
    for _ in _lines(backup):
        pass
    for sha256 in backup.manifest.files:
        with _may_lack(left_out):
            if not files.is_whole(backup.vault, sha256):
                raise Damaged(f"the backup's file {sha256} is damaged or not there")
    for digest, expected in backup.manifest.datasets.items():
        with _may_lack(left_out):
            if not files.is_dataset_whole(backup.vault, digest, expected):
                raise Damaged(f"the backup's data set {digest} is damaged or not there")


def restore(backup: Backup, database_url: str, store: Store, left_out: list[str] | None = None) -> None:
    """Fills an empty database and a store. Raises MovingError; then the database has no rows, as before.

    Files come first: whoever looks while it happens meets no row without its file. Where `left_out` is given, files and
    data sets that are damaged go there, and everything else is put up.
    """
    if backup.manifest.revision != head():
        raise MovingError(
            f"the backup is of release {backup.manifest.release}, whose tables are others: restore it with that release, "
            "then update and run `secateur migrate`"
        )
    migrate(database_url)
    with _writing(database_url) as connection:
        if not rows.is_empty(connection):
            raise MovingError("the database is not empty; name a new one by SECATEUR_DATABASE_URL")
    for sha256 in backup.manifest.files:
        with _may_lack(left_out):
            if not (store.has(sha256) and files.is_whole(store, sha256)):
                files.copy(backup.vault, store, sha256)
    for digest, expected in backup.manifest.datasets.items():
        with _may_lack(left_out):
            files.copy_dataset(backup.vault, store, digest, expected)
    with _writing(database_url) as connection:
        loading.load(connection, _lines(backup))
        _verify(connection, backup.manifest)


@contextmanager
def _may_lack(left_out: list[str] | None) -> Iterator[None]:
    """Tells `left_out` of a file or data set that is damaged; without one it is raised."""
    try:
        yield
    except Damaged as damage:
        if left_out is None:
            raise Damaged(f"{damage}; --skip-damaged leaves it out and takes the rest") from None
        left_out.append(str(damage))


def _verify(connection: Connection, expected: Manifest) -> None:
    """Reads back what was written, before it holds. Raises Damaged where it is not what the backup is of."""
    counts: dict[str, int] = {}
    digest = hashlib.sha256()
    for line in rows.dump(connection, counts.__setitem__):
        digest.update(line)
    if counts != expected.tables or digest.hexdigest() != expected.rows_sha256:
        raise Damaged("the rows in the database are not those of the backup")


def _lines(backup: Backup) -> Iterator[bytes]:
    """The rows' lines. Raises Damaged, at the end, where they are not those that were written."""
    digest = hashlib.sha256()
    try:
        with gzip.open(backup.folder / ROWS, "rb") as packed:
            for line in packed:
                digest.update(line)
                yield line
    except (OSError, EOFError) as error:
        raise Damaged(f"{backup.folder / ROWS}: {error}") from error
    if digest.hexdigest() != backup.manifest.rows_sha256:
        raise Damaged(f"{backup.folder / ROWS} has other rows than were written")


@contextmanager
def _writing(database_url: str) -> Iterator[Connection]:
    """A connection on which rows are written in any order, all of them or none."""
    engine = migration_engine(checked_url(database_url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
