"""The unit for systemd: it starts a command that there is, lets files be finished, and leaves the jails closed."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click
import pytest

from app import supervisor
from app.cli import main
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
BREAKS_THE_JAIL = {"SystemCallFilter", "ProcSubset", "MemoryDenyWriteExecute", "LimitNPROC", "LimitAS", "LimitFSIZE"}


def unit() -> ConfigParser:
    read = ConfigParser(strict=True, interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment, method-assign] # systemd tells capitals apart
    read.read(ROOT / "deploy" / "secateur.service", encoding="utf-8")
    return read


def test_systemd_knows_all_of_it(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("there is no systemd here")
    program = tmp_path / "secateur"
    program.touch(0o755)
    text = (ROOT / "deploy" / "secateur.service").read_text(encoding="utf-8")
    named = tmp_path / "secateur.service"
    named.write_text(text.replace("/opt/secateur/bin/secateur", str(program)), encoding="utf-8")

    done = subprocess.run([analyse, "verify", "--man=no", str(named)], capture_output=True, text=True, check=False)

    assert [line for line in done.stderr.splitlines() if "secateur.service" in line] == []


def test_it_starts_a_command_and_settings_that_there_are() -> None:
    service = unit()["Service"]
    program, command, *options = service["ExecStart"].split()

    assert Path(program).name == "secateur"
    known = main.get_command(click.Context(main), command)
    assert known is not None
    assert set(options) <= {flag for one in known.params for flag in one.opts}
    setting = service["Environment"].partition("=")[0]
    assert setting.removeprefix("SECATEUR_").lower() in Settings.model_fields


def test_files_under_way_are_finished_when_it_ends() -> None:
    service = unit()["Service"]

    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > supervisor.STOP_SECONDS + 10
    assert service["Restart"] == "always"
    assert service["OOMPolicy"] == "continue"


def test_what_it_takes_away_is_nothing_that_the_jails_need() -> None:
    service = unit()["Service"]

    assert service["NoNewPrivileges"] == "yes"
    assert service["User"] != "root"
    assert not BREAKS_THE_JAIL & set(service)
