"""Order and ties."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.leaderboard.ranking import Candidate, Rule, counting, order

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def candidate(entrant: int, score: Fraction, minute: int, submission: int | None = None) -> Candidate:
    return Candidate(entrant, submission or minute + 1, score, NOON + timedelta(minutes=minute))


def ranks(*scores: Fraction) -> list[int | None]:
    return [placed.rank for placed in order(candidate(place, score, place) for place, score in enumerate(scores))]


def candidates(max_size: int = 12) -> st.SearchStrategy[list[Candidate]]:
    """Few scores and few moments, so that ties are frequent; every submission has its own number."""
    rows = st.tuples(st.integers(1, 5), st.fractions(0, 1, max_denominator=4), st.integers(0, 3))
    return st.lists(rows, max_size=max_size).map(
        lambda found: [candidate(*row, submission=number) for number, row in enumerate(found, start=1)]
    )


def test_equal_scores_share_a_rank_and_the_next_one_is_counted_on() -> None:
    assert ranks(Fraction(3, 4), Fraction(3, 4), Fraction(1, 2)) == [1, 1, 3]
    assert ranks(Fraction(1), Fraction(3, 4), Fraction(3, 4), Fraction(3, 4), Fraction(0)) == [1, 2, 2, 2, 5]


def test_the_earlier_of_two_equal_ones_stands_above() -> None:
    late, early = candidate(1, Fraction(1, 2), 5), candidate(2, Fraction(1, 2), 3)

    assert [placed.candidate.entrant_id for placed in order([late, early])] == [2, 1]


def test_scores_that_differ_as_fractions_alone_rank_apart() -> None:
    less, more = Fraction(2**80, 2**81 - 1), Fraction(2**80 + 1, 2**81 - 1)
    assert float(less) == float(more)

    assert [placed.candidate.score for placed in order([candidate(1, less, 0), candidate(2, more, 1)])] == [more, less]
    assert ranks(more, less) == [1, 2]


def test_scores_that_are_one_fraction_share_a_rank_however_they_were_computed() -> None:
    in_steps = Fraction(1, 10) + Fraction(2, 10)
    assert 0.1 + 0.2 != 0.3

    assert ranks(in_steps, Fraction(3, 10)) == [1, 1]


def test_an_empty_board_has_no_ranks() -> None:
    assert list(order([])) == []


@given(candidates(), st.randoms(use_true_random=False))
def test_ranks_do_not_depend_on_the_order_of_the_rows(rows: list[Candidate], shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)

    assert order(shuffled) == order(rows)


@given(candidates())
def test_a_rank_is_one_more_than_the_number_of_better_scores(rows: list[Candidate]) -> None:
    for placed in order(rows):
        better = sum(other.score > placed.candidate.score for other in rows)
        assert placed.rank == better + 1


@given(candidates())
def test_everybody_stands_on_the_board_once(rows: list[Candidate]) -> None:
    assert sorted(each.candidate.submission_id for each in order(rows)) == [row.submission_id for row in rows]


BEST, FEWEST = Rule(best=True), Rule(best=True, lower_is_better=True)


def unranked(each: Candidate) -> Candidate:
    return replace(each, meets=False)


def test_the_smaller_score_ranks_above_where_fewer_is_better() -> None:
    rows = [candidate(entrant, Fraction(score), entrant) for entrant, score in enumerate((30, 10, 20, 10))]

    placed = order(rows, FEWEST)

    assert [(each.rank, each.candidate.entrant_id) for each in placed] == [(1, 1), (1, 3), (3, 2), (4, 0)]


def test_who_does_not_meet_the_condition_stands_below_without_a_rank() -> None:
    rows = [
        unranked(candidate(1, Fraction(1), 5)),
        candidate(2, Fraction(1, 2), 9),
        unranked(candidate(3, Fraction(2), 4)),
    ]

    placed = order(rows)

    assert [(each.rank, each.candidate.entrant_id) for each in placed] == [(1, 2), (None, 3), (None, 1)]


def test_the_last_one_counts_whatever_it_is() -> None:
    rows = [candidate(1, Fraction(1), 1), unranked(candidate(1, Fraction(0), 2))]

    assert counting(rows, Rule()) == rows[1]


def test_the_best_of_those_that_meet_the_condition_counts() -> None:
    rows = [candidate(1, Fraction(7), 1), unranked(candidate(1, Fraction(9), 2)), candidate(1, Fraction(8), 3)]

    assert counting(rows, BEST) == rows[2]
    assert counting(rows, FEWEST) == rows[0]


def test_of_equally_good_ones_the_earliest_counts() -> None:
    rows = [candidate(1, Fraction(7), minute) for minute in (3, 1, 2)]

    assert counting(rows, BEST) == rows[1]


def test_where_none_meets_the_condition_the_last_one_counts() -> None:
    rows = [unranked(candidate(1, Fraction(score), minute)) for score, minute in ((9, 1), (1, 2), (5, 0))]

    assert counting(rows, BEST) == rows[1]


def test_nobody_has_a_submission_that_counts_before_the_first() -> None:
    assert counting([], BEST) is None
