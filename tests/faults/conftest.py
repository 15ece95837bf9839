"""A service of its own for each test, with a test set on which an evaluation takes long enough to be interrupted."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate
from tests.app.world import World, populate, write_images
from tests.faults.tree import Tree

EXAMPLES = 1500


@pytest.fixture(scope="session")
def slow_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("slow_world")
    url = f"sqlite:///{folder / 'secateur.sqlite'}"
    migrate(url)
    database = Database(url)
    images = write_images(folder / "images.npz", EXAMPLES)
    world = populate(database, folder, Passwords(memory_kib=8, passes=1, lanes=1), images)
    database.close()
    return world


@pytest.fixture(scope="module")
def tree(slow_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """A service with two workers that several tests harm in turn."""
    yield from running(slow_world, tmp_path_factory.mktemp("shared") / "data", workers=2)


@pytest.fixture
def own_tree(slow_world: World, tmp_path: Path) -> Iterator[Tree]:
    """A service with one worker, for one test."""
    yield from running(slow_world, tmp_path / "data", workers=1)


def running(template: World, folder: Path, workers: int) -> Iterator[Tree]:
    shutil.copytree(template.folder, folder)
    tree = Tree(replace(template, folder=folder, database_url=f"sqlite:///{folder / 'secateur.sqlite'}"), workers)
    try:
        tree.wait_until_ready()
        yield tree
    finally:
        tree.close()
