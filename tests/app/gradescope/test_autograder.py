"""The autograder as Gradescope runs it: a process of its own, in a folder like Gradescope's, against a running service."""

import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from app.accounts.passwords import Passwords
from app.database import Database
from app.gradescope.service import SCRIPT
from app.schema import migrate
from tests.app.world import FOLDER, PASSWORD, SAMPLES, SLUG, populate
from tests.databases import Backend
from tests.faults.tree import Tree, running

pytestmark = pytest.mark.only_on("sqlite", reason="what is tested is the process; the routes run on each database")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def tree(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("service")
    with backend.empty(folder) as url:
        migrate(url)
        with closing(Database(url)) as database:
            hasher = Passwords(memory_kib=19 * 1024, passes=2, lanes=1)
            world = populate(database, folder, hasher, FOLDER / "demo" / "hidden-test.npz")
        with running(world, workers=1) as tree:
            yield tree


@pytest.fixture(scope="module")
def source(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, made on its page by an instructor and unpacked as Gradescope does."""
    headers = {"Accept": "text/html", "Origin": tree.url, "Sec-Fetch-Site": "same-origin"}
    with httpx2.Client(base_url=tree.url, headers=headers, timeout=30) as client:
        login = client.post("/login", data={"email": "instructor@example.org", "password": PASSWORD})
        assert login.status_code == 303
        answer = client.post(f"/competitions/{SLUG}/autograder", data={"max": "20"})
    folder = tmp_path_factory.mktemp("source")
    packed = folder / "autograder.zip"
    packed.write_bytes(answer.content)
    with zipfile.ZipFile(packed) as archive:
        assert archive.namelist() == ["setup.sh", "run_autograder", "config.json"]
        archive.extractall(folder)
        for info in archive.infolist():
            assert stat.S_IMODE(info.external_attr >> 16) in (0o755, 0o600)
            (folder / info.filename).chmod(info.external_attr >> 16 & 0o777)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"url": tree.url}))
    return folder


@pytest.fixture
def run(source: Path, tmp_path: Path) -> Run:
    """Runs the autograder on a sample of the demo, in the name of an e-mail address."""

    def run(
        sample: str, email: str, number: int, name: str = "my_model_weights.h5"
    ) -> subprocess.CompletedProcess[str]:
        root = tmp_path / "autograder"
        (root / "submission").mkdir(parents=True, exist_ok=True)
        content = (SAMPLES / sample / "my_model_weights.h5").read_bytes()
        (root / "submission" / name).write_bytes(content)
        if not (root / "source").exists():
            (root / "source").symlink_to(source)
        metadata = {
            "id": number,
            "created_at": datetime.now(UTC).isoformat(),
            "users": [{"email": email, "id": 1, "name": "Somebody"}],
            "assignment": {"due_date": "2096-07-31T18:00:00.000000-07:00", "total_points": "20.0"},
        }
        (root / "submission_metadata.json").write_text(json.dumps(metadata))
        environment = {"AUTOGRADER_ROOT": str(root), "PATH": os.environ["PATH"]}
        return subprocess.run(
            [source / "run_autograder"], env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    return run


Answer = tuple[int, dict[str, Any]]
Answered = Callable[[list[Answer], float], subprocess.CompletedProcess[str]]


@pytest.fixture
def answered(tmp_path: Path) -> Iterator[Answered]:
    """Runs the script against a server that answers so, one request after the other."""
    answers: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    root = tmp_path / "autograder"
    for name in ("source", "submission"):
        (root / name).mkdir(parents=True)
    (root / "submission" / "weights.h5").write_bytes(b"weights")
    (root / "submission_metadata.json").write_text(json.dumps({"users": [{"email": "ada@example.org"}]}))
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        config = {"url": url, "competition": SLUG, "token": "t", "file_names": ["*.h5"], "max_score": None}
        (root / "source" / "config.json").write_text(json.dumps(config))
        Thread(target=server.serve_forever, daemon=True).start()

        def run(wanted: list[Answer], wait_seconds: float) -> subprocess.CompletedProcess[str]:
            answers[:] = wanted
            environment = {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_WAIT_SECONDS": str(wait_seconds)}
            return subprocess.run(
                [sys.executable, "-I", SCRIPT], env=environment, capture_output=True, text=True, timeout=60, check=False
            )

        yield run
        server.shutdown()


def results(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text())
    return found


def test_a_students_file_is_graded_in_the_students_name(run: Run, tree: Tree, tmp_path: Path) -> None:
    done = run("pruned-93", "Ada@Example.org", 1)

    assert (done.returncode, done.stderr) == (0, "")
    found = results(tmp_path)
    assert (found["score"], found["max_score"]) == (20, 20)
    number = found["extra_data"]["submission"]
    headers = {"Authorization": f"Bearer {tree.world.people['ada'].token}"}
    shown = httpx2.get(f"{tree.url}/submissions/{number}", headers=headers).json()
    assert (shown["state"], shown["is_staff"], shown["rank"]) == ("scored", False, 1)


def test_a_second_run_of_one_submission_is_the_same_submission(run: Run, tmp_path: Path) -> None:
    numbers = []
    for _ in range(2):
        assert run("pruned-50", "grace@example.org", 2).returncode == 0
        numbers.append(results(tmp_path)["extra_data"]["submission"])

    assert numbers[0] == numbers[1]


def test_a_refused_file_tells_the_student_what_to_change(run: Run, tmp_path: Path) -> None:
    assert run("wrong-architecture", "alan@example.org", 3).returncode == 0

    found = results(tmp_path)
    assert found["score"] == 0
    assert found["tests"][0]["status"] == "failed"
    assert found["tests"][0]["output"]


@pytest.mark.parametrize(
    ("email", "name", "told"),
    [
        ("stranger@example.org", "my_model_weights.h5", "no student"),
        ("ada@example.org", "model.pt", "my_model_weights"),
    ],
)
def test_what_is_refused_at_the_door_is_told_to_the_student(
    run: Run, tmp_path: Path, email: str, name: str, told: str
) -> None:
    assert run("pruned-50", email, 4, name).returncode == 0

    assert told in results(tmp_path)["output"]


def test_a_service_that_is_away_is_the_instructors_business(run: Run, source: Path, tmp_path: Path) -> None:
    config = source / "config.json"
    before = config.read_text()
    config.write_text(json.dumps(json.loads(before) | {"token": "sec_none"}))
    try:
        done = run("pruned-50", "ada@example.org", 5)
    finally:
        config.write_text(before)

    assert (done.returncode, (tmp_path / "autograder" / "results").exists()) == (1, False)
    assert "token" in done.stderr


def busy(status: int, code: str, seconds: int) -> Answer:
    return status, {"code": code, "detail": "Send it again later.", "retry_after_seconds": seconds}


def test_a_full_queue_is_waited_for(answered: Answered, tmp_path: Path) -> None:
    held = [busy(429, "queue-full", 1), busy(408, "upload-too-slow", 1), busy(429, "waiting-full", 1)]
    graded: list[Answer] = [(202, {"id": 7}), (200, {"state": "scored"}), (200, {"score": 1.0})]

    done = answered([*held, *graded], 30)

    assert (done.returncode, done.stderr) == (0, "")
    assert results(tmp_path) == {"score": 1.0}


def test_a_queue_that_stays_full_is_no_score(answered: Answered, tmp_path: Path) -> None:
    done = answered([busy(429, "hourly-full", 3000)], 20)

    assert (done.returncode, (tmp_path / "autograder" / "results").exists()) == (1, False)
    assert "Send it again later." in done.stderr


@pytest.mark.parametrize("code", ["quota-used", "total-used", "refused-used"])
def test_a_quota_that_is_used_is_told_to_the_student(answered: Answered, tmp_path: Path, code: str) -> None:
    done = answered([busy(429, code, 1)], 20)

    assert done.returncode == 0
    assert results(tmp_path)["output"] == "Send it again later."
