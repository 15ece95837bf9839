"""Who gains and who loses by other results: pure rules over how submissions stand before and after."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from app.leaderboard import ranking
from app.leaderboard.ranking import Candidate, Placed, Rule
from models.gradings import State


@dataclass(frozen=True, slots=True)
class Judged:
    """A submission under some rules. `state` is None where only an evaluation can tell; `score` is then None too.

    `meets`: the condition for a rank holds; `private` and `private_meets` are the same on the private part.
    """

    submission_id: int
    entrant_id: int
    received_at: datetime
    competes: bool
    is_chosen: bool
    state: State | None
    score: Fraction | None = None
    meets: bool = True
    private: Fraction | None = None
    private_meets: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """How results are ranked: by which rule, and whether the private part of the test set decides."""

    rule: Rule
    is_private: bool = False


class Turn(StrEnum):
    """What becomes of a submission."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    STATE = "state"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """A submission before and after. Ranks are those of its entrant on the board that decides, where it counts there."""

    before: Judged
    after: Judged
    turn: Turn
    rank_before: int | None
    rank_after: int | None
    why: str = ""
    """Why nothing is known yet, or what is wrong with the new rules."""

    @property
    def submission_id(self) -> int:
        """The number of the submission."""
        return self.before.submission_id

    @property
    def is_one(self) -> bool:
        """Whether anything about it changes, or may."""
        return self.turn is not Turn.SAME or self.rank_before != self.rank_after or bool(self.why)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All submissions that a change of results is about, in their order, and how many fare how."""

    changes: Sequence[Change]
    turns: Mapping[Turn, int]
    rises: int
    """Entrants that have a better rank afterwards, or one at all."""
    falls: int
    """Entrants that have a worse rank afterwards, or none any more."""

    @property
    def ones(self) -> Sequence[Change]:
        """Those about which something changes, or may."""
        return [change for change in self.changes if change.is_one]


def compare(
    pairs: Iterable[tuple[Judged, Judged, str]], before: Terms, after: Terms, others: Iterable[Judged] = ()
) -> Comparison:
    """What changes from the first to the second of each pair; its text says why the second is not known.

    `others` rank among them and stay as they are. What is not known yet ranks by what it is now.
    """
    found, rest = list(pairs), list(others)
    first = {each.submission_id: each for each in _placed([*(old for old, _, _ in found), *rest], before)}
    expected = [new if new.state is not None else old for old, new, _ in found]
    second = {each.submission_id: each for each in _placed([*expected, *rest], after)}
    changes = [
        Change(
            old,
            new,
            _turn(old, new, before, after),
            _rank(first.get(old.submission_id)),
            _rank(second.get(new.submission_id)),
            why,
        )
        for old, new, why in found
    ]
    moves = _moves(first.values(), second.values())
    turns = Counter(change.turn for change in changes)
    return Comparison(changes, dict(turns), sum(each > 0 for each in moves), sum(each < 0 for each in moves))


@dataclass(frozen=True, slots=True)
class _Row:
    submission_id: int
    entrant_id: int
    rank: int | None


def _rank(row: _Row | None) -> int | None:
    return None if row is None else row.rank


def _placed(judged: Iterable[Judged], terms: Terms) -> Sequence[_Row]:
    """The board of those that compete, one row for each entrant."""
    of_entrant: dict[int, list[Candidate]] = {}
    for each in judged:
        if each.competes and each.state is State.SCORED and each.score is not None:
            of_entrant.setdefault(each.entrant_id, []).append(_candidate(each))
    pick = ranking.final if terms.is_private else ranking.counting
    picked = (pick(found, terms.rule) for found in of_entrant.values())
    placed: Sequence[Placed] = ranking.order([each for each in picked if each is not None], terms.rule)
    return [_Row(each.candidate.submission_id, each.candidate.entrant_id, each.rank) for each in placed]


def _candidate(judged: Judged) -> Candidate:
    return Candidate(
        entrant_id=judged.entrant_id,
        submission_id=judged.submission_id,
        score=judged.score or Fraction(0),
        received_at=judged.received_at,
        meets=judged.meets,
        private=judged.private,
        private_meets=judged.private_meets,
        is_chosen=judged.is_chosen,
    )


def _turn(old: Judged, new: Judged, before: Terms, after: Terms) -> Turn:
    """Compared by the score that decides; by the other one where that stays."""
    if new.state is None:
        return Turn.UNKNOWN
    if old.state is not new.state:
        return Turn.STATE
    scores = [(old.private, new.private), (old.score, new.score)]
    for was, will_be in scores if before.is_private and after.is_private else scores[1:]:
        if was is not None and will_be is not None and was != will_be:
            return Turn.BETTER if ranking.is_better(will_be, was, after.rule) else Turn.WORSE
    return Turn.SAME if (old.meets, old.private_meets) == (new.meets, new.private_meets) else Turn.STATE


def _moves(first: Iterable[_Row], second: Iterable[_Row]) -> Sequence[int]:
    """For each entrant 1 where it rises, -1 where it falls, 0 where it stays."""
    was = {row.entrant_id: row.rank for row in first}
    will_be = {row.entrant_id: row.rank for row in second}
    return [_move(was.get(entrant), will_be.get(entrant)) for entrant in was.keys() | will_be.keys()]


def _move(was: int | None, will_be: int | None) -> int:
    far = 10**9
    old, new = was or far, will_be or far
    return (old > new) - (old < new)


def unchanged(judged: Judged, state: State | None) -> Judged:
    """The same submission in another state, without anything that depends on one."""
    return replace(judged, state=state, score=None, meets=True, private=None, private_meets=True)
