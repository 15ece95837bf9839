"""`secateur backup` and `secateur restore`, from one kind of database to the other."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.accounts import service as accounts
from app.cli import main
from app.database import Database
from app.services import make_passwords
from app.settings import Settings
from tests.databases import POSTGRES, SQLITE, Backend

PASSWORD = "taken along"


def run(*arguments: str, status: int = 0, given: str | None = None) -> str:
    result = CliRunner().invoke(main, list(arguments), input=given)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def live_in(monkeypatch: pytest.MonkeyPatch, folder: Path, url: str) -> None:
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(folder))
    monkeypatch.setenv("SECATEUR_DATABASE_URL", url)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECATEUR_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("SECATEUR_ARGON2_PASSES", "1")


def test_an_operator_moves_from_one_database_to_the_other_and_people_sign_in_as_before(
    backend: Backend, backends: Mapping[str, Backend], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = backends[POSTGRES if backend.name == SQLITE else SQLITE]
    old, new, backups = tmp_path / "old", tmp_path / "new", str(tmp_path / "backups")
    new.mkdir()
    with backend.empty(old) as here, other.empty(new) as there:
        live_in(monkeypatch, old, here)
        run("migrate")
        run("demo")
        run("user", "add", "eve@example.org", "--course", "demo", "--password-stdin", given=PASSWORD)
        told = run("backup", backups)
        assert "2 files" in told
        assert "1 data sets" in told

        live_in(monkeypatch, new, there)
        assert "is whole" in run("restore", backups, "--check")
        assert "all as they were" in run("restore", backups)
        assert "not empty" in run("restore", backups, status=1)
        with closing(Database(there)) as database, database.read() as session:
            assert accounts.authenticate(session, make_passwords(Settings()), "eve@example.org", PASSWORD)


def test_a_folder_without_a_backup_is_told_in_one_line(tmp_path: Path) -> None:
    assert "holds no backup" in run("restore", str(tmp_path), status=1)
