"""Everybody's submissions for the staff: each filter finds what it says, and pages follow each other."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.database import Database
from app.paging import PAGE_ROWS
from models.gradings import Grading, State
from models.moderation import Disqualification, Note
from models.submissions import Submission
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
LIST = "/competitions/demo/submissions"


@pytest.fixture
def some(records: Database, world: World) -> Mapping[str, int]:
    """One submission of each kind, by what is special about it."""
    found = {
        "counts": hand_in(records, world, "grace", file="g"),
        "worse": hand_in(records, world, "ada", file="a"),
        "rejected": hand_in(records, world, "ada"),
        "failed": hand_in(records, world, "ada"),
        "waiting": hand_in(records, world, "alan"),
        "test": hand_in(records, world, "instructor"),
    }
    settle(records, found["counts"], Fraction(1, 2))
    settle(records, found["worse"], Fraction(1, 4))
    settle(records, found["rejected"], state=State.REJECTED)
    settle(records, found["failed"], state=State.FAILED)
    settle(records, found["test"], Fraction(3, 4))
    with records.write() as session:
        trouble = update(Grading).where(Grading.submission_id == found["failed"])
        session.execute(trouble.values(fault="worker-1 ended while grading 100%", crashes=2, crash_causes=["memory"]))
        session.execute(update(Submission).where(Submission.id == found["worse"]).values(is_chosen=True))
        session.add(Note(submission_id=found["rejected"], text="n"))
        worse = session.get_one(Submission, found["worse"])
        session.add(Disqualification(entrant_id=worse.entrant_id, submission_id=worse.id, reason="r"))
    return found


def names(program: Open, some: Mapping[str, int], **query: Any) -> set[str]:
    """What a search finds, by what is special about it."""
    answer = program("instructor").get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    numbers = [each["id"] for each in answer.json()["items"]]
    assert numbers == sorted(numbers, reverse=True)
    return {name for name, number in some.items() if number in numbers}


EVERY = {"counts", "worse", "rejected", "failed", "waiting", "test"}
SEARCHES: list[tuple[dict[str, str], set[str]]] = [
    ({}, EVERY),
    ({"state": "rejected"}, {"rejected"}),
    ({"state": "queued"}, {"waiting"}),
    ({"flag": "counts"}, {"counts"}),
    ({"flag": "chosen"}, {"worse"}),
    ({"flag": "reference"}, set()),
    ({"flag": "test"}, {"test"}),
    ({"flag": "baseline"}, set()),
    ({"flag": "disqualified"}, {"worse"}),
    ({"flag": "noted"}, {"rejected"}),
    ({"flag": "regraded"}, set()),
    ({"flag": "troubled"}, {"failed"}),
    ({"cause": "shape-mismatch"}, {"rejected"}),
    ({"cause": "shape"}, set()),
    ({"cause": "memory"}, {"failed"}),
    ({"cause": "ENDED while"}, {"failed"}),
    ({"cause": "100%"}, {"failed"}),
    ({"cause": "%"}, {"failed"}),
    ({"q": "GRACE"}, {"counts"}),
    ({"q": "alan@example"}, {"waiting"}),
    ({"q": "my_model"}, EVERY),
    ({"q": "_"}, EVERY),
    ({"q": "%"}, set()),
    ({"since": "2000-01-01", "until": "2000-01-02"}, set()),
    ({"since": "2000-01-01"}, EVERY),
    ({"until": "2000-01-01"}, set()),
    ({"state": "scored", "q": "ada", "flag": "disqualified"}, {"worse"}),
    ({"state": "", "flag": "", "since": "", "until": "", "cause": "", "q": "", "entrant": ""}, EVERY),
]


def test_a_search_finds_what_it_says(program: Open, some: Mapping[str, int]) -> None:
    found = [(query, names(program, some, **query)) for query, _ in SEARCHES]

    assert found == SEARCHES
    assert "worse" in names(program, some, q=str(some["worse"]))


def test_an_entrants_submissions_are_listed_with_who_it_is(
    browser: Open, program: Open, some: Mapping[str, int]
) -> None:
    [row] = program("instructor").get(LIST, params={"q": "grace"}).json()["items"]

    assert names(program, some, entrant=row["entrant_id"]) == {"counts"}
    assert "grace@example.org" in browser("instructor").get(f"{LIST}?entrant={row['entrant_id']}").text


def test_numbers_by_state_follow_the_search(program: Open, some: Mapping[str, int]) -> None:
    told = program("instructor").get(LIST, params={"q": "ada", "state": "failed"}).json()["numbers"]

    assert told == {"scored": 1, "rejected": 1, "failed": 1}


def test_a_line_tells_rank_and_what_staff_know(program: Open, some: Mapping[str, int]) -> None:
    items = {each["id"]: each for each in program("instructor").get(LIST).json()["items"]}

    assert (items[some["counts"]]["rank"], items[some["counts"]]["counts"]) == (1, True)
    assert (items[some["worse"]]["disqualified"], items[some["worse"]]["counts"]) == ("r", False)
    assert (items[some["failed"]]["crashes"], items[some["failed"]]["fault"][:8]) == (2, "worker-1")
    assert (items[some["rejected"]]["notes"], items[some["test"]]["is_staff"]) == (1, True)
    assert items[some["counts"]]["email"] == "grace@example.org"


def test_pages_follow_each_other_and_keep_the_search(program: Open, records: Database, world: World) -> None:
    numbers = [hand_in(records, world, "ada") for _ in range(PAGE_ROWS + 2)]

    first = program("instructor").get(LIST, params={"q": "ada", "state": "queued"}).json()
    second = program("instructor").get(first["next"]).json()

    assert [each["id"] for each in first["items"] + second["items"]] == numbers[::-1]
    assert "state=queued" in first["next"]
    assert second["next"] is None


def test_the_day_is_the_competitions_own(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    with records.write() as session:
        # Half past three in the morning in UTC is the evening before in New York.
        early = update(Submission).where(Submission.id == number)
        session.execute(early.values(received_at=datetime(2026, 11, 27, 3, 30, tzinfo=UTC)))

    found = {
        day: len(program("instructor").get(LIST, params={"since": day, "until": day}).json()["items"])
        for day in ("2026-11-26", "2026-11-27")
    }

    assert found == {"2026-11-26": 1, "2026-11-27": 0}


@pytest.mark.parametrize("query", [{"since": "soon"}, {"flag": "red"}, {"q": "a\x00"}, {"entrant": "0"}])
def test_a_search_that_says_nothing_is_refused(program: Open, query: dict[str, str]) -> None:
    refused = program("instructor").get(LIST, params=query)

    assert (refused.status_code, refused.json()["code"]) == (422, "request-form")


def test_the_page_has_a_box_for_every_row_and_the_acts(browser: Open, some: Mapping[str, int]) -> None:
    page = browser("instructor").get(LIST).text

    for number in some.values():
        assert f'form="bulk" name="submission" value="{number}"' in page
    for act in ("rejudges", "disqualifications", "reinstatements", "notes"):
        assert f'formaction="/competitions/demo/{act}"' in page


def test_staff_see_every_phase_and_attempt(browser: Open, program: Open, some: Mapping[str, int]) -> None:
    told = program("instructor").get(f"/submissions/{some['failed']}/gradings").json()
    page = browser("instructor").get(f"/submissions/{some['failed']}").text

    [grading] = told["items"]
    assert (grading["crashes"], grading["crash_causes"], grading["state"]) == (2, ["memory"], "failed")
    assert "worker-1 ended while grading 100%" in page
    assert "Where the time went" in page
    assert program("ada").get(f"/submissions/{some['failed']}/gradings").status_code == 403


def test_the_students_view_is_what_the_student_is_shown(browser: Open, some: Mapping[str, int]) -> None:
    address = f"/submissions/{some['worse']}"

    as_student = browser("instructor").get(f"{address}?as=student").text
    own = browser("ada").get(address).text

    assert "For staff" not in as_student
    assert "This is what the student is shown." in as_student
    section = '<section id="status"'
    assert (
        as_student.partition(section)[2].partition("</main>")[0].replace("?as=student", "")
        == (own.partition(section)[2].partition("</main>")[0])
    )
    assert "This is what the student is shown." not in browser("grace").get("/submissions").text
