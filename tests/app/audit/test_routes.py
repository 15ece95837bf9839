"""The audit log of a competition: who, what and why, and each filter."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from app.audit.recording import record
from app.database import Database
from app.paging import PAGE_ROWS
from models.audit import AuditEntry
from tests.app.world import World, hand_in

Open = Callable[[str | None], TestClient]
LOG = "/competitions/demo/audit"


@pytest.fixture
def acts(records: Database, world: World) -> None:
    """Three acts in this competition, and one in none."""
    with records.write() as session:
        staff, admin = world.people["instructor"].id, world.people["admin"].id
        record(session, staff, "note.add", "submission:42", competition_id=1, text="Größe")
        record(session, admin, "rejudge.live", "rejudge:4", competition_id=1, reason="A wrong formula.", better=3)
        record(session, None, "rejudge.begin", "rejudge:4", competition_id=1, reason="r")
        record(session, staff, "note.add", "submission:43", competition_id=None, text="elsewhere")
        session.add(
            AuditEntry(
                at=datetime(2020, 11, 27, 3, 30, tzinfo=UTC),
                action="board.hide",
                subject="competition:1",
                competition_id=1,
            )
        )


SEARCHES: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["board.hide", "rejudge.begin", "rejudge.live", "note.add"]),
    ({"action": "rejudge"}, ["rejudge.begin", "rejudge.live"]),
    ({"action": "rejudge.live"}, ["rejudge.live"]),
    ({"subject": "submission:42"}, ["note.add"]),
    ({"subject": "submission:4"}, []),
    ({"who": "ADMIN"}, ["rejudge.live"]),
    ({"who": "instructor@example"}, ["note.add"]),
    ({"q": "wrong FORMULA"}, ["rejudge.live"]),
    ({"q": "Größe"}, ["note.add"]),
    ({"q": "%"}, []),
    ({"since": "2020-11-26", "until": "2020-11-26"}, ["board.hide"]),
    ({"until": "2020-11-25"}, []),
    ({"action": "", "since": "", "until": ""}, ["board.hide", "rejudge.begin", "rejudge.live", "note.add"]),
]


def test_a_search_finds_what_it_says(program: Open, acts: None) -> None:
    client = program("instructor")

    found = [
        (query, [each["action"] for each in client.get(LOG, params=query).json()["items"]]) for query, _ in SEARCHES
    ]

    assert found == SEARCHES


def test_an_entry_tells_who_did_what_and_why(program: Open, acts: None) -> None:
    [found] = program("instructor").get(LOG, params={"who": "admin"}).json()["items"]

    assert (found["who"], found["email"]) == ("Admin", "admin@example.org")
    assert (found["action"], found["subject"], found["reason"]) == ("rejudge.live", "rejudge:4", "A wrong formula.")
    assert found["detail"] == {"better": 3}


def test_a_page_shows_the_same(browser: Open, acts: None) -> None:
    page = browser("instructor").get(LOG).text

    for piece in (
        "A wrong formula.",
        "Admin",
        "rejudge.live",
        'href="/competitions/demo/rejudges/4"',
        "the command line",
    ):
        assert piece in page
    assert "elsewhere" not in page


def test_pages_follow_each_other(program: Open, records: Database) -> None:
    with records.write() as session:
        for number in range(PAGE_ROWS + 3):
            record(session, None, "note.add", f"submission:{number}", competition_id=1)

    first = program("instructor").get(LOG, params={"action": "note"}).json()
    second = program("instructor").get(first["next"]).json()

    assert (len(first["items"]), len(second["items"]), second["next"]) == (PAGE_ROWS, 3, None)


def test_what_staff_did_before_is_in_it(program: Open, records: Database, world: World) -> None:
    hand_in(records, world, "ada")
    program("instructor").post(
        f"/competitions/demo/grades/{world.people['ada'].id}/adjustments",
        data={"kind": "multiply", "value": "0.9", "reason": "Shared code."},
    )

    [found] = program("instructor").get(LOG).json()["items"]

    assert (found["action"], found["reason"]) == ("points.adjust", "Shared code.")


def test_no_student_reads_it(program: Open) -> None:
    assert program("ada").get(LOG).status_code == 403
