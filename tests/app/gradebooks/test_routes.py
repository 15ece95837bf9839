"""Gradebooks over HTTP: Gradescope's columns, Moodle's, and Canvas' own file back."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.database import Database
from models.accounts import User
from models.courses import Membership
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import World

Open = Callable[[str | None], TestClient]
BOOK = "/competitions/demo/gradebook"
# The columns as Gradescope's documentation has them, in its order.
GRADESCOPE = [
    *("First Name", "Last Name", "SID", "Email", "Sections", "section_name", "Total Score", "Max Points", "Status"),
    *("Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count"),
]


@pytest.fixture
def graded(records: Database, world: World, tmp_path: Path, clock: Clock) -> int:
    """Ada handed in an hour late and has all points by hand; Grace lacks some; Alan did nothing."""
    term.apply(records, world, tmp_path)
    clock.travel_to(datetime(2023, 4, 1, 1, 0, tzinfo=term.TAIPEI))
    number = term.graded(records, world, "ada", 913, 868)
    term.graded(records, world, "grace", 500, 500)
    with records.write() as session:
        for name, sid, words in (("ada", "S1", "Ada King Lovelace"), ("grace", "S2", "=Grace")):
            who = world.people[name].id
            session.execute(update(Membership).where(Membership.user_id == who).values(sid=sid, section="CS 1"))
            session.execute(update(User).where(User.id == who).values(name=words))
    return number


def complete(program: Open, world: World, name: str) -> None:
    for part, points in (("code", "2"), ("report", "3.5")):
        address = f"/competitions/demo/grades/{world.people[name].id}/hand-points"
        assert program("instructor").post(address, data={"part": part, "points": points}).status_code == 200


def rows(text: str) -> dict[str, list[str]]:
    head, *rest = list(csv.reader(io.StringIO(text)))
    return {"head": head, **{row[head.index("Email")]: row for row in rest}}


def test_gradescopes_columns_are_filled_as_it_fills_them(program: Open, world: World, graded: int) -> None:
    complete(program, world, "ada")

    answer = program("instructor").get(f"{BOOK}/gradescope")
    found = rows(answer.text)

    assert found["head"] == [*GRADESCOPE, "1: baselines", "2: code (2.0 pts)", "3: report (4.0 pts)"]
    assert found["ada@example.org"] == [
        "Ada King", "Lovelace", "S1", "ada@example.org", "CS 1", "CS 1", "8.65", "10", "Graded", str(graded),
        *found["ada@example.org"][10:12], "", "1", "3.15", "2", "3.5",
    ]  # fmt: skip
    # An hour after the close, and however many seconds this took.
    assert re.fullmatch(r"2023-04-01 01:0\d:\d\d \+0800", found["ada@example.org"][10])
    assert re.fullmatch(r"01:0\d:\d\d", found["ada@example.org"][11])
    assert found["grace@example.org"][0:2] == ["'=Grace", ""]
    assert found["grace@example.org"][8] == "Ungraded"
    assert found["alan@example.org"][6:14] == ["", "10", "Missing", "", "", "", "", ""]
    assert answer.content.startswith(b"First Name,")
    assert b"\r" not in answer.content


def test_moodle_gets_points_that_are_complete(program: Open, world: World, graded: int) -> None:
    complete(program, world, "ada")

    lines = program("instructor").get(f"{BOOK}/moodle").content.decode("utf-8-sig").split("\r\n")

    assert lines[0].startswith("Email address,ID number,")
    assert "ada@example.org,S1,8.65,baselines: 3.15; code: 2; report: 3.5" in lines
    assert any(line.startswith("grace@example.org,S2,,") for line in lines)


def test_canvas_own_file_comes_back(program: Open, world: World, graded: int) -> None:
    complete(program, world, "ada")
    data = (
        b"Student,ID,SIS User ID,SIS Login ID,Section,Pruning (9),Total\r\n"
        b'    Points Possible,,,,,10,(read only)\r\n"Lovelace, Ada",1,S1,x,CS 1,,55.5\r\n"Nobody, N",2,S9,n,CS 1,1,2\r\n'
    )
    form = {"column": "Pruning"}

    filled = program("instructor").post(f"{BOOK}/canvas", data=form, files={"file": ("Grades.csv", data, "text/csv")})
    report = program("instructor").post(
        f"{BOOK}/canvas", data={**form, "wanted": "report"}, files={"file": ("Grades.csv", data, "text/csv")}
    )

    assert filled.content == data.replace(b"CS 1,,55.5", b"CS 1,8.65,55.5")
    assert "Grades.csv" in filled.headers["content-disposition"]
    assert report.json()["unmatched"] == ["Nobody, N"]
    assert set(report.json()["missing"]) == {"grace@example.org", "alan@example.org"}


def test_the_page_leads_to_all_of_them(browser: Open, graded: int) -> None:
    staff = browser("instructor")
    page = staff.get(BOOK).text
    file = {"file": ("a.csv", b"Student,ID,SIS User ID\n", "text/csv")}

    assert f'action="{BOOK}/canvas"' in page
    assert "What the file comes to" in staff.post(f"{BOOK}/canvas", data={"wanted": "report"}, files=file).text


@pytest.mark.parametrize("path", ["", "/gradescope", "/moodle"])
def test_gradebooks_are_for_staff(program: Open, path: str) -> None:
    assert program("ada").get(BOOK + path).status_code == 403
