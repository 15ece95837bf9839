"""Real databases, migrated once and copied for each test, and a course to put requests to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate
from app.settings import Settings
from tests.app import term
from tests.app.applications import application, one_event_loop
from tests.app.definitions import share_definitions
from tests.app.time_travel import Clock, time_travel
from tests.app.world import World, copied, populate, settings_of, write_images
from tests.databases import Backend

share_definitions()


@pytest.fixture(scope="session", autouse=True)
def event_loop() -> Iterator[None]:
    with one_event_loop():
        yield


@pytest.fixture
def database_url(backend: Backend, tmp_path: Path) -> Iterator[str]:
    with backend.copied(backend.migrated(), tmp_path) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    # The cheapest cost that Argon2 allows: what a test needs is the rule, not the strength.
    return Passwords(memory_kib=8, passes=1, lanes=1)


@pytest.fixture(scope="session")
def world_template(backend: Backend, passwords: Passwords) -> World:
    def make(folder: Path, url: str) -> World:
        migrate(url)
        with closing(Database(url)) as database:
            return populate(database, folder, passwords, write_images(folder / "images.npz", 20))

    return backend.once("world", make)


@pytest.fixture
def world(backend: Backend, world_template: World, tmp_path: Path) -> Iterator[World]:
    with copied(backend, world_template, tmp_path / "data") as world:
        yield world


@pytest.fixture
def settings(world: World) -> Settings:
    return settings_of(world)


@pytest.fixture
def service(settings: Settings) -> Iterator[FastAPI]:
    """The application with services of its own."""
    with application(settings) as app:
        yield app


@pytest.fixture
def records(service: FastAPI) -> Database:
    """The service's own database."""
    database: Database = service.state.services.database
    return database


@pytest.fixture
def browser(service: FastAPI, world: World) -> Iterator[Callable[[str | None], TestClient]]:
    """Makes a browser in which that person is signed in; None: nobody. It does not follow redirects by itself."""
    with ExitStack() as stack:

        def open_browser(name: str | None = None) -> TestClient:
            cookies = {"secateur": world.people[name].cookie} if name else {}
            headers = {"Accept": "text/html", "Origin": "http://testserver"}
            client = TestClient(
                service, headers=headers, cookies=cookies, follow_redirects=False, raise_server_exceptions=False
            )
            stack.callback(client.close)
            return client

        yield open_browser


@pytest.fixture
def program(service: FastAPI, world: World) -> Iterator[Callable[[str | None], TestClient]]:
    """Makes a program that sends that person's API token and asks for JSON; None: no token."""
    with ExitStack() as stack:

        def open_program(name: str | None = None) -> TestClient:
            headers = {"Authorization": f"Bearer {world.people[name].token}"} if name else {}
            client = TestClient(service, headers=headers, follow_redirects=False, raise_server_exceptions=False)
            stack.callback(client.close)
            return client

        yield open_program


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The service's time, to be set; it begins within the term of `tests.app.term`."""
    with time_travel() as clock:
        clock.travel_to(datetime(2023, 3, 30, 12, tzinfo=term.TAIPEI))
        yield clock
