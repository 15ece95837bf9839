"""One service on loopback that has the corpus' competitions, and one jail, for all cases."""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from app.accounts import service as accounts
from app.competitions import definition
from app.competitions import service as competition_service
from app.courses import service as courses
from app.database import Database
from app.schema import migrate
from app.storage import Store
from grader.airlock.runner import Airlock
from grader.running import READING_JOB
from models.courses import Role
from tests import warm
from tests.corpus.cases import COMPETITIONS, Case, all_cases, definition_of
from tests.databases import Backend

EXAMPLES = 12
START_SECONDS = 120
GRADE_SECONDS = 60
LOOK_SECONDS = 0.25
"""Between two questions whether a file is graded: to answer one costs about as much as to refuse a file."""


@dataclass
class Service:
    """A running service and what is known of each case that was handed in: its number, its end, or the refusal at the door."""

    port: int
    token: str
    process_id: int
    log: Path
    patience: float = GRADE_SECONDS
    handed_in: dict[str, dict[str, Any]] = field(default_factory=dict)

    def request(self, method: str, address: str, body: bytes | None = None) -> dict[str, Any]:
        """The JSON of an answer, with its status under `status_code`."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            return {**json.loads(answer.read()), "status_code": answer.status}
        finally:
            connection.close()

    def hand_in(self, case: Case) -> None:
        address = f"/submissions?competition={case.competition}&name={quote(case.file_name)}"
        self.handed_in[case.id] = self.request("POST", address, case.content)

    def verdict(self, case: Case) -> dict[str, Any]:
        """The submission when it is graded, or the refusal at the door."""
        deadline = time.monotonic() + self.patience
        while is_under_way(answer := self.handed_in[case.id]):
            assert time.monotonic() < deadline, "the service does not come to an end with this file"
            self.handed_in[case.id] = found = self.request("GET", f"/submissions/{answer['id']}")
            if is_under_way(found):
                time.sleep(LOOK_SECONDS)
        return answer

    def processes(self) -> dict[int, str]:
        """The processes below the service, each with its command line."""
        found: dict[int, str] = {}
        rest = [self.process_id]
        while rest:
            folder = Path("/proc", str(rest.pop()))
            children = [int(number) for tasks in folder.glob("task/*/children") for number in tasks.read_text().split()]
            rest += children
            for child in children:
                found[child] = Path("/proc", str(child), "cmdline").read_text().replace("\0", " ")
        return found


def is_under_way(answer: dict[str, Any]) -> bool:
    """Whether a submission has not ended; a refusal at the door has."""
    return answer["status_code"] in (200, 202) and answer["state"] in ("queued", "running")


@pytest.fixture(scope="session")
def jail() -> Iterator[Airlock]:
    with Airlock(READING_JOB) as airlock:
        yield airlock


@pytest.fixture(scope="session")
def service(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """`secateur run` with one worker, and every case without code handed in."""
    folder = tmp_path_factory.mktemp("corpus")
    with backend.empty(folder) as url:
        yield from serving(folder, url, [case for case in all_cases() if not case.runs_code])


def serving(folder: Path, url: str, cases: Sequence[Case], patience: float = GRADE_SECONDS) -> Iterator[Service]:
    token = prepare(folder, url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "DATA_DIR": str(folder),
        "PORT": str(port),
        "WORKER_PROCESSES": "1",
        "MIN_FREE_DISK_BYTES": "0",
        "DATABASE_URL": url,
    }
    environment = {**os.environ, **{f"SECATEUR_{name}": value for name, value in settings.items()}}
    with (folder / "log").open("wb") as log:
        process = warm.start(["run"], environment, log)
        try:
            running = Service(port, token, process.pid, folder / "log", patience)
            wait_until_ready(port, process)
            for case in cases:
                running.hand_in(case)
            yield running
        finally:
            process.terminate()
            process.wait(60)


def prepare(folder: Path, url: str) -> str:
    """A data folder and a database with the competitions of the corpus; the API token of its instructor."""
    migrate(url)
    database = Database(url)
    with database.write() as session:
        course = courses.create_course(session, slug="corpus", title="Corpus", time_zone="UTC")
        user = accounts.create_user(session, email="staff@example.org", name="Staff")
        courses.add_member(session, course.id, user.id, Role.INSTRUCTOR)
        token = accounts.create_token(session, user.id, "corpus", timedelta(days=1)).text
        for slug, path in COMPETITIONS.items():
            text = path.read_text(encoding="utf-8")
            dataset = competition_service.add_dataset(
                session,
                competition_service.copy_dataset(Store(folder), slug, write_images(folder / f"{slug}.npz", slug)),
            )
            read = definition.from_yaml(text, path.name, path.parent)
            competition_service.apply(session, course, read, text, dataset, None)
    database.close()
    return token


def write_images(path: Path, slug: str) -> Path:
    """Images of noise in the shape that the competition's network takes."""
    rules = definition_of(slug)
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (EXAMPLES, *rules.input_shape), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(EXAMPLES) % len(rules.grading.classes))
    return path


def wait_until_ready(port: int, process: warm.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz?worker=true", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError(f"the service did not come up, exit status {process.poll()}")
