"""What staff find about a finalist: checks, a note for each other, and the verdict."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions.access import Entry
from app.errors import NotFound, Unprocessable
from app.finalists import queries
from app.finalists.service import rule_of
from app.moderation import service as moderation
from app.teams import queries as teams
from models.audit import AuditEntry
from models.finalists import FinalistReview
from models.moderation import Disqualification

MAX_NOTE_CHARACTERS = 4000


class Verdict(StrEnum):
    """What becomes of a finalist."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISQUALIFIED = "disqualified"


def review(
    session: Session,
    entry: Entry,
    entrant_id: int,
    verdict: Verdict,
    checks: Sequence[str],
    note: str,
    reason: str,
    by_id: int,
) -> None:
    """Sets all of it at once. A disqualified entrant leaves the board, and whoever moves up is asked. Raises AppError."""
    _check(session, entry, entrant_id, checks)
    found = queries.reviews(session, entry.competition.id).get(entrant_id)
    held = queries.disqualified(session, entry.competition.id).get(entrant_id)
    before = {
        "verdict": _verdict(found, held),
        "checks": found.checks if found else [],
        "note": found.note if found else "",
    }
    if found is None:
        found = FinalistReview(entrant_id=entrant_id)
        session.add(found)
    found.is_confirmed = verdict is Verdict.CONFIRMED
    found.checks = [each for each in rule_of(entry).checks if each in checks]
    found.note = note.strip()[:MAX_NOTE_CHARACTERS]
    found.by_id, found.at = by_id, read_clock(session)
    _set_verdict(session, entry, entrant_id, held is not None, verdict, reason, by_id)
    after = {"verdict": verdict.value, "checks": found.checks, "note": found.note, "reason": reason.strip()}
    session.add(
        AuditEntry(
            actor_id=by_id,
            action="finalist.review",
            subject=f"entrant:{entrant_id}",
            detail={"before": before, "after": after},
            competition_id=entry.competition.id,
        )
    )
    session.flush()


def _check(session: Session, entry: Entry, entrant_id: int, checks: Sequence[str]) -> None:
    if teams.entrant(session, entry.competition.id, entrant_id) is None:
        raise NotFound(f"There is no entry {entrant_id} in this competition.")
    known = rule_of(entry).checks
    if unknown := [each for each in checks if each not in known]:
        raise Unprocessable("check-unknown", f"There is no check {unknown[0][:60]!r}; known are {', '.join(known)}.")


def _set_verdict(
    session: Session, entry: Entry, entrant_id: int, is_held: bool, verdict: Verdict, reason: str, by_id: int
) -> None:
    about = moderation.subjects(session, entry, [], [entrant_id])
    if verdict is Verdict.DISQUALIFIED:
        moderation.disqualify(session, entry, about, reason, by_id)
    elif is_held:
        moderation.reinstate(session, entry, about, reason.strip() or f"judged as a finalist: {verdict.value}", by_id)


def _verdict(found: FinalistReview | None, held: Disqualification | None) -> str:
    if held is not None:
        return Verdict.DISQUALIFIED
    return Verdict.CONFIRMED if found is not None and found.is_confirmed else Verdict.OPEN
