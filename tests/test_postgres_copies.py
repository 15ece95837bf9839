"""Copies of a database that tests take turns at."""

from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from tests.databases import Backend

pytestmark = pytest.mark.only_on("postgres", reason="a file of SQLite is copied anew each time")


def run(url: str, statement: str) -> object:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        found = connection.execute(text(statement))
        return found.scalar() if found.returns_rows else None


@pytest.fixture(scope="module")
def template(backend: Backend) -> str:
    def make(_: Path, url: str) -> str:
        run(url, "CREATE TABLE things (id serial PRIMARY KEY, name text)")
        run(url, "CREATE TABLE parts (thing integer REFERENCES things, name text)")
        run(url, "INSERT INTO things (name) VALUES ('one'), ('two')")
        return url

    return backend.once("things", make)


def test_rows_and_numbers_are_as_they_were(backend: Backend, template: str, tmp_path: Path) -> None:
    with backend.copied(template, tmp_path) as first:
        run(first, "INSERT INTO things (name) VALUES ('three')")
        run(first, "INSERT INTO parts VALUES (3, 'a')")
        run(first, "DELETE FROM things WHERE id = 1")

    with backend.copied(template, tmp_path) as second:
        assert second == first
        assert run(second, "SELECT string_agg(id || name, ' ' ORDER BY id) FROM things") == "1one 2two"
        assert run(second, "SELECT count(*) FROM parts") == 0
        assert run(second, "INSERT INTO things (name) VALUES ('new') RETURNING id") == 3


def test_two_at_a_time_are_two(backend: Backend, template: str, tmp_path: Path) -> None:
    with backend.copied(template, tmp_path) as one, backend.copied(template, tmp_path) as other:
        assert one != other


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE things ADD COLUMN size integer",
        "DROP TABLE parts",
        "CREATE INDEX ON parts (name)",
        "CREATE TRIGGER t BEFORE UPDATE ON things FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_one_with_other_tables_is_not_used_again(backend: Backend, template: str, tmp_path: Path, change: str) -> None:
    with backend.copied(template, tmp_path) as first:
        run(first, change)

    with backend.copied(template, tmp_path) as second:
        assert second != first


def test_whoever_is_still_connected_is_cut_off(backend: Backend, template: str, tmp_path: Path) -> None:
    with backend.copied(template, tmp_path) as first:
        left = create_engine(first).connect()
        left.execute(text("UPDATE things SET name = 'mine'"))

    with backend.copied(template, tmp_path) as second:
        assert run(second, "SELECT name FROM things WHERE id = 1") == "one"
    left.invalidate()
    left.close()
