"""Where one submission stands: whether it counts, its rank, and why it has none."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.leaderboard import columns
from app.leaderboard.queries import Scored, counting_submission
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.service import board, rule_of
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


def standing(session: Session, entry: Entry, user: User, grading: Grading) -> Standing:
    """The standing of the submission whose live grading this is, as the reader may know it."""
    rule = rule_of(entry)
    submission = grading.submission
    counting_id = counting_submission(session, submission.entrant_id, rule)
    counts = counting_id == submission.id
    shown = board(session, entry, user) if counts and entry.shows_scores else None
    rank = next((row.rank for row in shown.rows if row.submission_id == submission.id), None) if shown else None
    reason = _reason(grading) if entry.shows_scores else None
    return Standing(rule, counting_id, counts, rank, shown.ranked if shown else 0, reason)


def _reason(grading: Grading) -> str | None:
    condition = grading.version.definition["grading"].get("rank_if")
    if grading.ranks is not False or not condition or grading.report is None:
        return None
    submission = grading.submission
    score = Fraction(grading.score_exact or 0)
    candidate = Candidate(submission.entrant_id, submission.id, score, submission.received_at, meets=False)
    return columns.reason(Scored(candidate, submission.entrant.alias, grading.report, grading.version_id), condition)
