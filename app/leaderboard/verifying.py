"""Whether what is written down of all entrants is what their gradings come to."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.leaderboard.computing import compute_all
from app.leaderboard.scored import Counted
from app.leaderboard.standings import ROW, counted_of, state_of
from grader.splits import Part
from models.competitions import Competition
from models.standings import Standing, StandingMark


def wrong(session: Session) -> Sequence[tuple[str, int, Part]]:
    """Competition, entrant and part of each standing that is not what it is computed to be; marked ones are left out."""
    found = []
    for competition_id, slug in session.execute(
        select(Competition.id, Competition.slug).order_by(Competition.id)
    ).all():
        found += [(slug, entrant_id, part) for entrant_id, part in _wrong(session, competition_id)]
    return found


def _wrong(session: Session, competition_id: int) -> Sequence[tuple[int, Part]]:
    rule = state_of(session, competition_id).rule
    if rule is None:
        return []
    marked = set(session.scalars(select(StandingMark.entrant_id).where(StandingMark.competition_id == competition_id)))
    rows = session.execute(select(*ROW).where(Standing.competition_id == competition_id)).all()
    written = {(row.entrant_id, Part(row.part)): counted_of(row) for row in rows}
    now = compute_all(session, competition_id, rule)
    true = {(number, part): each for part, found in now.items() for number, each in found.items()}
    keys = sorted(written.keys() | true.keys())
    return [key for key in keys if key[0] not in marked and _comparable(written.get(key)) != _comparable(true.get(key))]


def _comparable(counted: Counted | None) -> Counted | None:
    """What does not depend on the day, nor on what the row leaves out of a candidate."""
    if counted is None:
        return None
    candidate = replace(counted.scored.candidate, private=None, private_meets=True, is_chosen=False)
    return replace(counted, scored=replace(counted.scored, candidate=candidate), then_before=None, then=None)
