"""Importing a roster over HTTP: shown first, then done exactly as shown, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from app.people.importing import MAX_ROSTER_BYTES
from models.accounts import User
from models.audit import AuditEntry
from models.rosters import RosterImport
from tests.app.world import World

Open = Callable[[str | None], TestClient]
ROSTERS, PEOPLE = "/courses/ml/rosters", "/courses/ml/people"
ROSTER = """\
Name,Email,SID,Section
Ada,ada@example.org,s1,A
Grace,GRACE@example.org,s2,B
New,new@example.org,s3,B
Twin,twin@example.org,s4,B
Twin,twin@example.org,s5,B
"""


def upload(client: TestClient, text: str = ROSTER, name: str = "roster.csv") -> Any:
    return client.post(ROSTERS, files={"file": (name, text.encode(), "text/csv")})


def section_of(client: TestClient, word: str) -> str:
    [found] = client.get(PEOPLE, params={"q": word}).json()["items"]
    return str(found["section"])


def test_a_roster_is_shown_before_anything_is_done(program: Open) -> None:
    staff = program("instructor")

    answer = upload(staff)

    shown = answer.json()
    assert answer.status_code == 201
    assert [each["email"] for each in shown["added"]] == ["new@example.org"]
    assert [(each["email"], each["detail"]) for each in shown["changed"]] == [
        ("ada@example.org", "sid: none to s1; section: none to A"),
        ("grace@example.org", "sid: none to s2; section: none to B"),
    ]
    assert [each["email"] for each in shown["missing"]] == ["alan@example.org"]
    assert [each["line"] for each in shown["ambiguous"]] == [5, 6]
    assert staff.get(answer.headers["location"]).json() == shown
    assert staff.get(PEOPLE, params={"q": "new"}).json()["items"] == []


def test_confirming_does_what_was_shown_and_forgets_the_file(program: Open, records: Database) -> None:
    staff = program("instructor")
    shown = upload(staff).json()

    done = staff.post(f"{ROSTERS}/{shown['id']}/confirmation", data={"digest": shown["digest"]})

    assert (done.status_code, done.json()["applied_at"] is not None) == (200, True)
    assert section_of(staff, "new@") == "B"
    assert section_of(staff, "s1") == "A"
    assert section_of(staff, "alan") == ""
    with records.read() as session:
        assert session.scalars(select(RosterImport.content)).all() == [""]
        [entry] = session.scalars(select(AuditEntry)).all()
    assert entry.detail["added"] == ["new@example.org"]
    assert entry.detail["dropped"] == []
    again = staff.post(f"{ROSTERS}/{shown['id']}/confirmation", data={"digest": shown["digest"]})
    assert (again.status_code, again.json()["code"]) == (409, "roster-applied")
    assert upload(staff).json()["unchanged"] == 3


def test_what_is_no_longer_as_shown_is_not_done(program: Open, world: World) -> None:
    staff = program("instructor")
    shown = upload(staff).json()
    staff.post(f"{PEOPLE}/{world.people['ada'].id}", data={"role": "student", "section": "Z"})

    late = staff.post(f"{ROSTERS}/{shown['id']}/confirmation", data={"digest": shown["digest"]})

    assert (late.status_code, late.json()["code"]) == (409, "roster-changed")
    assert section_of(staff, "ada@") == "Z"
    assert staff.get(PEOPLE, params={"q": "new"}).json()["items"] == []


def test_missing_students_leave_where_the_staff_want_it_and_staff_never(program: Open) -> None:
    staff = program("instructor")
    shown = upload(staff).json()
    columns = {"email": "Email", "name": "Name", "drop_missing": "true"}

    chosen = staff.post(f"{ROSTERS}/{shown['id']}/columns", data=columns).json()
    staff.post(f"{ROSTERS}/{shown['id']}/confirmation", data={"digest": chosen["digest"]})

    assert chosen["digest"] != shown["digest"]
    left = [each["email"] for each in staff.get(PEOPLE).json()["items"]]
    assert "alan@example.org" not in left
    assert {"assistant@example.org", "instructor@example.org", "new@example.org"} <= set(left)
    assert program("alan").get("/competitions/demo").status_code == 404


def test_a_file_makes_nobody_staff_whose_account_came_by_code(program: Open, records: Database, world: World) -> None:
    with records.write() as session:
        for name in ("ada", "outsider"):
            session.get_one(User, world.people[name].id).is_unproven = True
    lines = "Email,Role\nada@example.org,TA\noutsider@example.org,Instructor\nalan@example.org,TA\n"

    shown = upload(program("instructor"), lines).json()

    assert [(each["email"], each["detail"].partition(":")[0]) for each in shown["ambiguous"]] == [
        ("ada@example.org", "nobody has checked whose account this is"),
        ("outsider@example.org", "nobody has checked whose account this is"),
    ]
    assert [each["email"] for each in shown["changed"]] == ["alan@example.org"]
    assert upload(program("instructor"), lines.replace("TA", "Student").replace("Instructor", "")).json()["added"]


def test_columns_with_other_headers_are_chosen(program: Open) -> None:
    staff = program("instructor")
    shown = upload(staff, "Wer,Kennung\nNeu,neu\n").json()
    assert "Choose the column" in shown["why"]

    chosen = staff.post(
        f"{ROSTERS}/{shown['id']}/columns", data={"name": "Wer", "login": "Kennung", "email_domain": "@example.org"}
    ).json()

    assert [each["email"] for each in chosen["added"]] == ["neu@example.org"]
    wrong = staff.post(f"{ROSTERS}/{shown['id']}/columns", data={"email": "Mail"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "roster-mapping")


def test_a_browser_is_led_from_the_file_to_the_end(browser: Open) -> None:
    staff = browser("instructor")

    page = upload(staff, ROSTER + "<script>,x@example.org,s9,A\n").headers["location"]

    shown = staff.get(page).text
    assert "&lt;script&gt;" in shown
    assert "<script>," not in shown
    digest = shown.partition('name="digest" value="')[2].partition('"')[0]
    assert staff.post(f"{page}/confirmation", data={"digest": digest}).headers["location"] == page
    assert "2 added, 2 changed, 0 dropped" in staff.get(page).text


@pytest.mark.parametrize(("text", "status"), [("", 422), ("x" * (MAX_ROSTER_BYTES + 1), 413)])
def test_a_file_that_is_no_roster_is_refused(program: Open, text: str, status: int) -> None:
    assert upload(program("instructor"), text).status_code == status


def test_a_roster_belongs_to_its_course(program: Open) -> None:
    number = upload(program("instructor")).json()["id"]

    assert program("rival").get(f"/courses/other/rosters/{number}").status_code == 404
    assert program("assistant").get(f"{ROSTERS}/{number}").status_code == 403
