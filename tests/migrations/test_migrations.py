"""The migrations on real databases: there and back, equal to what the models declare, and safe for the rows."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import migrations
from app.engines import checked_url, migration_engine
from app.schema import UnknownSchema, alembic_config, migrate, pending
from models import Base
from tests import warm
from tests.databases import Backend
from tests.migrations.conftest import connected

MARKING = {
    *(f"{table}_{event}" for table in ("gradings", "disqualifications", "entrant_members", "memberships")
      for event in ("insert", "delete", "update")),
    *(f"competition_versions_{event}" for event in ("insert", "delete", "update")),
    *(f"{table}_{event}" for table in ("submissions", "entrants") for event in ("delete", "update")),
    "users_update",
    "competitions_update",
    "courses_update",
}  # fmt: skip


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names())


def constraints(connection: Connection) -> dict[str, Any]:
    """Everything that a table promises, in an order that does not matter."""
    found = inspect(connection)
    return {
        table: {
            "primary key": found.get_pk_constraint(table),
            "checks": sorted(found.get_check_constraints(table), key=lambda each: str(each["name"])),
            "references": sorted(found.get_foreign_keys(table), key=lambda each: str(each["name"])),
            "unique": sorted(found.get_unique_constraints(table), key=lambda each: str(each["name"])),
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def statements_of_indexes(connection: Connection) -> list[str]:
    on_postgres = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    on_sqlite = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    found = connection.execute(text(on_postgres if connection.dialect.name == "postgresql" else on_sqlite))
    return sorted(found.scalars())


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


def test_every_file_name_is_a_date_and_the_sentence() -> None:
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions():
        sentence = script.doc.rstrip(".").lower().replace(",", "").replace(" ", "_")
        assert Path(script.path).stem[11:] == sentence
        assert Path(script.path).stem[:10].replace("_", "").isdigit()


def test_migrating_up_down_and_up_again(url: str) -> None:
    migrate(url)
    up = tables(url)
    migrate(url, "base")
    down = tables(url)
    migrate(url)

    assert up == {*Base.metadata.tables, "alembic_version"}
    assert down == {"alembic_version"}
    assert tables(url) == up


def test_each_migration_can_be_taken_back_alone(url: str) -> None:
    count = len(pending(url))
    migrate(url)
    for steps in range(1, count + 1):
        migrate(url, "-1")
        assert len(pending(url)) == steps


def test_what_is_migrated_is_what_is_declared(url: str) -> None:
    migrate(url)

    with connected(url) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    assert differences == []


def test_constraints_and_indexes_are_the_declared_ones_too(backend: Backend, url: str, tmp_path: Path) -> None:
    migrate(url)
    with backend.empty(tmp_path) as another, connected(another) as declared, connected(url) as migrated:
        Base.metadata.create_all(declared)

        assert constraints(migrated) == constraints(declared)
        assert statements_of_indexes(migrated) == statements_of_indexes(declared)


def test_whatever_changes_what_counts_leaves_a_mark(url: str) -> None:
    """A migration that rebuilds one of these tables on SQLite drops its triggers, and has to make them again."""
    migrate(url)

    on_sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    on_postgres = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connected(url) as connection:
        query = on_postgres if connection.dialect.name == "postgresql" else on_sqlite
        found = set(connection.execute(text(query)).scalars())

    assert found == {f"mark_standings_{each}" for each in MARKING}


def test_every_constraint_has_a_name(url: str) -> None:
    migrate(url)

    with connected(url) as connection:
        promised = constraints(connection)

    for table, promises in promised.items():
        assert promises["primary key"]["name"], table
        for kind in ("checks", "references", "unique"):
            assert all(each["name"] for each in promises[kind]), f"{table}: {kind}"


def test_a_new_database_lacks_every_migration_and_is_not_created_by_asking(url: str, tmp_path: Path) -> None:
    missing = pending(url)

    assert missing[0] == "People, courses and competitions."
    assert not (tmp_path / "data").exists()


def test_nothing_is_pending_after_migrating(url: str) -> None:
    migrate(url)

    assert pending(url) == ()


def test_migrating_works_from_any_folder(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    migrate(url)

    assert pending(url) == ()


def test_a_database_of_a_newer_release_is_left_alone(url: str) -> None:
    migrate(url)
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))

    with pytest.raises(UnknownSchema, match="from_the_future"):
        pending(url)
    with pytest.raises(UnknownSchema, match="from_the_future"):
        migrate(url)


def test_processes_that_migrate_at_once_do_not_disturb_each_other(url: str, tmp_path: Path) -> None:
    environment = os.environ | {"SECATEUR_DATA_DIR": str(tmp_path), "SECATEUR_DATABASE_URL": url}
    with (tmp_path / "told").open("wb") as told:
        processes = [warm.start(["migrate"], environment, told) for _ in range(3)]

    ends = [process.wait(60) for process in processes]

    assert ends == [0, 0, 0], (tmp_path / "told").read_text(encoding="utf-8")
    assert pending(url) == ()


@pytest.mark.only_on("sqlite", reason="Postgres changes a table in its place")
def test_rebuilding_a_parent_table_keeps_its_children(url: str) -> None:
    migrate(url)
    with connected(url) as connection:
        connection.execute(text("INSERT INTO users (email, name, created_at) VALUES ('a@b', 'A', '2026-01-01')"))
        connection.execute(
            text(
                "INSERT INTO auth_sessions (user_id, token_sha256, created_at, last_seen_at, expires_at, user_agent) "
                "VALUES (1, 'x', '2026-01-01', '2026-01-01', '2026-01-01', '')"
            )
        )

    with connected(url) as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True, "transactional_ddl": True})
        with Operations(context).batch_alter_table("users", recreate="always"):
            pass
        assert connection.execute(text("SELECT count(*) FROM auth_sessions")).scalar_one() == 1


@pytest.mark.only_on("sqlite", reason="Postgres looks at references all the time")
def test_a_migration_that_leaves_broken_references_is_rolled_back(url: str) -> None:
    migrate(url, "a1c4e27f9b30")
    with connected(url) as connection:
        connection.execute(
            text("INSERT INTO memberships (course_id, user_id, role, created_at) VALUES (7, 8, 'ta', '2026-01-01')")
        )

    with pytest.raises(Exception, match="2 broken references, the first in memberships row 1"):
        migrate(url)

    assert pending(url)[0] == "Submissions, gradings and workers."
    assert "gradings" not in tables(url)


def test_the_template_makes_a_migration_that_runs(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = alembic_config()
    config.set_main_option("script_location", str(folder))
    migrate(url)

    engine = migration_engine(checked_url(url))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message="Nothing at all", autogenerate=True)
        command.upgrade(config, "head")

    engine.dispose()
    (made,) = (folder / "versions").glob("*_nothing_at_all.py")
    assert made.read_text().startswith('"""Nothing at all."""')
