"""Cells are changed in a CSV file, and every other byte stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import AppError
from app.gradebooks import sheets

CELLS = st.text(alphabet="a\"',; \n\r\té", max_size=6)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_file_in_pieces_is_the_file_again(rows: list[list[str]], end: str) -> None:
    text = end.join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    data = b"\xef\xbb\xbf" + text.encode()

    sheet = sheets.parse(data)

    assert sheet.with_cells({}) == data
    assert [[sheet.text(at, column) for column in range(len(row))] for at, row in enumerate(rows)] == rows


@pytest.mark.parametrize("data", [b"", b"a", b"a,b\n", b"a,b\r\n1,2", b'"a";b\r1;2\r', b"a,b\n\n1,2\n\n", b",\n,"])
def test_line_ends_and_empty_cells_stay(data: bytes) -> None:
    assert sheets.parse(data).with_cells({}) == data


def test_one_cell_is_another_and_its_quotes_stay() -> None:
    sheet = sheets.parse(b'a,"b",c\r\n1,"2",3\r\n')

    assert sheet.with_cells({(1, 1): "7.5"}) == b'a,"b",c\r\n1,"7.5",3\r\n'
    assert sheet.with_cells({(1, 2): "7,5"}) == b'a,"b",c\r\n1,"2","7,5"\r\n'


def test_a_column_is_added_at_the_end() -> None:
    assert sheets.parse(b'a,b\n"1","2"\n').with_column({0: "new", 1: "3"}) == b'a,b,new\n"1","2","3"\n'


@pytest.mark.parametrize("data", [b'a,"b"c\n', b'a,"b\n', b"a\xff\n"])
def test_what_is_no_csv_is_refused(data: bytes) -> None:
    with pytest.raises(AppError) as caught:
        sheets.parse(data)

    assert caught.value.code == "sheet-form"
