"""What the staff's pages cost in a course of 300 students and 3,000 submissions, beside an empty course.

`python -m benchmarks.staff_pages` prints the server's CPU time of each page in both, their ratio, and the statements that
the database is asked. Both courses are in one process and take turns. See docs/performance.md.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, insert

from app.accounts import service as accounts
from app.competitions import definition
from app.competitions import service as competitions
from app.courses import service as courses
from app.database import migrate
from app.main import create_app
from app.records import open_database
from app.settings import Settings
from app.storage import Store
from benchmarks.material import SHIPPED
from models import Entrant, EntrantMember, FileRole, Grading, Phase, Role, State, Submission, SubmissionFile, User, Via
from models.courses import Membership

STUDENTS, SUBMISSIONS, DAYS = 300, 3_000, 60
DASHBOARD = ("dashboard", "dashboard/scores.svg")
OTHERS = ("submissions", "leaderboard", "grades", "finalists", "teams", "")
LAYERS = [
    {"name": f"layer_{at}/kernel", "shape": [3, 3, 32, 64], "parameters": 18432, "zeros": 900} for at in range(14)
]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        clients = [_course(Path(scratch) / name, full=name == "full") for name in ("empty", "full")]
        print(f"{'page':24} {'empty':>9} {'full':>9} {'ratio':>6}  statements")
        for page in (*DASHBOARD, *OTHERS):
            _tell(page, clients, rounds)
        print("computed anew each time:")
        for page in DASHBOARD:
            _tell(page, clients, rounds, anew=True)


def _tell(page: str, clients: Sequence[TestClient], rounds: int, *, anew: bool = False) -> None:
    """A line for a page; the two courses take turns, the first round is thrown away."""
    path = f"/competitions/demo/{page}".rstrip("/")
    times: list[list[float]] = [[], []]
    counts = [0, 0]
    for _ in range(rounds + 1):
        for at, client in enumerate(clients):
            if anew:
                client.app.state.services.kept.clear()  # type: ignore[attr-defined]
            with _counted() as statements:
                begun = time.process_time()
                answer = client.get(path)
                times[at].append(time.process_time() - begun)
            counts[at] = len(statements)
            if answer.status_code != 200:
                print(f"{page:24} answers {answer.status_code}: left out")
                return
    empty, full = (1000 * statistics.median(each[1:]) for each in times)
    told = "as in the empty one" if counts[0] == counts[1] else "MORE"
    print(f"{page or '(the competition)':24} {empty:6.1f} ms {full:6.1f} ms {full / empty:5.2f}x  {counts[1]}, {told}")


@contextmanager
def _counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _course(folder: Path, *, full: bool) -> TestClient:
    """An instructor's browser in a course of its own."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'secateur.sqlite'}"
    migrate(url)
    np.savez(folder / "test.npz", images=np.zeros((20, 25, 25, 3), np.uint8), labels=np.arange(20, dtype=np.int64) % 5)
    text = (SHIPPED / "demo.yaml").read_text(encoding="utf-8").replace("course:\n", "course:\n  teams: {size: 3}\n")
    with closing(open_database(url)) as database, database.write() as session:
        course = courses.create_course(session, slug="bench", title="Bench", time_zone="America/New_York")
        person = accounts.create_user(session, email="i@example.org", name="Instructor", password_hash="-")
        courses.add_member(session, course.id, person.id, Role.INSTRUCTOR)
        cookie = accounts.open_session(session, person.id, lifetime=timedelta(days=1))
        data = competitions.add_dataset(session, competitions.copy_dataset(Store(folder), "bench", folder / "test.npz"))
        read = definition.from_yaml(text, "demo.yaml", SHIPPED)
        version = competitions.apply(session, course, read, text, data, None)
        if full:
            _fill(session, course.id, version.competition_id, version.id)
    app = create_app(Settings(data_dir=folder, database_url=url, public_url="http://testserver", worker_processes=0))
    return TestClient(app, cookies={"secateur": cookie}, headers={"Accept": "text/html"})


def _fill(session: Any, course_id: int, competition_id: int, version_id: int) -> None:
    """300 students with ten scored submissions each, over two months."""
    random, now = Random(7), datetime.now(UTC)
    people, numbers = range(100, 100 + STUDENTS), range(1, SUBMISSIONS + 1)
    owners = [random.choice(people) for _ in numbers]
    received = [now - timedelta(days=DAYS * random.random()) for _ in numbers]
    scores = [round(random.random(), 4) for _ in numbers]
    for kind, rows in (
        (User, [{"id": at, "email": f"s{at}@example.org", "name": f"Student {at}"} for at in people]),
        (Membership, [{"course_id": course_id, "user_id": at, "role": Role.STUDENT} for at in people]),
        (Entrant, [{"id": at, "competition_id": competition_id, "alias": f"Quiet Otter {at}"} for at in people]),
        (EntrantMember, [{"entrant_id": at, "competition_id": competition_id, "user_id": at} for at in people]),
        (Submission, [
            {"id": at, "competition_id": competition_id, "entrant_id": owner, "user_id": owner, "received_at": moment,
             "via": Via.API}
            for at, owner, moment in zip(numbers, owners, received, strict=True)
        ]),
        (SubmissionFile, [
            {"submission_id": at, "role": FileRole.WEIGHTS, "name": "my_model_weights.h5", "sha256": f"{at:064x}",
             "bytes": 2_375_928}
            for at in numbers
        ]),
        (Grading, [
            {"submission_id": at, "version_id": version_id, "state": State.SCORED, "phase": Phase.DONE,
             "created_at": moment, "finished_at": moment, "file_sha256": f"{at:064x}", "score": score,
             "score_exact": f"{round(score * 10000)}/10000", "report": _report(score)}
            for at, moment, score in zip(numbers, received, scores, strict=True)
        ]),
    ):  # fmt: skip
        session.execute(insert(kind), rows)


def _report(score: float) -> dict[str, Any]:
    """A report as long as one of the 10-605 course."""
    return {
        "status": "scored",
        "score": score,
        "score_exact": f"{round(score * 10000)}/10000",
        "full_credit": score > 0.36,
        "parameters": 592_933,
        "zeros": 300_000,
        "sparsity": 0.506,
        "splits": {"test": {"examples": 5000, "correct": 3300, "accuracy": 0.66}},
        "macs": {"dense": 10_000_000, "nonzero": 5_000_000, "effective": 5_000_000},
        "file_bytes": 2_375_928,
        "layers": LAYERS,
        "problems": [],
        "notes": [],
        "digests": {"file": "0" * 64, "definition": "1" * 64, "weights": "2" * 64, "dataset": "3" * 64},
    }


if __name__ == "__main__":
    main()
