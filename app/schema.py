"""Bringing a database to the tables that this release needs, and telling whether it is there."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from app.engines import checked_url, is_busy, is_out_of_time, migration_engine, read_engine, sqlite_path


class UnknownSchema(Exception):
    """The database was migrated by a newer release than this one."""


class BlockedMigration(Exception):
    """The database was in use, and the migration gave up: nothing was changed."""


class OutdatedDatabase(Exception):
    """The database has to be migrated before anything else."""


def require_current(database_url: str) -> None:
    """Raises OutdatedDatabase where the tables are not those of this release."""
    if missing := pending(database_url):
        raise OutdatedDatabase(f"run `secateur migrate` first; missing: {', '.join(missing)}")


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, found through the installed package and therefore from any folder."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.set_main_option("truncate_slug_length", "80")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, up or down, creating a SQLite file and its folder where there is none.

    Raises UnknownSchema, and BlockedMigration where others use the tables for too long.
    """
    url = checked_url(database_url)
    path = sqlite_path(url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = migration_engine(url)
    try:
        with engine.connect() as connection:
            config = alembic_config(connection)
            _reject_unknown(connection)
            if revision == "base" or revision.startswith("-"):
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
    except OperationalError as error:
        if not (is_busy(error) or is_out_of_time(error)):
            raise
        raise BlockedMigration(_BLOCKED) from error
    finally:
        engine.dispose()


_BLOCKED = (
    "the migration gave up: the database is in use, and what it needs was not free in time. Nothing was changed. "
    "End `secateur run` and whatever else reads or writes the database, such as a backup, and run `secateur migrate` again"
)


def pending(database_url: str) -> tuple[str, ...]:
    """The sentences of the migrations that the database still needs, oldest first; empty where it is up to date.

    Raises UnknownSchema where the database is ahead of this release. Never creates a SQLite file.
    """
    url = checked_url(database_url)
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return _sentences_after(())
    engine = read_engine(url)
    try:
        with engine.connect() as connection:
            return _sentences_after(_present(connection))
    finally:
        engine.dispose()


@cache
def head() -> str:
    """The revision that the tables of this release have."""
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())


def _present(connection: Connection) -> tuple[str, ...]:
    """The revisions that the database says it has."""
    return MigrationContext.configure(connection).get_current_heads()


def _reject_unknown(connection: Connection) -> None:
    """Raise UnknownSchema where the database is ahead of this release."""
    with connection.begin():
        _sentences_after(_present(connection))


def _sentences_after(present: tuple[str, ...]) -> tuple[str, ...]:
    """The sentences of the migrations that come after the given revisions, oldest first."""
    scripts = ScriptDirectory.from_config(alembic_config())
    try:
        missing = list(scripts.iterate_revisions("heads", present or "base"))
    except RevisionError as error:
        raise UnknownSchema(
            f"the database is at revision {', '.join(present)}, which this release does not know; "
            "install the release that wrote it, or restore a backup from before"
        ) from error
    return tuple(revision.doc for revision in reversed(missing) if revision.revision not in present)
