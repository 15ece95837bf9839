"""What `secateur run` refuses before it starts anything."""

import fcntl
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from app import logs, supervisor
from app.cli import main
from app.commands import migrating
from app.settings import Settings
from app.supervisor import Child
from tests.databases import Backend


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SECATEUR_PORT", "0")
    monkeypatch.setenv("SECATEUR_DATABASE_URL", database_url)
    return Settings()


@contextmanager
def running_as(name: str, settings: Settings) -> Iterator[None]:
    """Another `secateur run` under that name, on whatever machine."""
    with (settings.data_dir / f"run-{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Child]]:
    """The processes that would have been started."""
    seen: list[Sequence[Child]] = []

    def supervise(children: Sequence[Child]) -> int:
        seen.append(children)
        return 0

    monkeypatch.setattr(supervisor, "supervise", supervise)
    return seen


def test_two_services_do_not_share_a_name(settings: Settings) -> None:
    with running_as(socket.gethostname(), settings):
        result = CliRunner().invoke(main, ["run"])

    assert result.exit_code == 1
    assert f"another `secateur run` is at work on {settings.data_dir} under the name" in result.output


def test_machines_with_names_of_their_own_share_a_data_folder(
    settings: Settings, started: list[Sequence[Child]]
) -> None:
    with running_as("lab-1", settings):
        result = CliRunner().invoke(main, ["run", "--no-web", "--name", "lab/2"])

    assert result.exit_code == 0, result.output
    assert ["worker", "--name", "lab/2-1"] in [list(child.arguments) for child in started[0]]


def test_a_variable_that_is_no_setting_is_told_at_the_start(
    settings: Settings,
    started: list[Sequence[Child]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SECATEUR_STORE_URI", "s3://mistyped")
    monkeypatch.setattr(logs, "configure", lambda form: None)  # it would take the log from this test

    CliRunner().invoke(main, ["run"])

    assert [each.getMessage() for each in caplog.records if "settings.unknown" in each.getMessage()] == [
        "settings.unknown name=SECATEUR_STORE_URI: there is no such setting; did you mean SECATEUR_STORE_URL?"
    ]


@pytest.mark.only_on("postgres", reason="a file is never away")
@pytest.mark.parametrize("command", ["run", "migrate"])
def test_a_database_that_is_on_its_way_up_is_waited_for(
    settings: Settings, backend: Backend, started: list[Sequence[Child]], command: str
) -> None:
    with ExitStack() as away:
        away.enter_context(backend.refusing(settings.database_url))
        threading.Timer(1.5, away.close).start()
        result = CliRunner().invoke(main, [command])

    assert result.exit_code == 0, result.output
    assert len(started) == (command == "run")


@pytest.mark.only_on("postgres", reason="a file is never away")
def test_a_migration_does_not_wait_for_ever(
    settings: Settings, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "START_SECONDS", 0.1)
    with backend.refusing(settings.database_url):
        result = CliRunner().invoke(main, ["migrate"])

    assert result.exit_code == 1
    assert "the database says" in result.output


def test_a_port_that_is_taken_is_told_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("SECATEUR_PORT", str(port))
        result = CliRunner().invoke(main, ["run"])

    assert result.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in result.output
