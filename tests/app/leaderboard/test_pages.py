"""The board page by page: whole for programs, in parts for browsers, with one's own row always in sight."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from html import unescape

import pytest
from fastapi.testclient import TestClient

from app import paging
from app.database import Database
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
BOARD = "/competitions/demo/leaderboard"


@pytest.fixture
def three(records: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> Sequence[int]:
    """Three on the board of one row a page: grace, alan, ada."""
    monkeypatch.setattr(paging, "TABLE_ROWS", 1)
    numbers = []
    for name, score in (("ada", "1/4"), ("grace", "3/4"), ("alan", "1/2")):
        numbers.append(hand_in(records, world, name, file=name))
        settle(records, numbers[-1], Fraction(score))
    return numbers


@pytest.mark.usefixtures("three")
def test_each_page_has_its_rows_links_and_ones_own_row(browser: Open, program: Open) -> None:
    first, second, own = (each["alias"] for each in program("ada").get(BOARD).json()["rows"])
    pages = [unescape(browser("ada").get(f"{BOARD}?page={number}").text) for number in (1, 2, 3, 4)]

    shown = [[alias in page for alias in (first, second, own)] for page in pages]

    assert shown == [[True, False, True], [False, True, True], [False, False, True], [False, False, True]]
    assert [page.count('id="you"') for page in pages] == [1, 1, 1, 1]
    assert ["?page=3#you" in page for page in pages] == [True, True, False, False]
    assert ["?page=2" in page for page in pages] == [True, True, True, True]
    assert ['rel="next"' in page for page in pages] == [True, True, False, False]
    assert "Page 2 of 3, 3 rows" in pages[1]


@pytest.mark.usefixtures("three")
def test_pages_keep_the_order_and_the_search(browser: Open, program: Open) -> None:
    names = [each["alias"] for each in program("ada").get(f"{BOARD}?sort=score&dir=asc").json()["rows"]]

    page = unescape(browser("grace").get(f"{BOARD}?sort=score&dir=asc&page=2").text)

    assert len(names) == 3
    assert names[1] in page
    assert names[0] not in page
    assert "?sort=score&dir=asc&page=3#you" in page
    assert browser("ada").get(f"{BOARD}?q={names[0]}&page=7").status_code == 200


@pytest.mark.usefixtures("three")
def test_another_page_is_another_answer(browser: Open) -> None:
    client = browser("ada")
    etags = {client.get(f"{BOARD}?page={number}").headers["etag"] for number in (1, 2)}

    assert len(etags) == 2
    assert client.get(f"{BOARD}?page=0").status_code == 422
