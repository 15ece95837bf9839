"""What counts of entrants, computed from their gradings: what the standings hold is only ever this, written down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnExpressionArgument, bindparam, func, select, true
from sqlalchemy.orm import Session

from app.leaderboard import columns, ranking
from app.leaderboard.eligibility import competes
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.scored import Counted, Scored, kept
from grader.splits import Part
from models.competitions import CompetitionVersion
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

AT_ONCE = 500
"""Entrants whose submissions are in memory at a time."""
MEETS = func.coalesce(Grading.ranks, true()).label("meets")
"""Whether a submission meets the condition for a rank; one whose definition has none does."""
CANDIDATE = (
    Submission.id,
    Submission.entrant_id,
    Submission.received_at,
    Grading.score_exact,
    MEETS,
    Grading.private_score_exact,
    Grading.private_ranks,
    Submission.is_chosen,
)
"""What a candidate is made of, in its order."""
Found = dict[int, Counted]
"""By entrant."""


@dataclass(frozen=True, slots=True)
class _Picked:
    """What counts of an entrant, before its report is read."""

    candidate: Candidate
    part: Part
    entries: int
    newest_at: datetime
    then: Candidate | None


def compute(
    session: Session, entrant_ids: Sequence[int], rule: Rule, before: datetime | None = None
) -> Mapping[Part, Found]:
    """What counts of some entrants on each part; nothing for those of whom nothing does.

    `before`: also what counts on the public part of that which came in before this moment.
    """
    found: dict[Part, Found] = {part: {} for part in Part}
    for begin in range(0, len(entrant_ids), AT_ONCE):
        some = entrant_ids[begin : begin + AT_ONCE]
        picked = list(_picked(session, some, rule, before))
        for each in _counted(session, picked, before):
            found[each.scored.part][each.scored.candidate.entrant_id] = each
    return found


def compute_all(
    session: Session, competition_id: int, rule: Rule, before: datetime | None = None
) -> Mapping[Part, Found]:
    """What counts of all entrants of a competition."""
    wanted = select(Entrant.id).where(Entrant.competition_id == competition_id).order_by(Entrant.id)
    return compute(session, session.scalars(wanted).all(), rule, before)


def ranks() -> Sequence[ColumnExpressionArgument[bool]]:
    """What makes a submission count: its live grading has a score, and it competes."""
    return Grading.is_live, Grading.state == State.SCORED, competes()


def candidate_of(
    submission_id: int,
    entrant_id: int,
    received_at: datetime,
    score: str | None,
    meets: bool,
    private: str | None,
    private_meets: bool | None,
    is_chosen: bool,
) -> Candidate:
    """The candidate of a row of `CANDIDATE`."""
    # A score and its exact form are written together, with the state that every query asks for.
    return Candidate(
        entrant_id=entrant_id,
        submission_id=submission_id,
        score=Fraction(score or 0),
        received_at=received_at,
        meets=meets,
        private=None if private is None else Fraction(private),
        private_meets=private_meets is not False,
        is_chosen=is_chosen,
    )


def reasons(session: Session, rows: Sequence[Scored]) -> Mapping[int, str]:
    """Why submissions have no rank, by submission: each under the rules that it was graded under."""
    without = [row for row in rows if not row.candidate.meets]
    if not without:
        return {}
    wanted = select(CompetitionVersion.id, CompetitionVersion.definition)
    versions = session.execute(wanted.where(CompetitionVersion.id.in_({row.version_id for row in without}))).all()
    conditions = {number: definition["grading"].get("rank_if") for number, definition in versions}
    told = ((row, conditions.get(row.version_id)) for row in without)
    return {row.candidate.submission_id: columns.reason(row, condition) for row, condition in told if condition}


# Asked whenever a grading ends, and so put together once.
_CANDIDATES = (
    select(*CANDIDATE)
    .select_from(Submission)
    .join(Grading, Grading.submission_id == Submission.id)
    .where(Submission.entrant_id.in_(bindparam("some", expanding=True)), *ranks())
    .order_by(Submission.entrant_id)
)
_REPORTS = (
    select(Submission.id, Entrant.alias, Grading.report, Grading.version_id)
    .join(Grading, Grading.submission_id == Submission.id)
    .join(Entrant, Entrant.id == Submission.entrant_id)
    .where(Grading.is_live, Submission.id.in_(bindparam("some", expanding=True)))
)


def _picked(session: Session, entrant_ids: Sequence[int], rule: Rule, before: datetime | None) -> Iterator[_Picked]:
    rows = session.execute(_CANDIDATES, {"some": entrant_ids})
    for _, group in groupby((candidate_of(*row) for row in rows), key=lambda each: each.entrant_id):
        candidates = list(group)
        newest_at = max(each.received_at for each in candidates)
        earlier = [each for each in candidates if before is not None and each.received_at < before]
        for part, pick in ((Part.PUBLIC, ranking.counting), (Part.PRIVATE, ranking.final)):
            if (candidate := pick(candidates, rule)) is not None:
                then = ranking.counting(earlier, rule) if part is Part.PUBLIC else None
                yield _Picked(candidate, part, len(candidates), newest_at, then)


def _counted(session: Session, picked: Sequence[_Picked], before: datetime | None) -> Iterator[Counted]:
    reports = _reports(session, {each.candidate.submission_id for each in picked})
    rows = [Scored(each.candidate, *reports[each.candidate.submission_id], each.part) for each in picked]
    public = reasons(session, [row for row in rows if row.part is Part.PUBLIC])
    private = reasons(session, [row for row in rows if row.part is Part.PRIVATE])
    for each, row in zip(picked, rows, strict=True):
        told = (public if each.part is Part.PUBLIC else private).get(each.candidate.submission_id)
        yield Counted(row, each.entries, told, each.newest_at, before, each.then)


def _reports(session: Session, submission_ids: set[int]) -> Mapping[int, tuple[str, dict[str, Any], int]]:
    """By submission: the name on the board, what is kept of the report, and the version that it was graded under."""
    rows = session.execute(_REPORTS, {"some": sorted(submission_ids)}).all()
    return {number: (alias, kept(report or {}), version_id) for number, alias, report, version_id in rows}
