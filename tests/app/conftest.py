"""A real, migrated SQLite database for each test: migrated once, then copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(migrated_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "secateur.sqlite"
    shutil.copyfile(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    # The cheapest cost that Argon2 allows: what a test needs is the rule, not the strength.
    return Passwords(memory_kib=8, passes=1, lanes=1)
