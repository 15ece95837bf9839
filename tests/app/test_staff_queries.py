"""No page of the staff asks the database more often because there is more to show."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, insert, select
from sqlalchemy.orm import Session

from app.audit.recording import record
from app.clock import db_now, read_clock
from app.database import Database
from models.accounts import User
from models.boards import Announcement, Baseline
from models.courses import Membership, Role
from models.entrants import Entrant, EntrantMember
from models.gradings import Grading, Lane, Phase, State
from models.moderation import Disqualification, Note
from models.rejudges import Rejudge, RejudgeKind
from models.submissions import FileRole, Submission, SubmissionFile, Via
from tests.app.world import World, scored_report

Open = Callable[[str | None], TestClient]
SIZES = (1, 6, 40)
"""Students with two submissions each."""
PAGES = [
    "/competitions/demo",
    "/competitions/demo/submissions",
    "/competitions/demo/submissions?q=student&flag=counts&cause=x&entrant=1",
    "/competitions/demo/rejudges",
    "/competitions/demo/rejudges/1",
    "/competitions/demo/audit",
    "/competitions/demo/audit?who=ins&q=why",
    "/competitions/demo/board",
    "/competitions/demo/announcements",
    "/competitions/demo/leaderboard",
    "/competitions/demo/grades",
    "/submissions/1",
]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any engine is given meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def add_students(database: Database, world: World, first: int, last: int) -> None:
    """So many students, each with a counting and a rejected submission, a note, a disqualification and a rejudge."""
    with database.write() as session:
        if first == 0:
            session.add(Rejudge(competition_id=1, version_id=world.version_id, kind=RejudgeKind.EVALUATE, reason="r"))
            session.flush()
        for number in range(first, last):
            _add_student(session, world, number)


def _add_student(session: Session, world: World, number: int) -> None:
    user = User(email=f"student{number}@example.org", name=f"Student {number}")
    entrant = Entrant(competition_id=1, alias=f"Alias {number}")
    session.add_all([user, entrant, Announcement(competition_id=1, text="t")])
    session.flush()
    session.add(Membership(course_id=world.course_id, user_id=user.id, role=Role.STUDENT))
    session.add(EntrantMember(entrant_id=entrant.id, competition_id=1, user_id=user.id))
    session.add(Baseline(competition_id=1, name=f"Baseline {number}", public=f"0.{number + 1}"))
    session.add(Note(entrant_id=entrant.id, text="t"))
    for state in (State.SCORED, State.REJECTED):
        submission = Submission(
            entrant_id=entrant.id, competition_id=1, user_id=user.id, received_at=read_clock(session), via=Via.API
        )
        session.add(submission)
        session.flush()
        _grade(session, world, submission, state, Fraction(number + 1, 1000))
        session.add(Note(submission_id=submission.id, text="t"))
        record(session, world.people["instructor"].id, "note.add", f"submission:{submission.id}", competition_id=1)
    session.add(Disqualification(entrant_id=entrant.id, submission_id=submission.id, reason="r"))


def _grade(session: Session, world: World, submission: Submission, state: State, score: Fraction) -> None:
    """A live grading, and one of the rejudge that comes to another score."""
    sha256 = f"{submission.id:064d}"
    session.add(SubmissionFile(submission_id=submission.id, role=FileRole.WEIGHTS, name="w.h5", sha256=sha256, bytes=1))
    for rejudge_id, found in ((None, score), (1, score * 2)):
        is_scored = state is State.SCORED
        values = {
            "submission_id": submission.id,
            "version_id": world.version_id,
            "is_live": rejudge_id is None,
            "rejudge_id": rejudge_id,
            "lane": Lane.CHECK if rejudge_id is None else Lane.SHADOW,
            "state": state,
            "phase": Phase.DONE,
            "finished_at": db_now(),
            "file_sha256": sha256,
            "score": float(found) if is_scored else None,
            "score_exact": str(found) if is_scored else None,
            "report": scored_report(found).as_json() if is_scored else None,
        }
        session.execute(insert(Grading).values(values))


def statements(client: TestClient, page: str) -> Sequence[str]:
    """What a page asks, once everything that is asked a single time in a process is known."""
    assert client.get(page).status_code == 200
    with counted() as seen:
        assert client.get(page).status_code == 200
    return seen


def test_no_page_asks_more_for_more_rows(browser: Open, records: Database, world: World) -> None:
    client = browser("instructor")
    numbers: dict[str, list[int]] = {page: [] for page in PAGES}
    done = 0
    for size in SIZES:
        add_students(records, world, done, size)
        done = size
        for page in PAGES:
            numbers[page].append(len(statements(client, page)))

    assert {page: found for page, found in numbers.items() if len(set(found)) > 1} == {}
    assert all(found[0] > 1 for found in numbers.values())


def test_the_pages_show_the_rows_that_were_counted(browser: Open, records: Database, world: World) -> None:
    add_students(records, world, 0, SIZES[-1])
    with records.read() as session:
        assert len(session.scalars(select(Submission.id)).all()) == 2 * SIZES[-1]

    client = browser("instructor")

    assert client.get("/competitions/demo/submissions").text.count('name="submission"') == 50
    assert client.get("/competitions/demo/rejudges/1").text.count("Student ") == SIZES[-1]
    assert client.get("/competitions/demo/board").text.count("Baseline ") >= SIZES[-1]
