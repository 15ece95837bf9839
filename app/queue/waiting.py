"""What waits, for those who look before they write."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.queue.order import anything
from models.gradings import Grading, Lane, State


def any_waiting(session: Session, lanes: Sequence[Lane], slugs: tuple[str, ...] = ()) -> bool:
    """Whether something could be claimed now; of these competitions, where any are named."""
    return session.execute(anything(tuple(lanes), slugs)).first() is not None


def still_waiting(session: Session, numbers: Collection[int]) -> set[int]:
    """Those of some gradings that have not ended."""
    wanted = select(Grading.id).where(Grading.id.in_(numbers), Grading.state.in_((State.QUEUED, State.RUNNING)))
    return set(session.scalars(wanted).all())
