"""The whole service as an operator starts it, in a folder of its own, with what is needed to harm it and to look on."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import httpx2
from sqlalchemy import create_engine, text

from tests import warm
from tests.app.world import SAMPLES, World
from tests.faults.witness import call_witness

PATIENCE_SECONDS = 120.0
START_SECONDS = 300.0
LOOK_SECONDS = 0.05
MOMENT_SECONDS = 0.005
"""Between two looks at what stays, and at what soon passes: looking takes time from those who are looked at."""


def wait_for(
    what: str, look: Callable[[], Any], seconds: float = PATIENCE_SECONDS, *, every: float = LOOK_SECONDS
) -> Any:
    """What `look` returns as soon as it is something. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(every)
    raise TimeoutError(f"waited {seconds:g} s for {what}")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


def distinct_file(folder: Path, number: int) -> Path:
    """A weight file that nobody has handed in before: a sample with one weight changed."""
    path = folder / f"my_model_weights_{number}.h5"
    shutil.copyfile(SAMPLES / "pruned-50" / "my_model_weights.h5", path)
    with h5py.File(path, "r+") as file:
        found: list[Any] = []
        file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
        bias = next(array for array in found if array.shape == (5,))
        bias[0] += number / 1000
    return path


@dataclass(frozen=True, slots=True)
class Process:
    """A process of this machine as /proc tells it. `started` (clock ticks since boot) tells it from one that had its number."""

    pid: int
    started: int
    parent: int
    arguments: Sequence[str]


def processes() -> Iterator[Process]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text().rpartition(") ")[2].split()
                arguments = (folder / "cmdline").read_text().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if status[0] not in "ZX":
                yield Process(int(folder.name), int(status[19]), int(status[1]), arguments)


def is_alive(pid: int) -> bool:
    return any(process.pid == pid for process in processes())


def descendants(of: set[int]) -> list[Process]:
    """The processes that live now below these."""
    known, everything = set(of), list(processes())
    found: list[Process] = []
    while fresh := [each for each in everything if each.parent in known and each.pid not in known]:
        known |= {each.pid for each in fresh}
        found += fresh
    return found


class Tree:
    """`secateur run` and everything below it."""

    def __init__(
        self, world: World, workers: int, more: Mapping[str, str] | None = None, *, afresh: bool = False
    ) -> None:
        self.world = world
        self._afresh = afresh
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._onlooker = httpx2.Client(timeout=5)
        self._log_path = world.folder.with_suffix(".log")  # beside the folder, which a test may fill
        self._database = create_engine(world.database_url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        with self._database.connect() as connection:
            call_witness(connection)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR_")} | {
            "SECATEUR_DATA_DIR": str(world.folder),
            "SECATEUR_DATABASE_URL": world.database_url,
            "SECATEUR_PORT": str(self.port),
            "SECATEUR_WORKER_PROCESSES": str(workers),
            "SECATEUR_WORKER_BEAT_SECONDS": "0.2",
            "SECATEUR_WORKER_DEAD_SECONDS": "1.5",
            "SECATEUR_MIN_FREE_DISK_BYTES": "0",
            # few students hand in everything
            "SECATEUR_MAX_ENTRANT_HOURLY": "0",
            "SECATEUR_MAX_ENTRANT_WAITING": "0",
            **(more or {}),
        }
        self._log_path.write_bytes(b"")
        self._seen: set[tuple[int, int]] = set()
        self.start()

    def start(self) -> None:
        """Starts the service, at the same address each time."""
        with self._log_path.open("ab") as log:
            self.supervisor = warm.start(["run"], self._environment, log, afresh=self._afresh)

    @property
    def log(self) -> str:
        return self._log_path.read_text(encoding="utf-8", errors="replace")

    def supervisors(self) -> set[int]:
        """The processes that start all others."""
        return {self.supervisor.pid}

    def below(self) -> list[Process]:
        """The processes under the supervisor that live now, jails and their children too."""
        found = descendants(self.supervisors())
        self._seen |= {(each.pid, each.started) for each in found}
        return found

    def kill_all(self) -> None:
        """What a power cut does to the processes."""
        self.supervisor.kill()
        for process in self.below():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.supervisor.wait()

    def below_one(self, parent: int) -> list[int]:
        """The processes whose parent that one is."""
        return [process.pid for process in self.below() if process.parent == parent]

    def child(self, *words: str) -> int | None:
        """The process directly under the supervisor whose command line has all these words."""
        for process in self.below():
            if process.parent == self.supervisor.pid and set(words) <= set(process.arguments):
                return process.pid
        return None

    def evaluator_of(self, submission: int) -> int | None:
        """The worker that evaluates a submission at this moment."""
        found = self.ask(
            "SELECT name FROM workers JOIN gradings ON gradings.worker_id = workers.id"
            " WHERE submission_id = :submission AND state = 'running' AND phase = 'evaluating'",
            submission=submission,
        )
        return self.child("worker", found[0][0]) if found else None

    def is_ready(self) -> bool:
        try:
            return self._onlooker.get(f"{self.url}/readyz?worker=true").status_code == 200
        except httpx2.TransportError:
            return False

    def wait_until_ready(self) -> None:
        wait_for("the service to be ready", self.is_ready, START_SECONDS)

    def submit(self, path: Path, name: str = "ada") -> int:
        """The number of a submission that was answered with 202."""
        response = httpx2.post(
            f"{self.url}/submissions",
            params={"competition": "demo", "name": path.name},
            content=path.read_bytes(),
            headers={"Authorization": f"Bearer {self.world.people[name].token}"},
            timeout=30,
        )
        assert response.status_code == 202, response.text
        number: int = response.json()["id"]
        return number

    def ask(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """What the database says, read beside the service."""
        with self._database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def all_ended(self) -> bool:
        return not self.ask("SELECT 1 FROM gradings WHERE state IN ('queued', 'running') LIMIT 1")

    def states(self, submissions: Sequence[int]) -> list[str]:
        known = dict(self.ask("SELECT submission_id, state FROM gradings WHERE is_live"))
        return [known[number] for number in submissions]

    def ends(self, submissions: Sequence[int]) -> list[int]:
        """How often the gradings of each submission were given an end."""
        known = dict(
            self.ask(
                "SELECT submission_id, count(*) FROM ends JOIN gradings ON gradings.id = grading_id GROUP BY submission_id"
            )
        )
        return [known.get(number, 0) for number in submissions]

    def losses(self, submissions: Sequence[int]) -> list[int]:
        known = dict(self.ask("SELECT submission_id, losses FROM gradings"))
        return [known[number] for number in submissions]

    def close(self) -> None:
        """Ends whatever is left of it, each process by its number."""
        self._database.dispose()
        self._onlooker.close()
        self.below()
        if self.supervisor.poll() is None:
            self.supervisor.terminate()
            try:
                self.supervisor.wait(40)
            except subprocess.TimeoutExpired:
                self.supervisor.kill()
                self.supervisor.wait()
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)

    def left(self) -> list[int]:
        """Of all processes that were ever seen below the supervisor, those that live."""
        return [process.pid for process in processes() if (process.pid, process.started) in self._seen]


@contextmanager
def running(world: World, workers: int, *, afresh: bool = False) -> Iterator[Tree]:
    """A service that is ready, ended at the end."""
    tree = Tree(world, workers, afresh=afresh)
    try:
        tree.wait_until_ready()
        yield tree
    finally:
        tree.close()
