"""The board's rows as somebody wants to see them: sorted by a column, those alone whose name holds a word, as CSV."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from app.leaderboard.ranking import Ladder
from app.leaderboard.service import Board, Row
from app.leaderboard.values import csv_text
from grader.formula_parts import conjuncts


class Sort(StrEnum):
    """The columns that the board can be sorted by; `rank` is the board's own order."""

    RANK = "rank"
    NAME = "name"
    SCORE = "score"
    ACCURACY = "accuracy"
    SPARSITY = "sparsity"
    ENTRIES = "entries"
    LAST = "last"


class Order(StrEnum):
    """Which end of a column stands above."""

    ASCENDING = "asc"
    DESCENDING = "desc"


_KEYS: Mapping[Sort, Callable[[Row], Any]] = {
    Sort.NAME: lambda row: row.alias.casefold(),
    Sort.SCORE: lambda row: Fraction(row.score_exact),
    Sort.ACCURACY: lambda row: row.accuracy,
    Sort.SPARSITY: lambda row: row.sparsity,
    Sort.ENTRIES: lambda row: row.entries,
    Sort.LAST: lambda row: row.received_at,
}
_BOUND = re.compile(r"score\s*([<>]=?)\s*([0-9.]+)")
_COLUMNS = (
    "rank",
    "name",
    "score",
    "score_exact",
    "accuracy",
    "sparsity",
    "full_credit",
    "entries",
    "received_at",
    "own",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """How the rows are wanted. `text` is looked for in names."""

    sort: Sort = Sort.RANK
    order: Order | None = None
    text: str = ""

    @property
    def is_board(self) -> bool:
        """Whether this is the board itself, whole and in its order, in which baselines have their places."""
        return self.sort is Sort.RANK and self.order is not Order.DESCENDING and not self.text

    @property
    def is_descending(self) -> bool:
        """Names and ranks begin with the first, figures with the largest, unless it is said otherwise."""
        if self.order is not None:
            return self.order is Order.DESCENDING
        return self.sort not in (Sort.RANK, Sort.NAME)

    def asked(self, part: str | None) -> dict[str, str]:
        """The query of the board on a part of the test set, without what goes without saying."""
        sort = "" if self.sort is Sort.RANK else self.sort.value
        found = {"board": part, "q": self.text, "sort": sort, "dir": self.order and self.order.value}
        return {key: value for key, value in found.items() if value}


def own_place(rows: Sequence[Row], board: Board, wish: Wish) -> int | None:
    """The place of the reader's own row among the rows as they are wanted, from 0; None where it is not among them."""
    if board.own is None or not wish.is_board:
        return next((place for place, row in enumerate(rows) if row.is_own), None) if board.own else None
    ladder = board.standings.ladder
    return ladder.position(ladder.candidate(board.own.submission_id))


def arranged(rows: Sequence[Row], wish: Wish) -> Sequence[Row]:
    """The rows as they are wanted; equal ones stay in the board's order."""
    found = [row for row in rows if wish.text.casefold() in row.alias.casefold()] if wish.text else rows
    if wish.sort is Sort.RANK:
        return found[::-1] if wish.is_descending else found
    return sorted(found, key=_KEYS[wish.sort], reverse=wish.is_descending)


def heads(wish: Wish, part: str | None) -> Mapping[str, tuple[str, str]]:
    """By column the query that sorts by it, the other way round where it does already, and what `aria-sort` says of it."""
    found = {}
    for sort in Sort:
        same = sort is wish.sort
        turned = Order.ASCENDING if wish.is_descending else Order.DESCENDING
        asked = {"board": part, "q": wish.text, "sort": sort.value, "dir": turned.value if same else None}
        query = "?" + urlencode({key: value for key, value in asked.items() if value})
        found[sort.value] = query, ("descending" if wish.is_descending else "ascending") if same else ""
    return found


def as_csv(rows: Sequence[Row]) -> str:
    """The rows for a spreadsheet, with the names that the board shows."""
    return csv_text(
        _COLUMNS,
        (
            (
                row.rank,
                row.alias,
                row.score,
                row.score_exact,
                row.accuracy,
                row.sparsity,
                None if row.full_credit is None else str(row.full_credit).lower(),
                row.entries,
                row.received_at.isoformat(),
                "yes" if row.is_own else "",
            )
            for row in rows
        ),
    )


def credit_line(condition: str | None, ladder: Ladder) -> tuple[str, int] | None:
    """The part of the condition for full credit that is about the score alone, and how many rows stand above its line."""
    for part in conjuncts(condition) if condition else ():
        found = _BOUND.fullmatch(part)
        if found is not None and (found[1][0] == "<") is ladder.rule.lower_is_better:
            bound = Fraction(found[2])
            return part, ladder.as_good(bound) if found[1].endswith("=") else ladder.better(bound)
    return None
