"""Everybody who has an account, and what administrators decide about them."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from app.database import Database
from models.accounts import User
from tests.app.world import World

Open = Callable[[str | None], TestClient]


def test_administrators_find_everybody(program: Open) -> None:
    found = program("admin").get("/people", params={"q": "outsid"}).json()["items"]

    assert [each["email"] for each in found] == ["outsider@example.org"]


def test_rights_are_given_and_taken(program: Open, world: World, audited: Callable[[], list[str]]) -> None:
    admin, path = program("admin"), f"/people/{world.people['ada'].id}/rights"
    course = {"slug": "ada", "title": "Ada's", "time_zone": "UTC"}
    assert program("ada").post("/courses", data=course).status_code == 403

    admin.post(path, data={"may_create_courses": "true"})
    assert program("ada").post("/courses", data=course).status_code == 201
    assert program("ada").get("/courses/ada/people").json()["items"][0]["role"] == "instructor"
    admin.post(path, data={"is_admin": "true"})
    assert program("ada").get("/people").status_code == 200
    admin.post(path)
    assert program("ada").get("/people").status_code == 403
    assert audited() == ["user.rights", "course.create", "user.rights", "user.rights"]


def test_an_account_that_came_by_code_gets_no_rights(program: Open, records: Database, world: World) -> None:
    with records.write() as session:
        session.get_one(User, world.people["ada"].id).is_unproven = True
    admin, path = program("admin"), f"/people/{world.people['ada'].id}/rights"

    for right in ("is_admin", "may_create_courses"):
        assert admin.post(path, data={right: "true"}).json()["code"] == "account-unproven"
    assert admin.post(path).json()["is_unproven"]


def test_nobody_takes_the_administration_from_themselves(program: Open, world: World) -> None:
    own = f"/people/{world.people['admin'].id}"

    assert program("admin").post(f"{own}/rights").json()["code"] == "own-rights"
    assert program("admin").post(f"{own}/access", data={"allowed": "false"}).status_code == 403


def test_administrators_give_anybody_a_link_and_let_nobody_in(program: Open, browser: Open, world: World) -> None:
    admin, person = program("admin"), f"/people/{world.people['instructor'].id}"

    url = admin.post(f"{person}/link").json()["url"]
    assert browser(None).get(url.removeprefix("http://testserver")).status_code == 200
    assert admin.post(f"{person}/access", data={"allowed": "false"}).json()["is_disabled"]
    assert program("instructor").get("/competitions").status_code == 401
    assert admin.post("/people/99/link").status_code == 404


def test_the_page_shows_everybody_and_leads_back(browser: Open, world: World) -> None:
    admin = browser("admin")

    assert "ada@example.org" in admin.get("/people").text
    answer = admin.post(f"/people/{world.people['ada'].id}/rights", data={"may_create_courses": "true"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?q=ada%40example.org")
