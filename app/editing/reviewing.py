"""A change of a competition that has submissions: what it means for them, told before it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.competitions.definition import CompetitionDefinition
from app.editing import changes, outlooks, queries, service
from app.editing.changes import WAYS, Change, Way
from app.editing.examining import Examined
from app.errors import Conflict
from app.rejudges import queries as rejudge_queries
from app.rejudges import service as rejudges
from app.rejudges.comparing import Comparison
from app.services import Services
from models.competitions import CompetitionVersion
from models.datasets import Dataset
from models.rejudges import RejudgeKind

TOLD = {
    Way.KEEP: "Keep their results. What comes in from now on is graded under the new rules.",
    Way.RESCORE: "Score them again from what is kept, without evaluating; you compare, and then make the results live or drop them.",
    Way.REJUDGE: "Evaluate all of them again, below live work; you compare, and then make the results live or drop them.",
}
KINDS = {Way.RESCORE: RejudgeKind.RESCORE, Way.REJUDGE: RejudgeKind.EVALUATE}
ROWS_SHOWN = 100
"""Submissions of which a page tells what changes; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as it was sent: the text, the test set's name, what becomes of earlier submissions, and why."""

    source: str
    dataset: str
    earlier: Way | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A change that has to be decided about: how deep it goes, the lines that changed, and what each way would do.

    `people` are who handed in and the name on the board, by submission.
    """

    change: Change
    lines: list[str]
    base: int
    examined: Examined
    outlooks: Mapping[Way, Comparison]
    people: Mapping[int, tuple[str, str]]

    @property
    def ways(self) -> tuple[Way, ...]:
        """What may become of earlier submissions."""
        return WAYS[self.change]


@dataclass(frozen=True, slots=True)
class Saved:
    """A change that holds, and where one goes on to."""

    version: CompetitionVersion
    next_page: str


def save(session: Session, services: Services, entry: Entry, base: int, asked: Asked, author_id: int) -> Saved | Review:
    """The version that holds after a change of version `base`, or what has to be decided first. Raises AppError."""
    changed = service.version_numbered(session, entry.competition, base)
    examined = service.examine(session, entry.competition.course, asked.source, changed)
    new = examined.accepted()
    dataset = service.dataset_named(session, entry.competition.course, asked.dataset)
    deep = _depth(session, services, entry, changed, new, dataset)
    if deep is not Change.NONE and asked.earlier not in WAYS[deep]:
        return _review(session, services, entry, changed, examined, dataset, deep)
    way = asked.earlier if deep is not Change.NONE else None
    decided = {} if way is None else {"earlier": way.value}
    version = service.change(session, changed, examined, dataset, author_id, reason=asked.reason.strip(), **decided)
    place = f"/competitions/{entry.competition.slug}"
    if way not in KINDS:
        return Saved(version, f"{place}/setup")
    held = replace(entry, version=version, definition=new)
    begun = rejudges.begin(session, held, KINDS[way], asked.reason, None, author_id)
    return Saved(version, f"{place}/rejudges/{begun.id}")


def preview(session: Session, services: Services, entry: Entry, base: int, asked: Asked) -> Review:
    """What a change of version `base` would mean, whether or not it has to be decided about. Raises AppError."""
    changed = service.version_numbered(session, entry.competition, base)
    examined = service.examine(session, entry.competition.course, asked.source, changed)
    dataset = service.dataset_named(session, entry.competition.course, asked.dataset)
    deep = _depth(session, services, entry, changed, examined.accepted(), dataset)
    return _review(session, services, entry, changed, examined, dataset, deep)


def _depth(
    session: Session,
    services: Services,
    entry: Entry,
    base: CompetitionVersion,
    new: CompetitionDefinition,
    dataset: Dataset | None,
) -> Change:
    """How deep a change goes that concerns somebody; not at all for a draft, and where nobody has handed in."""
    if entry.is_draft or not queries.has_submissions(session, entry.competition.id):
        return Change.NONE
    same = base.dataset_id == (dataset.id if dataset else None)
    return outlooks.depth(services.definitions.of(base), new, same_dataset=same)


def _review(
    session: Session,
    services: Services,
    entry: Entry,
    base: CompetitionVersion,
    examined: Examined,
    dataset: Dataset | None,
    deep: Change,
) -> Review:
    old, store = services.definitions.of(base), services.store
    found = outlooks.outlooks(
        session, services.definitions, store, entry.competition.id, old, examined.accepted(), dataset, WAYS[deep]
    )
    shown = {change.submission_id for each in found.values() for change in each.ones[:ROWS_SHOWN]}
    people = rejudge_queries.people(session, sorted(shown))
    lines = changes.difference(base.source, examined.text, f"version {base.number}", "your text")
    return Review(deep, lines, base.number, examined, found, people)


def unsaid(found: Review) -> Conflict:
    """What a program is told that did not say what becomes of earlier submissions."""
    ways = [way.value for way in found.ways]
    detail = f"Say what becomes of earlier submissions: `earlier` is {' or '.join(ways)}."
    return Conflict("earlier-unsaid", detail, change=found.change.value, ways=ways)
