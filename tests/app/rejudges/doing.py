"""What tests of rejudges do over and over."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import db_now
from app.competitions.access import Entry, enter
from app.competitions.stored import Definitions
from app.database import Database
from app.rejudges import service
from models.accounts import User
from models.gradings import Grading, Phase, State
from models.rejudges import RejudgeKind
from models.submissions import Submission
from tests.app.world import SLUG, World, scored_report

REASON = "The formula was wrong."


def entered(session: Session, world: World, name: str = "instructor") -> Entry:
    """The competition as somebody enters it."""
    return enter(session, Definitions(), SLUG, session.get_one(User, world.people[name].id))


def begin(
    database: Database, world: World, kind: RejudgeKind = RejudgeKind.EVALUATE, only: Sequence[int] | None = None
) -> int:
    """The number of a new rejudge by the instructor."""
    with database.write() as session:
        entry = entered(session, world)
        return service.begin(session, entry, kind, REASON, only, world.people["instructor"].id).id


def make_live(database: Database, world: World, rejudge_id: int) -> None:
    """Has it count, as the instructor does."""
    with database.write() as session:
        service.make_live(session, entered(session, world), rejudge_id, world.people["instructor"].id)


def judge(database: Database, rejudge_id: int, scores: Mapping[int, Fraction | None]) -> None:
    """Ends gradings of a rejudge, by submission, as a worker would have; None: it failed."""
    for submission_id, score in scores.items():
        state = State.FAILED if score is None else State.SCORED
        with database.write() as session:
            session.execute(
                update(Grading)
                .where(Grading.rejudge_id == rejudge_id, Grading.submission_id == submission_id)
                .values(
                    state=state,
                    phase=Phase.DONE,
                    finished_at=db_now(),
                    score=None if score is None else float(score),
                    score_exact=None if score is None else str(score),
                    report=None if score is None else scored_report(score).as_json(),
                )
            )


def live_scores(session: Session) -> Mapping[int, str | None]:
    """The scores that count, by submission."""
    wanted = select(Submission.id, Grading.score_exact).join(Grading, Grading.submission_id == Submission.id)
    return dict(session.execute(wanted.where(Grading.is_live)).all())
