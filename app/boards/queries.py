"""What staff decided about a competition's boards."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from models.boards import BoardState, FrozenRow
from models.gradings import Grading


def state(session: Session, competition_id: int) -> BoardState | None:
    """How the boards are shown, with who decided that; None: as the definition says."""
    wanted = select(BoardState).where(BoardState.competition_id == competition_id)
    return session.scalars(wanted.options(joinedload(BoardState.by))).one_or_none()


def forget_frozen(session: Session, competition_id: int) -> None:
    """Deletes the rows of a frozen board."""
    session.execute(delete(FrozenRow).where(FrozenRow.competition_id == competition_id))


def live_gradings(session: Session, submission_ids: Iterable[int]) -> Mapping[int, int]:
    """By submission, the number of the grading that counts."""
    wanted = select(Grading.submission_id, Grading.id).where(
        Grading.is_live, Grading.submission_id.in_(list(submission_ids))
    )
    return dict(session.execute(wanted).all())
