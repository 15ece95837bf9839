"""Decisions about grades over HTTP: who may make which, what is refused, and what pages and CSV show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.courses import service as courses
from app.database import Database
from models.accounts import User
from models.audit import AuditEntry
from models.courses import Role
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import World, change_rules

Open = Callable[[str | None], TestClient]
GRADES = "/competitions/demo/grades"


@pytest.fixture
def ada(records: Database, world: World, tmp_path: Path, clock: Clock) -> str:
    """The address of Ada's grade in a competition with all the rules."""
    term.apply(records, world, tmp_path)
    term.graded(records, world, "ada", 913, 868)
    return f"{GRADES}/{world.people['ada'].id}"


def grade(client: TestClient, address: str, **form: str) -> dict[str, Any]:
    answer = client.post(address, data=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_points_are_given_changed_and_taken_back(program: Open, records: Database, ada: str) -> None:
    staff = program("instructor")

    given = [grade(staff, f"{ada}/hand-points", part="report", points=points)["total"] for points in ("3", "7/2", "")]

    # 913 of 1,109 are above four baselines, 868 (0.782687) above three: 3.5.
    assert given == [6.5, 7.0, 3.5]
    with records.read() as session:
        details = session.scalars(select(AuditEntry.detail).order_by(AuditEntry.id)).all()
    assert [each["before"] and each["before"]["points"] for each in details] == [None, "3", "7/2"]
    assert [each["after"] and each["after"]["points"] for each in details] == ["3", "7/2", None]


def test_several_grades_are_adjusted_at_once_and_each_is_told_why(
    program: Open, world: World, records: Database, ada: str
) -> None:
    grace = world.people["grace"].id
    term.graded(records, world, "grace", 913, 868)
    chosen = [world.people["ada"].id, grace]
    form = {"kind": "multiply", "value": "0.9", "reason": "shared code", "student": [str(each) for each in chosen]}

    answer = program("instructor").post("/competitions/demo/adjustments", data=form)

    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [(each["user_id"], each["total_exact"]) for each in items] == [(each, "63/20") for each in chosen]
    assert {each["adjustments"][0]["reason"] for each in items} == {"shared code"}


def test_an_adjustment_can_be_taken_back(program: Open, ada: str) -> None:
    staff = program("instructor")
    adjusted = grade(staff, f"{ada}/adjustments", kind="multiply", value="0.9", reason="late report")
    [adjustment] = adjusted["adjustments"]
    assert (adjusted["total_exact"], adjustment["reason"]) == ("63/20", "late report")

    assert grade(staff, f"{ada}/adjustments/{adjustment['id']}/removal")["total"] == 3.5
    assert staff.post(f"{ada}/adjustments/{adjustment['id']}/removal").status_code == 404


def test_an_extension_is_replaced_and_taken_back(program: Open, ada: str) -> None:
    staff = program("instructor")

    first = grade(staff, f"{ada}/extension", until="2023-04-09 23:59", reason="ill")["extension"]
    second = grade(staff, f"{ada}/extension", extra_tries="2")["extension"]

    assert (first["until"], first["extra_tries"]) == ("2023-04-09T15:59:59.999999Z", 0)
    assert (second["until"], second["extra_tries"], second["reason"]) == (None, 2, "")
    assert grade(staff, f"{ada}/extension")["extension"] is None


@pytest.mark.parametrize(
    ("what", "form", "code"),
    [
        ("hand-points", {"part": "code", "points": "2.5"}, "number-form"),
        ("hand-points", {"part": "code", "points": "-1"}, "number-form"),
        ("hand-points", {"part": "code", "points": "two"}, "number-form"),
        ("hand-points", {"part": "baselines", "points": "1"}, "part-unknown"),
        ("hand-points", {"part": "top three", "points": "0.6"}, "number-form"),
        ("hand-points", {"part": "top three", "points": "0"}, "number-form"),
        ("hand-points", {"part": "top three", "points": "0.25"}, "number-form"),
        ("adjustments", {"kind": "multiply", "value": "1.1", "reason": "x"}, "number-form"),
        ("adjustments", {"kind": "add", "value": "1e3", "reason": "x"}, "number-form"),
        ("adjustments", {"kind": "add", "value": "1", "reason": "  "}, "reason-missing"),
        ("adjustments", {"kind": "divide", "value": "1", "reason": "x"}, "request-form"),
        ("extension", {"until": "tomorrow"}, "moment-form"),
        ("extension", {"until": "2023-04-09"}, "moment-form"),
        ("extension", {"until": "2023-04-09 23:59+08:00"}, "moment-form"),
        ("extension", {"extra_tries": "-1"}, "request-form"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    program: Open, ada: str, what: str, form: dict[str, str], code: str
) -> None:
    staff = program("instructor")
    before = staff.get(ada).json()

    answer = staff.post(f"{ada}/{what}", data=form)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert staff.get(ada).json() == before


def test_assistants_give_points_and_leave_the_rest_to_instructors(
    program: Open, browser: Open, records: Database, world: World, ada: str
) -> None:
    with records.write() as session:
        courses.add_member(session, world.course_id, world.people["alan"].id, Role.TA)
    assistant = program("alan")

    assert assistant.post(f"{ada}/hand-points", data={"part": "code", "points": "2"}).status_code == 200
    for what, form in (
        ("adjustments", {"kind": "add", "value": "1", "reason": "x"}),
        ("adjustments/1/removal", {}),
        ("extension", {"extra_tries": "1"}),
    ):
        assert assistant.post(f"{ada}/{what}", data=form).status_code == 403
    assert "are for the instructors of the course" in browser("alan").get(ada).text


def test_staff_and_strangers_have_no_grade(program: Open, world: World, ada: str) -> None:
    staff = program("instructor")

    for name in ("instructor", "admin", "outsider"):
        address = f"{GRADES}/{world.people[name].id}"
        assert staff.get(address).status_code == 404
        assert staff.post(f"{address}/extension", data={"extra_tries": "1"}).status_code == 404
    assert [row["name"] for row in staff.get(GRADES).json()["items"]] == ["Ada", "Alan", "Grace"]


def test_a_bonus_is_given_in_full_or_not_at_all(program: Open, ada: str) -> None:
    staff = program("instructor")

    confirmed = [
        grade(staff, f"{ada}/hand-points", part="top three", points=points)["bonus"]["is_confirmed"]
        for points in ("1/2", "", "0.50")
    ]
    refused = staff.post(f"{ada}/hand-points", data={"part": "top three", "points": "0"})

    assert confirmed == [True, False, True]
    assert refused.json()["detail"] == "top three is given in full, with 0.5, or not at all, with nothing; got 0."
    assert staff.get(ada).json()["bonus"]["is_confirmed"] is True


def test_the_forms_of_the_page_lead_back_to_it(browser: Open, ada: str) -> None:
    staff = browser("instructor")

    answer = staff.post(f"{ada}/hand-points", data={"part": "code", "points": "1.5", "note": "no <b>tests</b>"})

    assert (answer.status_code, answer.headers["location"]) == (303, ada)
    page = staff.get(ada).text
    assert "by hand, at most 2: no &lt;b&gt;tests&lt;/b&gt;" in page
    assert '<strong title="exactly 5">5</strong>' in page
    table = staff.get(GRADES).text
    assert f'<a href="{ada}">Ada</a>' in table
    assert "to confirm" in table


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless(
    program: Open, records: Database, world: World, ada: str
) -> None:
    with records.write() as session:
        session.execute(update(User).where(User.id == world.people["ada"].id).values(name="=HYPERLINK(1)"))

    answer = program("instructor").get(GRADES, params={"format": "csv"})

    assert answer.headers["content-disposition"] == 'attachment; filename="demo-grades.csv"'
    assert "'=HYPERLINK(1),ada@example.org" in answer.text
    assert "private, no-store" in answer.headers["cache-control"]


def test_without_points_there_is_a_table_for_extensions_and_no_own_points(
    program: Open, records: Database, world: World
) -> None:
    change_rules(records, world, "top: 5", "top: 4")
    address = f"{GRADES}/{world.people['ada'].id}"

    assert grade(program("instructor"), f"{address}/extension", extra_tries="1")["total"] == 0
    answer = program("ada").get("/competitions/demo/points")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-points")


def test_points_that_are_not_to_be_shown_are_not(
    program: Open, records: Database, world: World, tmp_path: Path
) -> None:
    course = term.COURSE.replace("shown: true", "shown: false")
    assert course != term.COURSE
    term.apply(records, world, tmp_path, course)

    # The term of 2023 is over on every clock.
    answer = program("ada").get("/competitions/demo/points")

    assert (answer.status_code, answer.json()["code"]) == (403, "points-hidden")
