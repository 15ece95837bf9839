"""What a jailed child cannot do, tried from inside by a job, whoever owns the zygote and whichever layers it has."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from grader.airlock.jail import NOBODY
from grader.airlock.layers import ALL_LAYERS, Layer, Level
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import AirlockUnavailable

CHECKOUT = Path(__file__).resolve().parents[3]
ATTACK_ALL = """
import json, sys
from pathlib import Path
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
job_limits = JobLimits(cpu_seconds=10, wall_seconds=60, memory_bytes=256 << 20, answer_bytes=1 << 20)
folder, layers, *names = sys.argv[1:]
with Airlock("airlock_test_job", search_path=[Path(folder)], layers=layers.split()) as airlock:
    blocked = [airlock.run({"do": "attack", "attack": name}, [], job_limits).head["outcome"] for name in names]
    print(json.dumps([airlock.level, airlock.report["uid"], sorted(set(blocked)), len(blocked)]))
"""


def outcomes(airlock: Airlock, attacks: list[str], job_limits: JobLimits) -> dict[str, str]:
    return {name: airlock.run({"do": "attack", "attack": name}, [], job_limits).head["outcome"] for name in attacks}


def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")


def as_nobody(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True, cwd="/", check=False
    )


def interpreter_of_nobody() -> list[str]:
    """A Python that an ordinary user may start, with what it needs to find our packages; skips where there is none."""
    path = os.pathsep.join([str(CHECKOUT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    for python in dict.fromkeys([sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"]):
        command = ["/usr/bin/env", f"PYTHONPATH={path}", "PYTHONDONTWRITEBYTECODE=1", python]
        probe = [*command, "-c", "import grader.airlock.child"]
        if (
            subprocess.run(probe, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, cwd="/").returncode
            == 0
        ):
            return command
    pytest.skip("no Python with our packages that an ordinary user may read")


def test_every_attack_is_blocked(shared_airlock: Airlock, attacks: list[str], job_limits: JobLimits) -> None:
    assert shared_airlock.level is Level.A
    assert len(attacks) > 30
    assert outcomes(shared_airlock, attacks, job_limits) == dict.fromkeys(attacks, "blocked")


def test_every_attack_is_blocked_without_landlock(jobs_folder: Path, attacks: list[str], job_limits: JobLimits) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder], layers={Layer.SECCOMP}) as airlock:
        assert airlock.level is Level.B
        assert airlock.report["layers"]["landlock"] == "off: not asked for"
        assert outcomes(airlock, attacks, job_limits) == dict.fromkeys(attacks, "blocked")


@pytest.mark.parametrize(("layers", "level"), [("landlock seccomp", Level.A), ("seccomp", Level.B)])
def test_every_attack_is_blocked_for_an_ordinary_user(
    jobs_folder: Path, attacks: list[str], layers: str, level: Level
) -> None:
    needs_root()
    command = [*interpreter_of_nobody(), "-W", "error", "-c", ATTACK_ALL, str(jobs_folder), layers, *attacks]
    done = as_nobody(command)
    assert done.stderr == ""
    assert done.stdout.strip() == f'["{level}", "same: {NOBODY}", ["blocked"], {len(attacks)}]'


def test_every_attack_is_blocked_for_root_without_capabilities(jobs_folder: Path, attacks: list[str]) -> None:
    needs_root()
    if not (setpriv := shutil.which("setpriv")):
        pytest.skip("no setpriv to drop capabilities with")
    python = [sys.executable, "-W", "error", "-c", ATTACK_ALL, str(jobs_folder), "landlock seccomp", *attacks]
    command = [setpriv, "--bounding-set=-all", "--inh-caps=-all", *python]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == f'["A", "same: 0", ["blocked"], {len(attacks)}]'


def test_child_of_root_is_nobody(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    needs_root()
    head = shared_airlock.run({"do": "identity"}, [], job_limits).head
    assert head == {"users": [NOBODY, NOBODY], "groups": [NOBODY, NOBODY]}
    assert shared_airlock.report["uid"] == f"dropped to {NOBODY}"


def test_threads_work(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert shared_airlock.run({"do": "thread"}, [], job_limits).head == {"seen": [0, 1, 2, 3]}


@pytest.mark.parametrize("layers", [{Layer.LANDLOCK}, set()], ids=["landlock", "none"])
def test_without_the_filter_nothing_runs(jobs_folder: Path, job_limits: JobLimits, layers: set[Layer]) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder], layers=layers) as airlock:
        assert airlock.level is Level.C
        with pytest.raises(AirlockUnavailable):
            airlock.run({"do": "nothing"}, [], job_limits)


def test_self_test_sees_the_attacks_that_a_missing_filter_lets_through(jobs_folder: Path) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder], layers=ALL_LAYERS - {Layer.SECCOMP}) as airlock:
        allowed = {name for name, outcome in airlock.report["attacks"].items() if outcome == "ALLOWED"}
    assert {"tcp", "udp", "unix socket", "fork", "ptrace"} <= allowed
    assert "memory" not in allowed


def test_report_says_what_the_jail_is(shared_airlock: Airlock) -> None:
    report = shared_airlock.report
    assert {"level", "layers", "attacks", "threads", "uid", "landlock_abi", "kernel", "machine"} == set(report)
    assert all(outcome.startswith("blocked: ") for outcome in report["attacks"].values())
    assert report["threads"] == "work"
