"""How a command comes to write: on tables of this release alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.records import open_database
from app.schema import require_current
from app.settings import Settings


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """A session that writes, on a connection of its own. Raises OutdatedDatabase."""
    require_current(settings.database_url)
    database = open_database(settings.database_url)
    try:
        with database.write() as session:
            yield session
    finally:
        database.close()
