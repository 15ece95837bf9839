"""Applications for tests, whose routes are made ready once: that takes most of a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.services import open_services
from app.settings import Settings

_MADE: dict[str, FastAPI] = {}
"""By the settings that they were made with, but for where the data is."""


@contextmanager
def application(settings: Settings) -> Iterator[FastAPI]:
    """The application with services of its own; its routes may be those of an earlier one. They are closed at the end."""
    kind = repr(settings.model_dump(exclude={"data_dir", "database_url"}))
    if (app := _MADE.pop(kind, None)) is None:
        app = create_app(settings)
    else:
        # A template's code is made when a page is first asked for, and again for each renderer.
        app.state.services = replace(open_services(settings), renderer=app.state.services.renderer)
    routes = len(app.routes)
    yield app
    app.state.services.close()
    if len(app.routes) == routes:  # else a test added some
        _MADE[kind] = app


@contextmanager
def one_event_loop() -> Iterator[None]:
    """Every request of a TestClient is answered in one event loop, as in a service, and by threads that are there already.

    By itself a client starts a loop for each request, and with it a thread for each piece of work.
    """
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        try:
            yield
        finally:
            TestClient.portal = None
