"""A change of a competition that has submissions: what it means for them, told before it is applied."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.editing import changes, queries, service
from app.editing.changes import WAYS, Change, Way
from app.editing.examining import Examined
from app.errors import Conflict
from app.services import Services
from models.competitions import CompetitionVersion
from models.datasets import Dataset

TOLD = {
    Way.KEEP: "Keep their results. What comes in from now on is graded under the new rules.",
    Way.RESCORE: "Score them again from what is kept, without evaluating.",
    Way.REJUDGE: "Judge all of them again, below live work; you compare, and then make the results live or drop them.",
}


@dataclass(frozen=True, slots=True)
class Review:
    """A change that has to be decided about: how deep it goes, what may become of earlier submissions, and the text."""

    change: Change
    ways: tuple[Way, ...]
    lines: list[str]
    base: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as it was sent: the text, the test set's name, what becomes of earlier submissions, and why."""

    source: str
    dataset: str
    earlier: Way | None
    reason: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """A change that waits for a decision; nothing of it was saved."""

    review: Review
    examined: Examined


def save(
    session: Session, services: Services, entry: Entry, base: int, asked: Asked, author_id: int
) -> CompetitionVersion | Undecided:
    """The version that holds after a change of version `base`, or what has to be decided first. Raises AppError."""
    changed = service.version_numbered(session, entry.competition, base)
    examined = service.examine(session, entry.competition.course, asked.source, changed)
    dataset = service.dataset_named(session, entry.competition.course, asked.dataset)
    found = review(session, services, entry, changed, examined, dataset)
    if found is not None and asked.earlier not in found.ways:
        return Undecided(found, examined)
    decided = {"earlier": asked.earlier.value} if found is not None and asked.earlier is not None else {}
    return service.change(session, changed, examined, dataset, author_id, reason=asked.reason.strip(), **decided)


def review(
    session: Session,
    services: Services,
    entry: Entry,
    base: CompetitionVersion,
    examined: Examined,
    dataset: Dataset | None,
) -> Review | None:
    """What there is to decide; None for a draft, where nobody has handed in, and where nothing changed."""
    if entry.is_draft or not queries.has_submissions(session, entry.competition.id):
        return None
    same = base.dataset_id == (dataset.id if dataset else None)
    found = changes.change(services.definitions.of(base), examined.accepted(), same_dataset=same)
    if found is Change.NONE:
        return None
    lines = changes.difference(base.source, examined.text, f"version {base.number}", "your text")
    return Review(found, WAYS[found], lines, base.number)


def unsaid(found: Review) -> Conflict:
    """What a program is told that did not say what becomes of earlier submissions."""
    ways = [way.value for way in found.ways]
    detail = f"Say what becomes of earlier submissions: `earlier` is {' or '.join(ways)}."
    return Conflict("earlier-unsaid", detail, change=found.change.value, ways=ways)


def next_page(session: Session, entry: Entry, way: Way | None) -> str:
    """Where a browser goes on to."""
    return f"/competitions/{entry.competition.slug}/setup"
