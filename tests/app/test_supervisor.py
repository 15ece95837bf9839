"""Children that are kept alive, and when the service gives up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from app import supervisor
from app.supervisor import MAX_FAILED_STARTS, Child


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_SECONDS", 0.002)


@pytest.fixture
def make_child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Child]]:
    """Makes a child that runs this Python."""
    made: list[Child] = []

    def make(code: str) -> Child:
        class Scripted(Child):
            def start(self) -> None:
                self.process = subprocess.Popen([sys.executable, "-S", "-c", code])
                self.started = time.monotonic()

        child = Scripted("child", [])
        made.append(child)
        return child

    yield make
    for child in made:
        if child.process is not None and child.process.poll() is None:
            child.process.kill()
            child.process.wait()


def look_until(child: Child, done: Callable[[], bool]) -> bool:
    """Looks again and again; what the last look said."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        goes_on = child.look()
        if not goes_on or done():
            return goes_on
        time.sleep(0.002)
    raise TimeoutError


def test_a_child_that_cannot_start_ends_the_service(make_child: Callable[[str], Child]) -> None:
    child = make_child("raise SystemExit(3)")

    assert not look_until(child, lambda: False)
    assert child.failed_starts == MAX_FAILED_STARTS


def test_a_child_that_is_killed_is_started_again_for_ever(make_child: Callable[[str], Child]) -> None:
    child = make_child("import os; os.kill(os.getpid(), 9)")

    assert look_until(child, lambda: child.quick_deaths > 2 * MAX_FAILED_STARTS)
    assert child.failed_starts == 0


def test_a_child_that_a_person_has_to_do_something_for_ends_nobody_else(
    make_child: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "UNFIT_WAIT_SECONDS", 0.003)
    child = make_child(f"raise SystemExit({supervisor.UNFIT})")

    assert look_until(child, lambda: child.quick_deaths > 2 * MAX_FAILED_STARTS)
    assert child.failed_starts == 0


def test_a_child_that_was_steady_starts_again_at_once(
    make_child: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STEADY_SECONDS", 0.0)
    child = make_child("raise SystemExit(3)")

    for _ in range(3 * MAX_FAILED_STARTS):
        assert child.look()
        if child.process is not None:
            child.process.wait()
    assert (child.quick_deaths, child.failed_starts) == (0, 0)


def test_a_child_that_lives_is_left_alone(make_child: Callable[[str], Child]) -> None:
    child = make_child("import time; time.sleep(60)")
    child.look()
    first = child.process
    assert first is not None

    assert child.look()
    assert child.process is first
    os.kill(first.pid, signal.SIGKILL)


def test_whoever_lost_its_parent_does_not_start() -> None:
    with pytest.raises(SystemExit, match="gone"):
        supervisor.end_with_parent(os.getppid() + 1)
