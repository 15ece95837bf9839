"""What a submission's page tells beside the report itself: conditions, others, and what follows from the counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.leaderboard.columns import Column
from app.leaderboard.service import axes
from app.leaderboard.standing import Standing, numbers_of
from app.submissions import clauses, histogram, sizes
from app.submissions.against import Against, against
from app.submissions.clauses import Clause
from app.submissions.histogram import Bar
from app.submissions.sizes import Size
from grader.splits import Part
from models.gradings import Grading, State


@dataclass(frozen=True, slots=True)
class Told:
    """Each part is empty or None where there is nothing to tell, or nothing that this reader may see."""

    clauses: Sequence[Clause]
    against: Against | None
    bars: Sequence[Bar]
    sizes: Sequence[Size]
    x: Column
    y: Column
    """The columns that the competition is about."""


def told(session: Session, entry: Entry, grading: Grading, standing: Standing) -> Told:
    """What there is to tell of a grading that has found out something."""
    report = grading.report or {}
    x, y = axes(entry)
    shown = entry.shows_scores and grading.state is State.SCORED
    board = standing.board if standing.part is Part.PUBLIC else None
    return Told(
        clauses=clauses.clauses(grading.version.definition["grading"], numbers_of(grading)) if shown else (),
        against=against(session, grading, standing.rule, board) if shown else None,
        bars=histogram.bars(report.get("magnitudes")),
        sizes=sizes.sizes(report.get("layers") or ()) if report.get("parameters") else (),
        x=x,
        y=y,
    )
