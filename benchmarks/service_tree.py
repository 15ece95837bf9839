"""The whole service, started as an operator starts it, in a folder of its own, and what its processes spend."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.accounts import service as accounts
from app.competitions import definition
from app.competitions import service as competition_service
from app.courses import service as courses
from app.database import migrate
from app.records import open_database
from app.storage import Store
from benchmarks import processes
from benchmarks.material import SHIPPED
from benchmarks.measuring import cores
from models.courses import Role

START_SECONDS = 300.0
LOOK_SECONDS = 0.5
GRADING_SECONDS = 300.0


class ServiceTree:
    """`secateur run` and everything below it. Its CPU is that of all its processes, those that have ended included.

    `workers` are the arguments of workers that are started one by one, in place of those of `secateur run`.
    """

    def __init__(
        self,
        folder: Path,
        test_set: Path,
        rules: Path,
        file_name: str,
        students: int = 1,
        workers: Sequence[Sequence[str]] = (),
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = folder / "secateur.sqlite"
        self.tokens = _populate(f"sqlite:///{self._database}", folder, test_set, rules, students)
        self._address = f"/submissions?competition={rules.stem}&name={file_name}"
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            self.port = int(listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR_")}
        environment |= {
            "SECATEUR_DATA_DIR": str(folder),
            "SECATEUR_PORT": str(self.port),
            "SECATEUR_MIN_FREE_DISK_BYTES": "0",
            "SECATEUR_WORKER_PROCESSES": "0" if workers else str(cores()),
        }
        self._log = folder / "service.log"
        with self._log.open("wb") as log:
            self._supervisor, *self._alone = (
                subprocess.Popen([sys.executable, "-m", "app.cli", *words], env=environment, stdout=log, stderr=log)
                for words in (["run"], *(["worker", *words] for words in workers))
            )
        self._expected = len(workers) or cores() + 1
        self._seen = {self._supervisor.pid}
        self._spent: dict[int, tuple[str, float]] = {}

    def wait_until_ready(self) -> None:
        """Returns when web and all workers are there. Raises TimeoutError."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if self._ask("GET", "/readyz?worker=true")[0] == 200 and self._workers() >= self._expected:
                    return
            except OSError:
                pass
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(self._log.read_text(encoding="utf-8"))

    def post(self, content: bytes, token: str = "") -> int:
        """The number of a new submission, its file as the raw body of a POST; of the first student unless told whose."""
        status, body = self._ask("POST", self._address, content, token=token)
        if status != 202:
            raise RuntimeError(f"{status}: {body!r}")
        return int(json.loads(body)["id"])

    def state(self, submission: int) -> str:
        """Its state, as the service answers it."""
        return str(json.loads(self._ask("GET", f"/submissions/{submission}")[1])["state"])

    def wait_for(self, submissions: list[int]) -> None:
        """Returns when all are scored; looks into the database, so that looking costs the service nothing."""
        end = time.monotonic() + GRADING_SECONDS
        wanted = "SELECT state, count(*) FROM gradings WHERE submission_id >= ? GROUP BY state"
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            while time.monotonic() < end:
                found: dict[str, int] = dict(connection.execute(wanted, [submissions[0]]).fetchall())
                if found == {"scored": len(submissions)}:
                    return
                if found.keys() & {"failed", "rejected"}:
                    raise RuntimeError(f"{found}, see {self._log}")
                time.sleep(0.005)
        raise TimeoutError(f"{found}, see {self._log}")

    def report(self, submission: int) -> dict[str, Any]:
        """The report of a submission, as the service answers it."""
        answer: dict[str, Any] = json.loads(self._ask("GET", f"/submissions/{submission}")[1])
        return answer

    def page(self, path: str) -> bytes:
        """A page, as a browser asks for it."""
        status, body = self._ask("GET", path, accept="text/html")
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        return body

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database says, read beside the service."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            return connection.execute(statement).fetchall()

    def processes(self) -> dict[int, str]:
        """The processes of it that live now, and the kind of each."""
        return {process: processes.kind(process) for process in self._family()}

    def cpu_seconds(self) -> dict[str, float]:
        """CPU spent so far by each kind of process; of one that has ended as it was last seen.

        Jails are replaced every few hundred files, so whoever measures longer asks every second. What a jail's child spends
        is the jail's as soon as it has ended, and is counted there alone.
        """
        kinds = self.processes()
        for process, kind in kinds.items():
            if kinds.get(processes.parent(process) or 0, "").endswith("jail"):
                continue
            if spent := processes.spent(process, with_children=kind.endswith("jail")):
                self._spent[process] = kind, spent
        found: dict[str, float] = {}
        for kind, spent in self._spent.values():
            found[kind] = found.get(kind, 0.0) + spent
        return found

    def _family(self) -> set[int]:
        parents = processes.parents()
        known = {each.pid for each in (self._supervisor, *self._alone)}
        while fresh := {child for child, parent in parents.items() if parent in known} - known:
            known |= fresh
        self._seen |= known
        return known

    def close(self) -> None:
        """Ends it, each process by its number."""
        self.cpu_seconds()
        for started in (*self._alone, self._supervisor):
            started.terminate()
        for started in (*self._alone, self._supervisor):
            try:
                started.wait(60)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
        for process in self._seen:
            if processes.parent(process) is not None and "secateur" in processes.words(process):
                os.kill(process, signal.SIGKILL)

    def _workers(self) -> int:
        return int(self.rows("SELECT count(*) FROM workers")[0][0])

    def _ask(
        self, method: str, path: str, body: bytes | None = None, accept: str = "application/json", token: str = ""
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token or self.tokens[0]}", "Accept": accept}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()


@contextmanager
def service(
    folder: Path,
    test_set: Path,
    rules: Path = SHIPPED / "demo.yaml",
    file_name: str = "my_model_weights.h5",
    students: int = 1,
    workers: Sequence[Sequence[str]] = (),
) -> Iterator[ServiceTree]:
    """A running service, ready, until the end of the block; `rules` is a definition that is called as its slug is."""
    tree = ServiceTree(folder, test_set, rules, file_name, students, workers)
    try:
        tree.wait_until_ready()
        yield tree
    finally:
        tree.close()


def _populate(database_url: str, folder: Path, test_set: Path, path: Path, students: int) -> list[str]:
    """The students' tokens, in a course with a competition on this test set."""
    migrate(database_url)
    database = open_database(database_url)
    text = path.read_text(encoding="utf-8")
    tokens = []
    with database.write() as session:
        course = courses.create_course(session, slug="bench", title="Bench", time_zone="UTC")
        for number in range(1, students + 1):
            name = f"Student {number}"
            person = accounts.create_user(session, email=f"s{number}@example.org", name=name, password_hash="-")
            courses.add_member(session, course.id, person.id, Role.STUDENT)
            tokens.append(accounts.create_token(session, person.id, "bench", timedelta(days=1)).text)
        data = competition_service.add_dataset(
            session, competition_service.copy_dataset(Store(folder), "bench", test_set)
        )
        read = definition.from_yaml(text, path.name, path.parent)
        competition_service.apply(session, course, read, text, data, None)
    database.close()
    return tokens
