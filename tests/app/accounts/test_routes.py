"""Signing in and out over HTTP, API tokens, and the account's page."""

import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.accounts.routes import safe_path
from app.accounts.throttle import FAILURES_PER_PAIR
from app.clock import db_now
from app.database import Database
from app.settings import Settings
from models import ApiToken, AuthSession, User
from tests.app.applications import application
from tests.app.world import PASSWORD, World

Open = Callable[[str | None], TestClient]
EMAIL = "ada@example.org"


def sign_in(client: TestClient, password: str = PASSWORD, email: str = EMAIL, onward: str = "/") -> Any:
    return client.post("/login", data={"email": email, "password": password, "next": onward})


def cookie_of(response: Any, name: str) -> Any:
    return next(found for each in response.headers.get_list("set-cookie") if (found := SimpleCookie(each).get(name)))


def revoke_all(records: Database) -> None:
    with records.write() as session:
        for token in session.scalars(select(ApiToken)):
            token.revoked_at = session.execute(select(db_now())).scalar_one()


def test_signing_in_opens_a_session_and_goes_on(browser: Open) -> None:
    client = browser(None)

    response = sign_in(client, onward="/submissions?competition=demo")

    assert (response.status_code, response.headers["location"]) == (303, "/submissions?competition=demo")
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_a_wrong_password_reads_the_same_whoever_it_is(browser: Open, email: str) -> None:
    response = sign_in(browser(None), "prune with haste", email)

    assert response.status_code == 422
    assert "do not belong together" in response.text
    assert "set-cookie" not in response.headers


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Open) -> None:
    cookie = cookie_of(sign_in(browser(None)), "secateur")

    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["secure"]  # this service is served over plain http
    assert int(cookie["max-age"]) == 7 * 24 * 3600


def test_over_https_the_cookie_is_pinned_to_the_host(settings: Settings) -> None:
    secure = settings.model_copy(update={"public_url": "https://prune.example", "cookie_secure": True})
    headers = {"Origin": "https://prune.example"}
    with application(secure) as app, TestClient(app, base_url="https://prune.example", headers=headers) as client:
        response = client.post("/login", data={"email": EMAIL, "password": PASSWORD}, follow_redirects=False)

        cookie = cookie_of(response, "__Host-secateur")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert client.get("/account").status_code == 200


def test_signing_in_ends_the_session_that_the_browser_had(browser: Open, world: World) -> None:
    client = browser("grace")

    sign_in(client)

    old = browser(None)
    old.cookies.set("secateur", world.people["grace"].cookie)
    assert old.get("/account", headers={"Accept": "*/*"}).status_code == 401


def test_signing_out_ends_the_session_for_good(browser: Open, world: World) -> None:
    response = browser("ada").post("/logout")

    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert cookie_of(response, "secateur")["max-age"] == "0"
    again = browser(None)
    again.cookies.set("secateur", world.people["ada"].cookie)
    assert again.get("/account").status_code == 401


def test_signing_out_twice_is_no_error(browser: Open) -> None:
    client = browser("ada")

    assert [client.post("/logout").status_code for _ in range(2)] == [303, 303]


def test_whoever_is_signed_in_needs_no_sign_in_page(browser: Open) -> None:
    response = browser("ada").get("/login?next=/account")

    assert (response.status_code, response.headers["location"]) == (303, "/account")


FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "evil.example",
    "",
    "//[",
    "http://[",
    " //evil.example",
]


@pytest.mark.parametrize("address", FOREIGN)
def test_after_signing_in_nobody_is_sent_to_another_site(browser: Open, address: str) -> None:
    assert safe_path(address) == "/"
    assert sign_in(browser(None), onward=address).headers["location"] == "/"
    assert browser("ada").get("/login", params={"next": address}).headers["location"] == "/"


@pytest.mark.parametrize("address", ["/", "/submissions/3", "/competitions/demo?before=9#top", "/a//b"])
def test_our_own_addresses_are_kept(address: str) -> None:
    assert safe_path(address) == address


def test_too_many_wrong_passwords_have_to_wait(browser: Open) -> None:
    client = browser(None)
    statuses = [sign_in(client, "prune with haste").status_code for _ in range(FAILURES_PER_PAIR)]

    response = sign_in(client)

    assert set(statuses) == {422}
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 15 * 60


def test_others_may_sign_in_meanwhile(browser: Open) -> None:
    client = browser(None)
    for _ in range(FAILURES_PER_PAIR + 1):
        sign_in(client, "prune with haste")

    assert sign_in(client, email="grace@example.org").status_code == 303


def test_trying_old_passwords_on_the_accounts_page_is_throttled_too(browser: Open) -> None:
    client = browser("ada")
    form = {"old": "prune with haste", "new": "another sentence"}
    statuses = [client.post("/account/password", data=form).status_code for _ in range(FAILURES_PER_PAIR + 1)]

    assert statuses == [422] * FAILURES_PER_PAIR + [429]


def test_an_unused_account_is_not_a_session(records: Database, browser: Open, world: World) -> None:
    with records.write() as session:
        session.get_one(User, world.people["ada"].id).disabled_at = session.execute(select(db_now())).scalar_one()

    assert browser("ada").get("/account").status_code == 401
    assert sign_in(browser(None)).status_code == 422


def test_a_token_stands_for_its_person(program: Open) -> None:
    response = program("ada").get("/submissions")

    assert response.status_code == 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_schemes_case_does_not_matter(program: Open, world: World, scheme: str) -> None:
    token = world.people["ada"].token

    assert program(None).get("/submissions", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


@pytest.mark.parametrize("header", ["Bearer ", "Bearer sec_nonsense", "Bearer {}x", "Basic {}", "{}"])
def test_a_token_that_is_not_one_is_refused(program: Open, world: World, header: str) -> None:
    response = program(None).get("/submissions", headers={"Authorization": header.format(world.people["ada"].token)})

    assert (response.status_code, response.json()["code"]) == (401, "not-signed-in")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_bad_token_is_not_saved_by_a_good_cookie(browser: Open) -> None:
    assert browser("ada").get("/submissions", headers={"Authorization": "Bearer sec_nonsense"}).status_code == 401


def test_a_revoked_token_is_refused(program: Open, records: Database) -> None:
    revoke_all(records)

    assert program("ada").get("/submissions").status_code == 401


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u202e"])
def test_what_nobody_can_print_is_neither_looked_for_nor_stored(
    browser: Open, records: Database, character: str
) -> None:
    signing_in = sign_in(browser(None), email=f"ada{character}@example.org")
    naming = browser("ada").post("/account/tokens", data={"name": f"lap{character}top"})

    assert (signing_in.status_code, naming.status_code) == (422, 422)
    assert "cannot be printed" in signing_in.text
    assert "cannot be printed" in naming.text
    with records.read() as session:
        assert {token.name for token in session.scalars(select(ApiToken))} == {"laptop"}


def token_on(page: str) -> str:
    found = re.search(r"sec_[a-z0-9]+_[A-Za-z0-9]{43}", page)
    assert found is not None
    return found.group()


def test_a_new_token_is_shown_once_and_works(browser: Open, program: Open) -> None:
    client = browser("ada")

    page = client.post("/account/tokens", data={"name": "cluster", "days": "30"})

    token = token_on(page.text)
    assert token not in client.get("/account").text
    assert "cluster" in client.get("/account").text
    assert program(None).get("/submissions", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_one_revokes_ones_own_tokens_alone(browser: Open, program: Open, records: Database, world: World) -> None:
    with records.read() as session:
        number = session.scalars(select(ApiToken.id).where(ApiToken.user_id == world.people["ada"].id)).one()

    assert browser("grace").post(f"/account/tokens/{number}/revoke").status_code == 404
    assert program("ada").get("/submissions").status_code == 200
    assert browser("ada").post(f"/account/tokens/{number}/revoke").status_code == 303
    assert program("ada").get("/submissions").status_code == 401


def test_one_ends_ones_own_sessions_alone(browser: Open, records: Database, world: World) -> None:
    with records.read() as session:
        number = session.scalars(select(AuthSession.id).where(AuthSession.user_id == world.people["ada"].id)).one()

    assert browser("grace").post(f"/account/sessions/{number}/revoke").status_code == 404
    client = browser("ada")
    assert client.post(f"/account/sessions/{number}/revoke").status_code == 303
    assert client.get("/account").status_code == 401


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/tokens", {"name": "another"}),
        ("/account/tokens/1/revoke", {}),
        ("/account/sessions/1/revoke", {}),
        ("/account/password", {"old": PASSWORD, "new": "another sentence"}),
    ],
)
def test_a_token_cannot_change_the_account(program: Open, path: str, form: dict[str, str]) -> None:
    response = program("ada").post(path, data=form)

    assert (response.status_code, response.json()["code"]) == (403, "session-needed")


def test_a_new_password_signs_all_browsers_out(browser: Open) -> None:
    client = browser("ada")

    response = client.post("/account/password", data={"old": PASSWORD, "new": "another sentence"})

    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert client.get("/account").status_code == 401
    assert sign_in(browser(None)).status_code == 422
    assert sign_in(browser(None), "another sentence").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [("prune with haste", "another sentence", "present password is another"), (PASSWORD, "short", "at least 10")],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(
    browser: Open, old: str, new: str, says: str
) -> None:
    client = browser("ada")

    response = client.post("/account/password", data={"old": old, "new": new})

    assert response.status_code == 422
    assert says in response.text
    assert client.get("/account").status_code == 200
