"""The migrations on a real SQLite file: there and back, equal to what the models declare, and safe for the rows."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'secateur.sqlite'}"


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection as migrations have it, in a transaction that is committed and closed at the end."""
    engine = migration_engine(checked_url(url))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


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
    found = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
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
    for steps in range(1, count + 1):
        migrate(url)
        migrate(url, f"-{steps}")
        assert len(pending(url)) == steps


def test_what_is_migrated_is_what_is_declared(url: str) -> None:
    migrate(url)

    with connected(url) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)

    assert differences == []


def test_constraints_and_indexes_are_the_declared_ones_too(url: str, tmp_path: Path) -> None:
    migrate(url)
    with connected(f"sqlite:///{tmp_path / 'declared.sqlite'}") as declared, connected(url) as migrated:
        Base.metadata.create_all(declared)

        assert constraints(migrated) == constraints(declared)
        assert statements_of_indexes(migrated) == statements_of_indexes(declared)


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


def test_processes_that_migrate_at_once_do_not_disturb_each_other(url: str) -> None:
    command_line = [sys.executable, "-c", "import sys, app.schema; app.schema.migrate(sys.argv[1])", url]
    processes = [subprocess.Popen(command_line, stderr=subprocess.PIPE) for _ in range(3)]

    errors = [process.communicate()[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert pending(url) == ()


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


BEFORE_ATTACHMENTS = "b7d20f6183ce"
OLD_ROWS = (
    "INSERT INTO users (id, email, name, created_at) VALUES (1, 'a@b', 'A', '2026-01-01')",
    "INSERT INTO courses (id, slug, title, time_zone, created_at) VALUES (1, 'ml', 'ML', 'UTC', '2026-01-01')",
    "INSERT INTO datasets (id, name, digest, examples, sample_shape, dtype, classes, created_at) "
    "VALUES (1, 'd', 'd', 5, '[2]', 'uint8', 2, '2026-01-01')",
    "INSERT INTO competitions (id, course_id, slug, title, created_at) VALUES (1, 1, 'p', 'P', '2026-01-01')",
    "INSERT INTO competition_versions (id, competition_id, number, source, definition, definition_digest, dataset_id, "
    "created_at) VALUES (1, 1, 1, '', '{}', 'e', 1, '2026-01-01')",
    "INSERT INTO entrants (id, competition_id, alias, created_at) VALUES (1, 1, 'Mossy Quince', '2026-01-01')",
    "INSERT INTO submissions (id, competition_id, entrant_id, user_id, received_at, via, created_at) "
    "VALUES (7, 1, 1, 1, '2026-01-01', 'api', '2026-01-01')",
    "INSERT INTO submission_files (id, submission_id, role, name, sha256, bytes) VALUES (9, 7, 'weights', 'w', 'f', 3)",
    "INSERT INTO gradings (id, submission_id, version_id, is_live, state, phase, lane, created_at, finished_at, "
    "crash_causes, phase_times, file_sha256, score, score_exact) "
    "VALUES (5, 7, 1, 1, 'scored', 'done', 'check', '2026-01-01', '2026-01-01', '[]', '{}', 'f', 0.5, '1/2')",
)


def old_rows(url: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        files = connection.execute(text("SELECT id, submission_id, role, name, sha256, bytes FROM submission_files"))
        gradings = connection.execute(text("SELECT id, submission_id, score_exact FROM gradings"))
        return [*map(tuple, files), *map(tuple, gradings)]


def test_old_submissions_survive_attachments_and_their_removal(url: str) -> None:
    migrate(url, BEFORE_ATTACHMENTS)
    with connected(url) as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement))
    before = old_rows(url)

    migrate(url)
    with connected(url) as connection:
        fresh = connection.execute(text("SELECT is_reference, ranks FROM submissions, gradings")).one()
        connection.execute(
            text(
                "INSERT INTO submission_files (submission_id, role, name, sha256, bytes) "
                "VALUES (7, 'attachment', 'report.pdf', 'a', 1), (7, 'attachment', 'notes.ipynb', 'b', 2)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO artifacts (grading_id, kind, name, sha256, bytes) VALUES (5, 'onnx', 'small.onnx', 'c', 3)"
            )
        )
    migrate(url, "-1")

    assert len(before) == 2
    assert tuple(fresh) == (0, None)
    assert old_rows(url) == before


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
