"""The containers' files: what they say is valid, everything in them is confined, and names what there is."""

import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from compose_spec import PyCompose

from app.cli import main
from app.settings import Settings
from grader import limits

ROOT = Path(__file__).resolve().parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, each in SERVICES.items() if str(each["image"]).startswith("secateur"))
ONCE = sorted(name for name, each in SERVICES.items() if each.get("restart") == "no")
ROOT_WITHIN = {"objects", "bucket", "proxy"}
"""Images whose folders belong to root: without capabilities, and without a way to any."""


def test_the_dockerfile_has_nothing_that_its_linter_warns_of() -> None:
    beside = Path(sys.executable).with_name("hadolint")
    linter = str(beside) if beside.exists() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("there is no hadolint for this platform")

    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_compose_file_is_one() -> None:
    read = PyCompose.from_yaml(yaml.safe_dump(COMPOSE))
    read.validate()

    assert set(read.service_names()) == set(SERVICES)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_confined_and_limited(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) in ([], ["NET_BIND_SERVICE"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert ("healthcheck" in service) is (name not in ONCE)
    assert (service.get("user", "0:0").split(":")[0] == "0") is (name in ROOT_WITHIN)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_commands_and_settings_that_there_are(name: str) -> None:
    service = SERVICES[name]
    program, command, *options = service["command"]
    known = main.get_command(click.Context(main), command)

    assert program == "secateur"
    assert known is not None
    assert {each for each in options if each.startswith("--")} <= {flag for one in known.params for flag in one.opts}
    ours = [key.removeprefix("SECATEUR_").lower() for key in service["environment"] if key.startswith("SECATEUR_")]
    assert set(ours) <= set(Settings.model_fields)
    assert len(ours) > 5


def test_only_the_proxy_is_open_to_the_network() -> None:
    ports = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}

    assert ports.pop("proxy") == ["80:80", "443:443"]
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


def test_whoever_has_no_address_of_its_own_gets_none_that_another_container_has() -> None:
    (front,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    networks = [each["networks"] for each in SERVICES.values() if isinstance(each["networks"], dict)]
    fixed = [each["front"]["ipv4_address"] for each in networks if "ipv4_address" in (each.get("front") or {})]

    assert fixed == [SERVICES["web"]["environment"]["SECATEUR_TRUSTED_PROXIES"].split(":-")[1].rstrip("}")]
    assert all(ip_address(each) in ip_network(front["subnet"]) for each in fixed)
    assert all(ip_address(each) not in ip_network(front["ip_range"]) for each in fixed)


@pytest.mark.parametrize("name", OURS)
def test_what_stands_in_the_environment_file_reaches_our_containers(name: str) -> None:
    assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]


def test_no_passwords_are_committed_or_built_in() -> None:
    assert "/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", sorted(set(OURS) - {"migrate", "web"}))
def test_a_worker_has_more_memory_than_an_evaluation_may_take(name: str) -> None:
    assert int(SERVICES[name]["mem_limit"].removesuffix("g")) << 30 > limits.EVALUATE_MEMORY_BYTES


def test_the_example_names_every_variable_without_which_nothing_starts() -> None:
    example = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")

    assert "POSTGRES_PASSWORD=\n" in example
    assert "SECATEUR_METRICS_TOKEN=\n" in example
