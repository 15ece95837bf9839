"""One-time links over HTTP: a person sets a password and is in."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from app.clock import db_now
from app.database import Database
from models.accounts import AuthSession, User
from models.joining import AccountLink
from tests.app.world import PASSWORD, World

Open = Callable[[str | None], TestClient]
NEW = "another sentence"


@pytest.fixture
def link(program: Open, world: World) -> str:
    """The path of a link with which Ada sets a new password."""
    answer = program("instructor").post(f"/courses/ml/people/{world.people['ada'].id}/link")
    assert answer.json()["kind"] == "reset"
    url: str = answer.json()["url"]
    return url.removeprefix("http://testserver")


def sign_in(client: TestClient, password: str) -> int:
    return client.post("/login", data={"email": "ada@example.org", "password": password}).status_code


def test_a_link_sets_a_password_and_signs_in(browser: Open, link: str) -> None:
    client = browser(None)
    assert "ada@example.org" in client.get(link).text

    answer = client.post(link, data={"password": NEW})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/account").status_code == 200
    assert sign_in(browser(None), NEW) == 303
    assert sign_in(browser(None), PASSWORD) == 422
    assert browser("ada").get("/account").status_code == 401  # whoever was signed in is out


def test_it_works_once_and_looking_uses_nothing_up(browser: Open, link: str) -> None:
    client = browser(None)
    assert [client.get(link).status_code for _ in range(2)] == [200, 200]
    assert client.post(link, data={"password": "short"}).status_code == 422
    assert client.post(link, data={"password": NEW}).status_code == 303

    assert client.get(link).status_code == 404
    assert client.post(link, data={"password": "a third sentence"}).status_code == 404
    assert sign_in(browser(None), NEW) == 303


def test_a_newer_one_replaces_it(program: Open, browser: Open, world: World, link: str) -> None:
    program("instructor").post(f"/courses/ml/people/{world.people['ada'].id}/link")

    assert browser(None).get(link).status_code == 404


@pytest.mark.parametrize("harm", ["old", "disabled"])
def test_an_old_one_and_that_of_somebody_disabled_are_no_good(
    browser: Open, records: Database, link: str, harm: str
) -> None:
    with records.write() as session:
        if harm == "old":
            session.execute(update(AccountLink).values(expires_at=AccountLink.created_at))
        else:
            session.execute(update(User).where(User.email == "ada@example.org").values(disabled_at=db_now()))

    assert browser(None).get(link).status_code == 404
    assert browser(None).post(link, data={"password": NEW}).status_code == 404


def test_the_link_itself_is_not_stored(records: Database, link: str) -> None:
    with records.read() as session:
        [stored] = session.scalars(select(AccountLink)).all()
        opened = session.scalar(select(func.count()).select_from(AuthSession))

    assert stored.token_sha256 not in link
    assert len(stored.token_sha256) == 64
    assert opened == 8  # the world's own: a link opens none before it is used


def test_the_page_shows_the_link_once(browser: Open, world: World) -> None:
    person = f"/courses/ml/people/{world.people['ada'].id}"

    page = browser("instructor").post(f"{person}/link")

    assert page.status_code == 201
    assert "http://testserver/links/" in page.text
    assert "/links/" not in browser("instructor").get(person).text


def test_tokens_from_before_end_with_the_password(program: Open, browser: Open, link: str) -> None:
    assert program("ada").get("/submissions").status_code == 200

    browser(None).post(link, data={"password": NEW})

    assert program("ada").get("/submissions").status_code == 401
