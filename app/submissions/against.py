"""A scored submission beside the entrant's own others and the board, as numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.leaderboard import ranking
from app.leaderboard.ranking import Rule
from app.leaderboard.service import Board
from models.columns import unindexed
from models.gradings import Grading, State
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Line:
    """One line to compare with. Shares from 0 to 1; None is what is not known."""

    name: str
    score: float | None
    accuracy: float | None
    sparsity: float | None
    submission_id: int | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What changed since the entrant's submission before, later minus earlier; ranks on the board as it stands now."""

    submission_id: int
    score: float
    accuracy: float
    sparsity: float
    rank_then: int | None


@dataclass(frozen=True, slots=True)
class Against:
    """The lines, and what moved; None where nothing came before."""

    lines: Sequence[Line]
    moved: Moved | None


def against(session: Session, grading: Grading, rule: Rule, board: Board | None) -> Against | None:
    """What a scored submission is beside others; only for who may see scores. None where it has no score."""
    if grading.state is not State.SCORED or grading.report is None:
        return None
    earlier = _before(session, grading)
    best = _best(session, grading, rule)
    this = _line("This one", grading)
    lines = [this]
    if earlier is not None:
        lines.append(_line("The one before", earlier))
    if best is not None and best.id not in {grading.id, earlier and earlier.id}:
        lines.append(_line("Best so far", best))
    lines += _of_board(board)
    return Against(lines, None if earlier is None else _moved(this, earlier, rule, board))


_OWN = (
    select(Grading)
    .join(Submission, Submission.id == Grading.submission_id)
    .where(
        Submission.entrant_id == bindparam("entrant"),
        Grading.is_live,
        unindexed(Grading.state) == State.SCORED,
        Grading.id != bindparam("grading"),
    )
    .limit(1)
)
_AT = bindparam("at", type_=Submission.received_at.type)
_NUMBER = bindparam("submission", type_=Submission.id.type)
_BEFORE = _OWN.where(
    (Submission.received_at < _AT) | ((Submission.received_at == _AT) & (Submission.id < _NUMBER))
).order_by(Submission.received_at.desc(), Submission.id.desc())
_BEST = {
    lower_is_better: _OWN.order_by(Grading.score.asc() if lower_is_better else Grading.score.desc(), Submission.id)
    for lower_is_better in (True, False)
}
"""By whether lower is better. Asked for each page of a submission, and so put together once."""


def _before(session: Session, grading: Grading) -> Grading | None:
    submission = grading.submission
    asked = {"entrant": submission.entrant_id, "grading": grading.id}
    return session.scalars(_BEFORE, asked | {"at": submission.received_at, "submission": submission.id}).one_or_none()


def _best(session: Session, grading: Grading, rule: Rule) -> Grading | None:
    asked = {"entrant": grading.submission.entrant_id, "grading": grading.id}
    return session.scalars(_BEST[rule.lower_is_better], asked).one_or_none()


def _line(name: str, grading: Grading) -> Line:
    report: Mapping[str, Any] = grading.report or {}
    splits: Mapping[str, Mapping[str, Any]] = report.get("splits") or {}
    split = next(iter(splits.values()), {})
    return Line(name, grading.score, split.get("accuracy"), report.get("sparsity"), grading.submission_id)


def _of_board(board: Board | None) -> Iterator[Line]:
    if board is not None and board.ranked > 1:
        first = board.rows[0]
        yield Line("First on the board", first.score, first.accuracy, first.sparsity)
        yield Line(f"Median of {board.ranked:,}", *board.standings.once("medians", lambda: _medians(board)))
    for each in board.baselines if board else ():
        yield Line(f"Baseline {each.name}", each.score, None, None)


def _medians(board: Board) -> Sequence[float]:
    """The medians of score, accuracy and sparsity of those with a rank."""
    rows = [each.scored for each in board.standings.counted.values() if each.scored.candidate.meets]
    told = [(float(row.candidate.score), row.split["accuracy"], row.report["sparsity"]) for row in rows]
    return [median(values) for values in zip(*told, strict=True)]


def _moved(this: Line, earlier: Grading, rule: Rule, board: Board | None) -> Moved | None:
    then = _line("", earlier)
    known = (this.score, this.accuracy, this.sparsity, then.score, then.accuracy, then.sparsity)
    if any(each is None for each in known):
        return None
    score, accuracy, sparsity, *old = (float(each or 0) for each in known)
    return Moved(
        earlier.submission_id, score - old[0], accuracy - old[1], sparsity - old[2], _rank_then(earlier, rule, board)
    )


def _rank_then(earlier: Grading, rule: Rule, board: Board | None) -> int | None:
    """The rank that the submission before would have beside the others on the board of now."""
    if board is None or earlier.score_exact is None or earlier.ranks is False:
        return None
    score, own = Fraction(earlier.score_exact), board.own
    is_own_better = (
        own is not None and own.rank is not None and ranking.is_better(Fraction(own.score_exact), score, rule)
    )
    return 1 + board.standings.ladder.better(score) - is_own_better
