"""What a board is made of. Ranking is computed when it is read, from the gradings that count."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeAlias, TypeVarTuple

from sqlalchemy import ColumnElement, ColumnExpressionArgument, Row, Select, case, func, select, true
from sqlalchemy.orm import Session

from app.leaderboard import ranking
from app.leaderboard.eligibility import competes
from app.leaderboard.ranking import Candidate, Rule
from grader.splits import Part
from models.boards import FrozenRow
from models.competitions import CompetitionVersion
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

Columns = TypeVarTuple("Columns")
MEETS = func.coalesce(Grading.ranks, true()).label("meets")
"""Whether a submission meets the condition for a rank; one whose definition has none does."""
Pick: TypeAlias = Callable[[Iterable[Candidate], Rule], Candidate | None]
_COLUMNS = (
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


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored submission with all that boards and plots show of it."""

    candidate: Candidate
    alias: str
    report: Mapping[str, Any]
    version_id: int
    part: Part = Part.PUBLIC
    """The part of the test set that the candidate's score is of."""

    @property
    def split(self) -> Mapping[str, Any]:
        """Correct images and accuracy on that part; on the whole test set where it has no parts."""
        splits = self.report["splits"]
        found: Mapping[str, Any] = splits[self.part] if self.part in splits else next(iter(splits.values()))
        return found

    @property
    def full_credit(self) -> bool | None:
        """Whether the condition for full credit holds on that part."""
        outcomes = self.report.get("scores") or {}
        found: bool | None = outcomes.get(self.part, self.report)["full_credit"]
        return found


def counting(session: Session, competition_id: int, rule: Rule, part: Part = Part.PUBLIC) -> Sequence[Scored]:
    """For each entrant that competes the submission that counts, in the order of entrants.

    Only columns are read of the others. On the public board the database leaves those that may count, and exact
    fractions decide; on the private one they decide among all.
    """
    return _with_reports(session, _counting(session, Submission.competition_id == competition_id, rule, part), part)


def leading(session: Session, competition_id: int, rule: Rule, part: Part = Part.PUBLIC) -> Sequence[Candidate]:
    """The same without what boards show of each: no report is read."""
    return _counting(session, Submission.competition_id == competition_id, rule, part)


def counting_submission(session: Session, entrant_id: int, rule: Rule, part: Part = Part.PUBLIC) -> int | None:
    """The submission of an entrant that counts at present."""
    found = _counting(session, Submission.entrant_id == entrant_id, rule, part)
    return next((each.submission_id for each in found), None)


def frozen(session: Session, competition_id: int, rule: Rule, part: Part) -> Sequence[Scored]:
    """For each entrant the submission that counted when the board was frozen, unless it was disqualified since."""
    wanted = (
        select(*_COLUMNS, Entrant.alias, Grading.report, Grading.version_id)
        .select_from(FrozenRow)
        .join(Grading, Grading.id == FrozenRow.grading_id)
        .join(Submission, Submission.id == Grading.submission_id)
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(FrozenRow.competition_id == competition_id, FrozenRow.part == part.value, competes())
        .order_by(Submission.entrant_id)
    )
    pick, alone = ranking.counting if part is Part.PUBLIC else ranking.final, replace(rule, choose=0)
    found = []
    for *columns, alias, report, version_id in session.execute(wanted).all():
        if (candidate := pick([_candidate(*columns)], alone)) is not None:
            found.append(Scored(candidate, alias, report, version_id, part))
    return found


def frozen_entries(session: Session, competition_id: int, part: Part) -> Mapping[int, int]:
    """How many scored submissions each entrant had when the board was frozen."""
    wanted = (
        select(Submission.entrant_id, FrozenRow.entries)
        .select_from(FrozenRow)
        .join(Grading, Grading.id == FrozenRow.grading_id)
        .join(Submission, Submission.id == Grading.submission_id)
        .where(FrozenRow.competition_id == competition_id, FrozenRow.part == part.value)
    )
    return dict(session.execute(wanted).all())


def all_chosen(session: Session, competition_id: int) -> Sequence[int]:
    """The submissions that anybody chose, in their order."""
    wanted = select(Submission.id).where(Submission.competition_id == competition_id, Submission.is_chosen)
    return session.scalars(wanted.order_by(Submission.id)).all()


def chosen(session: Session, entrant_id: int) -> Sequence[int]:
    """The submissions that an entrant chose, in their order."""
    wanted = select(Submission.id).where(Submission.entrant_id == entrant_id, Submission.is_chosen)
    return session.scalars(wanted.order_by(Submission.id)).all()


def scored_of(session: Session, entrant_id: int) -> Sequence[Scored]:
    """All scored submissions of an entrant, in the order of time; those of staff too."""
    wanted = (
        _scored(select(*_COLUMNS))
        .where(Submission.entrant_id == entrant_id, Grading.is_live, Grading.state == State.SCORED)
        .order_by(Submission.received_at, Submission.id)
    )
    rows = session.execute(wanted).all()
    return _with_reports(session, [_candidate(*row) for row in rows])


def entries(session: Session, competition_id: int) -> Mapping[int, int]:
    """How many scored submissions each entrant has."""
    counted = (
        _scored(select(Submission.entrant_id, func.count()))
        .where(Submission.competition_id == competition_id, *_ranks())
        .group_by(Submission.entrant_id)
    )
    return dict(session.execute(counted).all())


def rank_conditions(session: Session, version_ids: Iterable[int]) -> Mapping[int, str | None]:
    """By version, the condition for a rank as its definition says it."""
    wanted = select(CompetitionVersion.id, CompetitionVersion.definition).where(CompetitionVersion.id.in_(version_ids))
    return {number: definition["grading"].get("rank_if") for number, definition in session.execute(wanted).all()}


def fingerprint(session: Session, competition_id: int, *also: object) -> str:
    """A weak ETag that changes whenever the board does; `also` is what else the answer depends on."""
    newest = select(func.count(), func.max(Grading.finished_at), func.max(Grading.id), func.sum(Grading.id))
    facts = session.execute(_scored(newest).where(Submission.competition_id == competition_id, *_ranks())).one()
    return f'W/"{hashlib.sha256(repr((competition_id, tuple(facts), also)).encode()).hexdigest()[:24]}"'


def newest_of(session: Session, entrant_id: int) -> tuple[int, datetime | None, int | None]:
    """What changes whenever the scored submissions of an entrant do, those of staff too."""
    wanted = _scored(select(func.count(), func.max(Grading.finished_at), func.sum(Grading.id)))
    found = wanted.where(Submission.entrant_id == entrant_id, Grading.is_live, Grading.state == State.SCORED)
    count, finished_at, numbers = session.execute(found).one()
    return count, finished_at, numbers


def _counting(session: Session, whose: ColumnElement[bool], rule: Rule, part: Part) -> Sequence[Candidate]:
    """The candidate that counts of each entrant."""
    if part is Part.PUBLIC:
        return _picked(session.execute(_leading(whose, rule)).all(), rule, ranking.counting)
    rows = session.execute(_scored(select(*_COLUMNS)).where(whose, *_ranks()).order_by(Submission.entrant_id)).all()
    return _picked(rows, rule, ranking.final)


def _leading(whose: ColumnElement[bool], rule: Rule) -> Select[*tuple[Any, ...]]:
    """Of each entrant the submission that counts, and with it those whose score is the same as a float."""
    place = func.rank().over(partition_by=Submission.entrant_id, order_by=_keys(rule)).label("place")
    rows = _scored(select(*_COLUMNS, place)).where(whose, *_ranks()).subquery().c
    return select(*(rows[column.name] for column in _COLUMNS)).where(rows.place == 1)


def _keys(rule: Rule) -> Sequence[ColumnElement[Any]]:
    """What the database sorts an entrant's submissions by, so that the one that counts is among the first."""
    if not rule.best:
        return Submission.received_at.desc(), Submission.id.desc()
    badness = Grading.score if rule.lower_is_better else -Grading.score
    return MEETS.desc(), case((MEETS, badness)), case((MEETS, None), else_=Submission.received_at).desc()


def _picked(rows: Iterable[Row[*tuple[Any, ...]]], rule: Rule, pick: Pick) -> Sequence[Candidate]:
    """The one that counts of each entrant."""
    of_entrant: dict[int, list[Candidate]] = {}
    for row in rows:
        candidate = _candidate(*row)
        of_entrant.setdefault(candidate.entrant_id, []).append(candidate)
    picked = (pick(found, rule) for found in of_entrant.values())
    return [candidate for candidate in picked if candidate]


def _candidate(
    submission_id: int,
    entrant_id: int,
    received_at: datetime,
    score: str | None,
    meets: bool,
    private: str | None,
    private_meets: bool | None,
    is_chosen: bool,
) -> Candidate:
    # A score and its exact form are written together, with the state that every query here asks for.
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


def _with_reports(session: Session, candidates: Sequence[Candidate], part: Part = Part.PUBLIC) -> Sequence[Scored]:
    wanted = (
        _scored(select(Submission.id, Entrant.alias, Grading.report, Grading.version_id))
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(Grading.is_live, Submission.id.in_([each.submission_id for each in candidates]))
    )
    rows = {row.id: row for row in session.execute(wanted).all()}
    found = ((candidate, rows[candidate.submission_id]) for candidate in candidates)
    return [Scored(candidate, row.alias, row.report, row.version_id, part) for candidate, row in found]


def _scored(statement: "Select[*Columns]") -> "Select[*Columns]":
    return statement.select_from(Submission).join(Grading, Grading.submission_id == Submission.id)


def _ranks() -> Sequence[ColumnExpressionArgument[bool]]:
    """What makes a submission count: its live grading has a score, and it competes."""
    return Grading.is_live, Grading.state == State.SCORED, competes()
