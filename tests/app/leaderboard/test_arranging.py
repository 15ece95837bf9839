"""The board sorted, searched, as CSV, with its line of full credit: pure rules over rows."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from app.leaderboard.arranging import Order, Sort, Wish, arranged, as_csv, credit_line, heads
from app.leaderboard.ranking import Candidate, Ladder, Rule
from app.leaderboard.service import Row

START = datetime(2026, 11, 21, tzinfo=UTC)


def row(rank: int | None, alias: str, score: str, accuracy: float, entries: int = 1) -> Row:
    return Row(
        rank=rank,
        reason=None,
        alias=alias,
        score=float(score),
        score_exact=score,
        accuracy=accuracy,
        sparsity=1 - accuracy,
        full_credit=True,
        in_top=False,
        on_frontier=False,
        entries=entries,
        received_at=START + timedelta(hours=entries),
        submission_id=1,
        is_own=alias == "Otter",
    )


ROWS = [row(1, "Otter", "0.8", 0.7, 3), row(2, "amber Fox", "0.5", 0.9, 1), row(None, "Bee", "0.3", 0.5, 2)]


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        (Wish(), ["Otter", "amber Fox", "Bee"]),
        (Wish(Sort.RANK, Order.DESCENDING), ["Bee", "amber Fox", "Otter"]),
        (Wish(Sort.NAME), ["amber Fox", "Bee", "Otter"]),
        (Wish(Sort.ACCURACY), ["amber Fox", "Otter", "Bee"]),
        (Wish(Sort.ACCURACY, Order.ASCENDING), ["Bee", "Otter", "amber Fox"]),
        (Wish(Sort.ENTRIES), ["Otter", "Bee", "amber Fox"]),
        (Wish(Sort.LAST, text="e"), ["Otter", "Bee", "amber Fox"]),
        (Wish(text="FOX"), ["amber Fox"]),
    ],
)
def test_rows_come_as_they_are_wanted(wish: Wish, names: list[str]) -> None:
    assert [each.alias for each in arranged(ROWS, wish)] == names


def test_a_head_sorts_and_the_second_time_the_other_way_round() -> None:
    assert heads(Wish(), "public")["accuracy"] == ("?board=public&sort=accuracy", "")
    assert heads(Wish(Sort.ACCURACY, text="fox"), None)["accuracy"] == ("?q=fox&sort=accuracy&dir=asc", "descending")


def test_a_spreadsheet_has_the_exact_scores() -> None:
    lines = as_csv(ROWS).splitlines()

    assert lines[0].endswith("rank,name,score,score_exact,accuracy,sparsity,full_credit,entries,received_at,own")
    assert lines[1].startswith("1,Otter,0.8,0.8,0.7,")
    assert lines[3].startswith(",Bee,")


@pytest.mark.parametrize(
    ("condition", "lower", "line"),
    [
        ("accuracy > 0.6 and score > 0.5", False, ("score > 0.5", 1)),
        ("score >= 0.5", False, ("score >= 0.5", 2)),
        ("score < 0.6", True, ("score < 0.6", 1)),
        ("score < 0.6", False, None),
        ("accuracy > 0.6", False, None),
        (None, False, None),
    ],
)
def test_the_line_of_full_credit_stands_below_those_above_it(
    condition: str | None, lower: bool, line: tuple[str, int] | None
) -> None:
    rows = [
        Candidate(at, at, Fraction(each.score_exact), each.received_at, meets=each.rank is not None)
        for at, each in enumerate(ROWS)
    ]

    assert credit_line(condition, Ladder(rows, Rule(lower_is_better=lower))) == line
