"""Signing in through an OpenID Connect provider, a real one in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import select

from app.settings import Settings
from models.accounts import User
from models.joining import Identity
from tests.app.accounts.oidc_provider import CLIENT, SECRET
from tests.app.applications import application
from tests.app.world import PASSWORD, World

ROOT = Path(__file__).resolve().parents[3]
HTML = {"Accept": "text/html", "Origin": "http://testserver"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.app.accounts.oidc_provider"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def named(settings: Settings, issuer: str) -> Settings:
    return settings.model_copy(
        update={"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    )


@pytest.fixture
def app(named: Settings) -> Iterator[FastAPI]:
    with application(named) as made:
        yield made


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        yield client


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def at_provider(url: str) -> str:
    """Where the provider sends the browser back to."""
    try:
        build_opener(_Stay).open(url, timeout=10)
    except OSError as answer:
        headers: Any = getattr(answer, "headers", {})
        return str(headers["Location"])
    raise AssertionError("the provider sent nobody back")


def sign_in(client: TestClient, who: str = "ada", trouble: str = "", onward: str = "/account") -> Any:
    begun = client.get("/oidc/start", params={"next": onward})
    assert begun.status_code == 303, begun.text
    back = urlsplit(at_provider(f"{begun.headers['location']}&login_hint={who}&trouble={trouble}"))
    return client.get(f"{back.path}?{back.query}")


def rows(app: FastAPI, what: Any) -> list[Any]:
    with app.state.services.database.read() as session:
        return list(session.scalars(select(what)))


def test_the_sign_in_page_offers_the_provider(browser: TestClient) -> None:
    assert 'href="/oidc/start?next=/"' in browser.get("/login").text


def test_somebody_with_a_verified_address_is_signed_in_and_connected(app: FastAPI, browser: TestClient) -> None:
    answer = sign_in(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "ada@example.org" in browser.get("/account").text
    [identity] = rows(app, Identity)
    assert identity.subject == "u-1"


def test_from_then_on_the_subject_decides_and_not_the_address(app: FastAPI, browser: TestClient) -> None:
    sign_in(browser)
    browser.cookies.clear()

    assert sign_in(browser, "moved").status_code == 303

    assert "ada@example.org" in browser.get("/account").text
    assert len(rows(app, Identity)) == 1


def test_an_address_that_was_given_to_somebody_else_does_not_open_the_account(browser: TestClient) -> None:
    sign_in(browser)
    browser.cookies.clear()

    answer = sign_in(browser, "namesake")

    assert answer.status_code == 403
    assert "identity-taken" in answer.text
    assert browser.get("/account").status_code == 401


@pytest.mark.parametrize(
    ("who", "code"), [("unverified", "email-unverified"), ("silent", "email-unverified"), ("new", "no-account")]
)
def test_whose_account_it_is_nobody_knows(app: FastAPI, browser: TestClient, who: str, code: str) -> None:
    answer = sign_in(browser, who)

    assert answer.status_code == 403
    assert code in answer.text
    assert rows(app, Identity) == []


def test_an_operator_may_trust_addresses_and_let_everybody_have_an_account(named: Settings) -> None:
    open_ = named.model_copy(update={"oidc_trust_email": True, "oidc_new_accounts": True})
    with application(open_) as app, TestClient(app, headers=HTML, follow_redirects=False) as client:
        assert sign_in(client, "silent").status_code == 303
        client.cookies.clear()
        assert sign_in(client, "anonymous").status_code == 303  # the address comes from the provider's userinfo
        assert "new@example.org" in client.get("/account").text


TROUBLES = ["wrong-nonce", "wrong-audience", "wrong-issuer", "expired", "no-signature", "shared-secret", "strange-key"]


@pytest.mark.parametrize("trouble", [*TROUBLES, "refused", "mixed-up"])
def test_what_proves_nothing_is_not_believed(app: FastAPI, browser: TestClient, trouble: str) -> None:
    answer = sign_in(browser, trouble=trouble)

    assert answer.status_code == 403
    assert "provider-not-believed" in answer.text
    assert browser.get("/account").status_code == 401
    assert rows(app, Identity) == []


def test_a_new_key_of_the_provider_is_fetched(browser: TestClient) -> None:
    assert sign_in(browser).status_code == 303
    assert sign_in(browser, trouble="new-key").status_code == 303


def test_another_browser_cannot_end_a_sign_in(app: FastAPI, browser: TestClient) -> None:
    begun = browser.get("/oidc/start")
    back = urlsplit(at_provider(f"{begun.headers['location']}&login_hint=ada"))

    with TestClient(app, headers=HTML, follow_redirects=False) as victim:
        assert victim.get(f"{back.path}?{back.query}").status_code == 403
        victim.get("/oidc/start")
        assert victim.get(f"{back.path}?{back.query}").status_code == 403


def test_a_code_is_good_once(browser: TestClient) -> None:
    begun = browser.get("/oidc/start")
    kept = browser.cookies["secateur-oidc"]
    back = urlsplit(at_provider(f"{begun.headers['location']}&login_hint=ada"))
    assert browser.get(f"{back.path}?{back.query}").status_code == 303

    browser.cookies.set("secateur-oidc", kept)
    assert browser.get(f"{back.path}?{back.query}").status_code == 403


def test_nobody_is_sent_on_to_another_site(browser: TestClient) -> None:
    assert sign_in(browser, onward="//evil.example").headers["location"] == "/"


def test_an_account_whose_address_nobody_checked_is_its_owners_from_then_on(app: FastAPI, browser: TestClient) -> None:
    with app.state.services.database.write() as session:
        thief = User(email="joined@example.org", name="Thief", is_unproven=True)
        thief.password_hash = app.state.services.passwords.hash(PASSWORD)
        session.add(thief)
    form = {"email": "joined@example.org", "password": PASSWORD}
    with TestClient(app, headers=HTML, follow_redirects=False) as thiefs:
        assert thiefs.post("/login", data=form).status_code == 303

        assert sign_in(browser, "newcomer").status_code == 303

        assert thiefs.get("/account").status_code == 401
        assert thiefs.post("/login", data=form).status_code == 422


def test_a_disabled_person_is_not_let_in(app: FastAPI, browser: TestClient, world: World) -> None:
    with app.state.services.database.write() as session:
        person = session.get_one(User, world.people["ada"].id)
        person.disabled_at = person.created_at

    assert "account-disabled" in sign_in(browser).text


def test_a_connection_is_taken_back_where_a_password_is_left(app: FastAPI, browser: TestClient, world: World) -> None:
    sign_in(browser)
    [identity] = rows(app, Identity)
    path = f"/account/identities/{identity.id}/removal"
    with app.state.services.database.write() as session:
        person = session.get_one(User, world.people["ada"].id)
        kept, person.password_hash = person.password_hash, None
    assert browser.post(path).status_code == 409
    with app.state.services.database.write() as session:
        session.get_one(User, world.people["ada"].id).password_hash = kept

    assert browser.post(path).status_code == 303

    assert rows(app, Identity) == []


def test_a_provider_that_is_away_is_told(named: Settings) -> None:
    away = named.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with application(away) as app, TestClient(app, headers=HTML, follow_redirects=False) as client:
        assert client.get("/oidc/start").status_code == 503
        assert client.get("/login").status_code == 200


def test_a_provider_needs_https_and_a_name_for_us() -> None:
    with pytest.raises(ValidationError, match="https://"):
        Settings(oidc_issuer="http://provider.example", oidc_client_id="x")
    with pytest.raises(ValidationError, match="oidc_client_id is needed"):
        Settings(oidc_issuer="https://provider.example")
