"""The frontier followed from change to change is the one that is found among all."""

from datetime import UTC, datetime
from fractions import Fraction
from random import Random

from app.leaderboard import columns
from app.leaderboard.frontier import frontier
from app.leaderboard.ranking import Candidate
from app.leaderboard.scored import Counted, Scored


def counted(entrant: int, number: int, correct: int, zeros: int) -> Counted:
    candidate = Candidate(entrant, number, Fraction(1), datetime(2026, 11, 21, tzinfo=UTC))
    report = {"splits": {"test": {"correct": correct, "examples": 9}}, "zeros": zeros, "parameters": 9}
    return Counted(Scored(candidate, "", report, 1), 1)


def test_the_frontier_is_followed_through_changes() -> None:
    random, known = Random(7), columns.known(lower_is_better=False)
    x, y = known["sparsity"], known["accuracy"]
    now: dict[int, Counted] = {}
    kept, followed = frontier((), x, y), 0
    for number in range(400):
        change = {random.randrange(60): None, random.randrange(60): None} if number % 5 == 0 else {}
        entrant = random.randrange(60)
        one = counted(entrant, number, random.randrange(9), random.randrange(9))
        changes: dict[int, Counted | None] = {**change, entrant: one}
        now = {at: each for at, each in (now | changes).items() if each is not None}
        found = frontier([each.scored for each in now.values()], x, y)

        after = kept.after(changes)

        assert after is None or after.best == found.best
        followed += after is not None
        kept = found
    assert 100 < followed < 400
