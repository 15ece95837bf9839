"""The baselines that staff entered, with what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from grader.splits import Part
from models.boards import Baseline
from models.columns import unindexed
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

# Asked at every look at a board, and so put together once.
_LAST = func.row_number().over(
    partition_by=Submission.entrant_id, order_by=(Submission.received_at.desc(), Submission.id.desc())
)
_SCORED = (
    select(
        Submission.id,
        Submission.entrant_id,
        Grading.score_exact,
        Grading.private_score_exact,
        _LAST.label("place"),
    )
    .join(Grading, (Grading.submission_id == Submission.id) & Grading.is_live)
    .join(Baseline, Baseline.entrant_id == Submission.entrant_id)
    .where(unindexed(Grading.state) == State.SCORED, Baseline.competition_id == bindparam("competition"))
    .subquery()
)
_ENTERED = (
    select(
        Baseline.id,
        Baseline.name,
        Baseline.entrant_id,
        func.coalesce(Baseline.public, _SCORED.c.score_exact),
        func.coalesce(Baseline.private, _SCORED.c.private_score_exact),
        _SCORED.c.id,
    )
    .outerjoin(_SCORED, (_SCORED.c.entrant_id == Baseline.entrant_id) & (_SCORED.c.place == 1))
    .where(Baseline.competition_id == bindparam("competition"))
    .order_by(Baseline.name)
)


@dataclass(frozen=True, slots=True)
class Entered:
    """A baseline and its scores as texts of exact numbers; of a file, those of the last one that was scored."""

    id: int
    name: str
    entrant_id: int | None
    public: str | None
    private: str | None
    submission_id: int | None = None

    def written(self, part: Part) -> str | None:
        """The score on a part of the test set; None where there is none, or none yet."""
        return self.private if part is Part.PRIVATE else self.public


def entered(session: Session, competition_id: int) -> Sequence[Entered]:
    """The baselines of a competition by name."""
    return [Entered(*row) for row in session.execute(_ENTERED, {"competition": competition_id}).all()]


def names(session: Session, competition_id: int) -> Sequence[str]:
    """The names of the baselines that staff entered."""
    return session.scalars(select(Baseline.name).where(Baseline.competition_id == competition_id)).all()


def baseline(session: Session, competition_id: int, baseline_id: int) -> Baseline | None:
    """A baseline of a competition."""
    wanted = select(Baseline).where(Baseline.id == baseline_id, Baseline.competition_id == competition_id)
    return session.scalars(wanted.options(joinedload(Baseline.entrant))).one_or_none()


def is_taken(session: Session, competition_id: int, name: str) -> bool:
    """Whether a baseline or an entrant has this name on the board."""
    baselines = select(Baseline.id).where(Baseline.competition_id == competition_id, Baseline.name == name)
    entrants = select(Entrant.id).where(Entrant.competition_id == competition_id, Entrant.alias == name)
    return session.execute(baselines.union_all(entrants).limit(1)).first() is not None


def has_submissions(session: Session, entrant_id: int) -> bool:
    """Whether a file was handed in for a baseline's entrant."""
    wanted = select(Submission.id).where(Submission.entrant_id == entrant_id).limit(1)
    return session.execute(wanted).first() is not None
