"""The board's table: drawn once for everybody, one's own row marked, and looked at without the page around it."""

import re
from collections.abc import Callable
from fractions import Fraction
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.database import Database
from app.leaderboard import looks
from app.leaderboard.arranging import Wish
from app.leaderboard.service import Board
from app.leaderboard.table import Drawer
from models.courses import Course
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
BOARD = "/competitions/demo/leaderboard"
LOOK = {"HX-Request": "true"}


@pytest.fixture
def two(records: Database, world: World) -> None:
    for name, score in (("ada", "1/4"), ("grace", "3/4")):
        settle(records, hand_in(records, world, name, file=name), Fraction(score))


@pytest.mark.usefixtures("two")
def test_an_open_page_is_given_the_part_that_changes_and_nothing_around_it(browser: Open) -> None:
    client = browser("ada")
    whole, part = client.get(BOARD), client.get(BOARD, headers=LOOK)

    assert part.text.strip().startswith('<div id="board"')
    assert part.text.strip() in whole.text
    assert "<html" not in part.text
    assert part.headers["etag"] != whole.headers["etag"]
    assert "HX-Request" in part.headers["vary"]
    again = client.get(BOARD, headers={**LOOK, "If-None-Match": part.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.usefixtures("two")
def test_everybody_finds_their_own_row_marked_in_the_same_table(browser: Open, program: Open) -> None:
    tables = {name: unescape(browser(name).get(BOARD, headers=LOOK).text) for name in ("ada", "grace", "alan")}
    own = {name: [row["alias"] for row in program(name).get(BOARD).json()["rows"] if row["is_own"]] for name in tables}

    assert own["alan"] == []
    assert 'id="you"' not in tables["alan"]
    for name in ("ada", "grace"):
        row = tables[name].split('<tr id="you"', 1)[1].split("</tr>", 1)[0]
        assert own[name][0] in row
        assert tables[name].count('id="you"') == 1
        assert tables[name].count("<tr") == tables["alan"].count("<tr")


def test_it_is_drawn_once_until_the_board_changes(
    records: Database, world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = Drawer._drawn

    def counted(drawer: Drawer, content: Board, wish: Wish, *wanted: Any) -> Any:
        drawn.append(content)
        return draw(drawer, content, wish, *wanted)

    monkeypatch.setattr(Drawer, "_drawn", counted)
    monkeypatch.setattr(looks, "KEPT_SECONDS", 0.0)
    settle(records, hand_in(records, world, "ada"), Fraction(1, 4))
    for name in ("ada", "grace", "ada"):
        browser(name).get(BOARD, headers=LOOK)
    assert len(drawn) == 1

    settle(records, hand_in(records, world, "grace", file="other"), Fraction(3, 4))

    told = [browser(name).get(BOARD, headers=LOOK).text for name in ("ada", "grace")]
    assert ["exactly 3/4" in each for each in told] == [True, True]
    assert len(drawn) == 2


@pytest.mark.usefixtures("two")
def test_staff_and_students_are_drawn_tables_of_their_own(browser: Open) -> None:
    student, staff = (browser(name).get(BOARD, headers=LOOK).text for name in ("ada", "instructor"))

    assert student.count('<a href="/submissions/') == 1
    assert staff.count('<a href="/submissions/') == 2


@pytest.mark.usefixtures("two")
def test_in_another_time_zone_all_rows_tell_another_time(
    browser: Open, records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "KEPT_SECONDS", 0.0)
    told = []
    for zone in ("UTC", "Asia/Kolkata"):
        with records.write() as session:
            session.execute(update(Course).values(time_zone=zone))
        told.append(re.findall(r"<time[^>]*>([^<]+)</time>", browser("alan").get(BOARD, headers=LOOK).text))

    assert len(told[0]) == len(told[1]) >= 2
    assert all(before != after for before, after in zip(*told, strict=True))


@pytest.mark.usefixtures("two")
def test_a_baseline_that_staff_enter_is_drawn_at_once(
    browser: Open, program: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "KEPT_SECONDS", 0.0)
    assert "Seven eighths" not in browser("ada").get(BOARD, headers=LOOK).text

    made = program("instructor").post("/competitions/demo/baselines", data={"name": "Seven eighths", "public": "7/8"})

    assert made.status_code < 300, made.text
    assert "Seven eighths" in browser("ada").get(BOARD, headers=LOOK).text
