"""The points of a plot of any two columns, as one person sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.competitions.access import Entry
from app.courses import queries as courses
from app.errors import Unprocessable
from app.leaderboard import columns, queries
from app.leaderboard.columns import Better, Column
from app.leaderboard.frontier import frontier_among
from app.leaderboard.guides import Guides, guides
from app.leaderboard.scored import Scored
from app.leaderboard.service import axes, counting_for, frontier_of, rule_of
from models.accounts import User


class Of(StrEnum):
    """Whose submissions are plotted: the one that counts of each entrant, or all scored ones of one's own."""

    COUNTING = "counting"
    MINE = "mine"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see; None: what the competition is about, the good end as the column has it."""

    x: str | None = None
    y: str | None = None
    x_better: Better | None = None
    y_better: Better | None = None
    of: Of = Of.COUNTING


@dataclass(frozen=True, slots=True)
class Point:
    """A submission in a plot. `rank` is that on the board, None for what does not count; `meets`: it may rank."""

    alias: str
    rank: int | None
    meets: bool
    x: Fraction
    y: Fraction
    on_frontier: bool
    received_at: datetime
    submission_id: int
    is_own: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """Points in the order of x, the best first. `left_out`: submissions that lack one of the two numbers."""

    x: Column
    y: Column
    of: Of
    points: Sequence[Point]
    left_out: int
    known: Mapping[str, Column]
    zone: ZoneInfo
    guides: Guides


def plot(session: Session, entry: Entry, user: User, wish: Wish) -> Plot:
    """The plot that somebody asks for. Raises Unprocessable for a column that nobody knows, and names the known ones."""
    rule = rule_of(entry)
    mine = courses.entrant_of(session, entry.competition.id, user.id)
    counting = counting_for(session, entry)
    ranks = {placed.candidate.submission_id: placed.rank for placed in counting.ladder}
    rows = counting.scored
    if wish.of is Of.MINE:
        rows = queries.scored_of(session, mine.id) if mine else []
    known = columns.known(rule.lower_is_better, rows)
    standard = axes(entry)
    x = _column(known, wish.x or standard[0].name, wish.x_better)
    y = _column(known, wish.y or standard[1].name, wish.y_better)
    best = frontier_of(counting, x, y) if wish.of is Of.COUNTING else frontier_among(rows, x, y)
    points = [
        Point(
            alias=row.alias,
            rank=ranks.get(row.candidate.submission_id),
            meets=row.candidate.meets,
            x=a,
            y=b,
            on_frontier=row.candidate.submission_id in best,
            received_at=row.candidate.received_at.astimezone(entry.zone),
            submission_id=row.candidate.submission_id,
            is_own=mine is not None and row.candidate.entrant_id == mine.id,
        )
        for row, a, b in _complete(rows, x, y)
    ]
    points.sort(key=lambda point: _order(point, x, y))
    lines = guides(entry.definition, x.name, y.name)
    return Plot(x, y, wish.of, points, len(rows) - len(points), known, entry.zone, lines)


def _column(known: Mapping[str, Column], name: str, better: Better | None) -> Column:
    if name not in known:
        raise Unprocessable(
            "column-unknown",
            f"There is no column {name[:60]!r}; known are {', '.join(known)}.",
            known=list(known),
        )
    return known[name] if better is None else replace(known[name], better=better)


def _complete(rows: Sequence[Scored], x: Column, y: Column) -> Sequence[tuple[Scored, Fraction, Fraction]]:
    found = ((row, x.read(row), y.read(row)) for row in rows)
    return [(row, a, b) for row, a, b in found if a is not None and b is not None]


def _order(point: Point, x: Column, y: Column) -> tuple[Fraction, Fraction, datetime, int]:
    worth = (-point.x if x.better is Better.HIGH else point.x, -point.y if y.better is Better.HIGH else point.y)
    return *worth, point.received_at, point.submission_id
