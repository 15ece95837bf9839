"""What a change of a definition would make of the submissions that are there, told before it is applied."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.competitions.definition import CompetitionDefinition
from app.competitions.stored import Definitions
from app.editing.changes import Change, Way
from app.rejudges import queries
from app.rejudges.comparing import Comparison, compare
from app.rejudges.outlook import outlook, terms_of
from app.storage import Store
from grader import rescoring
from models.datasets import Dataset
from models.gradings import Grading
from models.submissions import Submission


def depth(old: CompetitionDefinition, new: CompetitionDefinition, *, same_dataset: bool) -> Change:
    """How deep a change goes."""
    if not same_dataset or rescoring.obstacle(old.grading, new.grading):
        return Change.GRADING
    if old.grading.digest != new.grading.digest:
        return Change.FORMULA
    return Change.NONE if old.as_json() == new.as_json() else Change.COURSE


def kept(session: Session, competition_id: int, old: CompetitionDefinition, new: CompetitionDefinition) -> Comparison:
    """Who rises and who falls where every result stays as it is, and the new rules rank them."""
    wanted = (
        select(*queries.LIVE_COLUMNS)
        .join(Grading, (Grading.submission_id == Submission.id) & Grading.is_live)
        .where(Submission.competition_id == competition_id)
        .order_by(Submission.id)
    )
    found = [queries.judged(row[:5], row[5:10]) for row in map(tuple, session.execute(wanted).all())]
    return compare([(each, each, "") for each in found], terms_of(old), terms_of(new))


def outlooks(
    session: Session,
    definitions: Definitions,
    store: Store,
    competition_id: int,
    old: CompetitionDefinition,
    new: CompetitionDefinition,
    dataset: Dataset | None,
    ways: tuple[Way, ...],
) -> dict[Way, Comparison]:
    """Who gains and who loses, for each way of which that can be told without evaluating a file."""
    found = {Way.KEEP: kept(session, competition_id, old, new)}
    if Way.RESCORE in ways and dataset is not None:
        found[Way.RESCORE] = outlook(session, definitions, store, competition_id, old, new, dataset)
    return found
