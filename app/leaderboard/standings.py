"""The standings as they are read: what counts of each entrant, and the order of it, kept in memory until it changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from threading import Lock
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from app.leaderboard import computing
from app.leaderboard.ranking import Candidate, Ladder, Rule
from app.leaderboard.scored import Counted, Scored
from grader.splits import Part
from models.standings import Standing, StandingBook, StandingMark

ROW = tuple(column for column in Standing.__table__.columns if column.name not in ("id", "serial"))
"""The columns of a standing that are about its entrant."""
Unknown: TypeAlias = Literal["unknown"]
UNKNOWN: Unknown = "unknown"
"""What has to be computed: it was written down on another day."""
MOST = 64
"""Boards that a process keeps of a database; the ones that nobody asked for go first."""


@runtime_checkable
class Carried(Protocol):
    """Something found out about all standings that need not be found anew when some of them change."""

    def after(self, now: Mapping[int, Counted | None]) -> Any | None:
        """The same after something else counts of some entrants; None where it has to be found anew."""


@dataclass(frozen=True, slots=True)
class Standings:
    """What counts of each entrant of a competition on a part, by entrant, and its order. Never changed."""

    counted: Mapping[int, Counted]
    ladder: Ladder
    known: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What was found out about all of them once."""

    def once(self, what: Any, find: Callable[[], Any]) -> Any:
        """What `find` returns, found once for as long as nothing changes."""
        if what not in self.known:
            self.known[what] = find()
        return self.known[what]

    @property
    def scored(self) -> Sequence[Scored]:
        """What counts of all of them."""
        return [each.scored for each in self.counted.values()]

    def changed(self, now: Mapping[int, Counted | None]) -> "Standings":
        """The same with others of some entrants; None: nothing of theirs counts any more."""
        counted = dict(self.counted)
        gone = [old.scored.candidate for number in now if (old := counted.pop(number, None)) is not None]
        come = {number: each for number, each in now.items() if each is not None}
        counted |= come
        if 10 * len(now) > len(counted):
            return made(counted, self.ladder.rule)
        ladder = self.ladder.changed(gone, [each.scored.candidate for each in come.values()])
        carried = ((what, each.after(now)) for what, each in list(self.known.items()) if isinstance(each, Carried))
        return Standings(counted, ladder, {what: each for what, each in carried if each is not None})


@dataclass(frozen=True, slots=True)
class State:
    """How far the standings of a competition are written down. `marks` and `last_mark` are of what is to be computed."""

    rule: Rule | None
    serial: int
    marks: int
    last_mark: int


@dataclass(slots=True)
class _Kept:
    """What a process keeps of a database's standings."""

    lock: Lock = field(default_factory=Lock)
    boards: dict[tuple[int, Part], tuple[int, Standings]] = field(default_factory=dict)


# Asked at every look at a board, and so put together once.
_MARKS = (
    select(func.count(), func.max(StandingMark.id))
    .where(StandingMark.competition_id == bindparam("competition"))
    .subquery()
)
_STATE = (
    select(*_MARKS.c, StandingBook.serial, StandingBook.best, StandingBook.lower_is_better, StandingBook.choose)
    .select_from(_MARKS)
    .outerjoin(StandingBook, StandingBook.competition_id == bindparam("competition"))
)
_KEPT: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_KEEPING = Lock()


def standings(session: Session, competition_id: int, rule: Rule, part: Part = Part.PUBLIC) -> Standings:
    """What counts of each entrant now, under a rule.

    It is read as it was written down; what changed since is computed, and all of it under a rule that is another one.
    """
    state = state_of(session, competition_id)
    if state.rule != rule:
        return made(computing.compute_all(session, competition_id, rule)[part], rule)
    found = _written(session, competition_id, state, rule, part)
    if not state.marks:
        return found
    stale = select(StandingMark.entrant_id).where(
        StandingMark.competition_id == competition_id, StandingMark.entrant_id.is_not(None)
    )
    entrants = [number for number in session.scalars(stale.distinct()) if number is not None]
    now = computing.compute(session, entrants, rule)[part]
    return found.changed({number: now.get(number) for number in entrants})


def made(counted: Mapping[int, Counted], rule: Rule) -> Standings:
    """The standings of which this is what counts."""
    return Standings(counted, Ladder((each.scored.candidate for each in counted.values()), rule))


def state_of(session: Session, competition_id: int) -> State:
    """How far the standings of a competition are written down; it changes with every change of them."""
    found = session.execute(_STATE, {"competition": competition_id}).one()
    count, last, serial, *rule = found
    return State(None if serial is None else Rule(*rule), serial or 0, count, last or 0)


def counted_of(row: Any) -> Counted | None:
    """What a row of `ROW` says; None: nothing of the entrant counts."""
    if row.submission_id is None or row.received_at is None or row.version_id is None:
        return None
    candidate = Candidate(
        row.entrant_id, row.submission_id, Fraction(row.score_exact or 0), row.received_at, meets=row.meets is True
    )
    then = None
    if row.then_submission_id is not None and row.then_received_at is not None:
        score = Fraction(row.then_score_exact or 0)
        then = Candidate(
            row.entrant_id, row.then_submission_id, score, row.then_received_at, meets=row.then_meets is True
        )
    scored = Scored(candidate, row.alias, row.report or {}, row.version_id, Part(row.part))
    return Counted(scored, row.entries, row.reason, row.newest_at, row.then_before, then)


def _written(session: Session, competition_id: int, state: State, rule: Rule, part: Part) -> Standings:
    """The standings as they are written down: those that are kept, with what was written since."""
    kept = _kept(session)
    with kept.lock:
        serial, known = kept.boards.get((competition_id, part), (-1, None))
    if known is not None and known.ladder.rule == rule and serial == state.serial:
        return known
    if known is None or known.ladder.rule != rule or serial > state.serial:
        serial, known = -1, None
    of_part = (Standing.competition_id == competition_id, Standing.part == part.value)
    rows = session.execute(select(*ROW).where(*of_part, Standing.serial > serial))
    now = {row.entrant_id: counted_of(row) for row in rows}
    found = made({key: each for key, each in now.items() if each}, rule) if known is None else known.changed(now)
    with kept.lock:
        if kept.boards.get((competition_id, part), (-1, None))[0] < state.serial or known is None:
            kept.boards.pop((competition_id, part), None)
            kept.boards[competition_id, part] = state.serial, found
            while len(kept.boards) > MOST:
                del kept.boards[next(iter(kept.boards))]
    return found


def _kept(session: Session) -> _Kept:
    engine = session.get_bind().engine
    with _KEEPING:
        return _KEPT.setdefault(engine, _Kept())


def counted_before(counted: Counted, moment: datetime) -> Candidate | Unknown | None:
    """What counted of an entrant of that which came in before a moment."""
    if counted.newest_at is not None and counted.newest_at < moment:
        return counted.scored.candidate
    return counted.then if counted.then_before == moment else UNKNOWN
