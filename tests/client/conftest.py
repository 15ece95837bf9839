"""The students' commands, against the application itself, with a folder of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from fastapi.testclient import TestClient

from client.cli import main
from tests.app.conftest import event_loop, passwords, records, service, settings, world, world_template
from tests.app.world import World

__all__ = ["event_loop", "passwords", "records", "service", "settings", "world", "world_template"]

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nobody has signed in."""
    for name in ("URL", "TOKEN", "COMPETITION"):
        monkeypatch.delenv(f"SECATEUR_{name}", raising=False)
    monkeypatch.setenv("SECATEUR_CONFIG", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command, without a server."""
    return lambda *arguments: CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.fixture
def reached(service: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands reach the application under whatever address they were given."""

    def open_client(**options: Any) -> httpx2.Client:
        options.pop("timeout")
        return TestClient(service, follow_redirects=False, raise_server_exceptions=False, **options)

    monkeypatch.setattr("client.connection.httpx2.Client", open_client)


@pytest.fixture
def alan(run: Run, reached: None, world: World) -> Run:
    """Runs a command as Alan, who has signed in."""
    assert run("login", "http://testserver", "--token", world.people["alan"].token).exit_code == 0
    return run
