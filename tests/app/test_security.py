"""Where a request may come from, and the headers that protect a browser."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from app.errors import Forbidden
from app.security import check_origin
from app.settings import Settings
from tests.app.applications import application
from tests.app.world import World
from tests.databases import Backend

Open = Callable[[str | None], TestClient]
COOKIE = "secateur"
SIGNED_IN = {"host": "prune.example", "cookie": f"theme=dark; {COOKIE}=abc"}


def is_trusted(method: str, **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        check_origin(method, Headers({**SIGNED_IN, **named}), cookie_name=COOKIE)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(
    ("headers", "trusted"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": "http://prune.example"}, False),
        ({"origin": "http://prune.example"}, True),
        ({"origin": "https://prune.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://prune.example.evil.example"}, False),
        ({"origin": "https://prune.example:8443"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": ""}, False),
        ({}, False),
    ],
)
def test_a_browser_that_is_signed_in_must_come_from_here(headers: dict[str, str], trusted: bool) -> None:
    assert is_trusted("POST", **headers) is trusted


def test_a_program_without_a_cookie_needs_neither_header() -> None:
    assert is_trusted("POST", cookie="theme=dark")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_may_come_from_anywhere(method: str) -> None:
    assert is_trusted(method, sec_fetch_site="cross-site")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_whatever_may_change_something_is_checked(method: str) -> None:
    assert not is_trusted(method, sec_fetch_site="cross-site")


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/logout",
        "/account/tokens",
        "/account/password",
        "/submissions?competition=demo",
        "/submissions/1/gradings",
    ],
)
def test_another_sites_form_is_refused_on_every_route(browser: Open, path: str) -> None:
    response = browser("instructor").post(path, headers={"Sec-Fetch-Site": "cross-site", "Accept": "*/*"})

    assert (response.status_code, response.json()["code"]) == (403, "cross-site")


def test_the_cookie_alone_does_not_let_a_request_through(browser: Open) -> None:
    client = browser("ada")
    del client.headers["Origin"]

    assert client.post("/logout").status_code == 403
    assert client.get("/account").status_code == 200


PROTECTIVE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/login", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/static/app.css", 200),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/nothing", 404),
    ("GET", "/submissions", 401),
    ("DELETE", "/healthz", 405),
    ("POST", "/submissions", 401),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_the_protective_headers(program: Open, method: str, path: str, status: int) -> None:
    response = program(None).request(method, path)

    assert response.status_code == status
    assert PROTECTIVE.items() <= dict(response.headers).items()
    policy = response.headers["content-security-policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert response.headers["x-request-id"]


def test_our_own_fault_has_them_too(program: Open, world: World, backend: Backend) -> None:
    backend.ruin(world.database_url)

    response = program("ada").get("/submissions")

    assert response.status_code == (500 if backend.name == "sqlite" else 503)  # damaged, or gone for now
    assert PROTECTIVE.items() <= dict(response.headers).items()
    assert response.headers["x-request-id"] == response.json()["request_id"]


def test_a_body_that_is_too_large_has_them_too(program: Open) -> None:
    response = program(None).post("/login", content=b"a" * 70_000)

    assert response.status_code == 413
    assert PROTECTIVE.items() <= dict(response.headers).items()


def test_pages_are_not_stored_and_static_files_are(program: Open) -> None:
    client = program(None)

    assert client.get("/login").headers["cache-control"] == "no-store"
    assert "immutable" in client.get("/static/app.css").headers["cache-control"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/static/nothing.css"), ("POST", "/static/app.css")])
def test_that_a_static_file_is_missing_is_not_remembered(program: Open, method: str, path: str) -> None:
    assert program(None).request(method, path).headers["cache-control"] == "no-store"


def test_a_static_file_answers_get_and_head_alike(program: Open) -> None:
    got, asked = (program(None).request(method, "/static/app.css") for method in ("GET", "HEAD"))

    assert (got.status_code, asked.status_code) == (200, 200)
    assert got.headers["content-length"] == asked.headers["content-length"]
    assert asked.content == b""


@pytest.mark.parametrize("path", ["/static/../main.py", "/static/%2e%2e/main.py", "/static/vendor", "/static/"])
def test_nothing_outside_of_the_static_folder_is_served(program: Open, path: str) -> None:
    assert program(None).get(path).status_code == 404


def test_over_https_browsers_are_told_to_stay_there(settings: Settings) -> None:
    secure = settings.model_copy(update={"public_url": "https://prune.example", "cookie_secure": True})
    with application(secure) as app, TestClient(app, base_url="https://prune.example") as client:
        assert client.get("/healthz").headers["strict-transport-security"].startswith("max-age=")


def test_over_plain_http_they_are_not(program: Open) -> None:
    assert "strict-transport-security" not in program(None).get("/healthz").headers


def test_two_requests_have_two_numbers(program: Open) -> None:
    numbers = {program(None).get("/healthz").headers["x-request-id"] for _ in range(3)}

    assert len(numbers) == 3
