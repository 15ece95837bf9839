"""Whether the file store of this machine is the service's: one that is another fails the files of everybody, one by one."""

from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.storage import Store
from models.datasets import Dataset
from models.gradings import Grading, State
from models.submissions import FileRole, SubmissionFile

LOOKED_UP = 5
"""Of the newest files, and of the newest data sets: one of them may really be lost, and is no reason to stop."""


class OtherStore(Exception):
    """The file store that the settings name has nothing of what the service graded last."""


def require(database: Database, store: Store) -> None:
    """Returns where the store has what the database names. Raises OtherStore, or StoreAway."""
    with database.read() as session:
        graded, datasets = _graded(session), _datasets(session)
    _require_one("files that were graded last", graded, store.has)
    _require_one("data sets that were added last", datasets, store.has_dataset)


def _require_one(what: str, digests: Sequence[str], has: Callable[[str], bool]) -> None:
    if digests and not any(has(digest) for digest in digests):
        raise OtherStore(
            f"this machine's file store is not the service's: it has none of the {len(digests)} {what}, such as "
            f"{digests[0]}. Check SECATEUR_STORE_URL, or SECATEUR_DATA_DIR where all machines mount one file system"
        )


def _graded(session: Session) -> Sequence[str]:
    """Files that somebody has read from the service's store, so that they were there; the newest first."""
    found = (
        select(SubmissionFile.sha256)
        .join(Grading, Grading.submission_id == SubmissionFile.submission_id)
        .where(SubmissionFile.role == FileRole.WEIGHTS, SubmissionFile.erased_at.is_(None))
        .where(Grading.state.in_((State.SCORED, State.REJECTED)))
        .order_by(Grading.id.desc())
        .limit(LOOKED_UP)
    )
    return list(dict.fromkeys(session.scalars(found)))


def _datasets(session: Session) -> Sequence[str]:
    found = select(Dataset.digest).order_by(Dataset.id.desc()).limit(LOOKED_UP)
    return list(dict.fromkeys(session.scalars(found)))
