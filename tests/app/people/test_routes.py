"""The people of a course over HTTP: what instructors may do to whom."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.courses import service as courses
from app.database import Database
from models.accounts import User
from models.courses import Membership, Role
from tests.app.world import World

Open = Callable[[str | None], TestClient]
PEOPLE = "/courses/ml/people"


def emails(client: TestClient, **asked: str) -> list[str]:
    return [each["email"] for each in client.get(PEOPLE, params=asked).json()["items"]]


def enrol(records: Database, world: World, name: str, role: Role, course: int) -> None:
    with records.write() as session:
        courses.add_member(session, course, world.people[name].id, role)


def path_of(world: World, name: str) -> str:
    return f"{PEOPLE}/{world.people[name].id}"


def test_people_are_listed_by_name_and_found_by_words(program: Open) -> None:
    staff = program("assistant")

    assert emails(staff)[:3] == ["ada@example.org", "alan@example.org", "assistant@example.org"]
    assert emails(staff, q="GRACE example") == ["grace@example.org"]
    assert emails(staff, q="100%") == emails(staff, q="_") == []
    assert emails(staff, role="instructor") == ["instructor@example.org"]


def test_a_long_list_comes_in_parts(program: Open, records: Database, world: World) -> None:
    with records.write() as session:
        people = [User(email=f"s{number:03}@example.org", name=f"S {number:03}") for number in range(60)]
        session.add_all(people)
        session.flush()
        session.add_all(Membership(course_id=world.course_id, user_id=each.id, role=Role.STUDENT) for each in people)
    staff = program("instructor")

    first = staff.get(PEOPLE, params={"role": "student"}).json()
    second = staff.get(first["next"]).json()

    assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 13, None)
    assert not {each["user_id"] for each in first["items"]} & {each["user_id"] for each in second["items"]}


def test_somebody_new_is_added_with_an_account(program: Open, audited: Callable[[], list[str]]) -> None:
    staff = program("instructor")
    form = {"email": "New@Example.org", "name": "New", "role": "ta", "sid": "s9", "section": "B"}

    answer = staff.post(PEOPLE, data=form)

    assert answer.status_code == 201
    found = staff.get(answer.headers["location"]).json()
    assert (found["email"], found["role"], found["sid"], found["section"]) == ("new@example.org", "ta", "s9", "B")
    assert not found["has_password"]
    assert audited() == ["member.add"]
    assert staff.post(PEOPLE, data=form).json()["code"] == "member-exists"


def test_a_part_in_the_course_is_changed_and_the_audit_log_keeps_both(
    program: Open, world: World, audited: Callable[[], list[str]]
) -> None:
    staff = program("instructor")
    form = {"role": "ta", "sid": "s1", "login": "ada", "section": "A"}

    changed = staff.post(path_of(world, "ada"), data=form).json()

    assert form.items() <= changed.items()
    staff.post(path_of(world, "ada"), data=form)
    assert audited() == ["member.change"]  # what changes nothing is no act
    assert staff.post(path_of(world, "alan"), data={"role": "student", "sid": "s1"}).json()["code"] == "sid-taken"


def test_the_last_instructor_stays_unless_an_administrator_says_otherwise(program: Open, world: World) -> None:
    path = path_of(world, "instructor")

    for client in (program("instructor"),):
        assert client.post(path, data={"role": "student"}).json()["code"] == "last-instructor"
        assert client.post(f"{path}/removal").json()["code"] == "last-instructor"
    assert program("admin").post(path, data={"role": "ta"}).status_code == 200


def test_who_is_removed_is_out_and_may_come_back(program: Open, world: World) -> None:
    staff = program("instructor")

    assert staff.post(f"{path_of(world, 'ada')}/removal").status_code == 200

    assert program("ada").get("/competitions/demo").status_code == 404
    assert staff.get(path_of(world, "ada")).status_code == 404
    assert staff.post(PEOPLE, data={"email": "ada@example.org"}).status_code == 201
    assert program("ada").get("/competitions/demo").status_code == 200


def test_a_disabled_person_is_out_until_let_in_again(
    program: Open, world: World, audited: Callable[[], list[str]]
) -> None:
    staff, path = program("instructor"), f"{path_of(world, 'ada')}/access"

    assert staff.post(path, data={"allowed": "false"}).json()["is_disabled"]
    assert program("ada").get("/submissions").status_code == 401
    assert staff.post(f"{path_of(world, 'ada')}/link").json()["code"] == "account-disabled"
    assert not staff.post(path, data={"allowed": "true"}).json()["is_disabled"]
    assert program("ada").get("/submissions").status_code == 200
    assert audited() == ["user.disable", "user.enable"]


@pytest.mark.parametrize("act", ["link", "access"])
def test_nobody_gets_into_an_account_that_is_not_theirs_to_manage(
    program: Open, records: Database, world: World, act: str
) -> None:
    other = world.course_id + 1
    enrol(records, world, "admin", Role.STUDENT, world.course_id)
    enrol(records, world, "alan", Role.INSTRUCTOR, world.course_id)
    enrol(records, world, "grace", Role.STUDENT, other)
    staff = program("instructor")

    for name in ("instructor", "admin", "alan", "grace"):
        answer = staff.post(f"{path_of(world, name)}/{act}", data={"allowed": "false"})
        assert (answer.status_code, answer.json()["code"]) == (403, "not-yours-to-manage"), name
    enrol(records, world, "instructor", Role.INSTRUCTOR, other)
    assert staff.post(f"{path_of(world, 'grace')}/{act}", data={"allowed": "true"}).status_code in (200, 201)


def test_an_account_that_came_by_code_gets_no_role_of_staff_before_a_link(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    with records.write() as session:
        session.get_one(User, world.people["ada"].id).is_unproven = True
        session.get_one(User, world.people["outsider"].id).is_unproven = True
    staff, path = program("instructor"), path_of(world, "ada")
    as_student = {"email": "outsider@example.org", "role": "student"}

    for role in ("ta", "instructor"):
        for refused in (
            staff.post(path, data={"role": role}),
            staff.post(PEOPLE, data={**as_student, "role": role}),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "account-unproven")
            assert "Give them a link" in refused.json()["detail"]
    assert staff.post(PEOPLE, data=as_student).json()["is_unproven"]
    link = staff.post(f"{path}/link").json()["url"].removeprefix("http://testserver")
    browser(None).post(link, data={"password": "another sentence"})

    assert staff.post(path, data={"role": "ta"}).json().items() >= {"role": "ta", "is_unproven": False}.items()


def test_staff_of_before_may_still_be_written_about(program: Open, records: Database, world: World) -> None:
    with records.write() as session:
        session.get_one(User, world.people["assistant"].id).is_unproven = True

    changed = program("instructor").post(path_of(world, "assistant"), data={"role": "ta", "section": "B"})

    assert changed.status_code == 200


def test_people_of_another_course_are_not_found_here(program: Open, world: World) -> None:
    for act, form in (("", {"role": "ta"}), ("/removal", {}), ("/access", {"allowed": "false"}), ("/link", {})):
        assert program("instructor").post(path_of(world, "outsider") + act, data=form).status_code == 404


def test_the_pages_have_the_forms_of_those_who_may(browser: Open, world: World) -> None:
    instructor, assistant = browser("instructor"), browser("assistant")
    person = path_of(world, "ada")

    assert "Import a roster" in instructor.get(PEOPLE).text
    assert "Import a roster" not in assistant.get(PEOPLE).text
    assert "Make a link" in instructor.get(person).text
    assert "Make a link" not in assistant.get(person).text
    assert "an administrator&#39;s here" in instructor.get(path_of(world, "instructor")).text
    answer = instructor.post(person, data={"role": "student", "section": "<b>"})
    assert (answer.status_code, answer.headers["location"]) == (303, person)
    assert "&lt;b&gt;" in instructor.get(person).text


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"email": "nobody", "name": "N"}, "email-form"),
        ({"email": "a@b.c", "role": "king"}, "request-form"),
        ({"email": "a@b.c", "section": "x" * 101}, "text-too-long"),
    ],
)
def test_what_will_not_do_is_refused_and_adds_nobody(program: Open, form: dict[str, Any], code: str) -> None:
    staff = program("instructor")
    before = emails(staff)

    answer = staff.post(PEOPLE, data=form)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert emails(staff) == before
