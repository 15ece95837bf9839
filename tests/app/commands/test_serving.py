"""What `secateur run` refuses before it starts anything."""

import fcntl
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECATEUR_PORT", "0")
    monkeypatch.setenv("SECATEUR_DATABASE_URL", database_url)
    return Settings()


def test_two_services_do_not_share_a_data_folder(settings: Settings) -> None:
    with (settings.data_dir / "run.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = CliRunner().invoke(main, ["run"])

    assert result.exit_code == 1
    assert f"another `secateur run` is at work on {settings.data_dir}" in result.output


def test_a_port_that_is_taken_is_told_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("SECATEUR_PORT", str(port))
        result = CliRunner().invoke(main, ["run"])

    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
