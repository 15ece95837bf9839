"""The audit logs of a competition and of a course: who, what and why, and each filter."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from app.audit.recording import note, record
from app.database import Database
from app.paging import PAGE_ROWS
from models.audit import AuditEntry
from models.datasets import Dataset
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


COURSE = "/courses/ml"


def test_whatever_is_decided_about_a_courses_people_is_in_its_log(program: Open, browser: Open, world: World) -> None:
    staff, ada = program("instructor"), f"{COURSE}/people/{world.people['ada'].id}"
    new = staff.post(f"{COURSE}/people", data={"email": "new@example.org"}).json()
    staff.post(ada, data={"role": "student", "section": "B"})
    staff.post(f"{COURSE}/join-code")
    roster = b"Name,Email\nRoster,roster@example.org\n"
    shown = staff.post(f"{COURSE}/rosters", files={"file": ("roster.csv", roster, "text/csv")}).json()
    staff.post(f"{COURSE}/rosters/{shown['id']}/confirmation", data={"digest": shown["digest"]})
    staff.post(f"{ada}/link")
    staff.post(f"{ada}/access", data={"allowed": "false"})
    program("rival").post("/courses/other/people", data={"email": "elsewhere@example.org"})

    found = staff.get(f"{COURSE}/audit").json()["items"]
    page = browser("instructor").get(f"{COURSE}/audit").text

    assert [each["action"] for each in found] == [
        "user.disable",
        "user.link_reset",
        "roster.apply",
        "join_code.replace",
        "member.change",
        "member.add",
    ]
    assert {each["email"] for each in found} == {"instructor@example.org"}
    assert f'href="{ada}"' in page
    assert f'<a href="{COURSE}/people/{new["user_id"]}">user {new["user_id"]}</a>' in page
    assert "roster@example.org" in page
    assert "elsewhere" not in page
    assert f'href="{COURSE}/audit"' in browser("instructor").get(COURSE).text
    narrow = staff.get(f"{COURSE}/audit", params={"action": "member", "who": "instructor"}).json()["items"]
    assert [each["action"] for each in narrow] == ["member.change", "member.add"]


def test_a_courses_log_has_its_test_sets_and_the_operators_and_no_other_acts_about_its_people(
    program: Open, records: Database, world: World
) -> None:
    with records.write() as session:
        sets = {
            name: Dataset(name=name, digest=name, examples=1, sample_shape=[1], dtype="f", classes=1) for name in "abc"
        }
        sets["a"].course_id, sets["b"].course_id = world.course_id, world.course_id + 1
        session.add_all(sets.values())
        session.flush()
        for name, added in sets.items():
            note(session, None, "dataset.add", f"dataset:{added.id}", name=name)
        note(session, None, "user.rights", f"user:{world.people['ada'].id}", is_admin=False)
        note(session, None, "user.disable", f"user:{world.people['outsider'].id}")

    found = program("instructor").get(f"{COURSE}/audit").json()["items"]

    assert [(each["action"], each["detail"]) for each in found] == [
        ("dataset.add", {"name": "c"}),
        ("dataset.add", {"name": "a"}),
    ]


def test_a_courses_log_is_for_its_instructors(program: Open) -> None:
    asked = {name: program(name).get(f"{COURSE}/audit").status_code for name in ("ada", "assistant", "rival", "admin")}

    assert asked == {"ada": 403, "assistant": 403, "rival": 404, "admin": 200}
