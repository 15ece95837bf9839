"""Which submission counts on the private board, and where baselines stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from app.leaderboard.ranking import Candidate, Ladder, Rule, counting, final, order

NOON = datetime(2023, 3, 30, 12, tzinfo=UTC)
TWO = Rule(best=True, choose=2)


def handed_in(*scores: tuple[int, int | None], chosen: Sequence[int] = ()) -> list[Candidate]:
    """Submissions of one entrant in the order of time, with public and private score."""
    return [
        Candidate(
            entrant_id=1,
            submission_id=number,
            score=Fraction(public),
            received_at=NOON + timedelta(minutes=number),
            private=None if private is None else Fraction(private),
            is_chosen=number in chosen,
        )
        for number, (public, private) in enumerate(scores, start=1)
    ]


def counted(found: Sequence[Candidate], rule: Rule = TWO) -> tuple[int, int] | None:
    picked = final(found, rule)
    return None if picked is None else (picked.submission_id, int(picked.score))


def test_of_the_chosen_ones_the_best_private_score_counts() -> None:
    assert counted(handed_in((90, 50), (80, 70), (70, 99), chosen=[1, 2])) == (2, 70)


def test_one_chosen_counts_whatever_the_others_are() -> None:
    assert counted(handed_in((90, 80), (10, 20), chosen=[2])) == (2, 20)


def test_none_chosen_takes_the_two_best_public_ones() -> None:
    assert counted(handed_in((70, 99), (90, 50), (80, 60))) == (3, 60)


def test_of_equal_public_ones_the_earlier_is_taken_and_of_equal_private_ones_it_counts() -> None:
    assert counted(handed_in((80, 1), (80, 2), (80, 3))) == (2, 2)
    assert counted(handed_in((80, 5), (90, 5))) == (1, 5)


def test_the_public_board_shows_the_best_public_score_meanwhile() -> None:
    picked = counting(handed_in((70, 99), (90, 50), chosen=[1]), TWO)

    assert picked is not None
    assert picked.submission_id == 2


def test_one_that_does_not_meet_the_condition_is_taken_last() -> None:
    found = handed_in((90, 99), (50, 40), (40, 45))

    failing = [replace(found[0], meets=False, private_meets=False), *found[1:]]

    assert counted(failing) == (3, 45)


def test_where_nothing_is_chosen_the_public_boards_submission_counts_with_its_private_score() -> None:
    found = handed_in((90, 50), (80, 70))

    assert counted(found, Rule(best=True)) == (1, 50)
    assert counted(found, Rule(best=False)) == (2, 70)


def test_a_submission_without_a_private_score_does_not_count() -> None:
    assert counted(handed_in((90, None), (80, 70), chosen=[1])) == (2, 70)
    assert counted(handed_in((90, None))) is None


def test_the_smaller_private_score_counts_where_less_is_better() -> None:
    assert counted(handed_in((10, 7), (20, 6), (30, 1)), replace(TWO, lower_is_better=True)) == (2, 6)


scores = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8)


@given(scores=scores, data=st.data())
def test_the_choice_decides_alone(scores: list[tuple[int, int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(1, len(scores)), max_size=2, unique=True))

    picked = final(handed_in(*scores, chosen=chosen), TWO)

    assert picked is not None
    ranked = sorted(range(1, len(scores) + 1), key=lambda number: (-scores[number - 1][0], number))
    pool = chosen or ranked[:2]
    best = max(scores[number - 1][1] for number in pool)
    assert picked.score == best
    assert picked.submission_id == min(number for number in pool if scores[number - 1][1] == best)


@given(values=st.lists(st.integers(0, 9), max_size=9), baseline=st.integers(0, 9), lower=st.booleans())
def test_a_baseline_stands_below_exactly_those_that_passed_it(values: list[int], baseline: int, lower: bool) -> None:
    rule = Rule(lower_is_better=lower)
    candidates = handed_in(*((value, value) for value in values))
    placed = order(candidates, rule)

    above = Ladder(candidates, rule).better(Fraction(baseline))

    passed = [each.candidate.score < baseline if lower else each.candidate.score > baseline for each in placed]
    assert passed == [True] * above + [False] * (len(placed) - above)
