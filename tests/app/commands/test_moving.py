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


@pytest.mark.only_on("sqlite", reason="the files of a backup are the same for both")
def test_an_operator_puts_up_a_backup_without_its_damaged_file(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, backups = tmp_path / "old", tmp_path / "new", tmp_path / "backups"
    new.mkdir()
    with backend.empty(old) as here, backend.empty(new) as there:
        live_in(monkeypatch, old, here)
        run("migrate")
        run("demo")
        run("backup", str(backups))
        damaged = next(path for path in (backups / "files").rglob("*") if path.is_file())
        damaged.write_bytes(damaged.read_bytes()[:-10])

        live_in(monkeypatch, new, there)
        for arguments in (("--check",), ()):
            told = run("restore", str(backups), *arguments, status=1)
            assert damaged.name in told
            assert "--skip-damaged" in told
        told = run("restore", str(backups), "--skip-damaged")
        assert f"left out: the file {damaged.name}" in told
        assert "1 left out" in told
        assert (new / "secateur.sqlite").exists()


def test_a_folder_without_a_backup_is_told_in_one_line(tmp_path: Path) -> None:
    assert "holds no backup" in run("restore", str(tmp_path), status=1)
