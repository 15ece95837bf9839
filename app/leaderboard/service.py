"""The board as one person sees it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from app.baselines import queries as baselines
from app.baselines.queries import Entered
from app.competitions.access import Entry
from app.competitions.definition import CompetitionDefinition
from app.courses import queries as courses
from app.leaderboard import columns, pareto, queries, ranking
from app.leaderboard.columns import Better, Column
from app.leaderboard.queries import Scored
from app.leaderboard.ranking import Placed, Rule
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


@dataclass(frozen=True, slots=True)
class Board:
    """All rows in order, and the reader's own one, if there is one."""

    rows: Sequence[Row]
    own: Row | None
    behind: float | None
    """How much score is missing to the rank above the reader's own, whichever way scores are better."""
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
        return sum(row.rank is not None for row in self.rows)


def rule_of(entry: Entry) -> Rule:
    """Which submission counts in a competition, and which way its scores are better."""
    return rule_from(entry.definition)


def rule_from(definition: CompetitionDefinition) -> Rule:
    """The same of a definition, that of a version to come too."""
    board = definition.course.board
    return Rule(board.select != "last", definition.grading.grading.lower_is_better, board.choose or 0)


def board(session: Session, entry: Entry, user: User, part: Part = Part.PUBLIC) -> Board:
    """The board of a competition on a part of its test set; the row of the reader's own entrant is marked."""
    rule = rule_of(entry)
    counting = counting_for(session, entry, part)
    scored = {each.candidate.submission_id: each for each in counting}
    numbers = _entries(session, entry, part)
    mine = courses.entrant_of(session, entry.competition.id, user.id)
    placed = ranking.order([each.candidate for each in scored.values()], rule)
    reasons = reasons_of(session, scored.values())
    x, y = axes(entry)
    best = frontier_of(counting, x, y) if part is Part.PUBLIC else frozenset[int]()
    rows = [
        _row(
            each,
            scored[each.candidate.submission_id],
            entry,
            reason=reasons.get(each.candidate.submission_id),
            entries=numbers[each.candidate.entrant_id],
            on_frontier=each.candidate.submission_id in best,
            is_own=mine is not None and each.candidate.entrant_id == mine.id,
        )
        for each in placed
    ]
    own = next((row for row in rows if row.is_own), None)
    entered = baselines.entered(session, entry.competition.id)
    return Board(rows, own, _behind(rows, own), x, y, part, baselines_of(entry, entered, placed, part))


def counting_for(session: Session, entry: Entry, part: Part = Part.PUBLIC) -> Sequence[Scored]:
    """What counts of each entrant, as the reader may know it: at present, or when the board was frozen."""
    rule = rule_of(entry)
    if entry.sees_frozen:
        return queries.frozen(session, entry.competition.id, rule, part)
    return queries.counting(session, entry.competition.id, rule, part)


def _entries(session: Session, entry: Entry, part: Part) -> Mapping[int, int]:
    if entry.sees_frozen:
        return queries.frozen_entries(session, entry.competition.id, part)
    return queries.entries(session, entry.competition.id)


def baselines_of(entry: Entry, entered: Iterable[Entered], placed: Sequence[Placed], part: Part) -> Sequence[Baseline]:
    """The baselines in their places, the best first. Whoever is exactly as good has not passed one."""
    rule = rule_of(entry)
    of_rules = ((each.name, each.written(part), None) for each in entry.definition.course.baselines)
    of_staff = ((each.name, each.written(part), each.submission_id) for each in entered)
    known = [(name, text, number) for name, text, number in (*of_rules, *of_staff) if text]
    known.sort(key=lambda each: Fraction(each[1]), reverse=not rule.lower_is_better)
    return [_baseline(*each, placed, rule) for each in known]


def _baseline(name: str, text: str, submission_id: int | None, placed: Sequence[Placed], rule: Rule) -> Baseline:
    value = Fraction(text)
    written = text if submission_id is None else f"{float(value):.6g}"
    return Baseline(name, written, float(value), str(value), ranking.place(value, placed, rule))


def axes(entry: Entry) -> tuple[Column, Column]:
    """The two columns that a competition is about: what its score counts, and the accuracy."""
    known = columns.known(rule_of(entry).lower_is_better)
    return known[columns.abscissa(entry.definition.grading.score.names)], known["accuracy"]


def frontier_of(rows: Sequence[Scored], x: Column, y: Column) -> frozenset[int]:
    """The submissions on the Pareto frontier of two columns; one that lacks either is not on it."""
    points = [(row, x.read(row), y.read(row)) for row in rows]
    complete = [(row, (a, b)) for row, a, b in points if a is not None and b is not None]
    marks = pareto.frontier(
        [point for _, point in complete], x_high=x.better is Better.HIGH, y_high=y.better is Better.HIGH
    )
    return frozenset(row.candidate.submission_id for (row, _), best in zip(complete, marks, strict=True) if best)


def reasons_of(session: Session, rows: Iterable[Scored]) -> Mapping[int, str]:
    """Why submissions have no rank, by submission: each under the rules that it was graded under."""
    without = [row for row in rows if not row.candidate.meets]
    conditions = queries.rank_conditions(session, {row.version_id for row in without})
    told = ((row, conditions.get(row.version_id)) for row in without)
    return {row.candidate.submission_id: columns.reason(row, condition) for row, condition in told if condition}


def _row(
    placed: Placed, scored: Scored, entry: Entry, *, reason: str | None, entries: int, on_frontier: bool, is_own: bool
) -> Row:
    candidate, report = placed.candidate, scored.report
    return Row(
        rank=placed.rank,
        reason=reason,
        alias=scored.alias,
        score=float(candidate.score),
        score_exact=str(candidate.score),
        accuracy=scored.split["accuracy"],
        sparsity=report["sparsity"],
        full_credit=scored.full_credit,
        in_top=placed.rank is not None and placed.rank <= entry.definition.course.board.top,
        on_frontier=on_frontier,
        entries=entries,
        received_at=candidate.received_at.astimezone(entry.zone),
        submission_id=candidate.submission_id,
        is_own=is_own,
    )


def _behind(rows: Sequence[Row], own: Row | None) -> float | None:
    if own is None or own.rank is None:
        return None
    above = [row.score for row in rows if row.rank is not None and row.rank < own.rank]
    return abs(above[-1] - own.score) if above else None
