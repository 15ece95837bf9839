"""An empty database, and a connection to it as migrations have it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.engines import checked_url, migration_engine
from tests.databases import Backend


@pytest.fixture
def url(backend: Backend, tmp_path: Path) -> Iterator[str]:
    with backend.empty(tmp_path / "data") as url:
        yield url


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection as migrations have it, in a transaction that is committed and closed at the end."""
    engine = migration_engine(checked_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()
