"""Where one submission stands: whether it counts, its rank, and why it has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.leaderboard import columns
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.scored import Scored
from app.leaderboard.service import Board, board, rule_of, standings_of
from app.leaderboard.standings import Standings
from grader.splits import Part
from models.accounts import User
from models.gradings import Grading


@dataclass(frozen=True, slots=True)
class Standing:
    """One submission among those of its entrant and on the board. `ranked`: how many entrants have a rank."""

    rule: Rule
    counting_id: int | None
    """The submission of the entrant that counts."""
    counts: bool
    rank: int | None
    ranked: int
    reason: str | None
    """Why it has no rank, in numbers; None too where scores are not shown."""
    part: Part = Part.PUBLIC
    """The part of the test set whose board this is about."""
    board: Board | None = None
    """That board, where the submission counts and the reader may see it."""


def standing(session: Session, entry: Entry, user: User, grading: Grading, part: Part = Part.PUBLIC) -> Standing:
    """The standing of the submission whose live grading this is on a board, as the reader may know it."""
    rule = rule_of(entry)
    submission = grading.submission
    # Which one counts on the private board tells of private scores.
    known = part is Part.PUBLIC or entry.shows_scores
    counted = standings_of(session, entry, part).counted.get(submission.entrant_id) if known else None
    counting_id = counted.scored.candidate.submission_id if counted else None
    counts = counting_id == submission.id
    shown = board(session, entry, user, part) if counts and entry.shows_board else None
    rank = _rank(shown.standings, submission.entrant_id, submission.id) if shown else None
    reason = _reason(grading, part) if entry.shows_scores else None
    return Standing(rule, counting_id, counts, rank, shown.ranked if shown else 0, reason, part, shown)


def _rank(found: Standings, entrant_id: int, submission_id: int) -> int | None:
    """The rank of a submission on a board that may be another than that of now."""
    counted = found.counted.get(entrant_id)
    if counted is None or counted.scored.candidate.submission_id != submission_id:
        return None
    return found.ladder.rank(counted.scored.candidate)


def _reason(grading: Grading, part: Part) -> str | None:
    condition = grading.version.definition["grading"].get("rank_if")
    ranks, score = grading.ranks, grading.score_exact
    if part is Part.PRIVATE:
        ranks, score = grading.private_ranks, grading.private_score_exact
    if ranks is not False or not condition or grading.report is None:
        return None
    return columns.reason(_scored(grading, score, part), condition)


def numbers_of(grading: Grading) -> Mapping[str, Fraction]:
    """What formulas may speak of, of a scored submission on its public part."""
    scored = _scored(grading, grading.score_exact, Part.PUBLIC)
    return {**columns.metrics(scored), "score": scored.candidate.score}


def _scored(grading: Grading, score: str | None, part: Part) -> Scored:
    submission = grading.submission
    candidate = Candidate(
        submission.entrant_id, submission.id, Fraction(score or 0), submission.received_at, meets=False
    )
    return Scored(candidate, submission.entrant.alias, grading.report or {}, grading.version_id, part)
