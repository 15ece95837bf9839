"""How values are written, and that a spreadsheet runs none of them."""

import csv
import io
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.leaderboard.columns import Better, Column, Kind
from app.leaderboard.values import csv_text, plain, text

NEW_YORK = ZoneInfo("America/New_York")
CELLS = st.one_of(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.integers(), st.none())


def column(kind: Kind) -> Column:
    return Column("x", "X", kind, Better.HIGH, lambda row: None)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(start: str) -> None:
    [_, row] = csv.reader(io.StringIO(csv_text(["name"], [[f"{start}HYPERLINK(1)"]]), newline=""))

    assert row == [f"'{start}HYPERLINK(1)"]


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b", "c"], [[-1, -0.5, None]]) == "\ufeffa,b,c\r\n-1,-0.5,\r\n"


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_a_spreadsheet_reads_back_what_was_written(rows: list[list[str | int | None]]) -> None:
    found = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows)[1:], newline="")))[1:]

    for written, read in zip(rows, found, strict=True):
        expected = ["" if cell is None else str(cell) for cell in written]
        assert [cell.removeprefix("'") for cell in read] == [cell.removeprefix("'") for cell in expected]


@pytest.mark.parametrize(
    ("kind", "value", "words", "number"),
    [
        (Kind.SHARE, Fraction(8712, 10_000), "87.12 %", 0.8712),
        (Kind.COUNT, Fraction(4_694_096), "4,694,096", 4_694_096),
        (Kind.NUMBER, Fraction(1, 2), "0.5000", 0.5),
        (Kind.MOMENT, Fraction(10**6), "31 Dec 1969, 19:00 EST", "1969-12-31T19:00:01-05:00"),
    ],
)
def test_each_kind_has_its_own_way(kind: Kind, value: Fraction, words: str, number: float | str) -> None:
    assert (text(column(kind), value, NEW_YORK), plain(column(kind), value, NEW_YORK)) == (words, number)
