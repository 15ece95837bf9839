"""Whether a machine's file store is the service's is told by what was graded last, before anybody's file is taken."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from app import supervisor
from app.cli import main
from app.clock import db_now
from app.database import Database
from app.queue import own_store
from app.queue.own_store import OtherStore
from app.storage import Store
from models.submissions import SubmissionFile
from models.workers import Worker
from tests.app.world import World, hand_in, settle, store_bytes


def graded(queue: Database, world: World, number: int) -> str:
    """The digest of a file that was scored."""
    stored = store_bytes(Store(world.folder), f"weights {number}".encode())
    settle(queue, hand_in(queue, world, "ada", sha256_hex=stored.sha256))
    return stored.sha256


def test_the_store_that_the_files_were_graded_from_is_the_services(world: World, queue: Database) -> None:
    graded(queue, world, 1)
    hand_in(queue, world, "grace", file="lost before anybody read it")

    own_store.require(queue, Store(world.folder))


def test_a_file_that_was_lost_since_is_no_other_store(world: World, queue: Database) -> None:
    first, last = graded(queue, world, 1), graded(queue, world, 2)
    store = Store(world.folder)
    store.path(last).unlink()
    own_store.require(queue, store)

    store.path(first).unlink()
    with pytest.raises(OtherStore, match=f"none of the 2 files that were graded last, such as {last}"):
        own_store.require(queue, store)


def test_a_store_that_has_the_data_sets_alone_is_another_one(world: World, queue: Database, tmp_path: Path) -> None:
    graded(queue, world, 1)
    shutil.copytree(world.folder / "datasets", tmp_path / "elsewhere" / "datasets")

    with pytest.raises(OtherStore, match="files that were graded last"):
        own_store.require(queue, Store(tmp_path / "elsewhere"))


def test_a_store_without_data_sets_is_another_one(world: World, queue: Database) -> None:
    graded(queue, world, 1)
    shutil.rmtree(world.folder / "datasets")

    with pytest.raises(OtherStore, match="data sets"):
        own_store.require(queue, Store(world.folder))


def test_files_that_were_erased_are_not_looked_for(world: World, queue: Database) -> None:
    Store(world.folder).path(graded(queue, world, 1)).unlink()
    with queue.write() as session:
        session.execute(update(SubmissionFile).values(erased_at=db_now()))

    own_store.require(queue, Store(world.folder))


def test_a_worker_with_another_store_does_not_start_and_says_what_to_check(
    world: World, queue: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECATEUR_DATABASE_URL", world.database_url)
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path / "elsewhere"))

    result = CliRunner().invoke(main, ["worker", "--name", "lost"])

    assert result.exit_code == supervisor.UNFIT
    assert "this machine's file store is not the service's" in result.output
    assert "SECATEUR_STORE_URL" in result.output
    with queue.read() as session:
        assert session.scalar(select(func.count()).select_from(Worker)) == 0
