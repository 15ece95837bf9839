"""The public board as it was: without what came in later, under the gradings that count now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.leaderboard import ranking
from app.leaderboard.computing import MEETS, compute
from app.leaderboard.eligibility import competes
from app.leaderboard.ranking import Candidate, Ladder, Placed, Rule
from app.leaderboard.scored import Counted
from app.leaderboard.service import Board, Row
from app.leaderboard.standings import UNKNOWN, Standings, counted_before
from grader.splits import Part
from models.entrants import Entrant
from models.gradings import Grading, State
from models.submissions import Submission

LEADERS = 5
"""So many places of each day are told."""
DAYS = 30
"""So many of the newest days on which something came in."""


@dataclass(frozen=True, slots=True)
class Named:
    """A scored submission that competes, and whose it is on the board."""

    candidate: Candidate
    alias: str


@dataclass(frozen=True, slots=True)
class Day:
    """The leaders at the end of a day, as rank, name and score; `entries`: submissions scored on it."""

    day: date
    leaders: Sequence[tuple[int, str, Fraction]]
    entries: int


def scored(session: Session, competition_id: int) -> Sequence[Named]:
    """All scored submissions that compete, in the order of time."""
    wanted = (
        select(Submission.entrant_id, Submission.id, Grading.score_exact, Submission.received_at, MEETS, Entrant.alias)
        .select_from(Submission)
        .join(Grading, Grading.submission_id == Submission.id)
        .join(Entrant, Entrant.id == Submission.entrant_id)
        .where(Submission.competition_id == competition_id, Grading.is_live, Grading.state == State.SCORED, competes())
        .order_by(Submission.received_at, Submission.id)
    )
    return [
        Named(Candidate(entrant_id, number, Fraction(score or 0), received_at, meets=meets), alias)
        for entrant_id, number, score, received_at, meets, alias in session.execute(wanted)
    ]


def moves(session: Session, entry: Entry, content: Board, rows: Iterable[Row], since: datetime) -> Mapping[str, int]:
    """How many places each of some rows went up since a moment, by name, below zero: down; who had no rank then is left out.

    Nothing for the private board and a frozen one, which do not move.
    """
    if content.part is not Part.PUBLIC or entry.sees_frozen:
        return {}
    found = content.standings
    then = found.once(("then", since), lambda: then_of(session, found, since))
    told = {}
    for row in rows:
        before = then.of.get(found.ladder.candidate(row.submission_id).entrant_id)
        rank = None if before is None else then.ladder.rank(before)
        if row.rank is not None and rank is not None:
            told[row.alias] = rank - row.rank
    return told


@dataclass(frozen=True, slots=True)
class Then:
    """What counted of each entrant at a moment, and the order of it."""

    since: datetime
    of: Mapping[int, Candidate]
    ladder: Ladder

    def after(self, now: Mapping[int, Counted | None]) -> "Then | None":
        """The same after something else counts of some entrants; None where gradings have to be read."""
        then = {number: None if each is None else counted_before(each, self.since) for number, each in now.items()}
        if UNKNOWN in then.values():
            return None
        gone = [self.of[number] for number in then if number in self.of]
        come = {number: each for number, each in then.items() if isinstance(each, Candidate)}
        of = {number: each for number, each in self.of.items() if number not in then} | come
        return Then(self.since, of, self.ladder.changed(gone, come.values()))


def then_of(session: Session, found: Standings, since: datetime) -> Then:
    """What counted of each entrant of the public board of that which came in before a moment."""
    known = {number: counted_before(each, since) for number, each in found.counted.items()}
    unknown = [number for number, each in known.items() if each is UNKNOWN]
    computed = compute(session, unknown, found.ladder.rule, since)[Part.PUBLIC]
    known |= {number: computed[number].then if number in computed else None for number in unknown}
    of = {number: each for number, each in known.items() if isinstance(each, Candidate)}
    return Then(since, of, Ladder(of.values(), found.ladder.rule))


def days(found: Iterable[Named], rule: Rule, zone: ZoneInfo) -> Sequence[Day]:
    """The leaders at the end of each day on which something was scored, the newest first."""
    told = list(_days(found, rule, zone))
    return told[::-1][:DAYS]


def _days(found: Iterable[Named], rule: Rule, zone: ZoneInfo) -> Iterator[Day]:
    of_entrant: dict[int, list[Candidate]] = {}
    names: dict[int, str] = {}
    for day, group in groupby(found, key=lambda each: each.candidate.received_at.astimezone(zone).date()):
        count = 0
        for count, each in enumerate(group, start=1):  # noqa: B007 - told below
            entrant = each.candidate.entrant_id
            kept = ranking.counting([*of_entrant.get(entrant, ()), each.candidate], rule)
            of_entrant[entrant], names[entrant] = [kept] if kept else [], each.alias
        placed = [each for each in _placed(of_entrant, rule) if each.rank is not None]
        leaders = [
            (each.rank, names[each.candidate.entrant_id], each.candidate.score)
            for each in placed
            if each.rank is not None and each.rank <= LEADERS
        ]
        yield Day(day, leaders, count)


def _placed(of_entrant: Mapping[int, Sequence[Candidate]], rule: Rule) -> Sequence[Placed]:
    counting = (ranking.counting(candidates, rule) for candidates in of_entrant.values())
    return ranking.order([each for each in counting if each is not None], rule)
