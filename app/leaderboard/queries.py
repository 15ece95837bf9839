"""What boards, plots and the choice are made of beside the standings."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.leaderboard import ranking
from app.leaderboard.computing import CANDIDATE, candidate_of, reasons
from app.leaderboard.eligibility import competes
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.scored import Counted, Scored, kept
from app.leaderboard.standings import state_of
from grader.splits import Part
from models.boards import FrozenRow
from models.columns import unindexed
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

Columns = TypeVarTuple("Columns")


def frozen(session: Session, competition_id: int, rule: Rule, part: Part) -> Mapping[int, Counted]:
    """For each entrant what counted when the board was frozen, unless it was disqualified since."""
    wanted = (
        select(*CANDIDATE, Entrant.alias, Grading.report, Grading.version_id, FrozenRow.entries)
        .select_from(FrozenRow)
        .join(Grading, Grading.id == FrozenRow.grading_id)
        .join(Submission, Submission.id == Grading.submission_id)
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(FrozenRow.competition_id == competition_id, FrozenRow.part == part.value, competes())
        .order_by(Submission.entrant_id)
    )
    pick, alone = ranking.counting if part is Part.PUBLIC else ranking.final, replace(rule, choose=0)
    found = []
    for *columns, alias, report, version_id, entries in session.execute(wanted).all():
        if (candidate := pick([candidate_of(*columns)], alone)) is not None:
            found.append((Scored(candidate, alias, kept(report or {}), version_id, part), entries))
    told = reasons(session, [scored for scored, _ in found])
    return {
        scored.candidate.entrant_id: Counted(scored, entries, told.get(scored.candidate.submission_id))
        for scored, entries in found
    }


def chosen(session: Session, entrant_id: int) -> Sequence[int]:
    """The submissions that an entrant chose, in their order."""
    wanted = select(Submission.id).where(Submission.entrant_id == entrant_id, Submission.is_chosen)
    return session.scalars(wanted.order_by(Submission.id)).all()


def scored_of(session: Session, entrant_id: int) -> Sequence[Scored]:
    """All scored submissions of an entrant, in the order of time; those of staff too."""
    wanted = (
        _scored(select(*CANDIDATE))
        .where(Submission.entrant_id == entrant_id, Grading.is_live, unindexed(Grading.state) == State.SCORED)
        .order_by(Submission.received_at, Submission.id)
    )
    rows = session.execute(wanted).all()
    return _with_reports(session, [candidate_of(*row) for row in rows])


def fingerprint(session: Session, competition_id: int, *also: object) -> str:
    """Changes whenever the board does; `also` is what else the answer depends on."""
    facts = (competition_id, state_of(session, competition_id), also)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:24]


def newest_of(session: Session, entrant_id: int) -> tuple[int, datetime | None, int | None]:
    """What changes whenever the scored submissions of an entrant do, those of staff too."""
    wanted = _scored(select(func.count(), func.max(Grading.finished_at), func.sum(Grading.id)))
    found = wanted.where(Submission.entrant_id == entrant_id, Grading.is_live, unindexed(Grading.state) == State.SCORED)
    count, finished_at, numbers = session.execute(found).one()
    return count, finished_at, numbers


def _with_reports(session: Session, candidates: Sequence[Candidate]) -> Sequence[Scored]:
    wanted = (
        _scored(select(Submission.id, Entrant.alias, Grading.report, Grading.version_id))
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(Grading.is_live, Submission.id.in_([each.submission_id for each in candidates]))
    )
    rows = {row.id: row for row in session.execute(wanted).all()}
    found = ((candidate, rows[candidate.submission_id]) for candidate in candidates)
    return [Scored(candidate, row.alias, row.report, row.version_id) for candidate, row in found]


def _scored(statement: "Select[*Columns]") -> "Select[*Columns]":
    return statement.select_from(Submission).join(Grading, Grading.submission_id == Submission.id)
