"""The board as one person sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import overload

from sqlalchemy.orm import Session

from app.baselines import queries as baselines
from app.baselines.queries import Entered
from app.competitions.access import Entry
from app.competitions.definition import CompetitionDefinition
from app.courses import queries as courses
from app.leaderboard import columns, queries
from app.leaderboard.columns import Column
from app.leaderboard.frontier import Frontier, frontier
from app.leaderboard.ranking import Ladder, Placed, Rule
from app.leaderboard.scored import Counted
from app.leaderboard.standings import Standings, made, standings
from grader.splits import Part
from models.accounts import User


@dataclass(frozen=True, slots=True)
class Row:
    """One entrant on the board. Shares are from 0 to 1; `received_at` is of the submission that counts.

    `rank` is None where that submission does not meet the condition for a rank; `reason` then says why.
    """

    rank: int | None
    reason: str | None
    alias: str
    score: float
    score_exact: str
    accuracy: float
    sparsity: float
    full_credit: bool | None
    in_top: bool
    on_frontier: bool
    entries: int
    received_at: datetime
    submission_id: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Baseline:
    """A score of the definition that stands on the board without a rank. `above`: how many ranked rows passed it."""

    name: str
    written: str
    """As the definition writes it: rounded, it could not be told from a score that passes it."""
    score: float
    score_exact: str
    above: int


class Rows(Sequence[Row]):
    """The rows of a board in its order; one is made when it is asked for."""

    def __init__(self, found: Standings, make: Callable[[Placed, Counted], Row]) -> None:
        self._found = found
        self._make = make

    def __len__(self) -> int:
        return len(self._found.ladder)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self._row(each) for each in self._found.ladder[place]]
        return self._row(self._found.ladder[place])

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self._found.ladder)

    def _row(self, placed: Placed) -> Row:
        return self._make(placed, self._found.counted[placed.candidate.entrant_id])


@dataclass(frozen=True, slots=True)
class Board:
    """All rows in order, and the reader's own one, if there is one."""

    rows: Sequence[Row]
    standings: Standings
    """What the rows are made of."""
    own: Row | None
    above: Row | None
    """The last row of the rank above the reader's own."""
    x: Column
    y: Column
    """The two columns whose Pareto frontier the rows are marked by."""
    part: Part = Part.PUBLIC
    """The part of the test set that scores and ranks are of."""
    baselines: Sequence[Baseline] = ()
    """In their order on the board."""

    @property
    def ranked(self) -> int:
        """How many entrants have a rank."""
        return self.standings.ladder.ranked

    @property
    def behind(self) -> float | None:
        """How much score is missing to the rank above the reader's own, whichever way scores are better."""
        return None if self.own is None or self.above is None else abs(self.above.score - self.own.score)

    @property
    def is_tied(self) -> bool:
        """Whether the reader shares a rank."""
        if self.own is None or self.own.rank is None:
            return False
        return self.standings.ladder.as_good(Fraction(self.own.score_exact)) > self.own.rank


def rule_of(entry: Entry) -> Rule:
    """Which submission counts in a competition, and which way its scores are better."""
    return rule_from(entry.definition)


def rule_from(definition: CompetitionDefinition) -> Rule:
    """The same of a definition, that of a version to come too."""
    board = definition.course.board
    return Rule(board.select != "last", definition.grading.grading.lower_is_better, board.choose or 0)


def board(session: Session, entry: Entry, user: User, part: Part = Part.PUBLIC) -> Board:
    """The board of a competition on a part of its test set; the row of the reader's own entrant is marked."""
    entered = baselines.entered(session, entry.competition.id)
    return board_of(read(session, entry, part, entered), own_id(session, entry, user))


def own_id(session: Session, entry: Entry, user: User) -> int:
    """The entrant that a person competes as; 0: none."""
    mine = courses.entrant_of(session, entry.competition.id, user.id)
    return mine.id if mine is not None else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What a board is made of, whoever of those that may see the same looks at it."""

    entry: Entry
    part: Part
    standings: Standings
    entered: Sequence[Entered]


def read(session: Session, entry: Entry, part: Part, entered: Sequence[Entered]) -> Facts:
    """What the board on a part is made of at present, as the reader may know it."""
    return Facts(entry, part, counting_for(session, entry, part), entered)


def board_of(facts: Facts, mine: int) -> Board:
    """The board with the row of an entrant marked; 0: of nobody."""
    entry, part, found = facts.entry, facts.part, facts.standings
    x, y = axes(entry)
    best = frontier_of(found, x, y) if part is Part.PUBLIC else frozenset[int]()

    def make(placed: Placed, counted: Counted) -> Row:
        candidate = placed.candidate
        is_own, on_frontier = candidate.entrant_id == mine, candidate.submission_id in best
        return _row(placed, counted, entry, on_frontier=on_frontier, is_own=is_own)

    rows = Rows(found, make)
    own = above = None
    if mine in found.counted:
        own = rows[found.ladder.position(found.counted[mine].scored.candidate)]
        above = rows[own.rank - 2] if own.rank is not None and own.rank > 1 else None
    return Board(rows, found, own, above, x, y, part, baselines_of(entry, facts.entered, found.ladder, part))


def counting_for(session: Session, entry: Entry, part: Part = Part.PUBLIC) -> Standings:
    """What counts of each entrant, as the reader may know it: at present, or when the board was frozen."""
    rule = rule_of(entry)
    if entry.sees_frozen:
        return made(queries.frozen(session, entry.competition.id, rule, part), rule)
    return standings(session, entry.competition.id, rule, part)


def standings_of(session: Session, entry: Entry, part: Part = Part.PUBLIC) -> Standings:
    """What counts of each entrant at present, for whom it is not kept back by a frozen board."""
    return standings(session, entry.competition.id, rule_of(entry), part)


def deciding(session: Session, entry: Entry) -> Standings:
    """The same on the board that decides: the private one, where the test set has parts."""
    has_parts = entry.definition.grading.grading.splits is not None
    return standings_of(session, entry, Part.PRIVATE if has_parts else Part.PUBLIC)


def baselines_of(entry: Entry, entered: Iterable[Entered], ladder: Ladder, part: Part) -> Sequence[Baseline]:
    """The baselines in their places, the best first. Whoever is exactly as good has not passed one."""
    of_rules = ((each.name, each.written(part), None) for each in entry.definition.course.baselines)
    of_staff = ((each.name, each.written(part), each.submission_id) for each in entered)
    known = [(name, text, number) for name, text, number in (*of_rules, *of_staff) if text]
    known.sort(key=lambda each: Fraction(each[1]), reverse=not ladder.rule.lower_is_better)
    return [_baseline(*each, ladder) for each in known]


def _baseline(name: str, text: str, submission_id: int | None, ladder: Ladder) -> Baseline:
    value = Fraction(text)
    written = text if submission_id is None else f"{float(value):.6g}"
    return Baseline(name, written, float(value), str(value), ladder.better(value))


def axes(entry: Entry) -> tuple[Column, Column]:
    """The two columns that a competition is about: what its score counts, and the accuracy."""
    known = columns.known(rule_of(entry).lower_is_better)
    return known[columns.abscissa(entry.definition.grading.score.names)], known["accuracy"]


def frontier_of(found: Standings, x: Column, y: Column) -> frozenset[int]:
    """The submissions on the Pareto frontier of two columns."""
    ends = (x.name, x.better, y.name, y.better)
    known: Frontier = found.once(("frontier", *ends), lambda: frontier(found.scored, x, y))
    return known.submissions


def _row(placed: Placed, counted: Counted, entry: Entry, *, on_frontier: bool, is_own: bool) -> Row:
    candidate, scored = placed.candidate, counted.scored
    return Row(
        rank=placed.rank,
        reason=counted.reason,
        alias=scored.alias,
        score=float(candidate.score),
        score_exact=str(candidate.score),
        accuracy=scored.split["accuracy"],
        sparsity=scored.report["sparsity"],
        full_credit=scored.full_credit,
        in_top=placed.rank is not None and placed.rank <= entry.definition.course.board.top,
        on_frontier=on_frontier,
        entries=counted.entries,
        received_at=candidate.received_at.astimezone(entry.zone),
        submission_id=candidate.submission_id,
        is_own=is_own,
    )
