"""Who dies with whom."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import Cause, ChildDied, GraderFault

SLEEPING_OWNER = """
import os, sys, time
from pathlib import Path
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
with Airlock("airlock_test_job", search_path=[Path(sys.argv[1])]) as airlock:
    sibling = os.fork() if sys.argv[2] == "sibling" else -1
    if sibling == 0:
        time.sleep(120)
        os._exit(0)
    print(airlock.process_id, sibling, flush=True)
    airlock.run({"do": "sleep"}, [], JobLimits(10, 300, 256 << 20, 1 << 20))
"""


def wait_for(condition: Callable[[], object]) -> None:
    """Returns when the condition holds; the test fails by its time limit where it never does."""
    while not condition():
        time.sleep(0.01)


def children(process: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def is_dead(process: int) -> bool:
    """True for a process that is gone or that only waits for its parent to look."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.timeout(60)
@pytest.mark.parametrize("company", ["alone", "sibling"])
def test_zygote_and_child_die_with_a_killed_owner(jobs_folder: Path, company: str) -> None:
    """Also where a sibling, forked by the owner, still holds the socket to the zygote."""
    command = [sys.executable, "-c", SLEEPING_OWNER, str(jobs_folder), company]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        zygote, sibling = (int(number) for number in owner.stdout.readline().split())
        wait_for(lambda: children(zygote))
        (child,) = children(zygote)
        owner.kill()
    wait_for(lambda: is_dead(zygote) and is_dead(child))
    if sibling > 0:
        assert not is_dead(sibling)
        os.kill(sibling, signal.SIGKILL)


@pytest.mark.timeout(60)
def test_child_dies_with_a_killed_zygote_and_the_job_is_our_fault(jobs_folder: Path, job_limits: JobLimits) -> None:
    caught: list[Exception] = []

    def run_sleeper() -> None:
        try:
            airlock.run({"do": "sleep"}, [], job_limits)
        except GraderFault as error:
            caught.append(error)

    with Airlock("airlock_test_job", search_path=[jobs_folder]) as airlock:
        zygote = airlock.process_id
        assert zygote is not None
        thread = threading.Thread(target=run_sleeper)
        thread.start()
        wait_for(lambda: children(zygote))
        (child,) = children(zygote)
        os.kill(zygote, signal.SIGKILL)
        thread.join()
        wait_for(lambda: is_dead(child))
        assert [type(error) for error in caught] == [GraderFault]
        assert airlock.run({"do": "nothing"}, [], job_limits).head == {}
        assert airlock.process_id not in (zygote, None)


@pytest.mark.timeout(60)
def test_a_job_goes_on_when_everything_is_asked_to_end(jobs_folder: Path, job_limits: JobLimits) -> None:
    """A service manager sends SIGTERM to all processes at once; the owner finishes what it does."""
    with Airlock("airlock_test_job", search_path=[jobs_folder]) as airlock:
        zygote = airlock.process_id
        assert zygote is not None
        caught: list[Exception] = []

        def run_sleeper() -> None:
            try:
                airlock.run({"do": "sleep"}, [], JobLimits(10, 1.0, 256 << 20, 1 << 20))
            except GraderFault as error:
                caught.append(error)

        thread = threading.Thread(target=run_sleeper)
        thread.start()
        wait_for(lambda: children(zygote))
        (child,) = children(zygote)
        for process in (zygote, child):
            os.kill(process, signal.SIGTERM)
        thread.join()

        assert [isinstance(error, ChildDied) and error.cause for error in caught] == [Cause.WALL]
        assert is_dead(child)
        assert airlock.run({"do": "nothing"}, [], job_limits).head == {}


@pytest.mark.timeout(60)
def test_zygote_outlives_the_thread_that_started_it(jobs_folder: Path, job_limits: JobLimits) -> None:
    airlock = Airlock("airlock_test_job", search_path=[jobs_folder])
    thread = threading.Thread(target=airlock.open)
    thread.start()
    thread.join()
    with airlock:
        before = airlock.process_id
        airlock.run({"do": "nothing"}, [], job_limits)
        assert airlock.process_id == before


@pytest.mark.timeout(60)
def test_close_leaves_no_process(jobs_folder: Path) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder]) as airlock:
        zygote = airlock.process_id
        assert zygote is not None
    assert not Path(f"/proc/{zygote}").exists()


@pytest.mark.timeout(60)
def test_stopped_child_is_gone_when_its_job_has_ended(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    zygote = shared_airlock.process_id
    assert zygote is not None
    with pytest.raises(ChildDied):
        shared_airlock.run({"do": "sleep"}, [], JobLimits(10, 0.2, 256 << 20, 1 << 20))
    assert not children(zygote)
