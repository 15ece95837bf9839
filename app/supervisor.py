"""One command for the whole service: a web process and its workers, restarted when they die, ended with their parent."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
STEADY_SECONDS = 10.0
"""A child that lived this long starts again at once when it dies."""
MAX_FAILED_STARTS = 6
"""Times in a row that a child ended by itself soon after its start; then the service gives up and says so."""
UNFIT = os.EX_CONFIG
"""Exit status of a child that a person has to do something for; the others are of use without it, so it never ends them."""
UNFIT_WAIT_SECONDS = 30.0
STOP_SECONDS = 30.0
"""How long a child may take to finish what it is doing before it is killed."""
LOOK_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One process that is kept alive: its name and the arguments of `secateur` that start it."""

    name: str
    arguments: Sequence[str]
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    not_before: float = 0.0
    quick_deaths: int = 0
    failed_starts: int = 0

    def start(self) -> None:
        """Starts the process."""
        command = [sys.executable, "-m", "app.cli", *self.arguments, "--parent", str(os.getpid())]
        self.process = subprocess.Popen(command)  # noqa: S603 - our own command line
        self.started = time.monotonic()

    def look(self) -> bool:
        """Starts the process again where it has died and its wait is over. False where it cannot start.

        One that was killed is started again for ever: a file that gets its worker killed must not end the service.
        """
        now = time.monotonic()
        if self.process is None:
            if now >= self.not_before:
                self.start()
        elif (status := self.process.poll()) is not None:
            steady = now - self.started > STEADY_SECONDS
            self.quick_deaths = 0 if steady else self.quick_deaths + 1
            self.failed_starts = 0 if steady or status < 0 or status == UNFIT else self.failed_starts + 1
            wait = 0.0 if steady else min(FIRST_WAIT_SECONDS * 2**self.quick_deaths, LONGEST_WAIT_SECONDS)
            wait = max(wait, UNFIT_WAIT_SECONDS) if status == UNFIT else wait
            log.warning("child.died name=%s status=%d restart_seconds=%.1f", self.name, status, wait)
            self.process, self.not_before = None, now + wait
        return self.failed_starts < MAX_FAILED_STARTS


def supervise(children: Sequence[Child]) -> int:
    """Keeps the children alive until SIGTERM or SIGINT, then lets them finish. Returns the exit status."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    status = 0
    while not stop.is_set():
        if False in [child.look() for child in children]:
            log.error("service.gives_up: a process failed %d times in a row, see the lines above", MAX_FAILED_STARTS)
            status = 1
            break
        stop.wait(LOOK_SECONDS)
    _stop(children)
    return status


def end_with_parent(parent: int | None) -> None:
    """Has the kernel end this process when its parent dies, by whatever means. `parent` is the expected parent's id."""
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


def _stop(children: Sequence[Child]) -> None:
    running = [child.process for child in children if child.process is not None and child.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
