"""What every submission would score under other rules, told before anything is written, and without evaluating."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.competitions.definition import CompetitionDefinition
from app.competitions.stored import Definitions
from app.leaderboard.service import rule_from
from app.queue.rescoring import classes_of
from app.rejudges import queries
from app.rejudges.comparing import Comparison, Judged, Terms, compare, unchanged
from app.storage import Store
from grader import dataset_folders, rescoring
from grader.datasets import Labels
from grader.formula import FormulaError
from grader.rescoring import NotKept
from models.competitions import CompetitionVersion
from models.datasets import Dataset
from models.gradings import Grading, State
from models.submissions import Submission

ROWS_AT_ONCE = 100
"""Reports that are held in memory at a time."""


def outlook(
    session: Session,
    definitions: Definitions,
    store: Store,
    competition_id: int,
    now: CompetitionDefinition,
    new: CompetitionDefinition,
    dataset: Dataset,
) -> Comparison:
    """Who would gain and who would lose were `new` applied on that data set and every result scored under it.

    A change without a result says why: the file has to be evaluated again, or a formula has no value for it.
    """
    view = _View(session, definitions, store, new, dataset.digest)
    return compare(view.pairs(competition_id), terms_of(now), terms_of(new))


def terms_of(definition: CompetitionDefinition) -> Terms:
    """How results are ranked under a definition."""
    return Terms(rule_from(definition), definition.grading.grading.splits is not None)


@dataclass(slots=True)
class _View:
    """New rules, and what of each older version keeps its results from being scored under them."""

    session: Session
    definitions: Definitions
    store: Store
    new: CompetitionDefinition
    dataset_digest: str
    obstacles: dict[int, str] = field(default_factory=dict)
    read_labels: Labels | None = None

    def pairs(self, competition_id: int) -> Iterator[tuple[Judged, Judged, str]]:
        """Each submission as it counts, as it would, and why that is not known."""
        wanted = (
            select(*queries.LIVE_COLUMNS, Grading.id, Grading.version_id, Grading.report)
            .join(Grading, (Grading.submission_id == Submission.id) & Grading.is_live)
            .where(Submission.competition_id == competition_id)
            .order_by(Submission.id)
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        for version in queries.versions_of(self.session, competition_id).values():
            self.obstacles[version.id] = self._obstacle(version)
        predictions = self._predictions(competition_id)
        for row in self.session.execute(wanted):
            yield self._pair(tuple(row), predictions)

    def _obstacle(self, version: CompetitionVersion) -> str:
        if version.dataset is None or version.dataset.digest != self.dataset_digest:
            return "the data set changed"
        return rescoring.obstacle(self.definitions.of(version).grading, self.new.grading)

    def _predictions(self, competition_id: int) -> Callable[[int], bytes | None]:
        """The kept predictions of a grading; read only where parts changed, one by one would be a query for each row."""
        known: dict[int, bytes | None] = {}

        def of(grading_id: int) -> bytes | None:
            if not known:
                wanted = (
                    select(Grading.id, Grading.predictions)
                    .join(Submission, Submission.id == Grading.submission_id)
                    .where(Submission.competition_id == competition_id, Grading.is_live)
                )
                known.update(self.session.execute(wanted).all())
            return known.get(grading_id)

        return of

    def _pair(self, row: Sequence[Any], predictions: Callable[[int], bytes | None]) -> tuple[Judged, Judged, str]:
        grading_id, version_id, report = row[10:]
        now = queries.judged(row[:5], row[5:10])
        if now.state not in (State.SCORED, State.REJECTED):
            return (now, now, "") if now.state is State.FAILED else (now, unchanged(now, None), "it is being graded")
        if told := self.obstacles[version_id]:
            return now, unchanged(now, None), f"it has to be evaluated again: {told}"
        if now.state is State.REJECTED:
            return now, now, ""
        try:
            found = rescoring.rescore(
                report, lambda: classes_of(predictions(grading_id)), self.new.grading, self._labels
            )
        except (FormulaError, NotKept) as error:
            return now, unchanged(now, None), str(error)
        public, private = found.public, found.private
        after = replace(now, score=public.score, meets=public.ranks is not False)
        if private is not None:
            after = replace(after, private=private.score, private_meets=private.ranks is not False)
        return now, after if private else replace(after, private=None), ""

    def _labels(self) -> Labels:
        if self.read_labels is None:
            self.read_labels = dataset_folders.labels(self.store.dataset(self.dataset_digest))
        return self.read_labels
