"""What has not ended, for those who tidy up."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.gradings import Grading, State


def still_waiting(session: Session, numbers: Collection[int]) -> set[int]:
    """Those of some gradings that have not ended."""
    wanted = select(Grading.id).where(Grading.id.in_(numbers), Grading.state.in_((State.QUEUED, State.RUNNING)))
    return set(session.scalars(wanted).all())
