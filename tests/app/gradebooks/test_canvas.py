"""Canvas' own file comes back with one column filled, byte for byte the same elsewhere."""

from fractions import Fraction

import pytest

from app.errors import AppError
from app.gradebooks.canvas import Known, fill

# As Canvas documents it: a row of the most points that begins with four spaces, and columns that it computes.
EXPORT = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Pruning (4711),Other (4712),Current Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10.00,5,(read only)\r\n"
    '"Lovelace, Ada",101,S1,ada,"CS 1, ""evening""",7.50,=5,\r\n'
    '"Hopper, Grace",102,,grace@example.org,CS 1,"",,\r\n'
    '"Turing, Alan",103,S3,alan,CS 1,EX,3,\r\n'
    '"Doe, Jane",104,S9,jane,CS 1,1,2,\r\n'
    '"Student, Test",999,,0f3c,CS 1,,,\r\n'
).encode()
ADA = Known("ada.l@example.org", "S1", None, Fraction(15, 2))
GRACE = Known("grace@example.org", None, None, Fraction(19, 3))
ALAN = Known("alan@example.org", None, None, None)
STUDENTS = [ADA, GRACE, ALAN]


def test_only_the_cells_that_change_are_others() -> None:
    filled = fill(EXPORT, "Pruning", None, STUDENTS)

    assert filled.data == EXPORT.replace(b'CS 1,"",,', b'CS 1,"6.3333",,')
    assert (filled.column, filled.is_new, filled.filled, filled.unchanged) == ("Pruning (4711)", False, 1, 1)


def test_who_is_not_found_and_who_is_not_done_is_told() -> None:
    filled = fill(EXPORT, "Pruning", None, [*STUDENTS, Known("late@example.org", "S7", None, Fraction(1))])

    assert (filled.incomplete, filled.unmatched) == (["alan@example.org"], ["Doe, Jane"])
    assert filled.missing == ["late@example.org"]


def test_a_column_that_is_not_there_is_added_with_its_most_points() -> None:
    filled = fill(EXPORT, "New", Fraction(10), [ADA])

    heads, posting, points, ada, grace, *_ = filled.data.split(b"\r\n")
    assert filled.is_new
    assert [line.rpartition(b",")[2] for line in (heads, posting, points, ada, grace)] == [
        b"New",
        b"",
        b"10",
        b"7.5",
        b"",
    ]
    assert b"\r\n".join(line.rpartition(b",")[0] for line in filled.data.split(b"\r\n")[:-1]) + b"\r\n" == EXPORT


def test_a_column_is_named_with_its_number_or_without() -> None:
    for name in ("Other", "Other (4712)"):
        assert b"(4711)" in fill(EXPORT, "Pruning", None, [ADA], name).data
        assert fill(EXPORT, "Pruning", None, [ADA], name).column == "Other (4712)"


@pytest.mark.parametrize(
    ("data", "column", "code"),
    [
        (EXPORT, "Current Score", "canvas-column"),
        (EXPORT, "Missing", "canvas-column"),
        (EXPORT, "Section", "canvas-column"),
        (b"Name,Email\nAda,ada@example.org\n", "", "canvas-file"),
        (b"", "", "canvas-file"),
    ],
)
def test_what_cannot_be_filled_is_told(data: bytes, column: str, code: str) -> None:
    with pytest.raises(AppError) as caught:
        fill(data, "Pruning", None, STUDENTS, column)

    assert caught.value.code == code


def test_two_rows_of_one_student_are_nobodys() -> None:
    twice = EXPORT + b'"Lovelace, Ada",105,S1,ada,CS 2,,,\r\n'

    assert fill(twice, "Pruning", None, [ADA]).unmatched.count("Lovelace, Ada") == 2


def test_a_login_that_fits_two_is_nobodys() -> None:
    students = [
        Known("grace@example.org", None, None, Fraction(1)),
        Known("x@example.org", None, "GRACE@example.org", Fraction(2)),
    ]

    assert "Hopper, Grace" in fill(EXPORT, "Pruning", None, students).unmatched


def test_semicolons_and_bare_line_feeds_stay() -> None:
    data = EXPORT.decode().replace("CS 1, ", "CS 1 ").replace(", ", "|").replace(",", ";").replace("|", ", ")
    data = data.replace("\r\n", "\n")

    assert fill(data.encode(), "Pruning", None, STUDENTS).data.decode() == data.replace('CS 1;"";;', 'CS 1;"6.3333";;')
