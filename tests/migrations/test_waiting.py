"""Migrations beside others who use the database: whom they wait for, for how long, and what they say when they give up."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text

import migrations
from app import engines
from app.engines import checked_url, migration_engine
from app.schema import BlockedMigration, alembic_config, migrate, pending
from models import Base
from tests.databases import Backend
from tests.faults.tree import wait_for
from tests.migrations.conftest import connected

KEY = 7_232_835
"""The advisory lock of every migration."""
TELL = """
\"\"\"What a migration may wait for.\"\"\"
from alembic import op
revision, down_revision, branch_labels, depends_on = "0123456789ab", None, None, None

def upgrade():
    op.execute("CREATE TABLE told AS SELECT current_setting('lock_timeout') AS lock, "
               "current_setting('statement_timeout') AS statement, (SELECT objid::int FROM pg_locks "
               "WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted) AS held")
"""


def waiting_for_the_key(connection: Connection) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND NOT granted"
    return bool(connection.execute(text(waiting), {"key": KEY}).scalar_one())


@pytest.mark.only_on("postgres", reason="a reader of SQLite is in nobody's way")
def test_a_migration_gives_up_where_somebody_holds_a_table_and_changes_nothing(url: str) -> None:
    migrate(url)
    with connected(url) as reader:
        for table in Base.metadata.tables:  # whichever the last migration changes
            reader.execute(text(f"SELECT count(*) FROM {table}"))
        with pytest.raises(BlockedMigration, match=r"in use.*Nothing was changed.*run `secateur migrate` again"):
            migrate(url, "-1")

    assert pending(url) == ()
    migrate(url, "-1")
    assert len(pending(url)) == 1


@pytest.mark.only_on("sqlite", reason="SQLite has one lock for all tables")
def test_a_migration_gives_up_where_somebody_writes_and_changes_nothing(
    url: str, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MILLISECONDS", 200)
    migrate(url)
    with backend.locked(url), pytest.raises(BlockedMigration, match="in use"):
        migrate(url, "-1")

    assert pending(url) == ()


@pytest.mark.only_on("postgres", reason="SQLite has one lock for all")
def test_a_migration_waits_for_another_one(url: str) -> None:
    engine = create_engine(url)
    with ThreadPoolExecutor(1) as pool, engine.connect() as another, engine.connect() as onlooker:
        another.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEY})
        migration = pool.submit(migrate, url)
        wait_for("the migration to wait", lambda: waiting_for_the_key(onlooker), 30)
        assert not migration.done()
        another.rollback()
        migration.result(60)
    engine.dispose()

    assert pending(url) == ()


@pytest.mark.only_on("postgres", reason="timeouts and advisory locks are Postgres'")
def test_a_statement_has_limits_and_the_lock_is_held(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    shutil.copy(Path(migrations.__file__).parent / "env.py", folder)
    (folder / "versions" / "2026_01_01_what.py").write_text(dedent(TELL))
    config = alembic_config()
    config.set_main_option("script_location", str(folder))

    with closing(migration_engine(checked_url(url)).connect()) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        told = connection.execute(text("SELECT lock, statement, held FROM told")).one()

    assert tuple(told) == ("4s", "5min", KEY)
