"""An airlock around the test job, and limits for it."""

import importlib
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock

JOBS = Path(__file__).parent / "jobs"
JOB = "airlock_test_job"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if platform.system() != "Linux":
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="the airlock is for Linux"))


@pytest.fixture(scope="session")
def jobs_folder() -> Path:
    """The folder that holds the test job."""
    return JOBS


@pytest.fixture(scope="session")
def shared_airlock() -> Iterator[Airlock]:
    with Airlock(JOB, search_path=[JOBS]) as airlock:
        yield airlock


@pytest.fixture
def job_limits() -> JobLimits:
    return JobLimits(cpu_seconds=10, wall_seconds=60, memory_bytes=256 << 20, answer_bytes=1 << 20)


@pytest.fixture(scope="session")
def attacks() -> list[str]:
    """The names of the attacks that the test job knows."""
    sys.path.insert(0, str(JOBS))
    try:
        jobs = importlib.import_module("airlock_test_job")
    finally:
        sys.path.remove(str(JOBS))
    return list(jobs.ATTACKS)
