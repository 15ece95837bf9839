"""Tables by pages: pure counting."""

import pytest

from app.paging import page_of, page_with


@pytest.mark.parametrize(
    ("total", "number", "shown", "first", "count"),
    [(0, 1, 1, 0, 1), (100, 1, 1, 0, 1), (101, 2, 2, 100, 2), (250, 3, 3, 200, 3), (250, 99, 3, 200, 3)],
)
def test_a_page_has_a_hundred_rows_and_the_last_one_the_rest(
    total: int, number: int, shown: int, first: int, count: int
) -> None:
    found = page_of(total, number)

    assert (found.number, found.first, found.count, found.total) == (shown, first, count, total)
    assert list(found.of(range(total))) == list(range(total))[first : first + 100]


@pytest.mark.parametrize(("place", "page"), [(None, None), (0, 1), (99, 1), (100, 2)])
def test_the_page_with_a_row_is_known(place: int | None, page: int | None) -> None:
    assert page_with(place) == page
