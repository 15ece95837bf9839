"""A service of its own for each test, with a test set on which an evaluation takes long enough to be interrupted."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate
from tests.app.world import World, copied, populate, write_images
from tests.databases import SQLITE, Backend
from tests.faults.tree import Tree, running

EXAMPLES = 750


@pytest.fixture(scope="session")
def slow_world(backend: Backend) -> World:
    def make(folder: Path, url: str) -> World:
        migrate(url)
        images = write_images(folder / "images.npz", EXAMPLES)
        with closing(Database(url)) as database:
            return populate(database, folder, Passwords(memory_kib=8, passes=1, lanes=1), images)

    return backend.once("slow_world", make)


@pytest.fixture(scope="module")
def tree(backend: Backend, slow_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """A service with two workers that several tests harm in turn."""
    yield from serving(backend, slow_world, tmp_path_factory.mktemp("shared") / "data", workers=2)


@pytest.fixture
def own_tree(backend: Backend, slow_world: World, tmp_path: Path) -> Iterator[Tree]:
    """A service with one worker, for one test. On SQLite it is started as an operator starts it: everything is loaded anew."""
    yield from serving(backend, slow_world, tmp_path / "data", workers=1, afresh=backend.name == SQLITE)


def serving(backend: Backend, template: World, folder: Path, workers: int, *, afresh: bool = False) -> Iterator[Tree]:
    with copied(backend, template, folder) as world, running(world, workers, afresh=afresh) as tree:
        yield tree
