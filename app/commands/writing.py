"""How a command comes to write: on tables of this release alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.database import Database
from app.main import OutdatedDatabase
from app.schema import pending
from app.settings import Settings


def check_migrated(settings: Settings) -> None:
    """Raise OutdatedDatabase where the tables are not those of this release."""
    if missing := pending(settings.database_url):
        raise OutdatedDatabase(f"run `secateur migrate` first; missing: {', '.join(missing)}")


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """A session that writes, on a connection of its own. Raises OutdatedDatabase."""
    check_migrated(settings)
    database = Database(settings.database_url)
    try:
        with database.write() as session:
            yield session
    finally:
        database.close()
