"""Who gains and who loses: scores, states and ranks before and after."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from app.leaderboard.ranking import Rule
from app.rejudges.comparing import Change, Comparison, Judged, Terms, Turn, compare, unchanged
from models.gradings import State

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
TERMS = Terms(Rule(best=True))


def judged(number: int, score: int | None, entrant: int | None = None, state: State = State.SCORED) -> Judged:
    """A submission with a score in hundredths, by an entrant of the same number unless one is named."""
    exact = None if score is None else Fraction(score, 100)
    moment = NOON + timedelta(minutes=number)
    return Judged(number, entrant or number, moment, competes=True, is_chosen=False, state=state, score=exact)


def compared(*pairs: tuple[Judged, Judged], terms: Terms = TERMS) -> Comparison:
    return compare([(old, new, "") for old, new in pairs], terms, terms)


def change(found: Comparison, number: int) -> Change:
    return next(each for each in found.changes if each.submission_id == number)


def test_a_higher_score_is_better_and_changes_both_ranks() -> None:
    found = compared((judged(1, 50), judged(1, 50)), (judged(2, 40), judged(2, 60)))

    assert (change(found, 2).turn, change(found, 2).rank_before, change(found, 2).rank_after) == (Turn.BETTER, 2, 1)
    assert (change(found, 1).turn, change(found, 1).rank_before, change(found, 1).rank_after) == (Turn.SAME, 1, 2)
    assert (found.rises, found.falls) == (1, 1)
    assert found.turns == {Turn.SAME: 1, Turn.BETTER: 1}


def test_where_smaller_scores_are_better_a_higher_one_is_worse() -> None:
    found = compared((judged(1, 40), judged(1, 60)), terms=Terms(Rule(best=True, lower_is_better=True)))

    assert found.changes[0].turn is Turn.WORSE


def test_what_stays_as_it_is_is_no_change() -> None:
    assert compared((judged(1, 50), judged(1, 50))).ones == []


def test_another_state_is_told_as_such_and_takes_the_rank() -> None:
    found = compared((judged(1, 50), judged(1, None, state=State.REJECTED)))

    assert (found.changes[0].turn, found.changes[0].rank_before, found.changes[0].rank_after) == (Turn.STATE, 1, None)
    assert (found.rises, found.falls) == (0, 1)


def test_losing_the_condition_for_a_rank_is_another_state() -> None:
    found = compared((judged(1, 50), replace(judged(1, 50), meets=False)))

    assert (found.changes[0].turn, found.changes[0].rank_after) == (Turn.STATE, None)


def test_what_is_not_known_yet_ranks_by_what_it_is() -> None:
    found = compared((judged(1, 50), unchanged(judged(1, 50), None)), (judged(2, 40), judged(2, 45)))

    assert (change(found, 1).turn, change(found, 1).rank_after) == (Turn.UNKNOWN, 1)
    assert change(found, 2).rank_after == 2


def test_others_take_part_in_the_ranking_and_are_no_change() -> None:
    found = compare([(judged(1, 50), judged(1, 30), "")], TERMS, TERMS, [judged(2, 40)])

    assert [each.submission_id for each in found.changes] == [1]
    assert (found.changes[0].rank_before, found.changes[0].rank_after) == (1, 2)
    assert (found.rises, found.falls) == (1, 1)


def test_only_the_submission_that_counts_has_a_rank() -> None:
    found = compared((judged(1, 50, 7), judged(1, 50, 7)), (judged(2, 40, 7), judged(2, 60, 7)))

    assert (change(found, 1).rank_before, change(found, 1).rank_after) == (1, None)
    assert (change(found, 2).rank_before, change(found, 2).rank_after) == (None, 1)
    assert (found.rises, found.falls) == (0, 0)


def test_who_does_not_compete_has_no_rank() -> None:
    staff = replace(judged(1, 90), competes=False)

    found = compared((staff, replace(staff, score=Fraction(1))), (judged(2, 40), judged(2, 40)))

    assert (change(found, 1).turn, change(found, 1).rank_after) == (Turn.BETTER, None)
    assert change(found, 2).rank_after == 1


@pytest.mark.parametrize(("private", "turn"), [(80, Turn.BETTER), (60, Turn.WORSE), (70, Turn.SAME)])
def test_the_private_score_decides_where_there_is_one(private: int, turn: Turn) -> None:
    old = replace(judged(1, 50), private=Fraction(70, 100))

    found = compared((old, replace(old, private=Fraction(private, 100))), terms=Terms(Rule(best=True), is_private=True))

    assert found.changes[0].turn is turn


def test_a_reason_alone_is_told() -> None:
    found = compare([(judged(1, 50), judged(1, 50), "it stays as it is")], TERMS, TERMS)

    assert [each.why for each in found.ones] == ["it stays as it is"]
