"""What Alembic runs: brings one connection to a revision in a single transaction.

The caller hands its connection over in `config.attributes["connection"]`. One transaction for all revisions, opened
before the present revision is read, so that of two processes that start at once the second finds nothing left to do.
"""

from alembic import context
from sqlalchemy import Connection, text

from models import Base

MIGRATION_LOCK = 7_232_835
"""Key of Postgres' advisory lock: any number that nothing else in the database uses."""
LOCK_TIMEOUT_SECONDS = 4
"""How long a migration may wait for a table: waiting longer would make every request queue up behind it."""
STATEMENT_TIMEOUT_SECONDS = 300
"""How long one statement of a migration may run."""
OTHERS_SECONDS = 600
"""How long a migration waits for another process's migration to end."""


class BrokenReferences(Exception):
    """A migration left rows that refer to rows which are gone; it is rolled back."""


def run_migrations() -> None:
    """Run the revisions that Alembic was asked for and check every reference afterwards."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        prepare(connection)
        context.run_migrations()
        check_references(connection)


def prepare(connection: Connection) -> None:
    """Take Postgres' lock for the length of this transaction. SQLite's own write lock is enough there."""
    if connection.dialect.name != "postgresql":
        return
    # Another process's migration may take as long as migrations do; a table's lock must come at once.
    connection.execute(text(f"SET LOCAL lock_timeout = '{OTHERS_SECONDS}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'"))
    connection.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'"))


def check_references(connection: Connection) -> None:
    """Raise BrokenReferences where SQLite, whose foreign keys are off while tables are rebuilt, finds a broken one."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        table, row, parent, _ = broken[0]
        raise BrokenReferences(f"{len(broken)} broken references, the first in {table} row {row} to {parent}")


run_migrations()
