"""A backup holds everything of one moment, and is put up again on either kind of database with nothing lost."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from app.database import Database
from app.moving import files, manifest, restoring, rows, taking
from app.moving.errors import Damaged, MovingError
from app.storage import Store
from models import Base
from models.accounts import User
from models.gradings import Grading
from models.submissions import Submission, SubmissionFile
from tests.app.world import World, hand_in, live_grading, settle, store_bytes
from tests.databases import KINDS, Backend


@dataclass(frozen=True, slots=True)
class House:
    """A service's database and store, and a folder for backups."""

    world: World
    database: Database
    store: Store
    backups: Path

    def take(self) -> taking.Taken:
        return taking.take(self.database, self.store, self.backups)

    def file(self, sha256: str) -> Path:
        return self.store.path(sha256)

    def hand_in(self, name: str, content: bytes) -> int:
        stored = store_bytes(self.store, content)
        number = hand_in(self.database, self.world, name, sha256_hex=stored.sha256)
        with self.database.write() as session:
            of_it = update(SubmissionFile).where(SubmissionFile.sha256 == stored.sha256)
            session.execute(of_it.values(bytes=stored.bytes))
        return number


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    """A course with files that were scored, refused and copied, one of them from a later one, and one that waits."""
    with closing(Database(world.database_url)) as database:
        house = House(world, database, Store(world.folder), tmp_path / "backups")
        for name in ("ada", "grace", "alan"):
            house.hand_in(name, f"weights of {name}".encode() * 1000)
        settle(database, 1, Fraction(2, 3))
        settle(database, 2, Fraction(1, 3))
        with database.write() as session:
            first, second = live_grading(session, 1), live_grading(session, 2)
            first.copied_from_id, second.predictions = second.id, bytes(range(256))
            if world.database_url.startswith("sqlite"):  # Postgres takes no such text
                second.fault = "what a library said: \0"
        yield house


@contextmanager
def put_up(backup: restoring.Backup, backend: Backend, folder: Path) -> Iterator[tuple[Database, Store]]:
    """The backup in an empty database of that kind and a new store."""
    folder.mkdir()
    with backend.empty(folder) as url:
        store = Store(folder)
        restoring.restore(backup, url, store)
        with closing(Database(url)) as database:
            yield database, store


def lines(database: Database) -> list[bytes]:
    with database.read() as session:
        return list(rows.dump(session.connection(), lambda table, number: None))


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_is_put_up_on_either_database_is_what_was_there_to_the_last_byte(
    house: House, kind: str, backends: Mapping[str, Backend], tmp_path: Path
) -> None:
    taken = house.take()

    with put_up(restoring.find(house.backups), backends[kind], tmp_path / "new") as (database, store):
        assert lines(database) == lines(house.database)
        assert len(taken.manifest.files) == 3
        assert all(files.is_whole(store, sha256) for sha256 in taken.manifest.files)
        for digest, expected in taken.manifest.datasets.items():
            assert files.digests(store.dataset(digest)) == expected == files.digests(house.store.dataset(digest))
        moved = replace(house.world, database_url="")
        assert hand_in(database, moved, "ada", file="after the move") == 4


def test_every_table_is_in_a_backup(house: House) -> None:
    assert set(house.take().manifest.tables) == set(Base.metadata.tables) - rows.COMPUTED


def test_a_backup_of_a_working_service_is_of_one_moment(house: House) -> None:
    before = lines(house.database)

    def meanwhile(table: str, number: int) -> None:
        if table == "users":
            hand_in(house.database, house.world, "ada", file="handed in meanwhile")
            with house.database.write() as session:
                session.execute(update(User).values(name="Renamed meanwhile"))

    with house.database.read() as session:
        during = list(rows.dump(session.connection(), meanwhile))

    assert during == before
    assert lines(house.database) != before


@pytest.mark.only_on("sqlite", reason="the files of a backup are the same for both")
def test_a_second_backup_copies_only_what_is_new_and_the_newest_is_found(house: House) -> None:
    first = house.take()
    house.hand_in("ada", b"something new")
    second = house.take()

    assert (first.copied, second.copied) == (3, 1)
    assert restoring.find(house.backups).folder == second.folder
    assert restoring.find(first.folder).manifest == first.manifest


@pytest.mark.only_on("sqlite", reason="the files of a backup are the same for both")
def test_a_file_that_was_lost_or_damaged_is_told_and_one_erased_meanwhile_is_not(house: House) -> None:
    lost, damaged, *_ = (each.sha256 for each in house.store.files(older_than=float("inf")))
    house.file(lost).unlink()
    house.file(damaged).write_bytes(b"other bytes")
    missing: list[str] = []
    taking._keep_files(house.database, house.store, Store(house.backups), {"0" * 64: 1000}, missing)

    told = house.take().manifest.missing

    assert missing == []
    assert len(told) == 2
    assert any(lost in each for each in told)
    assert any(damaged in each for each in told)


def spoil_file(backup: restoring.Backup) -> None:
    backup.vault.path(next(iter(backup.manifest.files))).write_bytes(b"other bytes")


def spoil_dataset(backup: restoring.Backup) -> None:
    (backup.vault.dataset(next(iter(backup.manifest.datasets))) / "labels.npy").write_bytes(b"other labels")


def spoil_rows(backup: restoring.Backup) -> None:
    path = backup.folder / manifest.ROWS
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"Ada", b"Eve")))


def cut_rows(backup: restoring.Backup) -> None:
    path = backup.folder / manifest.ROWS
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("spoil", [spoil_file, spoil_dataset, spoil_rows, cut_rows])
def test_a_damaged_backup_is_found_out_and_leaves_the_database_empty(
    house: House, spoil: object, backend: Backend, tmp_path: Path
) -> None:
    house.take()
    backup = restoring.find(house.backups)
    restoring.check(backup)
    assert callable(spoil)
    spoil(backup)

    with pytest.raises(Damaged):
        restoring.check(backup)
    (tmp_path / "new").mkdir()
    with backend.empty(tmp_path / "new") as url:
        with pytest.raises(Damaged):
            restoring.restore(backup, url, Store(tmp_path / "new"))
        with closing(Database(url)) as database, database.read() as session:
            assert rows.is_empty(session.connection())


@pytest.mark.only_on("sqlite", reason="the files of a backup are the same for both")
def test_a_file_that_was_cut_off_in_a_backup_is_copied_again_by_the_next(house: House) -> None:
    first = house.take()
    sha256, size = next(iter(first.manifest.files.items()))
    path = restoring.find(house.backups).vault.path(sha256)
    path.write_bytes(path.read_bytes()[:-10])

    second = house.take()

    assert second.copied == 1
    assert second.manifest.files[sha256] == size
    restoring.check(restoring.find(house.backups))


def test_what_is_damaged_in_a_backup_is_left_out_where_that_is_asked_for(
    house: House, backend: Backend, tmp_path: Path
) -> None:
    house.take()
    backup = restoring.find(house.backups)
    lost, dataset, *_ = (*backup.manifest.files, *backup.manifest.datasets)[:: len(backup.manifest.files)]
    spoil_file(backup)
    spoil_dataset(backup)
    with pytest.raises(Damaged, match="--skip-damaged"):
        restoring.check(backup)
    damaged: list[str] = []
    left_out: list[str] = []

    restoring.check(backup, damaged)
    (tmp_path / "new").mkdir()
    with backend.empty(tmp_path / "new") as url:
        store = Store(tmp_path / "new")
        restoring.restore(backup, url, store, left_out)

        with closing(Database(url)) as database:
            assert lines(database) == lines(house.database)
    for told in (damaged, left_out):
        assert [lost in told[0], dataset in told[1], len(told)] == [True, True, 2]
    kept = [sha256 for sha256 in backup.manifest.files if sha256 != lost]
    assert len(kept) == 2
    assert all(files.is_whole(store, sha256) for sha256 in kept)
    assert not store.has(lost)


def test_rows_that_are_damaged_are_never_left_out(house: House) -> None:
    house.take()
    backup = restoring.find(house.backups)
    cut_rows(backup)

    with pytest.raises(Damaged):
        restoring.check(backup, [])


def test_nothing_is_put_up_over_rows_that_are_there(house: House) -> None:
    house.take()
    before = lines(house.database)

    with pytest.raises(MovingError, match="not empty"):
        restoring.restore(restoring.find(house.backups), house.world.database_url, house.store)
    assert lines(house.database) == before


@pytest.mark.only_on("sqlite", reason="it is refused before a database is asked")
def test_a_backup_of_other_tables_is_refused_with_the_release_that_it_needs(house: House, tmp_path: Path) -> None:
    house.take()
    found = restoring.find(house.backups)
    older = replace(found, manifest=found.manifest.model_copy(update={"revision": "older", "release": "0.0.9"}))

    with pytest.raises(MovingError, match=r"restore it with that release"):
        restoring.restore(older, f"sqlite:///{tmp_path / 'new.sqlite'}", Store(tmp_path / "new"))


@pytest.mark.only_on("sqlite", reason="the files of a backup are the same for both")
def test_a_backup_that_was_broken_off_is_none(house: House) -> None:
    taken = house.take()
    (taken.folder / manifest.NAME).unlink()

    with pytest.raises(Damaged, match="holds no backup"):
        restoring.find(house.backups)


def test_what_waits_is_graded_and_what_is_scored_stays_so(house: House, backend: Backend, tmp_path: Path) -> None:
    house.take()

    with put_up(restoring.find(house.backups), backend, tmp_path / "new") as (database, _), database.read() as session:
        states = session.execute(select(Grading.state, func.count()).group_by(Grading.state)).all()
        assert {state.value: number for state, number in states} == {"scored": 2, "queued": 1}
        assert session.get_one(Grading, 1).copied_from_id == 2
        assert session.scalars(select(Submission.received_at).order_by(Submission.id)).first() is not None
