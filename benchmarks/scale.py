"""Whether pages stay as quick in a service with a million submissions as in one with a thousand.

`python -m benchmarks.scale` fills a small and a large course, with as many students, asks both in turn for the board's page and
a student's, and prints medians of the time to an answer, their ratio, and every statement of the large one whose plan reads a
whole table of submissions or gradings. In the small course fewer students are on the board than in the large one; whoever looks
has handed in as much in both. `changed` is the same where a grading ended since the page was asked for.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, event, insert, text, update

from app.accounts import service as accounts
from app.commands.standings import write_down
from app.competitions import definition
from app.competitions import service as competitions
from app.courses import service as courses
from app.database import Database, migrate
from app.main import create_app
from app.records import open_database
from app.settings import Settings
from app.storage import Store
from benchmarks.material import SHIPPED
from models import Entrant, EntrantMember, FileRole, Grading, Phase, Role, State, Submission, SubmissionFile, User, Via
from models.competitions import CompetitionVersion
from models.courses import Membership
from tests.app.world import scored_report
from tests.databases import KINDS

PAGES = ("/competitions/demo/leaderboard", "/competitions/demo", "/submissions?competition=demo", "/submissions/1")
FIRST = 100
"""The number of the first student; the one who looks."""
OWN = 100
"""Submissions of whoever looks."""
AT_ONCE = 5_000
WHOLE = ("SCAN gradings", "SCAN submissions", "Seq Scan on gradings", "Seq Scan on submissions")


@dataclass(frozen=True, slots=True)
class Course:
    """A course of some size, a student's program, and the address of its database."""

    submissions: int
    client: TestClient
    url: str


def main() -> int:
    """Measures and prints; the exit status is 0 where no page is more than 1.3 times as slow in the large course."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--database", action="append", choices=list(KINDS))
    chosen = parser.parse_args()
    worst = 0.0
    for name in chosen.database or list(KINDS):
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            backend = stack.enter_context(closing(KINDS[name](folder)))
            made = []
            for number in (chosen.small, chosen.submissions):
                place = folder / str(number)
                place.mkdir()
                url = stack.enter_context(backend.empty(place))
                begun = time.perf_counter()
                made.append(_course(place, url, number, chosen.students))
                print(f"{name}: {number:,} submissions in {time.perf_counter() - begun:.0f} s", flush=True)
            for page in PAGES:
                worst = max(worst, _tell(page, made[0], made[1], chosen.rounds))
            for page in PAGES[:1]:
                _tell(page, made[0], made[1], chosen.rounds, is_changed=True)
    return int(worst > 1.3)


def _tell(page: str, small: Course, large: Course, rounds: int, *, is_changed: bool = False) -> float:
    """The ratio of a page's medians; the courses take turns, and the first round is thrown away."""
    times: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for at, course in enumerate((small, large)):
            if is_changed:
                _change(course, OWN + 1 + number)
            begun = time.perf_counter()
            answer = course.client.get(page)
            times[at].append(time.perf_counter() - begun)
            if answer.status_code != 200:
                raise RuntimeError(f"{page} answers {answer.status_code}: {answer.text[:200]}")
    few, many = (1000 * statistics.median(each[1:]) for each in times)
    told = f"{page}, changed" if is_changed else page
    print(f"  {told:42} {few:8.1f} ms {many:8.1f} ms {many / few:6.2f}x", flush=True)
    with _statements() as seen:
        large.client.get(page)
    for line in _whole_tables(large.url, seen):
        print(f"      reads a whole table: {line}")
    return many / few


def _change(course: Course, submission_id: int) -> None:
    """A grading comes to another score."""
    score = {"score": submission_id / 10_000, "score_exact": f"{submission_id}/10000"}
    with course.client.app.state.services.database.write() as session:  # type: ignore[attr-defined]
        session.execute(update(Grading).where(Grading.submission_id == submission_id).values(**score))


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _whole_tables(url: str, seen: list[tuple[str, Any]]) -> list[str]:
    """The beginnings of those statements whose plan reads all of a large table."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    how = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    found = []
    with engine.connect() as connection:
        for statement, parameters in seen:
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(how + statement, parameters))
            whole = [each for each in WHOLE if each in plan and f"{each} USING" not in plan]
            if whole:
                found.append(f"{whole[0]}: {' '.join(statement.split())[:160]}")
    engine.dispose()
    return found


def _course(folder: Path, url: str, submissions: int, students: int) -> Course:
    migrate(url)
    np.savez(folder / "test.npz", images=np.zeros((20, 25, 25, 3), np.uint8), labels=np.arange(20, dtype=np.int64) % 5)
    # Nothing is written down while it is filled, and the database looks at its tables before it is asked about them.
    with closing(Database(url)) as database:
        with database.write() as session:
            version = _competition(session, folder)
            _people(session, version.competition.course_id, version.competition_id, students)
            token = accounts.create_token(session, FIRST, "bench", timedelta(days=1)).text
        for begin in range(1, submissions + 1, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, submissions + 1))
            with database.write() as session:
                _fill(session, numbers, version.competition_id, version.id, students)
    _settle(url)
    with closing(open_database(url)) as database:
        write_down(database)
    _settle(url)
    app = create_app(Settings(data_dir=folder, database_url=url, public_url="http://testserver", worker_processes=0))
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    return Course(submissions, TestClient(app, headers=headers), url)


def _competition(session: Any, folder: Path) -> CompetitionVersion:
    """The demo's competition in a course of its own."""
    course = courses.create_course(session, slug="bench", title="Bench", time_zone="UTC")
    copied = competitions.copy_dataset(Store(folder), "bench", folder / "test.npz")
    data = competitions.add_dataset(session, copied)
    text_of = (SHIPPED / "demo.yaml").read_text(encoding="utf-8")
    read = definition.from_yaml(text_of, "demo.yaml", SHIPPED)
    return competitions.apply(session, course, read, text_of, data, None)


def _settle(url: str) -> None:
    """Has Postgres forget rows that are gone and look at its tables, as it does by itself in time; SQLite never does."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _people(session: Any, course_id: int, competition_id: int, students: int) -> None:
    people = range(FIRST, FIRST + students)
    for kind, rows in (
        (User, [{"id": at, "email": f"s{at}@example.org", "name": f"Student {at}"} for at in people]),
        (Membership, [{"course_id": course_id, "user_id": at, "role": Role.STUDENT} for at in people]),
        (Entrant, [{"id": at, "competition_id": competition_id, "alias": f"Quiet Otter {at}"} for at in people]),
        (EntrantMember, [{"entrant_id": at, "competition_id": competition_id, "user_id": at} for at in people]),
    ):
        session.execute(insert(kind), rows)


def _fill(session: Any, numbers: range, competition_id: int, version_id: int, students: int) -> None:
    """Scored submissions; each student has as many as the others."""
    random, now = Random(numbers.start), datetime.now(UTC)
    moments = {at: now - timedelta(days=60 * random.random()) for at in numbers}
    if 1 in numbers:  # the one that is looked at counts
        moments[1] = now
    owners = {at: FIRST if at <= OWN else FIRST + 1 + at % (students - 1) for at in numbers}
    scores = {at: random.randrange(1, 10_000) for at in numbers}
    for kind, rows in (
        (Submission, [
            {"id": at, "competition_id": competition_id, "entrant_id": owners[at], "user_id": owners[at],
             "received_at": moments[at], "via": Via.API}
            for at in numbers
        ]),
        (SubmissionFile, [
            {"submission_id": at, "role": FileRole.WEIGHTS, "name": "my_model_weights.h5", "sha256": f"{at:064x}",
             "bytes": 2_375_928}
            for at in numbers
        ]),
        (Grading, [
            {"submission_id": at, "version_id": version_id, "state": State.SCORED, "phase": Phase.DONE,
             "created_at": moments[at], "finished_at": moments[at], "file_sha256": f"{at:064x}",
             "score": scores[at] / 10_000, "score_exact": f"{scores[at]}/10000", "report": _report(scores[at], random)}
            for at in numbers
        ]),
    ):  # fmt: skip
        session.execute(insert(kind), rows)


def _report(score: int, random: Random) -> dict[str, Any]:
    zeros, correct = random.randrange(100_000, 590_000), random.randrange(1_000, 5_000)
    return _WHOLE | {
        "score": score / 10_000,
        "score_exact": f"{score}/10000",
        "full_credit": score > 3_600,
        "zeros": zeros,
        "sparsity": zeros / 592_933,
        "splits": {"test": {"examples": 5000, "correct": correct, "accuracy": correct / 5000}},
    }


_WHOLE = scored_report(Fraction(1, 2)).as_json()


if __name__ == "__main__":
    sys.exit(main())
